//! `mez artifact`.

use expect_test::expect;

use crate::place::Place;

const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn a_file_is_stored_under_what_it_says() {
    let place = Place::new("artifact");
    place.write("schema.json", "{ \"b\": 1, \"a\": 2 }");
    expect![[]]
        .assert_eq(&place.mez(&["artifact", "store", "--type", "schema", "schema.json"]).all());
    place.write("same.json", "{\"a\":2,\"b\":1}");
    expect![[]].assert_eq(
        &place.mez(&["artifact", "store", "--type", "schema", "same.json", "--json"]).all(),
    );
    let digest = place.mez(&["digest", "same.json"]).out;
    let said = place.mez(&["artifact", "verify", "--type", "schema", "--digest", digest.trim()]);
    expect![[]].assert_eq(&said.all());
}

#[test]
fn raw_types_keep_their_bytes_and_extension() {
    let place = Place::new("artifact-raw");
    place.write("empty.bin", "");
    let said = place.mez(&["artifact", "store", "--type", "blob", "empty.bin", "--dir", "cas"]);
    assert_eq!(said.exit, 0, "{}", said.err);
    assert_eq!(place.read(&format!("cas/blob/{NOTHING}.bin")), "");
    let said =
        place.mez(&["artifact", "verify", "--type", "blob", "--digest", NOTHING, "--dir", "cas"]);
    assert_eq!(said.exit, 0);
}

#[test]
fn a_damaged_artifact_is_found_and_not_replaced() {
    let place = Place::new("artifact-damaged");
    place.write("a.json", "{\"a\":1}");
    let stored = place.mez(&["artifact", "store", "--type", "schema", "a.json", "--json"]).json();
    let (path, digest) =
        (stored["path"].as_str().unwrap(), stored["digest_sha256"].as_str().unwrap());
    place.write(path, "{\"a\":2}");
    let said = place.mez(&["artifact", "verify", "--type", "schema", "--digest", digest]);
    expect![[]].assert_eq(&said.all());
    let said = place.mez(&["artifact", "store", "--type", "schema", "a.json"]);
    expect![[]].assert_eq(&said.all());
    assert_eq!(place.read(path), "{\"a\":2}");
}

#[test]
fn what_is_not_there_is_unknown() {
    let place = Place::new("artifact-absent");
    let args = ["artifact", "verify", "--type", "blob", "--digest", NOTHING];
    expect![[]].assert_eq(&place.mez(&args).all());
    expect![[]].assert_eq(&place.mez(&[&args[..], &["--json"]].concat()).all());
}

#[test]
fn a_type_without_a_rule_and_a_file_without_the_form_are_refused() {
    let place = Place::new("artifact-refusals");
    place.write("x.json", "{\"a\":1.5}");
    expect![[]].assert_eq(&place.mez(&["artifact", "store", "--type", "novel", "x.json"]).all());
    expect![[]].assert_eq(&place.mez(&["artifact", "store", "--type", "schema", "x.json"]).all());
    assert_eq!(place.mez(&["artifact", "store", "--type", "../x", "x.json"]).exit, 64);
    assert_eq!(place.mez(&["artifact", "verify", "--type", "blob", "--digest", "AB"]).exit, 64);
    assert!(!place.path("dist").exists());
}

//! `mez artifact`.

use expect_test::expect;

use crate::place::Place;

const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn a_file_is_stored_under_what_it_says() {
    let place = Place::new("artifact");
    place.write("schema.json", "{ \"b\": 1, \"a\": 2 }");
    expect![[r#"
        exit 0
        -- stdout
        type    schema
        digest  d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772
        stored  dist/artifacts/schema/d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772.json
    "#]]
        .assert_eq(&place.mez(&["artifact", "store", "--type", "schema", "schema.json"]).all());
    place.write("same.json", "{\"a\":2,\"b\":1}");
    expect![[r#"
        exit 0
        -- stdout
        {
          "already": true,
          "artifact_type": "schema",
          "byte_length": 13,
          "digest_sha256": "d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772",
          "path": "dist/artifacts/schema/d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772.json"
        }
    "#]].assert_eq(
        &place.mez(&["artifact", "store", "--type", "schema", "same.json", "--json"]).all(),
    );
    let digest = place.mez(&["digest", "same.json"]).out;
    let said = place.mez(&["artifact", "verify", "--type", "schema", "--digest", digest.trim()]);
    expect![[r#"
        exit 0
        -- stdout
        verdict  VALID
        type     schema
        digest   d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772
        file     dist/artifacts/schema/d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772.json
    "#]].assert_eq(&said.all());
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
    expect![[r#"
        exit 6
        -- stdout
        verdict  INVALID
        type     schema
        digest   015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862
        file     dist/artifacts/schema/015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862.json
          - dist/artifacts/schema/015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862.json: the bytes have digest 7e8059f495589fcd981232cc11d00b00da3802c01d688fa1cf1f6bed6e5bb33c
    "#]].assert_eq(&said.all());
    let said = place.mez(&["artifact", "store", "--type", "schema", "a.json"]);
    expect![[r#"
        exit 6
        -- stderr
        error[store-damaged]: `a.json` was not stored: `dist/artifacts/schema/015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862.json` is not what it is called
          the bytes have digest 7e8059f495589fcd981232cc11d00b00da3802c01d688fa1cf1f6bed6e5bb33c
          next: move the damaged file away, then store again
    "#]].assert_eq(&said.all());
    assert_eq!(place.read(path), "{\"a\":2}");
}

#[test]
fn what_is_not_there_is_unknown() {
    let place = Place::new("artifact-absent");
    let args = ["artifact", "verify", "--type", "blob", "--digest", NOTHING];
    expect![[r#"
        exit 7
        -- stdout
        verdict  UNKNOWN
        type     blob
        digest   e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
          - no such artifact under `dist/artifacts`
    "#]]
    .assert_eq(&place.mez(&args).all());
    expect![[r#"
        exit 7
        -- stdout
        {
          "artifact_type": "blob",
          "digest_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          "paths": [],
          "reasons": [
            "no such artifact under `dist/artifacts`"
          ],
          "verdict": "UNKNOWN"
        }
    "#]]
    .assert_eq(&place.mez(&[&args[..], &["--json"]].concat()).all());
}

#[test]
fn a_type_without_a_rule_and_a_file_without_the_form_are_refused() {
    let place = Place::new("artifact-refusals");
    place.write("x.json", "{\"a\":1.5}");
    expect![[r#"
        exit 64
        -- stderr
        error[usage]: `x.json` was not stored: artifact type `novel` has no digest rule
          next: use a type such as `vc`, `lawpack`, `regpack`, `schema` or `blob`
    "#]]
    .assert_eq(&place.mez(&["artifact", "store", "--type", "novel", "x.json"]).all());
    expect![[r#"
        exit 6
        -- stderr
        error[artifact]: `x.json` was not stored: it is not an artifact of type `schema`
          the `schema` artifact is not an admissible document: line 1 column 6 (byte 5): a number has a fraction or an exponent [float]; write integers, or decimal numbers as strings
          next: correct the file; see `mez digest` for the rules of documents
    "#]]
        .assert_eq(&place.mez(&["artifact", "store", "--type", "schema", "x.json"]).all());
    assert_eq!(place.mez(&["artifact", "store", "--type", "../x", "x.json"]).exit, 64);
    assert_eq!(place.mez(&["artifact", "verify", "--type", "blob", "--digest", "AB"]).exit, 64);
    assert!(!place.path("dist").exists());
}

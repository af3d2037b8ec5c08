//! `mez canon` and `mez digest`.

use expect_test::expect;

use crate::place::Place;

#[test]
fn canonical_bytes_come_out_bare_and_hash_to_the_digest() {
    let place = Place::new("canon");
    place.write("doc.json", r#"{ "b": [1, 2], "a": "é" }"#);
    expect![[]].assert_eq(&place.mez(&["canon", "doc.json"]).all());
    let bytes = place.mez(&["canon", "doc.json"]).out;
    let digest = place.mez(&["digest", "doc.json"]);
    assert_eq!(digest.out, format!("{}\n", canon::Digest::of_blob(bytes.as_bytes())));
    let again = place.mez_reading(&["canon", "-"], bytes.as_bytes());
    assert_eq!(again.out, bytes, "canonical bytes are a fixed point");
    assert_eq!(place.mez_reading(&["digest"], bytes.as_bytes()).out, digest.out);
}

#[test]
fn json_answers_are_one_document() {
    let place = Place::new("canon-json");
    let input = br#"{"b":1,"a":2}"#;
    expect![[]].assert_eq(&place.mez_reading(&["canon", "--json"], input).all());
    expect![[]].assert_eq(&place.mez_reading(&["digest", "--json"], input).all());
}

#[test]
fn each_rule_refuses_with_its_position_and_remedy() {
    let place = Place::new("canon-refusals");
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    let large = format!("\"{}\"", "x".repeat(canon::DOCUMENT_BYTES_MAX));
    let cases: [(&str, &[u8]); 12] = [
        ("syntax", b"{\"a\":}"),
        ("float", b"{\"a\":\n 1.5}"),
        ("negative-zero", b"[-0]"),
        ("integer-range", b"[9007199254740992]"),
        ("duplicate-key", b"{\"a\":1,\"a\":2}"),
        ("lone-surrogate", b"[\"\\ud800\"]"),
        ("utf-8", b"[\"\xff\"]"),
        ("byte-order-mark", b"\xef\xbb\xbf{}"),
        ("depth", deep.as_bytes()),
        ("size", large.as_bytes()),
        ("trailing-bytes", b"{} {}"),
        ("syntax", b""),
    ];
    let mut told = String::new();
    for (rule, input) in cases {
        for command in ["canon", "digest"] {
            let said = place.mez_reading(&[command], input);
            assert_eq!((said.exit, said.out.as_str()), (6, ""), "{rule}");
            assert!(said.err.starts_with(&format!("error[{rule}]: ")), "{rule}: {}", said.err);
            if command == "canon" {
                told.push_str(&said.err);
            }
        }
    }
    expect![[]].assert_eq(&told);
}

#[test]
fn a_refusal_is_json_when_asked_for() {
    let place = Place::new("canon-refusal-json");
    place.write("doc.json", "{\n  \"price\": 3.15\n}");
    expect![[]].assert_eq(&place.mez(&["digest", "doc.json", "--json"]).all());
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_no_verdict() {
    expect![[]].assert_eq(&Place::new("canon-no-file").mez(&["canon", "nowhere.json"]).all());
}

//! `mez canon` and `mez digest`.

use expect_test::expect;

use crate::place::Place;

#[test]
fn canonical_bytes_come_out_bare_and_hash_to_the_digest() {
    let place = Place::new("canon");
    place.write("doc.json", r#"{ "b": [1, 2], "a": "é" }"#);
    expect![[r#"
        exit 0
        -- stdout
        {"a":"é","b":[1,2]}<no newline>
    "#]]
    .assert_eq(&place.mez(&["canon", "doc.json"]).all());
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
    expect![[r#"
        exit 0
        -- stdout
        {
          "bytes": 13,
          "canonical": "{\"a\":2,\"b\":1}",
          "digest_sha256": "d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772"
        }
    "#]]
    .assert_eq(&place.mez_reading(&["canon", "--json"], input).all());
    expect![[r#"
        exit 0
        -- stdout
        {
          "bytes": 13,
          "digest_sha256": "d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772"
        }
    "#]]
    .assert_eq(&place.mez_reading(&["digest", "--json"], input).all());
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
    expect![[r#"
        error[syntax]: `-` is refused
          -:1:6: a value cannot start here [syntax]
          next: send one well-formed JSON document
        error[float]: `-` is refused
          -:2:2: a number has a fraction or an exponent [float]
          next: write integers, or decimal numbers as strings
        error[negative-zero]: `-` is refused
          -:1:2: the number -0 [negative-zero]
          next: write 0
        error[integer-range]: `-` is refused
          -:1:2: the number 9007199254740992 [integer-range]
          next: write larger quantities as decimal strings
        error[duplicate-key]: `-` is refused
          -:1:8: the key `a` occurs twice [duplicate-key]
          next: keep each key once
        error[lone-surrogate]: `-` is refused
          -:1:3: an escaped surrogate has no pair [lone-surrogate]
          next: escape supplementary characters as a surrogate pair
        error[utf-8]: `-` is refused
          -:1:3: a byte is not UTF-8 [utf-8]
          next: encode the document as UTF-8
        error[byte-order-mark]: `-` is refused
          -:1:1: the document starts with U+FEFF [byte-order-mark]
          next: remove the byte order mark
        error[depth]: `-` is refused
          -:1:65: nested deeper than 64 levels [depth]
          next: nest at most 64 levels
        error[size]: `-` is refused
          -:1:1: 8388609 bytes [size]
          next: keep the document within 8 MiB
        error[trailing-bytes]: `-` is refused
          -:1:4: bytes follow the document [trailing-bytes]
          next: send exactly one document
        error[syntax]: `-` is refused
          -:1:1: the document ends where a value is needed [syntax]
          next: send one well-formed JSON document
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_refusal_is_json_when_asked_for() {
    let place = Place::new("canon-refusal-json");
    place.write("doc.json", "{\n  \"price\": 3.15\n}");
    expect![[r#"
        exit 6
        -- stderr
        {
          "error": {
            "code": "float",
            "exit": 6,
            "message": "`doc.json` is refused",
            "problems": [
              {
                "column": 12,
                "detail": "a number has a fraction or an exponent",
                "file": "doc.json",
                "line": 2,
                "offset": 13,
                "rule": "float"
              }
            ],
            "remedy": "write integers, or decimal numbers as strings"
          }
        }
    "#]]
    .assert_eq(&place.mez(&["digest", "doc.json", "--json"]).all());
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_no_verdict() {
    expect![[r#"
        exit 1
        -- stderr
        error[file]: cannot read `nowhere.json`
          No such file or directory (os error 2)
          next: check the path
    "#]]
    .assert_eq(&Place::new("canon-no-file").mez(&["canon", "nowhere.json"]).all());
}

#[test]
fn digest_takes_a_document_per_line_and_names_each_refusal() {
    let place = Place::new("lines");
    let said = place.mez_reading(&["digest", "--lines"], b"{\"b\":1, \"a\":2}\n{}\n[]");
    let alone = |text: &str| place.mez_reading(&["digest"], text.as_bytes()).out;
    assert_eq!(said.exit, 0);
    assert_eq!(said.out, alone("{\"a\":2,\"b\":1}") + &alone("{}") + &alone("[]"));
    let said = place.mez_reading(&["digest", "--lines"], b"{}\n[1.5]\n\n[]\n");
    assert_eq!(said.exit, 6);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[1].starts_with("refused: line 1 column 2 (byte 1)"), "{}", lines[1]);
    assert!(lines[2].starts_with("refused: "), "{}", lines[2]);
    assert_eq!(format!("{}\n", lines[3]), alone("[]"));
    assert_eq!(place.mez_reading(&["digest", "--lines", "--json"], b"{}").exit, 64);
}

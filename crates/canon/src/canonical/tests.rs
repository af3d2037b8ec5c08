//! Golden vectors, refusals with positions, and agreement with an independent JCS library.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Canonical, Rule, parse_value};

fn refused(input: &str) -> (Rule, usize, usize) {
    let refusal = Canonical::parse(input.as_bytes()).unwrap_err();
    (refusal.rule, refusal.line, refusal.column)
}

#[test]
fn golden_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/canonical.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = file["canonical"].as_array().unwrap();
    assert!(cases.len() >= 20);
    for case in cases {
        let input = case["input"].as_str().unwrap();
        let canonical = Canonical::parse(input.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(canonical.bytes()), case["canonical"].as_str().unwrap());
        assert_eq!(canonical.digest().to_string(), case["sha256"].as_str().unwrap());
    }
    for case in file["refused"].as_array().unwrap() {
        let refusal = Canonical::parse(case["input"].as_str().unwrap().as_bytes()).unwrap_err();
        assert_eq!(refusal.rule.code(), case["rule"].as_str().unwrap(), "{case}");
    }
}

#[test]
fn refusals_name_rule_and_position() {
    assert_eq!(refused("{\"a\":\n 1.5}"), (Rule::Float, 2, 2));
    assert_eq!(refused("[1e3]"), (Rule::Float, 1, 2));
    assert_eq!(refused("[-0]"), (Rule::NegativeZero, 1, 2));
    assert_eq!(refused("[9007199254740992]"), (Rule::IntegerRange, 1, 2));
    assert_eq!(refused("{\"a\":1,\"a\":2}"), (Rule::DuplicateKey, 1, 8));
    assert_eq!(refused("{\"a\":1,\"\\u0061\":2}"), (Rule::DuplicateKey, 1, 8));
    assert_eq!(refused("[\"\\ud800\"]"), (Rule::LoneSurrogate, 1, 3));
    assert_eq!(refused("[\"\\udc00\\ud800\"]"), (Rule::LoneSurrogate, 1, 3));
    assert_eq!(refused("{} {}"), (Rule::Trailing, 1, 4));
    assert_eq!(refused("[01]"), (Rule::Syntax, 1, 2));
    assert_eq!(refused(""), (Rule::Syntax, 1, 1));
    assert_eq!(refused("\u{feff}{}"), (Rule::ByteOrderMark, 1, 1));
    let deep = "[".repeat(65) + &"]".repeat(65);
    assert_eq!(refused(&deep), (Rule::Depth, 1, 65));
    let fits = "[".repeat(64) + &"]".repeat(64);
    assert!(Canonical::parse(fits.as_bytes()).is_ok());
    let long = vec![b' '; crate::DOCUMENT_BYTES_MAX + 1];
    assert_eq!(Canonical::parse(&long).unwrap_err().rule, Rule::Size);
    assert_eq!(Canonical::parse(b"[\"\xff\"]").unwrap_err().rule, Rule::Utf8);
}

#[test]
fn typed_floats_and_large_integers_are_refused() {
    assert_eq!(Canonical::of(&json!({"x": 1.5})).unwrap_err().rule, Rule::Float);
    assert_eq!(Canonical::of(&u64::MAX).unwrap_err().rule, Rule::IntegerRange);
    assert_eq!(Canonical::of(&i64::MIN).unwrap_err().rule, Rule::IntegerRange);
}

#[test]
fn exact_points_at_the_first_differing_byte() {
    assert!(Canonical::exact(b"{\"a\":1}").is_ok());
    let refusal = Canonical::exact(b"{\"a\": 1}").unwrap_err();
    assert_eq!((refusal.rule, refusal.offset), (Rule::NotCanonical, 5));
}

pub(super) fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-crate::INTEGER_MAX..=crate::INTEGER_MAX).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn an_independent_library_agrees(value in tree()) {
        let ours = Canonical::of_value(&value).unwrap();
        let theirs = serde_json_canonicalizer::to_vec(&value).unwrap();
        prop_assert_eq!(ours.bytes(), &theirs[..]);
    }

    #[test]
    fn canonical_bytes_are_a_fixed_point(value in tree()) {
        let once = Canonical::of_value(&value).unwrap();
        let again = Canonical::exact(once.bytes()).unwrap();
        prop_assert_eq!(once.digest(), again.digest());
        prop_assert_eq!(parse_value(once.bytes()).unwrap(), value);
    }

    #[test]
    fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Canonical::parse(&bytes);
    }

    #[test]
    fn json_like_text_never_panics_and_agrees_with_serde(text in "[\\[\\]{}\",:0-9a-u\\\\eE.+ -]{0,60}") {
        if let Ok(canonical) = Canonical::parse(text.as_bytes()) {
            let theirs: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(canonical.value(), theirs);
        }
    }
}

/// The test data of RFC 8785 itself: what the form can express comes out as published; what it
/// refuses is refused for its numbers alone.
#[test]
fn the_published_data_of_rfc_8785_is_equal_or_refused_for_its_numbers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/jcs/testdata");
    let read = |kind: &str, name: &str| {
        let path = format!("{folder}/{kind}/{name}.json");
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let mut refused = Vec::new();
    for name in ["arrays", "french", "structures", "unicode", "values", "weird"] {
        let (input, output) = (read("input", name), read("output", name));
        match Canonical::parse(&input) {
            Ok(canonical) => assert_eq!(canonical.bytes(), output, "{name}"),
            Err(refusal) => {
                assert_eq!(refusal.rule, Rule::Float, "{name}: {refusal}");
                refused.push(name);
            }
        }
        let value: Value = serde_json::from_slice(&input).unwrap();
        assert_eq!(serde_json_canonicalizer::to_vec(&value).unwrap(), output, "{name}");
    }
    assert_eq!(refused, ["structures", "values"]);
}

#[test]
fn an_object_of_canonical_members_is_the_object_of_their_values() {
    let values = [json!({"b": [1, "x"], "a": null}), json!("\u{1}\u{e9}"), json!(-7), json!([])];
    let parts: Vec<Canonical> =
        values.iter().map(|value| Canonical::of_value(value).unwrap()).collect();
    let names = ["\u{fb33}", "\u{1f600}", "a\"b", ""];
    let members: Vec<(&str, &Canonical)> = names.into_iter().zip(&parts).collect();
    let whole: serde_json::Map<String, Value> =
        names.iter().map(|name| (*name).to_owned()).zip(values).collect();
    let whole = Canonical::of_value(&Value::Object(whole)).unwrap();
    assert_eq!(Canonical::object(&members).unwrap(), whole);
    assert_eq!(Canonical::object(&[]).unwrap(), Canonical::parse(b"{}").unwrap());
    let twice = [("a", &parts[0]), ("a", &parts[1])];
    assert_eq!(Canonical::object(&twice).unwrap_err().rule, Rule::DuplicateKey);
    // As deep as may be, and one deeper.
    let mut deep = parts[2].clone();
    let refused = loop {
        match Canonical::object(&[("d", &deep)]) {
            Ok(deeper) => deep = deeper,
            Err(refusal) => break refusal.rule,
        }
    };
    assert_eq!(refused, Rule::Depth);
    assert_eq!(Canonical::of_value(&deep.value()).unwrap(), deep);
}

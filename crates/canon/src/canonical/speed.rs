//! The fast ways against the slow obvious ones: the scan against reading and writing again, the
//! typed writer against a tree, and both against two libraries of others.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::tests::tree;
use crate::json::{is_canonical, write_typed};
use crate::{Canonical, Digest, Exact, Rule};

/// What the scan must say: whether reading and writing again gives the same bytes.
fn model(input: &[u8]) -> bool {
    Canonical::parse(input).is_ok_and(|canonical| canonical.bytes() == input)
}

/// Texts at the edges of the form, and whether they are in it.
const EDGES: &[(&str, bool)] = &[
    ("null", true),
    ("true", true),
    ("false", true),
    ("nul", false),
    ("0", true),
    ("-0", false),
    ("-1", true),
    ("-", false),
    ("--1", false),
    ("01", false),
    ("-01", false),
    ("1.0", false),
    ("1e3", false),
    ("9007199254740991", true),
    ("-9007199254740991", true),
    ("9007199254740992", false),
    ("-9007199254740992", false),
    ("10000000000000000", false),
    ("99999999999999999999999999", false),
    ("", false),
    (" 1", false),
    ("1 ", false),
    ("\"\"", true),
    ("\"", false),
    ("\"\\", false),
    ("\"\\\"", false),
    ("\"\\\"\"", true),
    ("\"\\/\"", false),
    ("\"\\b\\t\\n\\f\\r\\\\\"", true),
    ("\"\\u0000\\u001f\\u000b\\u000e\"", true),
    ("\"\\u0008\"", false),
    ("\"\\u001F\"", false),
    ("\"\\u0020\"", false),
    ("\"\\u00e9\"", false),
    ("\"\\u007f\"", false),
    ("\"\u{7f}\u{80}é€😀\"", true),
    ("\"\t\"", false),
    ("\"1234567\u{1}\"", false),
    ("\"12345678\"", true),
    ("\"123456789\\n\"", true),
    ("[]", true),
    ("[1,2]", true),
    ("[1, 2]", false),
    ("[1,]", false),
    ("[,1]", false),
    ("{}", true),
    ("{\"a\":1,\"b\":2}", true),
    ("{\"b\":1,\"a\":2}", false),
    ("{\"a\":1,\"a\":2}", false),
    ("{\"a\":1,}", false),
    ("{\"a\" :1}", false),
    ("{\"\":0,\"a\":1,\"ab\":2,\"b\":3}", true),
    // UTF-16 order: 😀 (D83D DE00) before U+E000 and U+FFFD.
    ("{\"😀\":1,\"\u{e000}\":2,\"\u{fffd}\":3}", true),
    ("{\"\u{e000}\":1,\"😀\":2}", false),
    ("{\"\\n\":1,\"\\r\":2,\"!\":3,\"\\\"\":4}", true),
    ("{\"\\r\":1,\"\\n\":2}", false),
    ("{\"\\u000b\":1,\"\\f\":2}", true),
    ("{\"a\":1}}", false),
];

#[test]
fn the_scan_knows_every_edge() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let (fits, deeper) = (deep(64), deep(65));
    let scalar_below = "[".repeat(64) + "1" + &"]".repeat(64);
    let nested = [(fits.as_str(), true), (deeper.as_str(), false), (scalar_below.as_str(), false)];
    for (text, expected) in EDGES.iter().copied().chain(nested) {
        assert_eq!(is_canonical(text.as_bytes()), expected, "{text}");
        assert_eq!(model(text.as_bytes()), expected, "{text}");
    }
    assert!(!is_canonical(b"\"\xff\""));
    assert!(!is_canonical(&vec![b'1'; crate::DOCUMENT_BYTES_MAX + 1]));
}

#[derive(Clone, Debug, Serialize)]
enum Shape {
    Unit,
    New(u8),
    Pair(i64, String),
    Fields { zeta: bool, alpha: Option<char> },
}

#[derive(Clone, Debug, Serialize)]
struct Typed {
    zeta: Vec<Shape>,
    alpha: Value,
    keys: BTreeMap<String, (u16, i8)>,
    numbers: BTreeMap<u64, ()>,
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
    nothing: Option<u8>,
    bytes: [u8; 3],
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        any::<u8>().prop_map(Shape::New),
        (-crate::INTEGER_MAX..=crate::INTEGER_MAX, any::<String>())
            .prop_map(|(int, text)| Shape::Pair(int, text)),
        (any::<bool>(), any::<Option<char>>())
            .prop_map(|(zeta, alpha)| Shape::Fields { zeta, alpha }),
    ]
}

prop_compose! {
    fn typed()(
        zeta in prop::collection::vec(shape(), 0..5),
        alpha in tree(),
        keys in prop::collection::btree_map(any::<String>(), any::<(u16, i8)>(), 0..6),
        numbers in prop::collection::btree_map(0u64..1000, Just(()), 0..4),
        rest in prop::collection::btree_map("[A-Z]{1,3}", any::<u32>(), 0..4),
        nothing in any::<Option<u8>>(),
        bytes in any::<[u8; 3]>(),
    ) -> Typed {
        Typed { zeta, alpha, keys, numbers, rest, nothing, bytes }
    }
}

proptest! {
    #[test]
    fn the_typed_writer_writes_what_the_tree_gives(value in typed()) {
        let slow = Canonical::of_value(&serde_json::to_value(&value).unwrap()).unwrap();
        let fast = write_typed(&value).unwrap().bytes;
        prop_assert_eq!(String::from_utf8_lossy(&fast), String::from_utf8_lossy(slow.bytes()));
        prop_assert!(is_canonical(&fast));
    }

    #[test]
    fn every_writer_counts_the_same_levels(value in tree()) {
        let written = write_typed(&value).unwrap();
        let tree = Canonical::of_value(&value).unwrap();
        prop_assert_eq!(written.levels, levels(&value));
        prop_assert_eq!(tree.levels, Some(written.levels));
        let parts = Canonical::object(&[("b", &tree), ("a", &tree)]).unwrap();
        prop_assert_eq!(parts.levels, Some(written.levels + 1));
        let whole = json!({ "a": value, "b": value });
        prop_assert_eq!(parts, Canonical::of_value(&whole).unwrap());
    }

    #[test]
    fn the_scan_agrees_on_canonical_documents_and_on_every_change_of_one_byte(
        value in tree(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = Canonical::of_value(&value).unwrap().bytes().to_vec();
        prop_assert!(is_canonical(&bytes));
        prop_assert_eq!(Exact::of(&bytes).unwrap().digest(), Digest::of_blob(&bytes));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        prop_assert_eq!(is_canonical(&bytes), model(&bytes));
        bytes.truncate(at);
        prop_assert_eq!(is_canonical(&bytes), model(&bytes));
    }

    #[test]
    fn the_scan_agrees_on_text_that_looks_like_json(
        text in "[\\[\\]{}\",:0-9a-f\\\\unt😀\u{e000} -]{0,40}",
    ) {
        prop_assert_eq!(is_canonical(text.as_bytes()), model(text.as_bytes()));
    }
}

/// Levels of a tree, counted the plain way.
fn levels(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(levels).max().unwrap_or(0),
        Value::Object(map) => map.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn an_object_of_parts_is_held_to_the_limits_of_the_whole() {
    let nested = |levels| (1..levels).fold(json!(1), |deep, _| json!([deep]));
    let of = |value: &Value| Canonical::of(value).unwrap();
    let (fits, deep) = (of(&nested(63)), of(&nested(64)));
    assert!(Canonical::object(&[("a", &fits)]).is_ok());
    assert_eq!(Canonical::object(&[("a", &deep)]).unwrap_err().rule, Rule::Depth);
    let read = Canonical::exact(deep.bytes()).unwrap();
    assert_eq!(Canonical::object(&[("a", &read)]).unwrap_err().rule, Rule::Depth);
    let twice = Canonical::object(&[("a", &fits), ("a", &fits)]);
    assert_eq!(twice.unwrap_err().rule, Rule::DuplicateKey);
    let large = of(&json!("x".repeat(crate::DOCUMENT_BYTES_MAX - 2)));
    assert_eq!(Canonical::object(&[("a", &large)]).unwrap_err().rule, Rule::Size);
    assert_eq!(Canonical::object(&[]).unwrap().bytes(), b"{}");
}

#[test]
fn a_refusal_leaves_nothing_for_the_document_after_it() {
    let half: BTreeMap<&str, i128> = [("a", i128::MAX)].into();
    assert_eq!(write_typed(&half).unwrap_err().rule, Rule::IntegerRange);
    assert_eq!(*write_typed(&json!({ "b": 1 })).unwrap().bytes, *br#"{"b":1}"#);
}

#[test]
fn what_the_form_cannot_express_is_refused_by_the_typed_writer_too() {
    let mut deep = json!(1);
    for _ in 0..63 {
        deep = json!([deep]);
    }
    assert!(write_typed(&deep).is_ok());
    assert_eq!(write_typed(&json!([deep])).unwrap_err().rule, Rule::Depth);
    assert_eq!(write_typed(&i128::MAX).unwrap_err().rule, Rule::IntegerRange);
    assert_eq!(write_typed(&u128::MAX).unwrap_err().rule, Rule::IntegerRange);
    assert_eq!(write_typed(&(crate::INTEGER_MAX + 1)).unwrap_err().rule, Rule::IntegerRange);
    assert_eq!(write_typed(&1.0f32).unwrap_err().rule, Rule::Float);
    let keys: BTreeMap<(u8, u8), u8> = [((1, 2), 3)].into();
    assert_eq!(write_typed(&keys).unwrap_err().rule, Rule::Shape);
}

/// Documents as a careless writer sends them, the same for the same seed.
struct Careless(u64);

impl Careless {
    fn next(&mut self, below: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn space(&mut self, out: &mut String) {
        if self.next(6) == 0 {
            out.push([' ', '\t', '\n', '\r'][self.next(4) as usize]);
        }
    }

    fn value(&mut self, depth: u64, out: &mut String) {
        self.space(out);
        match self.next(if depth < 4 { 8 } else { 5 }) {
            0 => out.push_str(["null", "true", "false"][self.next(3) as usize]),
            1 => out.push_str(
                &(self.next(1 << 54) as i64 - (1 << 53) + 1)
                    .clamp(-9007199254740991, 9007199254740991)
                    .to_string(),
            ),
            2 => out.push_str(&self.next(100).to_string()),
            3 | 4 => self.text(out),
            5 => {
                out.push('[');
                for index in 0..self.next(5) {
                    if index > 0 {
                        out.push(',');
                    }
                    self.value(depth + 1, out);
                }
                self.space(out);
                out.push(']');
            }
            _ => {
                out.push('{');
                // The index keeps keys apart; where it stands is left to chance.
                for index in 0..self.next(6) {
                    if index > 0 {
                        out.push(',');
                    }
                    self.space(out);
                    self.text(out);
                    out.pop();
                    out.push_str(&format!(
                        "{}\"",
                        ["#", "é", "\u{e001}", "𝄞", "k", "~"][index as usize]
                    ));
                    self.space(out);
                    out.push(':');
                    self.value(depth + 1, out);
                }
                self.space(out);
                out.push('}');
            }
        }
        self.space(out);
    }

    fn text(&mut self, out: &mut String) {
        const PIECES: [&str; 16] = [
            "a",
            "zone",
            "\\\"",
            "\\\\",
            "\\/",
            "\\n",
            "\\u0007",
            "\\u0041",
            "é",
            "😀",
            "\u{e000}",
            "\\ud83d\\ude00",
            "\u{7f}",
            "0123456789abcdef",
            "\\u000c",
            "ﬀ",
        ];
        out.push('"');
        for _ in 0..self.next(4) {
            out.push_str(PIECES[self.next(16) as usize]);
        }
        out.push('"');
    }
}

/// Two libraries that know nothing of each other: not one byte may differ in a million documents.
#[test]
fn a_million_documents_are_the_same_to_two_libraries_of_others() {
    const DOCUMENTS: u32 = 1_000_000;
    let mut careless = Careless(0x6d65_7a00);
    let mut text = String::new();
    let mut bytes = 0;
    for number in 0..DOCUMENTS {
        text.clear();
        careless.value(0, &mut text);
        let ours = Canonical::parse(text.as_bytes()).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let one = serde_json_canonicalizer::to_vec(&value).unwrap();
        assert!(ours.bytes() == one, "{text}");
        if number % 8 == 0 {
            assert!(ours.bytes() == serde_jcs::to_vec(&value).unwrap(), "{text}");
        }
        assert!(is_canonical(&one), "{text}");
        assert!(*write_typed(&value).unwrap().bytes == *one, "{text}");
        bytes += one.len();
    }
    println!("{DOCUMENTS} documents, {bytes} canonical bytes");
}

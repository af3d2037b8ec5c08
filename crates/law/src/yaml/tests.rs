//! What the subset accepts and refuses, and where it says so.

use super::{Reader, parse};

fn refusal(text: &str) -> String {
    parse("f.yaml", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn scalars_stay_text() {
    let node = parse("f", b"a: no\nb: 1.0\nc: [0x1, 'q', NULL]\nd: >-\n  two\n  lines\n").unwrap();
    assert_eq!(
        node.model(),
        serde_json::json!({"a": "no", "b": "1.0", "c": ["0x1", "q", "NULL"], "d": "two lines"})
    );
}

#[test]
fn surprises_are_refused_with_their_place() {
    assert_eq!(refusal("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: duplicate key `a`, first on line 1");
    assert_eq!(refusal("a: &x 1\n"), "f.yaml:1:7: anchors are not admitted");
    assert!(refusal("a: &x [1]\nb: *x\n").contains("anchors are not admitted"));
    assert!(refusal("a: !!str 1\n").contains("tags are not admitted"));
    assert!(refusal("a: 1\n---\nb: 2\n").contains("only one document"));
    assert_eq!(refusal("a:\n\tb: 1\n"), "f.yaml:2:1: a tab is not admitted; use spaces");
    assert!(refusal("a:\nb: 1\n").contains("empty value"));
    assert!(refusal("<<: {a: 1}\n").contains("not admitted as a key"));
    assert!(refusal("? [a]\n: b\n").contains("a key must be text"));
    assert!(refusal("%YAML 1.1\n---\na: 1\n").contains("directives"));
    assert!(refusal("").contains("empty"));
    assert!(refusal("# only a comment\n").contains("empty"));
    assert!(refusal("a: [1, 2\n").contains("f.yaml:"));
    assert!(refusal(&format!("a: {}1{}", "[".repeat(30), "]".repeat(30))).contains("deeper"));
}

#[test]
fn typed_readers_want_plain_scalars() {
    let node = parse("f.yaml", b"n: '1'\nm: 12\nd: 2026-02-30\nb: yes\nx: 1\n").unwrap();
    let mut reader = Reader::new("f.yaml");
    let map = reader.map(&node, Some(&["n", "m", "d", "b"])).unwrap();
    let int = |reader: &mut Reader<'_>, key| map.get(key).and_then(|n| reader.int(n));
    assert_eq!(int(&mut reader, "m"), Some(12));
    assert_eq!(int(&mut reader, "n"), None);
    assert_eq!(map.get("d").and_then(|n| reader.date(n)), None);
    assert_eq!(map.get("b").and_then(|n| reader.bool(n)), None);
    let shown = reader.finish(Some(())).unwrap_err().to_string();
    assert_eq!(
        shown,
        "f.yaml:5:1: unknown key `x`\nf.yaml:1:4: expected an integer, unquoted\n\
         f.yaml:3:4: expected a date YYYY-MM-DD (1583 or later), unquoted\n\
         f.yaml:4:4: expected true or false, unquoted"
    );
}

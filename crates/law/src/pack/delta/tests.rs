//! A delta leads from one tree to another, and nowhere else.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn digest(tree: &Value) -> Digest {
    Canonical::of_value(tree).unwrap().digest()
}

fn delta(older: &Value, newer: &Value) -> Delta {
    let delta = Delta::between((digest(older), older), (digest(newer), newer));
    Delta::parse(delta.record().unwrap().bytes()).unwrap()
}

fn rows(numbers: &[u8], salt: u8) -> Value {
    numbers.iter().map(|n| json!({"id": format!("r{n}"), "what": (n * 7 + salt) % 3})).collect()
}

/// Distinct numbers in any order.
fn list() -> impl Strategy<Value = Vec<u8>> {
    proptest::sample::subsequence((0..12u8).collect::<Vec<_>>(), 0..12).prop_shuffle()
}

fn tree() -> impl Strategy<Value = Value> {
    let dated = list().prop_map(|all| {
        let row = |n: &u8| json!({"name": "p", "from": format!("20{n:02}-01-01"), "value": n % 2});
        all.iter().map(row).collect::<Value>()
    });
    let text = "[a-cé]{0,4}".prop_map(|end| format!("{}{end}{}", "á".repeat(600), "z".repeat(9)));
    (list(), 0..3u8, dated, "[a-c/~#]{1,3}", text, any::<bool>()).prop_map(
        |(ids, salt, dated, key, text, more)| {
            let mut tree = json!({
                "files": {"a/b.yaml": {"rules": rows(&ids, salt)}, "p.yaml": {"parameters": dated}},
                "head": {"title": key, "texts": ["x", key]},
                "text": text,
            });
            if more {
                tree["files"][key] = json!("new");
            }
            tree
        },
    )
}

proptest! {
    #[test]
    fn applied_to_the_older_it_gives_the_newer(older in tree(), newer in tree()) {
        let delta = delta(&older, &newer);
        let made = delta.applied(digest(&older), &older).unwrap();
        prop_assert_eq!(&made, &newer);
        prop_assert_eq!(delta.arrived(digest(&made)), Ok(()));
        prop_assert_eq!(delta.changes.is_empty(), older == newer);
    }

    #[test]
    fn no_tree_but_the_older_is_touched(older in tree(), newer in tree(), other in tree()) {
        prop_assume!(other != older);
        let found = digest(&other);
        let refused = delta(&older, &newer).applied(found, &other);
        prop_assert_eq!(refused, Err(BadDelta::From { wanted: digest(&older), found }));
    }

    /// One change left out never arrives, whatever it was.
    #[test]
    fn no_change_can_be_left_out(older in tree(), newer in tree(), at in any::<prop::sample::Index>()) {
        let mut delta = delta(&older, &newer);
        prop_assume!(!delta.changes.is_empty());
        delta.changes.remove(at.index(delta.changes.len()));
        let made = delta.applied(digest(&older), &older);
        let arrived = made.and_then(|made| delta.arrived(digest(&made)));
        prop_assert!(arrived.is_err());
    }
}

#[test]
fn a_change_is_told_by_record() {
    let older = json!({"t": [{"id": "a", "v": 1}, {"id": "b", "v": 1}, {"id": "c", "v": 1}]});
    let newer = json!({"t": [{"id": "x", "v": 9}, {"id": "a", "v": 2}, {"id": "c", "v": 1}]});
    let told: Vec<String> = delta(&older, &newer)
        .changes
        .iter()
        .map(|c| format!("{:?} {}#{}", c.change, c.at, c.record.clone().unwrap_or_default()))
        .collect();
    assert_eq!(told, ["Removed /t#b", "Added /t#x", "Changed /t#a"]);
}

#[test]
fn what_is_not_as_the_delta_says_is_refused() {
    let older = json!({"t": [{"id": "a", "v": 1}]});
    let newer = json!({"t": [{"id": "a", "v": 2}]});
    let good = delta(&older, &newer);
    for (how, at, record) in [
        (How::Removed, "/t", Some("b")),
        (How::Changed, "/t", Some("b")),
        (How::Added, "/t", Some("a")),
        (How::Removed, "/nowhere", None),
        (How::Added, "/t", None),
    ] {
        let mut bad = good.clone();
        let value = (how != How::Removed).then(|| json!({"id": "a"}));
        let record = record.map(str::to_owned);
        let (at, index, splice) = (at.to_owned(), Some(0), None);
        bad.changes = vec![Change { change: how, at, record, index, value, splice }];
        let refused = bad.applied(digest(&older), &older);
        assert!(matches!(refused, Err(BadDelta::Record(_))), "{how:?} {refused:?}");
    }
    let other = Digest::of_blob(b"other");
    assert!(matches!(good.arrived(other), Err(BadDelta::To { .. })));
    assert!(matches!(Delta::parse(b"{}"), Err(BadDelta::Form(_))));
}

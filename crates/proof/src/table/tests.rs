//! Tables beside a tree built anew, every proof, and what must not pass for one.

use std::collections::BTreeMap;

use canon::Digest;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::merkle::{Tree, empty_root};

fn key(n: u64) -> Digest {
    Digest::of_blob(&n.to_be_bytes())
}

fn salt(n: usize) -> [u8; 32] {
    *Digest::of_blob(&[7, u8::try_from(n).unwrap()]).as_bytes()
}

fn payload(n: usize) -> Value {
    json!({ "domain": n, "state": "compliant" })
}

fn columns() -> Vec<Digest> {
    (0..20).map(|n| column(&payload(n), &salt(n)).unwrap()).collect()
}

fn open(n: usize) -> Opened {
    Opened { column: n, payload: payload(n), salt: Digest::from_bytes(salt(n)) }
}

/// The same table built in one go by the log's tree.
fn anew(rows: &BTreeMap<Digest, Row>) -> Head {
    let tree: Tree = rows.values().map(Row::digest).collect();
    Head { size: tree.size(), root: tree.root() }
}

fn table(size: u64) -> (Table, BTreeMap<Digest, Row>) {
    let rows = (0..size).map(|n| Row::of(key(n), &columns()));
    (rows.clone().collect(), rows.map(|row| (row.key(), row)).collect())
}

#[test]
fn an_empty_table_has_the_empty_root_and_shows_that_nothing_is_there() {
    let table = Table::new();
    assert_eq!(table.head(), Head { size: 0, root: empty_root() });
    let trusted = table.head().digest().unwrap();
    let absence = table.show_absence(&key(1)).unwrap();
    assert_eq!(verify_absence(&absence, &trusted).unwrap().key, key(1));
    let full = self::table(1).0.head();
    let lie = Absence { head: full, ..absence };
    assert!(verify_absence(&lie, &full.digest().unwrap()).is_err());
}

#[test]
fn every_row_and_every_gap_of_every_small_table_is_shown_and_believed() {
    for size in 0..18 {
        let (table, rows) = table(size);
        assert_eq!(table.head(), anew(&rows));
        let trusted = table.head().digest().unwrap();
        for n in 0..30 {
            let shown = table.show(&key(n), &columns(), vec![open(2), open(7)]);
            let absence = table.show_absence(&key(n));
            assert_eq!((shown.is_some(), absence.is_some()), (n < size, n >= size));
            if let Some(shown) = shown {
                let found = verify_row(&shown, &trusted).unwrap();
                assert_eq!(found.opened, [(2, payload(2)), (7, payload(7))]);
            }
            if let Some(absence) = absence {
                assert_eq!(verify_absence(&absence, &trusted).unwrap().key, key(n));
            }
        }
    }
}

#[test]
fn a_row_of_another_table_key_column_or_salt_is_refused() {
    let (table, _) = table(9);
    let trusted = table.head().digest().unwrap();
    let good = table.show(&key(4), &columns(), vec![open(3)]).unwrap();
    verify_row(&good, &trusted).unwrap();
    let refused = |change: &dyn Fn(&mut RowShown)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_ne!(bad, good);
        assert!(verify_row(&bad, &trusted).is_err(), "{bad:?}");
    };
    refused(&|bad| bad.head.size += 1);
    refused(&|bad| bad.head.root = key(0));
    refused(&|bad| bad.key = key(5));
    refused(&|bad| bad.place.index ^= 1);
    refused(&|bad| bad.place.index = u64::MAX);
    refused(&|bad| bad.columns.swap(3, 4));
    refused(&|bad| bad.columns.truncate(19));
    refused(&|bad| bad.columns.clear());
    refused(&|bad| bad.columns = vec![key(0); COLUMNS_MAX + 1]);
    refused(&|bad| bad.opened[0].column = 4);
    refused(&|bad| bad.opened[0].column = 20);
    refused(&|bad| bad.opened[0].salt = key(0));
    refused(&|bad| bad.opened[0].payload = json!({ "domain": 3, "state": "pending" }));
    refused(&|bad| bad.opened.push(open(3)));
    refused(&|bad| bad.opened.push(open(1)));
    assert!(verify_row(&good, &key(0)).is_err());
    // A table of its own maker, with a head that agrees with itself, is not the trusted one.
    let own = self::table(3).0.show(&key(1), &columns(), vec![open(0)]).unwrap();
    assert!(matches!(verify_row(&own, &trusted), Err(BadTableProof::OtherHead(_))));
}

#[test]
fn a_row_that_is_there_cannot_be_shown_to_be_absent() {
    let (table, rows) = table(9);
    let trusted = table.head().digest().unwrap();
    let sorted: Vec<Digest> = rows.keys().copied().collect();
    let neighbour = |at: usize| {
        let (Row { key, cells, .. }, place) = table.at(at).unwrap();
        Neighbour { key, cells, place }
    };
    for (at, present) in sorted.iter().enumerate() {
        for one in 0..sorted.len() {
            for other in 0..sorted.len() {
                for (before, after) in [(true, true), (true, false), (false, true), (false, false)]
                {
                    let lie = Absence {
                        head: table.head(),
                        key: *present,
                        before: before.then(|| neighbour(one)),
                        after: after.then(|| neighbour(other)),
                    };
                    assert!(verify_absence(&lie, &trusted).is_err(), "row {at}");
                    // Positions told otherwise than the paths lead.
                    let mut moved = lie.clone();
                    for row in moved.before.iter_mut().chain(&mut moved.after) {
                        row.place.index = row.place.index.saturating_add(1);
                    }
                    assert!(verify_absence(&moved, &trusted).is_err(), "row {at}");
                }
            }
        }
    }
}

#[test]
fn a_key_is_found_however_keys_are_spread() {
    // All but a few begin alike.
    let skewed = |n: u64| {
        let mut bytes = *key(n).as_bytes();
        if !n.is_multiple_of(5) {
            bytes[..7].fill(0x7f);
        }
        Digest::from_bytes(bytes)
    };
    let rows: Vec<Row> = (0..300).map(|n| Row::of(skewed(n), &columns())).collect();
    let table: Table = rows.iter().copied().collect();
    for row in &rows {
        assert_eq!(table.row(&row.key()), Some(row));
    }
    let held = |at: Option<usize>| Some(table.at(at?)?.0.key());
    for key in (300..600).map(skewed) {
        let (before, after) = table.seek(&key).unwrap_err();
        assert!(held(before).is_none_or(|held| held < key));
        assert!(held(after).is_none_or(|held| held > key));
        assert_eq!(before.map_or(0, |at| at + 1), after.unwrap_or(300));
    }
}

#[test]
fn one_change_hashes_one_path_and_a_batch_no_inner_node_twice() {
    let (mut table, mut rows) = table(1_000);
    let other = |n| Row::of(key(n), &[key(1)]);
    for n in [0, 17, 999] {
        assert!(table.set([other(n)]) <= 10, "log2(1000) rounded up");
        rows.insert(key(n), other(n));
        assert_eq!(table.head(), anew(&rows));
    }
    assert_eq!(table.set([other(17)]), 0, "nothing changed");
    assert_eq!(table.set((0..1_000).map(|n| Row::of(key(n), &[key(n)]))), 999);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_of_batches_gives_the_tree_built_anew(
        batches in proptest::collection::vec(proptest::collection::vec((0u64..60, 0u64..5), 0..20), 1..8),
    ) {
        let (mut table, mut rows) = (Table::new(), BTreeMap::new());
        for batch in batches {
            let changes = batch.into_iter().map(|(n, v)| Row::of(key(n), &[key(v)]));
            table.set(changes.clone());
            rows.extend(changes.map(|row| (row.key(), row)));
            prop_assert_eq!(table.head(), anew(&rows));
        }
        for (key, held) in &rows {
            prop_assert_eq!(table.row(key), Some(held));
        }
    }
}

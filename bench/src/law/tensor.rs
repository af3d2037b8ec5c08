//! The tensor beside a hash map of cells, and beside a Merkle tree with a leaf for every coordinate.

use std::collections::HashMap;
use std::hint::black_box;

use canon::{Digest, Timestamp};
use law::{DOMAINS, Domain, State};
use proof::merkle::node_hash;
use proof::table::{Row as Committed, Table};
use sha2::{Digest as _, Sha256};

use super::scene::{COORDINATES, Flat, NOW, PLACES, ROWS, flat, ours, tensor, verdicts};
use crate::harness::{Bench, Clock, Reach, Row};

/// What a peer's cell comes to: the rule of permission, written again.
fn passes(cell: Flat, domain: usize) -> bool {
    let state = if cell.expires <= NOW { State::NonCompliant } else { cell.state };
    match Domain::ALL[domain] {
        Domain::Sanctions => state == State::Compliant,
        _ => state >= State::NotApplicable,
    }
}

type Map = HashMap<(u32, u8, u8), Flat>;

fn key(row: usize, domain: usize) -> (u32, u8, u8) {
    let (subject, place) = (row / PLACES.len(), row % PLACES.len());
    (
        u32::try_from(subject).expect("few"),
        u8::try_from(place).expect("two"),
        u8::try_from(domain).expect("20"),
    )
}

fn scan(map: &Map) -> usize {
    let each = (0..ROWS).flat_map(|row| (0..DOMAINS).map(move |domain| (row, domain)));
    each.filter(|(row, domain)| passes(map[&key(*row, *domain)], *domain)).count()
}

/// A binary tree over these digests, level by level, by `sha2`.
fn peer_root(leaves: &[Digest]) -> [u8; 32] {
    let mut level: Vec<[u8; 32]> = leaves
        .iter()
        .map(|leaf| {
            let mut bytes = [0x00; 33];
            bytes[1..].copy_from_slice(leaf.as_bytes());
            Sha256::digest(bytes).into()
        })
        .collect();
    while level.len() > 1 {
        let parents = level.chunks(2).map(|pair| match pair {
            [left, right] => {
                let mut bytes = [0x01; 65];
                bytes[1..33].copy_from_slice(left);
                bytes[33..].copy_from_slice(right);
                Sha256::digest(bytes).into()
            }
            alone => alone[0],
        });
        level = parents.collect();
    }
    level[0]
}

fn committed(bench: &Bench) -> [Row; 2] {
    let column = |at: usize| Digest::of_blob(&at.to_be_bytes());
    let coordinates: Vec<Digest> = (0..COORDINATES).map(column).collect();
    let rows = coordinates.chunks(DOMAINS).enumerate();
    let mut rows: Vec<Committed> = rows
        .map(|(at, columns)| {
            Committed::of(Digest::of_blob(&[1, at as u8, (at >> 8) as u8]), columns)
        })
        .collect();
    rows.sort_by_key(Committed::key);
    let mut table: Table = rows.iter().copied().collect();
    let digests: Vec<Digest> = rows.iter().map(Committed::digest).collect();
    assert_eq!(table.size(), ROWS as u64);
    assert_eq!(table.head().root.as_bytes(), &peer_root(&digests), "the same tree by both");
    let full = bench.long(
        "commitment of 10^6 coordinates, beside a leaf for each",
        (Clock::Thread, 9),
        Reach::Within(0.06),
        || rows.iter().copied().collect::<Table>().head(),
        || peer_root(&coordinates),
    );
    // 50,000 rows: log2 is 15.6 levels.
    let levels = (ROWS as f64).log2();
    let other = |at: usize| Committed::of(rows[at].key(), &[column(at + 1), column(table_salt())]);
    let changes: Vec<[Committed; 2]> =
        (0..2_000).map(|at| at * 7_919 % ROWS).map(|at| [other(at), rows[at]]).collect();
    for [change, back] in &changes {
        let hashed = table.set([*change]);
        assert!(hashed as f64 <= 1.2 * levels, "{hashed} inner hashes for one change");
        table.set([*back]);
    }
    let (left, right) = (digests[0], digests[1]);
    let hashes = (levels * 2.0 * changes.len() as f64).round() as usize;
    let one = bench.short(
        "one change, beside log2(n) inner hashes",
        changes.len() * 2,
        Reach::Within(1.2),
        || {
            let set = |pair: &[Committed; 2]| table.set([pair[0]]) + table.set([pair[1]]);
            changes.iter().map(set).sum::<usize>()
        },
        || (0..hashes).fold(left, |node, _| node_hash(&black_box(node), &right)),
    );
    [full, one]
}

const fn table_salt() -> usize {
    usize::MAX
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let now = Timestamp::from_unix(NOW).expect("a moment");
    let mut tensor = tensor();
    tensor.advance(now);
    let each = (0..ROWS).flat_map(|row| (0..DOMAINS).map(move |domain| (row, domain)));
    let map: Map = each.map(|(row, domain)| (key(row, domain), flat(row, domain))).collect();
    let mut buffer = Vec::with_capacity(ROWS);
    verdicts(&tensor, now, &mut buffer);
    for row in 0..ROWS {
        for domain in 0..DOMAINS {
            let theirs = passes(map[&key(row, domain)], domain);
            assert_eq!(theirs, ours(&buffer, row, domain), "row {row}, {domain}");
        }
    }
    let by_map = bench.long(
        "verdict over 10^6 coordinates, beside a std HashMap scan",
        (Clock::Thread, 15),
        Reach::Faster(500.0),
        || verdicts(&tensor, now, &mut buffer),
        || scan(&map),
    );
    let [full, one] = committed(bench);
    vec![by_map, full, one]
}

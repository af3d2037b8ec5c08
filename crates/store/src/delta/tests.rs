//! Rows of the journal against a table in memory: what comes back, what may refer to what, and what a changed row is.

use std::collections::BTreeMap;

use canon::Digest;

use super::*;

/// Rows as a table would hold them.
#[derive(Default)]
struct Table(BTreeMap<u64, Vec<u8>>);

impl Table {
    fn read(&self, bodies: &mut Bodies, seq: u64) -> Result<Vec<u8>, StoreError> {
        bodies.body(seq, self.0[&seq].clone(), |seq| Ok(self.0.get(&seq).cloned()))
    }
}

fn entry(seq: u64, body: Vec<u8>) -> Entry {
    Entry { stream: "s".to_owned(), seq, root: Digest::of_blob(&body), body }
}

/// A decision-like text: mostly what every one says, and something of its own.
fn said(kind: u64, own: u64) -> Vec<u8> {
    let common: String = (0..200).map(|n| format!(r#"{{"rule":"{kind}.{}"}},"#, n * 7)).collect();
    format!("{common}{own}{}", Digest::of_blob(&own.to_le_bytes())).into_bytes()
}

#[test]
fn what_repeats_takes_little_room_and_comes_back_as_it_was() {
    let (mut bases, mut table) = (Bases::default(), Table::default());
    let mut whole = 0;
    for seq in 0..1_000 {
        let entry = entry(seq, said(seq % 4, seq));
        let row = bases.row(&entry).into_owned();
        whole += usize::from(row[1] == ALONE);
        assert!(row[1] == ALONE || row.len() * 8 < entry.body.len(), "{seq}: {}", row.len());
        table.0.insert(seq, row);
        bases.committed();
    }
    // Each of four kinds once in each segment.
    assert_eq!(whole, 16);
    let mut bodies = Bodies::default();
    for seq in (0..1_000).chain((0..1_000).rev()) {
        assert_eq!(table.read(&mut bodies, seq).unwrap(), said(seq % 4, seq));
    }
}

#[test]
fn a_segment_can_go_without_those_beside_it() {
    let (mut bases, mut table) = (Bases::default(), Table::default());
    for seq in 200..600 {
        table.0.insert(seq, bases.row(&entry(seq, said(0, seq))).into_owned());
        bases.committed();
    }
    table.0.retain(|seq, _| (256..512).contains(seq));
    for seq in 256..512 {
        assert_eq!(table.read(&mut Bodies::default(), seq).unwrap(), said(0, seq));
    }
}

#[test]
fn what_may_not_be_there_is_referred_to_by_nobody() {
    let mut bases = Bases::default();
    for seq in 0..9 {
        assert_eq!(bases.row(&entry(seq, said(0, seq)))[1], ALONE, "{seq}");
        bases.forget();
    }
    bases.row(&entry(9, said(0, 9)));
    bases.committed();
    assert_eq!(bases.row(&entry(10, said(0, 10)))[1], AFTER);
}

#[test]
fn bodies_of_any_length_and_beginning_come_back() {
    let mut draw = 1_u64;
    let mut byte = || {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (draw >> 56) as u8
    };
    let (mut bases, mut table) = (Bases::default(), Table::default());
    let lengths = [0, 1, 2, 767, 768, 769, 65_535, 65_536, 65_537, 200_000];
    let mut all = Vec::new();
    for (seq, length) in (0..).zip(lengths.iter().cycle().take(120)) {
        let mut body: Vec<u8> = match seq % 3 {
            0 => vec![MARK; *length],
            1 => (0..*length).map(|_| byte()).collect(),
            _ => all.last().cloned().unwrap_or_default(),
        };
        if let Some(first) = body.first_mut().filter(|_| seq % 5 == 0) {
            *first = MARK;
        }
        table.0.insert(seq, bases.row(&entry(seq, body.clone())).into_owned());
        all.push(body);
        if seq % 7 == 0 { bases.forget() } else { bases.committed() }
    }
    let mut bodies = Bodies::default();
    for (seq, body) in (0..).zip(&all) {
        assert!(table.read(&mut bodies, seq).unwrap() == *body, "{seq}");
    }
}

#[test]
fn a_changed_row_is_not_the_body() {
    let (mut bases, mut table) = (Bases::default(), Table::default());
    for seq in 0..3 {
        table.0.insert(seq, bases.row(&entry(seq, said(0, seq))).into_owned());
        bases.committed();
    }
    let row = table.0[&2].clone();
    let read = |seq: u64, stored: Vec<u8>| {
        let read = Bodies::default().body(seq, stored, |seq| Ok(table.0.get(&seq).cloned()));
        read.unwrap()
    };
    assert_eq!(read(2, row.clone()), said(0, 2));
    for at in 0..row.len() {
        assert_ne!(read(2, row[..at].to_vec()), said(0, 2), "{at}");
        for change in [1, 0x80, 0xff] {
            let mut stored = row.clone();
            stored[at] ^= change;
            // In a block another place may hold the same text.
            assert!(at >= 7 || read(2, stored) != said(0, 2), "{at}");
        }
    }
    // After itself, after none, after one that comes after another; and larger than any body.
    let after = |distance: u8| [&[MARK, AFTER, distance][..], &row[3..]].concat();
    for (seq, stored) in [(2, after(0)), (0, after(1)), (3, after(1)), (3, after(9))] {
        assert_eq!(read(seq, stored.clone()), stored);
    }
    let huge = [&[MARK, ALONE][..], &u32::MAX.to_le_bytes(), &[0; 9]].concat();
    assert_eq!(read(9, huge.clone()), huge);
}

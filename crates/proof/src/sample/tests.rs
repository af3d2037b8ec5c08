//! Draws, and samples judged against logs of every small size.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::chain::{DECISIONS_TAG, VIEWS_TAG, step};
use crate::checkpoint::Checkpoint;
use crate::keys::SecretKey;
use crate::merkle::Tree;
use crate::verified::Verified;
use canon::Canonical;

const ORIGIN: &str = "z.example/zone/z";

/// A zone log of a few streams, and what is opened of each entry.
fn log(size: u64) -> (Tree, Vec<(Value, Option<Opened>)>) {
    let (mut tree, mut entries) = (Tree::new(), Vec::new());
    let mut roots: [Option<Digest>; 2] = [None, None];
    let mut next = [0u64; 2];
    for at in 0..size {
        let (entry, opened) = if at % 5 == 4 {
            let root = Digest::of_blob(&at.to_be_bytes());
            (
                json!({ "type": "MEZZoneLogEntry", "kind": "law", "stream": "law", "sequence": at, "root": root }),
                None,
            )
        } else {
            let which = usize::from(at % 3 == 2);
            let (kind, tag) = [("journal", DECISIONS_TAG), ("views", VIEWS_TAG)][which];
            let record = json!({ "type": "R", "sequence": next[which], "at": at });
            let digest = Canonical::of_value(&record).unwrap().digest();
            let previous_root = roots[which];
            let root = step(tag, previous_root.as_ref(), &digest);
            let entry = json!({ "type": "MEZZoneLogEntry", "kind": kind, "stream": kind,
                "sequence": next[which], "root": root });
            (roots[which], next[which]) = (Some(root), next[which] + 1);
            let hidden = which == 1 && at % 2 == 0;
            let record_sha256 = hidden.then_some(digest);
            let record = (!hidden).then_some(record);
            (entry, Some(Opened { previous_root, record, record_sha256 }))
        };
        tree.push(Canonical::of_value(&entry).unwrap().digest()).unwrap();
        entries.push((entry, opened));
    }
    (tree, entries)
}

fn head(tree: &Tree) -> Verified<Checkpoint> {
    let key = SecretKey::from_seed([7; 32]).unwrap();
    let note = Checkpoint::new(ORIGIN, tree.size(), tree.root()).unwrap().sign(&key).unwrap();
    Checkpoint::verify(&note.to_bytes(), ORIGIN, &key.public()).unwrap()
}

fn sample(seed: u8, size: u64, count: u64) -> (Sample, Verified<Checkpoint>) {
    let (tree, entries) = log(size);
    let seed = Digest::of_blob(&[seed]);
    let drawn = draw(&seed, size, count).into_iter().map(|place| {
        let (entry, opened) = entries[usize::try_from(place).unwrap()].clone();
        Drawn { entry, proof: tree.inclusion(place, size).unwrap(), opened }
    });
    let drawn = drawn.collect();
    let (type_, checkpoint, keys) = (SAMPLE_TYPE.to_owned(), String::new(), json!({}));
    (Sample { type_, seed, count, checkpoint, keys, drawn }, head(&tree))
}

proptest! {
    #[test]
    fn draws_are_distinct_and_within(seed in any::<[u8; 32]>(), size in 0u64..400, count in 0u64..300) {
        let seed = Digest::from_bytes(seed);
        let places = draw(&seed, size, count);
        let distinct: std::collections::BTreeSet<_> = places.iter().collect();
        prop_assert_eq!(distinct.len() as u64, count.min(size).min(SAMPLE_MAX as u64));
        prop_assert!(places.iter().all(|place| *place < size));
        // A larger sample begins with the smaller one.
        let fewer = draw(&seed, size, count / 2);
        prop_assert!(places.starts_with(&fewer));
    }

    #[test]
    fn what_is_drawn_is_judged_and_nothing_else(seed in any::<u8>(), size in 1u64..120, count in 1u64..40) {
        let (sample, head) = sample(seed, size, count);
        let shown = judge(&sample, &head).unwrap();
        prop_assert_eq!(shown.len() as u64, count.min(size));
        let mut other = sample.clone();
        other.seed = Digest::of_blob(b"another seed");
        let same = draw(&other.seed, size, count) == draw(&sample.seed, size, count);
        prop_assert_eq!(judge(&other, &head).is_ok(), same);
        let mut fewer = sample.clone();
        fewer.drawn.pop();
        let judged = judge(&fewer, &head);
        let missed = matches!(judged, Err(BadSample::Count { .. }));
        prop_assert!(missed);
    }
}

#[test]
fn the_places_of_a_seed_are_fixed_for_good() {
    let places = draw(&Digest::of_blob(b"seed"), 1_000, 5);
    assert_eq!(places, slow(&Digest::of_blob(b"seed"), 1_000, 5));
    assert_eq!(draw(&Digest::of_blob(b"seed"), 0, 5), Vec::<u64>::new());
    assert_eq!(draw(&Digest::of_blob(b"seed"), 1, 5), vec![0]);
}

/// The same by long division of the digest's first 16 bytes.
fn slow(seed: &Digest, size: u64, count: usize) -> Vec<u64> {
    let mut places: Vec<u64> = Vec::new();
    let mut i = 0u64;
    while places.len() < count {
        let text = [
            b"mez.sample.draw.v1\n".as_slice(),
            seed.as_bytes(),
            &size.to_be_bytes(),
            &i.to_be_bytes(),
        ];
        let hash = Digest::of_blob(&text.concat());
        let place = hash.as_bytes()[..16]
            .iter()
            .fold(0u64, |rest, byte| (rest * 256 + u64::from(*byte)) % size);
        if !places.contains(&place) {
            places.push(place);
        }
        i += 1;
    }
    places
}

#[test]
fn every_change_of_what_is_shown_is_found() {
    let (good, head) = sample(3, 40, 20);
    for at in 0..good.drawn.len() {
        let mut entry = good.clone();
        entry.drawn[at].entry["sequence"] = json!(900);
        assert!(matches!(judge(&entry, &head), Err(BadSample::Place { draw, .. }) if draw == at));
        let mut swapped = good.clone();
        let other = (at + 1) % good.drawn.len();
        swapped.drawn[at] = good.drawn[other].clone();
        assert!(judge(&swapped, &head).is_err(), "{at}");
        let mut unopened = good.clone();
        let was = unopened.drawn[at].opened.take();
        match was {
            None => assert!(judge(&unopened, &head).is_ok(), "{at}"),
            Some(was) => {
                assert_eq!(judge(&unopened, &head), Err(BadSample::Unopened(at)));
                let mut changed = good.clone();
                let record = Some(json!({ "type": "R", "sequence": 0, "at": 999 }));
                changed.drawn[at].opened = Some(Opened { record, record_sha256: None, ..was });
                assert_eq!(judge(&changed, &head), Err(BadSample::Record(at)));
            }
        }
    }
    // A decision is shown; only a view of somebody else may be its digest.
    let mut hidden = good.clone();
    let journal = hidden.drawn.iter().position(|drawn| drawn.entry["kind"] == "journal").unwrap();
    let opened = hidden.drawn[journal].opened.as_mut().unwrap();
    opened.record_sha256 = opened.record.take().map(|r| Canonical::of_value(&r).unwrap().digest());
    assert_eq!(judge(&hidden, &head), Err(BadSample::Unopened(journal)));
}

//! The receipt log beside `ckb-merkle-mountain-range`, with the same hash functions and leaves.

use canon::Digest;
use ckb_merkle_mountain_range::util::MemStore;
use ckb_merkle_mountain_range::{MMR, Merge, Result};
use proof::merkle::{Proof, Tree, verify_inclusion};
use sha2::{Digest as _, Sha256};

use crate::harness::{Bench, Clock, Reach, Row};

const ENTRIES: u64 = 1_000_000;
/// Positions proved in one call.
const POSITIONS: u64 = 2_000;
const ROUNDS: usize = 5;

/// RFC 9162 nodes for the peer: it bags its peaks from the right as we do, right one first.
struct Nodes;

impl Merge for Nodes {
    type Item = [u8; 32];

    fn merge(left: &[u8; 32], right: &[u8; 32]) -> Result<[u8; 32]> {
        Ok(inner(left, right))
    }

    fn merge_peaks(right: &[u8; 32], left: &[u8; 32]) -> Result<[u8; 32]> {
        Ok(inner(left, right))
    }
}

fn inner(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut bytes = [0x01; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

fn leaf(entry: &Digest) -> [u8; 32] {
    let mut bytes = [0x00; 33];
    bytes[1..].copy_from_slice(entry.as_bytes());
    Sha256::digest(bytes).into()
}

fn entries() -> Vec<Digest> {
    (0..ENTRIES).map(|index| Digest::of_blob(&index.to_be_bytes())).collect()
}

/// The peer's log: its store, its size in its own count, and the positions of the leaves.
fn peer(entries: &[Digest], store: &MemStore<[u8; 32]>) -> (u64, Vec<u64>) {
    let mut log = MMR::<_, Nodes, _>::new(0, store);
    let positions = entries.iter().map(|entry| log.push(leaf(entry)).expect("appended")).collect();
    log.commit().expect("committed");
    (log.mmr_size(), positions)
}

fn appended(bench: &Bench, entries: &[Digest]) -> Row {
    bench.long(
        "log append 10^6",
        (Clock::Thread, ROUNDS),
        Reach::Faster(3.0),
        || entries.iter().copied().collect::<Tree>().root(),
        || peer(entries, &MemStore::default()).0,
    )
}

/// Verifying beside nothing but the inner hashes of the same paths, by the same hash function.
fn beside_hashes(
    bench: &Bench,
    entries: &[Digest],
    chosen: &[u64],
    proofs: &[Proof],
    root: Digest,
) -> Row {
    let inner = |left: Digest, right: &Digest| {
        canon::sha256_parts(&[&[0x01], left.as_bytes(), right.as_bytes()])
    };
    let deep: Vec<usize> =
        (0..proofs.len()).filter(|at| proofs[*at].hashes().len() == 20).collect();
    bench.short(
        "verify proof, beside its 20 inner hashes",
        deep.len(),
        Reach::Within(1.1),
        || {
            deep.iter()
                .filter(|at| {
                    let index = chosen[**at];
                    let entry = &entries[index as usize];
                    verify_inclusion(entry, index, ENTRIES, &proofs[**at], &root).is_ok()
                })
                .count()
        },
        || deep.iter().fold(entries[0], |start, at| proofs[*at].hashes().iter().fold(start, inner)),
    )
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let entries = entries();
    let tree: Tree = entries.iter().copied().collect();
    let store = MemStore::default();
    let (size, positions) = peer(&entries, &store);
    let log = MMR::<_, Nodes, _>::new(size, &store);
    let root = log.get_root().expect("a root");
    assert_eq!(&root, tree.root().as_bytes());

    let chosen: Vec<u64> = (0..POSITIONS).map(|n| (n * 2_654_435_761) % ENTRIES).collect();
    let head = tree.at(ENTRIES).expect("a head");
    let proofs: Vec<Proof> =
        chosen.iter().map(|index| head.inclusion(*index).expect("a proof")).collect();
    for (index, proof) in chosen.iter().zip(&proofs) {
        let entry = &entries[*index as usize];
        verify_inclusion(entry, *index, ENTRIES, proof, &tree.root()).expect("verifies");
    }
    let of_peer = |index: &u64| log.gen_proof(vec![positions[*index as usize]]).expect("a proof");
    let theirs: Vec<_> = chosen.iter().map(of_peer).collect();
    for (index, proof) in chosen.iter().zip(&theirs) {
        let item = (positions[*index as usize], leaf(&entries[*index as usize]));
        assert!(proof.verify(root, vec![item]).expect("verifies"));
    }
    let pieces = chosen.len();
    vec![
        appended(bench, &entries),
        bench.short(
            "inclusion proof at 10^6",
            pieces,
            Reach::Nanos(500.0),
            || {
                chosen
                    .iter()
                    .map(|at| head.inclusion(*at).map_or(0, |p| p.hashes().len()))
                    .sum::<usize>()
            },
            || chosen.iter().map(|at| of_peer(at).proof_items().len()).sum::<usize>(),
        ),
        beside_hashes(bench, &entries, &chosen, &proofs, head.root()),
        bench.short(
            "verify proof, beside the peer's",
            pieces,
            Reach::Within(1.0),
            || {
                let all = chosen.iter().zip(&proofs);
                all.filter(|(index, proof)| {
                    let entry = &entries[**index as usize];
                    verify_inclusion(entry, **index, ENTRIES, proof, &head.root()).is_ok()
                })
                .count()
            },
            || {
                let all = chosen.iter().zip(&theirs);
                all.filter(|(index, proof)| {
                    let at = **index as usize;
                    let item = (positions[at], leaf(&entries[at]));
                    proof.verify(root, vec![item]).is_ok_and(|holds| holds)
                })
                .count()
            },
        ),
    ]
}

//! `vectors/log.json`: tiles, proof files, and the forgeries every verifier must refuse. The file must
//! equal what we compute; `cargo test -p proof --test golden_log -- --ignored` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use std::path::PathBuf;

use canon::Digest;
use data_encoding::HEXLOWER;
use proof::merkle::{Proof, Tree, leaf_hash, node_hash, verify_consistency, verify_inclusion};
use proof::note::verifier_key;
use proof::tiles::{Level, Tiles, contents, entry_bundle};
use proof::tlog_proof::{LogKey, TlogProof, judge_consistency, judge_inclusion};
use proof::witness::client::add_checkpoint;
use proof::{Checkpoint, SecretKey};
use serde_json::{Value, json};

const ORIGIN: &str = "test.zone.example/corridor/c1/lane/org.momentum.mez.zone.test";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/log.json")
}

fn entry(index: u64) -> Digest {
    Digest::of_blob(format!("receipt-{}", index + 1).as_bytes())
}

fn key() -> SecretKey {
    SecretKey::from_seed([3; 32]).unwrap()
}

fn note(tree: &Tree, size: u64) -> Vec<u8> {
    let head = Checkpoint::new(ORIGIN, size, tree.root_at(size).unwrap()).unwrap();
    head.sign(&key()).unwrap().to_bytes()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn tiles() -> Value {
    let logs = [1u64, 3, 255, 256, 257, 600].map(|size| {
        let tree: Tree = (0..size).map(entry).collect();
        let files: Vec<Value> = contents(size)
            .map(|tile| {
                let bytes = match tile.level() {
                    Level::Entries => {
                        let entries = tile.first()..tile.first() + tile.width();
                        entry_bundle(&entries.map(entry).collect::<Vec<_>>())
                    }
                    Level::Hashes(_) => Tiles::of(&tree).bytes(tile).unwrap(),
                };
                json!({"path": tile.to_string(), "length": bytes.len(), "sha256": Digest::of_blob(&bytes)})
            })
            .collect();
        json!({"size": size, "root": tree.root(), "files": files})
    });
    let three: Vec<Digest> = (0..3).map(entry).collect();
    json!({
        "rule": "c2sp.org/tlog-tiles; entry i = SHA-256(ASCII receipt-<i+1>)",
        "entries_of_3_hex": HEXLOWER.encode(&entry_bundle(&three)),
        "logs": logs,
    })
}

fn files() -> Value {
    let tree: Tree = (0..20).map(entry).collect();
    let logs = [LogKey { origin: ORIGIN.to_owned(), key: key().public() }];
    let inclusion = TlogProof::new(11, tree.inclusion(11, 20).unwrap(), &note(&tree, 20));
    let judged = judge_inclusion(&inclusion.to_bytes(), Some((&entry(11), 11)), &logs);
    assert!(judged.reasons.is_empty(), "{:?}", judged.reasons);
    let older = note(&tree, 7);
    let consistency =
        add_checkpoint(7, &tree.consistency(7, 20).unwrap(), &note(&tree, 20)).unwrap();
    let judged = judge_consistency(&consistency, &older, &logs);
    assert!(judged.reasons.is_empty(), "{:?}", judged.reasons);
    json!({
        "verifier_key": verifier_key(ORIGIN, &key().public()),
        "entry": entry(11),
        "sequence": 11,
        "tlog_proof": text(&inclusion.to_bytes()),
        "older_checkpoint": text(&older),
        "consistency": text(&consistency),
    })
}

/// A claim of inclusion that is false, and how it is refused.
fn inclusion(
    rows: &mut Vec<Value>,
    what: &str,
    (entry, index, size): (Digest, u64, u64),
    hashes: &[Digest],
    root: Digest,
) {
    let proof = Proof::of(hashes.to_vec()).unwrap();
    let refused = verify_inclusion(&entry, index, size, &proof, &root).unwrap_err();
    rows.push(json!({
        "what": what, "entry": entry, "index": index, "size": size,
        "hashes": hashes, "root": root, "refused": refused.to_string(),
    }));
}

fn forged_inclusion() -> Vec<Value> {
    let tree: Tree = (0..11).map(entry).collect();
    let mut rows = Vec::new();
    for (size, at) in [(11u64, 4u64), (11, 10), (8, 0), (9, 8), (1, 0)] {
        let root = tree.root_at(size).unwrap();
        let path = tree.inclusion(at, size).unwrap().hashes().to_vec();
        let honest = (entry(at), at, size);
        let mut add = |what, claim, hashes: &[Digest]| {
            inclusion(&mut rows, what, claim, hashes, root);
        };
        add("index one less", (entry(at), at.wrapping_sub(1), size), &path);
        add("index one more", (entry(at), at + 1, size), &path);
        if path.iter().any(|hash| *hash != path[0]) {
            add("hashes in reverse", honest, &path.iter().rev().copied().collect::<Vec<_>>());
        }
        add("another entry", (entry(at + 1), at, size), &path);
        add("a hash more", honest, &[&path[..], &[root]].concat());
        add("a hash more before", honest, &[&[root], &path[..]].concat());
        if let Some((_, shorter)) = path.split_last() {
            add("a hash less", honest, shorter);
            add("the first hash left out", honest, &path[1..]);
            add("no hashes", honest, &[]);
        }
    }
    // The path of (4, 9) is also one of other pairs: only a checkpoint tells which is meant.
    let root = tree.root_at(11).unwrap();
    for size in [10, 12, 16, 32, 5] {
        let path = tree.inclusion(4, 11).unwrap();
        let what = "size relabelled, under the root of 11";
        if verify_inclusion(&entry(4), 4, size, &path, &root).is_err() {
            inclusion(&mut rows, what, (entry(4), 4, size), path.hashes(), root);
        }
    }
    // An inner node is 64 bytes behind 0x01, an entry 32 behind 0x00: neither passes as the other.
    let inner = node_hash(&leaf_hash(&entry(0)), &leaf_hash(&entry(1)));
    let upper = &tree.inclusion(0, 8).unwrap().hashes()[1..].to_vec();
    let root = tree.root_at(8).unwrap();
    inclusion(&mut rows, "an inner node as an entry", (inner, 0, 4), upper, root);
    inclusion(
        &mut rows,
        "a leaf hash as an entry",
        (leaf_hash(&entry(0)), 0, 8),
        tree.inclusion(0, 8).unwrap().hashes(),
        root,
    );
    inclusion(&mut rows, "the root as the entry of a log of one", (root, 0, 1), &[], root);
    inclusion(&mut rows, "an empty log", (entry(0), 0, 0), &[], tree.root_at(0).unwrap());
    let max = (entry(0), u64::MAX - 1, u64::MAX);
    inclusion(&mut rows, "the largest numbers", max, &[root; 64], root);
    rows
}

fn forged_consistency() -> Vec<Value> {
    let tree: Tree = (0..11).map(entry).collect();
    let other: Tree = (0..11).map(|index| entry(index + 1)).collect();
    let mut rows = Vec::new();
    let mut add = |what: &str, (old, new): (u64, u64), hashes: &[Digest], roots: [Digest; 2]| {
        let proof = Proof::of(hashes.to_vec()).unwrap();
        let refused = verify_consistency(old, new, &proof, &roots[0], &roots[1]).unwrap_err();
        rows.push(json!({
            "what": what, "old": old, "new": new, "hashes": hashes,
            "old_root": roots[0], "new_root": roots[1], "refused": refused.to_string(),
        }));
    };
    for (old, new) in [(4u64, 11u64), (7, 11), (8, 9), (1, 2), (11, 11)] {
        let roots = [tree.root_at(old).unwrap(), tree.root_at(new).unwrap()];
        let path = tree.consistency(old, new).unwrap().hashes().to_vec();
        if old < new {
            add("roots swapped", (old, new), &path, [roots[1], roots[0]]);
            add("sizes swapped", (new, old), &path, roots);
            add("a hash less", (old, new), &path[1..], roots);
        }
        add("older size one less", (old - 1, new), &path, roots);
        add("a hash more", (old, new), &[&path[..], &[roots[1]]].concat(), roots);
        add("another older log", (old, new), &path, [other.root_at(old).unwrap(), roots[1]]);
        add("another newer log", (old, new), &path, [roots[0], other.root_at(new).unwrap()]);
    }
    rows
}

fn vectors() -> String {
    let tree = json!({
        "note": "Test key: the byte 3 repeated 32 times. Every row under `forged` must be refused.",
        "tiles": tiles(),
        "files": files(),
        "forged": { "inclusion": forged_inclusion(), "consistency": forged_consistency() },
    });
    format!("{}\n", serde_json::to_string_pretty(&tree).unwrap())
}

#[test]
fn the_golden_file_is_what_we_compute() {
    let found = std::fs::read_to_string(path()).unwrap();
    assert_eq!(found, vectors(), "run `cargo test -p proof --test golden_log -- --ignored`");
}

#[test]
#[ignore = "writes vectors/log.json"]
fn write_the_golden_log() {
    std::fs::write(path(), vectors()).unwrap();
}

/// What a checkpoint binds: a path holds for one size only once root and size come from one note.
#[test]
fn a_size_relabelled_in_a_note_does_not_verify() {
    let tree: Tree = (0..20).map(entry).collect();
    let proof = TlogProof::new(11, tree.inclusion(11, 20).unwrap(), &note(&tree, 20)).to_bytes();
    let logs = [LogKey { origin: ORIGIN.to_owned(), key: key().public() }];
    for size in [12, 16, 19, 21, 32, 200] {
        let forged = text(&proof).replace("\n20\n", &format!("\n{size}\n"));
        let judged = judge_inclusion(forged.as_bytes(), Some((&entry(11), 11)), &logs);
        assert_eq!(judged.reasons[0].code, "signature", "{size}");
    }
}

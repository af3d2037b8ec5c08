//! Tiles against the definition, the specification's examples, and every flipped byte.

use std::collections::BTreeMap;
use std::convert::Infallible;

use canon::Digest;
use proptest::prelude::*;

use super::*;
use crate::merkle::{MerkleError, Tree, leaf_hash, verify_consistency, verify_inclusion};
use crate::{Checkpoint, SecretKey, Verified};

const ORIGIN: &str = "test.zone.example/corridor/c1/lane/org.momentum.mez.zone.test";

fn entry(index: u64) -> Digest {
    Digest::of_blob(format!("receipt-{}", index + 1).as_bytes())
}

fn signed(tree: &Tree, size: u64) -> Verified<Checkpoint> {
    let key = SecretKey::from_seed([3; 32]).unwrap();
    let head = Checkpoint::new(ORIGIN, size, tree.root_at(size).unwrap()).unwrap();
    let note = head.sign(&key).unwrap().to_bytes();
    Checkpoint::verify(&note, ORIGIN, &key.public()).unwrap()
}

/// A static file server, in memory.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Fetch for &Files {
    type Fault = Infallible;

    fn fetch(&mut self, tile: TileId) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(&tile.to_string()).cloned())
    }
}

/// The files of a log of `size` entries, as exported.
fn files(tree: &Tree, size: u64) -> Files {
    let bytes = |tile: TileId| match tile.level() {
        Level::Entries => {
            let entries: Vec<_> = (tile.first()..tile.first() + tile.width()).map(entry).collect();
            entry_bundle(&entries)
        }
        Level::Hashes(_) => Tiles::of(tree).bytes(tile).unwrap(),
    };
    Files(contents(size).map(|tile| (tile.to_string(), bytes(tile))).collect())
}

#[test]
fn paths_are_those_of_the_specification() {
    let names = |size| contents(size).map(|tile| tile.to_string()).collect::<Vec<_>>();
    assert_eq!(names(0), [""; 0]);
    assert_eq!(names(1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
    assert_eq!(names(256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    // The example of tlog-tiles: 273 full tiles of level 0 and one of 112, one full of level 1 and one of 17, one of level 2 of width 1.
    let all = names(70_000);
    assert_eq!(all.iter().filter(|name| name.starts_with("tile/0/")).count(), 274);
    assert_eq!(all.len(), 274 * 2 + 3);
    for name in ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"] {
        assert!(all.iter().any(|known| known == name), "{name}");
    }
    let far = TileId::at(Level::Hashes(0), 1_234_067, 1_234_068 * 256).unwrap();
    assert_eq!(far.to_string(), "tile/0/x001/x234/067");
    assert_eq!("tile/0/x001/x234/067".parse(), Ok(far));
}

#[test]
fn every_path_reads_back_and_no_other_spelling_does() {
    for size in [1, 255, 256, 257, 65_535, 65_536, 65_537, 300_000, 256 * 1000 + 1] {
        for tile in contents(size) {
            assert_eq!(tile.to_string().parse(), Ok(tile));
            assert!(tile.is_within(size) && !tile.is_within(tile.first()));
        }
    }
    for bad in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/+1/000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x001",
        "tile/0/+01",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/05",
        "tile/0/000.p/",
        "tile/data/000",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(bad.parse::<TileId>().is_err(), "{bad}");
    }
}

/// MTH of the leaves of a range by RFC 9162 §2.1.1.
fn model(leaves: &[Digest]) -> Digest {
    match leaves {
        [one] => *one,
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            crate::merkle::node_hash(&model(left), &model(right))
        }
    }
}

#[test]
fn tiles_hold_the_nodes_of_the_definition_around_every_boundary() {
    let tree: Tree = (0..65_537).map(entry).collect();
    let leaves: Vec<_> = (0..65_537).map(|index| leaf_hash(&entry(index))).collect();
    for size in [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537] {
        let whole: Tree = (0..size).map(entry).collect();
        for tile in contents(size).filter(|tile| tile.level() != Level::Entries) {
            let Level::Hashes(level) = tile.level() else { continue };
            let bytes = Tiles::of(&tree).bytes(tile).unwrap();
            assert_eq!(Tiles::of(&whole).bytes(tile).as_ref(), Some(&bytes));
            assert_eq!(bytes.len() as u64, tile.length());
            let span = 256usize.pow(u32::from(level));
            for (node, at) in bytes.as_chunks::<32>().0.iter().zip(tile.first() as usize..) {
                assert_eq!(model(&leaves[at * span..(at + 1) * span]).as_bytes(), node);
            }
        }
        // One further would not be complete.
        let beyond = TileId::at(Level::Hashes(0), size / 256, size + 1).unwrap();
        assert_eq!(Tiles::of(&whole).bytes(beyond), None);
    }
}

#[test]
fn proofs_from_tiles_alone_equal_those_of_the_tree() {
    let tree: Tree = (0..65_537).map(entry).collect();
    for size in [1, 2, 3, 4, 5, 7, 8, 9, 255, 256, 257, 258, 65_535, 65_536, 65_537] {
        let (head, files) = (signed(&tree, size), files(&tree, size));
        let mut reader = Reader::new(&head, &files);
        assert_eq!(reader.root().unwrap(), head.root());
        for index in [0, 1, size / 3, size / 2, size - 1].into_iter().filter(|at| *at < size) {
            let (found, proof) = reader.entry(index).unwrap();
            assert_eq!((found, &proof), (entry(index), &tree.inclusion(index, size).unwrap()));
            verify_inclusion(&found, index, size, &proof, &head.root()).unwrap();
        }
        assert!(reader.entry(size).is_err());
        for old in [0, 1, 2, 255, 256, 257, size / 2, size - 1, size] {
            let older = signed(&tree, old);
            if old > size {
                assert!(reader.extends(&older).is_err());
                continue;
            }
            let proof = reader.extends(&older).unwrap();
            if old > 0 {
                assert_eq!(proof, tree.consistency(old, size).unwrap());
                verify_consistency(old, size, &proof, &older.root(), &head.root()).unwrap();
            }
        }
    }
}

#[test]
fn a_full_tile_stands_in_for_a_partial_one_that_was_dropped() {
    let tree: Tree = (0..600).map(entry).collect();
    let (old, mut kept) = (signed(&tree, 300), files(&tree, 600));
    kept.0.extend(files(&tree, 300).0);
    for dropped in ["tile/0/001.p/44", "tile/entries/001.p/44"] {
        kept.0.remove(dropped).unwrap();
    }
    let mut reader = Reader::new(&old, &kept);
    assert_eq!(reader.entry(299).unwrap().0, entry(299));
}

#[test]
fn a_rewritten_or_missing_tile_gives_no_proof() {
    let tree: Tree = (0..600).map(entry).collect();
    let head = signed(&tree, 600);
    let other: Tree = (0..600).map(|index| entry(index ^ 1)).collect();
    let forged = files(&other, 600);
    let mut reader = Reader::new(&head, &forged);
    let mismatch = |error| {
        matches!(
            error,
            ReadError::Proof(crate::checkpoint::CheckpointError::Proof(MerkleError::RootMismatch))
        )
    };
    assert!(mismatch(reader.leaf(5).unwrap_err()));
    assert!(mismatch(reader.root().unwrap_err()));
    let mut files = files(&tree, 600);
    files.0.remove("tile/0/001");
    assert!(matches!(Reader::new(&head, &files).leaf(257), Err(ReadError::Missing(_))));
    files.0.get_mut("tile/0/000").unwrap().pop();
    assert!(matches!(Reader::new(&head, &files).leaf(5), Err(ReadError::Malformed(_))));
}

/// Whether the report names exactly this byte, or the entry that it is part of.
fn names(report: &fsck::Report, path: &str, offset: u64) -> bool {
    let [fault] = report.faults.as_slice() else { return false };
    let at = fault.offset().unwrap();
    fault.tile().to_string() == path
        && match fault {
            fsck::Fault::Byte { .. } => at == offset,
            fsck::Fault::Entry { sequence, .. } => {
                at <= offset - 2 && offset < at + 34 && sequence % 256 == offset / 34
            }
            _ => false,
        }
}

fn flip_and_find(log: &mut Files, head: &Verified<Checkpoint>, path: &str, at: usize, bit: u8) {
    log.0.get_mut(path).unwrap()[at] ^= 1 << bit;
    let report = fsck::check(head, &mut &*log).unwrap();
    assert!(names(&report, path, at as u64), "{path} {at}: {report:?}");
    log.0.get_mut(path).unwrap()[at] ^= 1 << bit;
}

#[test]
fn every_flipped_byte_of_small_logs_is_found_and_located() {
    for size in [1, 2, 3, 7, 20, 256, 259] {
        let tree: Tree = (0..size).map(entry).collect();
        let (head, mut log) = (signed(&tree, size), files(&tree, size));
        let clean = fsck::check(&head, &mut &log).unwrap();
        assert_eq!((clean.faults, clean.files), (vec![], log.0.len() as u64));
        let paths: Vec<(String, usize)> =
            log.0.iter().map(|(path, bytes)| (path.clone(), bytes.len())).collect();
        // Every byte of the small ones; of the large, every byte near the seams and each 7th.
        for (path, length) in paths {
            for at in (0..length).filter(|at| size < 256 || at % 7 == 0 || at + 70 > length) {
                flip_and_find(&mut log, &head, &path, at, (at % 8) as u8);
            }
        }
    }
}

#[test]
fn missing_cut_and_consistently_rewritten_files_are_named() {
    let tree: Tree = (0..1000).map(entry).collect();
    let (head, log) = (signed(&tree, 1000), files(&tree, 1000));
    for path in log.0.keys() {
        let mut less = log.clone();
        less.0.remove(path);
        let report = fsck::check(&head, &mut &less).unwrap();
        assert_eq!(report.faults, [fsck::Fault::Missing(path.parse().unwrap())]);
        let mut cut = log.clone();
        cut.0.get_mut(path).unwrap().pop();
        let report = fsck::check(&head, &mut &cut).unwrap();
        assert_eq!(report.faults, [fsck::Fault::Length(path.parse().unwrap())]);
    }
    // Entry and leaf rewritten together: only the checkpoint tells.
    let mut forged = log.clone();
    let entries = forged.0.get_mut("tile/entries/001").unwrap();
    entries[36] ^= 1;
    let leaf = leaf_hash(&read_bundle(entries).unwrap()[1]);
    forged.0.get_mut("tile/0/001").unwrap()[32..64].copy_from_slice(leaf.as_bytes());
    let report = fsck::check(&head, &mut &forged).unwrap();
    let tile = "tile/0/001".parse().unwrap();
    assert_eq!(report.faults, [fsck::Fault::Nodes { tile, first: 256, end: 512 }]);
    // Another log altogether, under this checkpoint.
    let other: Tree = (0..1000).map(|index| entry(index + 1)).collect();
    let mut all = files(&other, 1000);
    for tile in contents(1000).filter(|tile| tile.level() == Level::Entries) {
        let moved: Vec<_> =
            (tile.first()..tile.first() + tile.width()).map(|at| entry(at + 1)).collect();
        all.0.insert(tile.to_string(), entry_bundle(&moved));
    }
    assert!(!fsck::check(&head, &mut &all).unwrap().faults.is_empty());
}

#[test]
fn several_flips_in_one_log_are_each_named() {
    let tree: Tree = (0..70_000).map(entry).collect();
    let (head, mut log) = (signed(&tree, 70_000), files(&tree, 70_000));
    let flips = [
        ("tile/entries/260", 100),
        ("tile/0/003", 5),
        ("tile/0/273.p/112", 3583),
        ("tile/1/000", 32 * 7 + 1),
        ("tile/1/001.p/17", 9),
        ("tile/2/000.p/1", 31),
        ("tile/entries/273.p/112", 2),
    ];
    for (path, at) in flips {
        log.0.get_mut(path).unwrap()[at] ^= 0x10;
    }
    let report = fsck::check(&head, &mut &log).unwrap();
    assert_eq!(report.faults.len(), flips.len(), "{:?}", report.faults);
    for (path, at) in flips {
        let one = report.faults.iter().filter(|fault| fault.tile().to_string() == path);
        let one = fsck::Report { faults: one.cloned().collect(), ..fsck::Report::default() };
        assert!(names(&one, path, at as u64), "{path} {at}: {:?}", one.faults);
    }
    // An entry and a node above it: no account of that node is left, and its range is named.
    log.0.get_mut("tile/entries/007").unwrap()[50] ^= 1;
    let report = fsck::check(&head, &mut &log).unwrap();
    let range = |fault: &fsck::Fault| matches!(fault, fsck::Fault::Nodes { first, end, .. } if *first <= 1793 && 1793 < *end);
    assert!(report.faults.iter().any(range), "{:?}", report.faults);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_random_flip_in_a_large_log_is_found_and_located(
        size in 60_000u64..70_000, file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(), bit in 0u8..8,
    ) {
        let tree: Tree = (0..size).map(entry).collect();
        let (head, mut log) = (signed(&tree, size), files(&tree, size));
        let path = log.0.keys().nth(file.index(log.0.len())).unwrap().clone();
        let at = at.index(log.0[&path].len());
        flip_and_find(&mut log, &head, &path, at, bit);
    }

    #[test]
    fn no_path_panics(path in "tile/(entries|[0-9]{1,3})/[x0-9/]{0,30}(\\.p/[0-9]{0,4})?") {
        if let Ok(tile) = path.parse::<TileId>() {
            prop_assert_eq!(tile.to_string(), path);
        }
    }
}

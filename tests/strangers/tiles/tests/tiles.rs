//! Our files through `tlog_tiles` and `signed_note`: they verify our checkpoint, authenticate every
//! tile they read against its root, make the same proofs, and refuse each with one byte changed.

use std::cell::RefCell;
use std::collections::BTreeMap;

use canon::Digest;
use proof::merkle::Tree;
use proof::note::verifier_key;
use proof::tiles::{Level, Tiles, contents, entry_bundle, read_bundle};
use proof::tlog_proof::TlogProof;
use proof::{Checkpoint, SecretKey};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{
    Hash, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record, prove_tree,
    record_hash, tree_hash,
};

const ORIGIN: &str = "test.zone.example/corridor/c1/lane/org.momentum.mez.zone.test";
const SIZES: [u64; 9] = [1, 2, 3, 255, 256, 257, 700, 65_536, 66_000];

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

/// The files of a log, under their paths.
#[derive(Clone)]
struct Files {
    by_path: BTreeMap<String, Vec<u8>>,
    read: RefCell<Vec<String>>,
}

impl Files {
    fn of(tree: &Tree, size: u64) -> Self {
        let bytes = contents(size).map(|tile| {
            let bytes = match tile.level() {
                Level::Entries => {
                    let entries = tile.first()..tile.first() + tile.width();
                    entry_bundle(&entries.map(entry).collect::<Vec<_>>())
                }
                Level::Hashes(_) => Tiles::of(tree).bytes(tile).unwrap(),
            };
            (tile.to_string(), bytes)
        });
        Self { by_path: bytes.collect(), read: RefCell::default() }
    }
}

/// The library names a tile `tile/8/L/N`, with the height; the specification fixes it and leaves it out.
fn path(tile: &Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let bytes = |tile: &Tile| {
            let path = path(tile);
            self.read.borrow_mut().push(path.clone());
            self.by_path.get(&path).cloned().ok_or(tlog_tiles::Error::InvalidTile)
        };
        tiles.iter().map(bytes).collect()
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

/// The head as the libraries read it from the note, by the verifier key we print.
fn head(note: &[u8]) -> Option<(u64, Hash)> {
    let verifier = StandardVerifier::new(&verifier_key(ORIGIN, &key().public())).unwrap();
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let note = Note::from_bytes(note).ok()?;
    let (verified, _) = note.verify(&known).ok()?;
    assert_eq!(verified.len(), 1);
    let head = tlog_tiles::Checkpoint::from_bytes(note.text()).ok()?;
    (head.origin() == ORIGIN).then(|| (head.size(), *head.hash()))
}

fn hashes(proof: &proof::merkle::Proof) -> Vec<Hash> {
    proof.hashes().iter().map(|hash| Hash(*hash.as_bytes())).collect()
}

#[test]
fn they_verify_our_checkpoint_and_refuse_each_changed_byte() {
    let tree: Tree = (0..700).map(entry).collect();
    let note = note(&tree, 700);
    assert_eq!(head(&note), Some((700, Hash(*tree.root().as_bytes()))));
    for at in 0..note.len() {
        let mut bad = note.clone();
        bad[at] ^= 1;
        assert_eq!(head(&bad), None, "byte {at}");
    }
}

#[test]
fn they_make_and_check_the_same_proofs_from_our_tiles() {
    let tree: Tree = (0..66_000).map(entry).collect();
    for size in SIZES {
        let files = Files::of(&tree, size);
        let (of_note, root) = head(&note(&tree, size)).unwrap();
        assert_eq!(of_note, size);
        let reader = TileHashReader::new(size, root, &files);
        assert_eq!(tree_hash(size, &reader).unwrap(), root);
        for index in [0, size / 3, size / 2, size - 1] {
            let theirs = prove_record(size, index, &reader).unwrap();
            let ours = tree.inclusion(index, size).unwrap();
            assert_eq!(theirs, hashes(&ours));
            // The entry out of the bundle, as a stranger gets it.
            let bundle = files
                .by_path
                .iter()
                .find(|(path, _)| path.starts_with(&format!("tile/entries/{:03}", index / 256)));
            let entries = read_bundle(bundle.unwrap().1).unwrap();
            let leaf = record_hash(entries[(index % 256) as usize].as_bytes());
            check_record(&theirs, size, root, index, leaf).unwrap();
            let mut other = leaf;
            other.0[7] ^= 1;
            assert!(check_record(&theirs, size, root, index, other).is_err());
            for at in 0..theirs.len() {
                let mut bad = theirs.clone();
                bad[at].0[at % 32] ^= 1;
                assert!(check_record(&bad, size, root, index, leaf).is_err());
            }
            // And ours refuses what theirs refuses.
            let file = TlogProof::new(index, ours, &note(&tree, size));
            file.verify(&entry(index), index, ORIGIN, &key().public()).unwrap();
            assert!(file.verify(&entry(index + 1), index, ORIGIN, &key().public()).is_err());
        }
        for old in
            [1, 2, 255, 256, size / 2, size].into_iter().filter(|old| (1..=size).contains(old))
        {
            let theirs = prove_tree(size, old, &reader).unwrap();
            assert_eq!(theirs, hashes(&tree.consistency(old, size).unwrap()));
            let older = Hash(*tree.root_at(old).unwrap().as_bytes());
            check_tree(&theirs, size, root, old, older).unwrap();
            let mut other = older;
            other.0[0] ^= 1;
            assert!(check_tree(&theirs, size, root, old, other).is_err());
        }
    }
}

/// The library does not look at every byte of every tile it reads (it skips some parents where the
/// peaks of a log share a tile), so a change it does not need may pass; no changed proof may.
#[test]
fn they_refuse_every_proof_that_a_changed_byte_of_a_tile_gives() {
    let tree: Tree = (0..700).map(entry).collect();
    let (size, root) = head(&note(&tree, 700)).unwrap();
    let clean = Files::of(&tree, size);
    for index in [0, 300, 699] {
        clean.read.borrow_mut().clear();
        let honest = prove_record(size, index, &TileHashReader::new(size, root, &clean)).unwrap();
        let leaf = Hash(*proof::merkle::leaf_hash(&entry(index)).as_bytes());
        let mut refused = 0;
        let read = clean.read.borrow().clone();
        for path in read {
            let sibling = (index % 256 ^ 1) as usize * 32;
            for at in [0, 31, sibling, clean.by_path[&path].len() - 1] {
                let mut files = clean.clone();
                let Some(byte) = files.by_path.get_mut(&path).unwrap().get_mut(at) else {
                    continue;
                };
                *byte ^= 1;
                match prove_record(size, index, &TileHashReader::new(size, root, &files)) {
                    Err(_) => refused += 1,
                    Ok(proof) if proof == honest => {}
                    Ok(proof) => {
                        assert!(
                            check_record(&proof, size, root, index, leaf).is_err(),
                            "{path} {at}"
                        );
                        refused += 1;
                    }
                }
            }
        }
        assert!(refused > 4, "{index}: {refused}");
    }
}

#[test]
fn every_path_of_ours_is_one_they_know() {
    for size in SIZES {
        for tile in contents(size).filter(|tile| tile.level() != Level::Entries) {
            let theirs = tile.to_string().replacen("tile/", "tile/8/", 1);
            let read = Tile::from_path(&theirs).unwrap();
            assert_eq!((path(&read), u64::from(read.width())), (tile.to_string(), tile.width()));
        }
    }
}

//! Checkpoints: form, tampering, and proofs against them.

use super::*;
use crate::keys::SecretKey;
use crate::merkle::Tree;

const ORIGIN: &str = "zone.example/corridor/c1/lane/z1";

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn entry(index: u64) -> Digest {
    Digest::of_blob(&index.to_le_bytes())
}

fn tree(size: u64) -> Tree {
    (0..size).map(entry).collect()
}

fn checkpoint(tree: &Tree, origin: &str) -> Verified<Checkpoint> {
    let key = secret(1);
    let stated = Checkpoint::new(origin, tree.size(), tree.root()).unwrap();
    let note = stated.sign(&key).unwrap().to_bytes();
    Checkpoint::verify(&note, origin, &key.public()).unwrap()
}

#[test]
fn the_body_is_three_lines() {
    let head = Checkpoint::new("a.example/log", 0, empty_root()).unwrap();
    assert_eq!(head.body(), "a.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let key = secret(1);
    let tree = tree(7);
    let stated = Checkpoint::new(ORIGIN, 7, tree.root()).unwrap();
    let bytes = stated.sign(&key).unwrap().to_bytes();
    assert_eq!(*Checkpoint::verify(&bytes, ORIGIN, &key.public()).unwrap(), stated);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Checkpoint::verify(&flipped, ORIGIN, &key.public()).is_err(), "bit {bit}");
    }
    assert!(Checkpoint::verify(&bytes, ORIGIN, &secret(2).public()).is_err());
    assert!(Checkpoint::verify(&bytes, "zone.example/other", &key.public()).is_err());
}

#[test]
fn a_signed_body_that_is_no_checkpoint_is_refused_by_name() {
    let key = secret(1);
    let root = crate::base64::encode(entry(0).as_bytes());
    let verify = |body: &str| {
        let note = SignedNote::sign(body, ORIGIN, &key).unwrap().to_bytes();
        Checkpoint::verify(&note, ORIGIN, &key.public()).unwrap_err()
    };
    for size in ["07", "+7", "-1", "7 ", "", "seven", "9007199254740992", "99999999999999999999"] {
        assert_eq!(verify(&format!("{ORIGIN}\n{size}\n{root}\n")), CheckpointError::Size, "{size}");
    }
    for bad in ["", "AAAA", &root[1..], &format!("{root}=")] {
        assert_eq!(verify(&format!("{ORIGIN}\n7\n{bad}\n")), CheckpointError::Root, "{bad}");
    }
    assert_eq!(verify(&format!("{ORIGIN}\n0\n{root}\n")), CheckpointError::Root);
    assert_eq!(verify(&format!("{ORIGIN}\n7\n{root}\nextension\n")), CheckpointError::Lines);
    assert_eq!(verify(&format!("{ORIGIN}\n7\n")), CheckpointError::Lines);
    let other = verify(&format!("other.example\n7\n{root}\n"));
    assert!(matches!(other, CheckpointError::OtherOrigin { .. }));
}

#[test]
fn proofs_are_checked_against_a_verified_checkpoint() {
    let full = tree(20);
    let (old, new) = (checkpoint(&tree(13), ORIGIN), checkpoint(&full, ORIGIN));
    let inclusion = full.inclusion(5, 20).unwrap();
    assert_eq!(new.includes(&entry(5), 5, &inclusion), Ok(()));
    assert!(new.includes(&entry(6), 5, &inclusion).is_err());
    assert!(new.includes(&entry(5), 6, &inclusion).is_err());
    assert!(old.includes(&entry(5), 5, &inclusion).is_err());
    let consistency = full.consistency(13, 20).unwrap();
    assert_eq!(new.extends(&old, &consistency), Ok(()));
    assert!(old.extends(&new, &consistency).is_err());
    let rewritten = checkpoint(&(100..113).map(entry).collect(), ORIGIN);
    assert!(new.extends(&rewritten, &consistency).is_err());
    let elsewhere = checkpoint(&tree(13), "other.example/log");
    assert_eq!(new.extends(&elsewhere, &consistency), Err(CheckpointError::DifferentLogs));
    let empty = checkpoint(&tree(0), ORIGIN);
    let nothing = Proof::default();
    assert_eq!(new.extends(&empty, &nothing), Ok(()));
    assert!(new.extends(&empty, &consistency).is_err());
    assert!(empty.includes(&entry(0), 0, &nothing).is_err());
}

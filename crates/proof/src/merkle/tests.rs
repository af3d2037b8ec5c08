//! The published roots, and the fast tree against the definition of RFC 9162.

use proptest::prelude::*;

use super::*;

fn entry(index: u64) -> Digest {
    Digest::of_blob(format!("receipt-{}", index + 1).as_bytes())
}

fn tree(size: u64) -> Tree {
    (0..size).map(entry).collect()
}

/// MTH of RFC 9162 §2.1.1, word for word.
fn model_root(entries: &[Digest]) -> Digest {
    match entries {
        [] => Digest::of_blob(&[]),
        [one] => leaf_hash(one),
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            node_hash(&model_root(left), &model_root(right))
        }
    }
}

#[test]
fn the_published_vectors_hold() {
    let text = include_str!("../../tests/vectors/core-mmr.json");
    let vectors = canon::parse_value(text.as_bytes()).unwrap();
    let digest = |value: &serde_json::Value| Digest::from_hex(value.as_str().unwrap()).unwrap();
    let mut peaks = Peaks::new();
    let mut tree = Tree::new();
    for (index, next_root) in vectors["next_roots"].as_array().unwrap().iter().enumerate() {
        assert_eq!(entry(index as u64), digest(next_root));
        assert_eq!(leaf_hash(&digest(next_root)), digest(&vectors["leaf_hashes"][index]));
        tree.push(digest(next_root)).unwrap();
        peaks.push(digest(next_root)).unwrap();
        let row = vectors["roots"].as_array().unwrap().iter();
        let row = row.clone().find(|row| row["size"] == tree.size()).unwrap();
        assert_eq!(tree.root(), digest(&row["root"]));
        assert_eq!(peaks.root(), digest(&row["root"]));
        let expected: Vec<_> =
            row["peaks"].as_array().unwrap().iter().map(|peak| digest(&peak["hash"])).collect();
        assert_eq!(tree.peaks().hashes(), expected);
    }
    assert_eq!(tree.size(), 17);
}

/// Runs across the ends of subtrees and of what is taken at once.
#[test]
fn entries_appended_together_give_the_log_of_entries_appended_one_by_one() {
    for before in [0, 1, 2, 3, 6, 7, 8, 511, 512, 513] {
        for more in [0, 1, 2, 3, 4, 5, 8, 9, 64, 511, 512, 513, 1025] {
            let entries: Vec<_> = (0..before + more).map(entry).collect();
            let (first, then) = entries.split_at(before as usize);
            let (mut tree, mut peaks) = (Tree::new(), Peaks::new());
            for entry in first {
                tree.push(*entry).unwrap();
                peaks.push(*entry).unwrap();
            }
            let (mut slow, mut slow_peaks) = (tree.clone(), peaks.clone());
            tree.extend(then).unwrap();
            peaks.extend(then).unwrap();
            for entry in then {
                slow.push(*entry).unwrap();
                slow_peaks.push(*entry).unwrap();
            }
            assert_eq!((tree, peaks), (slow, slow_peaks), "{before} and {more}");
        }
    }
}

#[test]
fn tree_and_peaks_equal_the_definition_at_every_size() {
    let full = tree(130);
    let entries: Vec<_> = (0..130).map(entry).collect();
    let mut peaks = Peaks::new();
    for size in 0..=130u64 {
        let expected = model_root(&entries[..size as usize]);
        assert_eq!(full.root_at(size), Ok(expected));
        assert_eq!(tree(size).root(), expected);
        assert_eq!(peaks.root(), expected);
        assert_eq!(tree(size).peaks(), peaks);
        if size < 130 {
            assert_eq!(peaks.push(entry(size)), Ok(size));
        }
    }
    assert!(full.root_at(131).is_err());
}

#[test]
fn every_inclusion_proof_verifies_and_binds_entry_and_root() {
    let full = tree(40);
    for size in 1..=40 {
        let root = full.root_at(size).unwrap();
        for index in 0..size {
            let proof = full.inclusion(index, size).unwrap();
            assert_eq!(verify_inclusion(&entry(index), index, size, &proof, &root), Ok(()));
            let wrong = verify_inclusion(&entry(index + 1), index, size, &proof, &root);
            assert_eq!(wrong, Err(MerkleError::RootMismatch));
            for dropped in 0..proof.hashes().len() {
                let mut hashes = proof.hashes().to_vec();
                hashes.remove(dropped);
                let shorter = Proof::of(hashes).unwrap();
                assert!(verify_inclusion(&entry(index), index, size, &shorter, &root).is_err());
            }
            let mut hashes = proof.hashes().to_vec();
            hashes.push(root);
            let longer = Proof::of(hashes).unwrap();
            let refused = verify_inclusion(&entry(index), index, size, &longer, &root);
            assert!(matches!(refused, Err(MerkleError::ProofLength(_))));
        }
        assert!(full.inclusion(size, size).is_err());
    }
}

#[test]
fn every_consistency_proof_verifies_and_binds_both_roots() {
    let full = tree(40);
    for new in 1..=40 {
        let new_root = full.root_at(new).unwrap();
        for old in 1..=new {
            let old_root = full.root_at(old).unwrap();
            let proof = full.consistency(old, new).unwrap();
            assert_eq!(verify_consistency(old, new, &proof, &old_root, &new_root), Ok(()));
            let forged = Digest::of_blob(b"forged");
            assert!(verify_consistency(old, new, &proof, &forged, &new_root).is_err());
            assert!(verify_consistency(old, new, &proof, &old_root, &forged).is_err());
            let mut hashes = proof.hashes().to_vec();
            hashes.push(forged);
            let longer = Proof::of(hashes).unwrap();
            assert!(verify_consistency(old, new, &longer, &old_root, &new_root).is_err());
            if let Some((_, shorter)) = proof.hashes().split_last() {
                let shorter = Proof::of(shorter.to_vec()).unwrap();
                assert!(verify_consistency(old, new, &shorter, &old_root, &new_root).is_err());
            }
        }
        assert!(full.consistency(0, new).is_err());
        assert!(full.consistency(new + 1, new).is_err());
    }
}

#[test]
fn hostile_numbers_are_refused_without_harm() {
    let root = Digest::of_blob(b"root");
    let proof = Proof::of(vec![root; PROOF_HASHES_MAX]).unwrap();
    assert!(Proof::of(vec![root; PROOF_HASHES_MAX + 1]).is_err());
    for (index, size) in [(0, 0), (u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX), (0, u64::MAX)] {
        assert!(verify_inclusion(&root, index, size, &proof, &root).is_err());
        assert!(verify_consistency(index, size, &proof, &root, &root).is_err());
    }
    assert!(Peaks::of(3, vec![root]).is_err());
    assert!(Peaks::of(u64::MAX, vec![root; 64]).is_err());
    let text = format!("{{\"peaks\":[\"{root}\"],\"size\":3}}");
    assert!(serde_json::from_str::<Peaks>(&text).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn large_logs_prove_and_one_flipped_bit_does_not(
        size in 1u64..3000, at in any::<u64>(), old in any::<u64>(), flip in any::<usize>(),
    ) {
        let full = tree(size);
        let (index, old) = (at % size, 1 + old % size);
        let root = full.root();
        let proof = full.inclusion(index, size).unwrap();
        prop_assert_eq!(verify_inclusion(&entry(index), index, size, &proof, &root), Ok(()));
        if let Some(bad) = flipped(&proof, flip) {
            prop_assert!(verify_inclusion(&entry(index), index, size, &bad, &root).is_err());
        }
        let old_root = full.root_at(old).unwrap();
        let proof = full.consistency(old, size).unwrap();
        prop_assert_eq!(verify_consistency(old, size, &proof, &old_root, &root), Ok(()));
        if let Some(bad) = flipped(&proof, flip) {
            prop_assert!(verify_consistency(old, size, &bad, &old_root, &root).is_err());
        }
        let peaks: Peaks = serde_json::from_value(
            serde_json::to_value(full.peaks()).unwrap()).unwrap();
        prop_assert_eq!(peaks.root(), root);
    }
}

fn flipped(proof: &Proof, bit: usize) -> Option<Proof> {
    let mut hashes = proof.hashes().to_vec();
    let bit = bit.checked_rem(hashes.len() * 256)?;
    let mut bytes = *hashes[bit / 256].as_bytes();
    bytes[bit % 256 / 8] ^= 1 << (bit % 8);
    hashes[bit / 256] = Digest::from_bytes(bytes);
    Proof::of(hashes).ok()
}

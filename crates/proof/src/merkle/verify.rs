//! Verification of inclusion and consistency (RFC 9162 §2.1.3.2 and §2.1.4.2).

use canon::Digest;

use super::{MerkleError, Proof, leaf_hash, node_hash};

/// Verifies that `entry` is entry `index` of the log with `size` entries and `root`.
///
/// `size` and `root` must come from a verified checkpoint, `index` from the receipt's own
/// sequence: prefer [`Verified<Checkpoint>::includes`](crate::Verified::includes).
///
/// # Errors
/// Names what does not fit: the index, the number of hashes, or the root.
pub fn verify_inclusion(
    entry: &Digest,
    index: u64,
    size: u64,
    proof: &Proof,
    root: &Digest,
) -> Result<(), MerkleError> {
    verify_leaf(&leaf_hash(entry), index, size, proof, root)
}

/// As [`verify_inclusion`], of a leaf hash: for readers of tiles, who have no entry yet.
pub(crate) fn verify_leaf(
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &Proof,
    root: &Digest,
) -> Result<(), MerkleError> {
    if index >= size {
        return Err(MerkleError::IndexOutside { index, size });
    }
    let length = MerkleError::ProofLength(proof.hashes().len());
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof.hashes() {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // The rightmost node climbs past the levels at which it has no sibling.
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    if hash != *root {
        return Err(MerkleError::RootMismatch);
    }
    Ok(())
}

/// Verifies that the log (`old`, `old_root`) is a prefix of the log (`new`, `new_root`).
///
/// Both must come from verified checkpoints: prefer
/// [`Verified<Checkpoint>::extends`](crate::Verified::extends).
///
/// # Errors
/// Names what does not fit: the sizes, the number of hashes, or one of the roots.
pub fn verify_consistency(
    old: u64,
    new: u64,
    proof: &Proof,
    old_root: &Digest,
    new_root: &Digest,
) -> Result<(), MerkleError> {
    if old == 0 || old > new {
        return Err(MerkleError::SizeOutside { old, new });
    }
    let length = MerkleError::ProofLength(proof.hashes().len());
    if old == new {
        return match (proof.hashes().is_empty(), old_root == new_root) {
            (false, _) => Err(length),
            (true, false) => Err(MerkleError::OldRootMismatch),
            (true, true) => Ok(()),
        };
    }
    let mut hashes = proof.hashes().iter();
    // A complete old log is itself a node of the new one, and is not repeated in the proof.
    let first = if old.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let first = first.ok_or(length)?;
    let (mut node, mut last) = (old - 1, new - 1);
    let skipped = node.trailing_ones();
    node >>= skipped;
    last >>= skipped;
    let (mut of_old, mut of_new) = (*first, *first);
    for sibling in hashes {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            of_old = node_hash(sibling, &of_old);
            of_new = node_hash(sibling, &of_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            of_new = node_hash(&of_new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    if of_old != *old_root {
        return Err(MerkleError::OldRootMismatch);
    }
    if of_new != *new_root {
        return Err(MerkleError::RootMismatch);
    }
    Ok(())
}

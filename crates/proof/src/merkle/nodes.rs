//! Roots and proofs from any source of complete nodes (RFC 9162 §2.1.1, §2.1.3.1, §2.1.4.1).
//!
//! A tree in memory, a set of tiles and a node file differ only in how the node over leaves
//! [i·2^h, (i+1)·2^h) is found. What lies above complete nodes is computed here, once, bottom up
//! and without recursion.

use canon::Digest;

use super::{Proof, empty_root, node_hash};

/// A source of the complete nodes of one log.
pub trait Nodes {
    /// Why a node cannot be had.
    type Fault;

    /// The node over leaves [index·2^height, (index+1)·2^height); asked for complete ones only.
    ///
    /// # Errors
    /// When the source does not hold it.
    fn node(&mut self, height: u32, index: u64) -> Result<Digest, Self::Fault>;

    /// The root over the last leaves of a log of `size`: those the low `height` bits count (of
    /// which one is set), that is the peaks below `height` bagged from the right.
    ///
    /// # Errors
    /// As [`Nodes::node`].
    fn bag(&mut self, size: u64, height: u32) -> Result<Digest, Self::Fault> {
        let mut rest = size & low_bits(height);
        let mut bag = None;
        while rest != 0 {
            let at = rest.trailing_zeros();
            // The peak of a set bit ends where the lower bits begin.
            let peak = self.node(at, (size >> at) - 1)?;
            bag = Some(bag.map_or(peak, |right| node_hash(&peak, &right)));
            rest &= rest - 1;
        }
        Ok(bag.unwrap_or_else(empty_root))
    }
}

fn low_bits(height: u32) -> u64 {
    1u64.checked_shl(height).map_or(u64::MAX, |bit| bit - 1)
}

/// Root of the first `size` leaves.
pub(crate) fn root<N: Nodes>(nodes: &mut N, size: u64) -> Result<Digest, N::Fault> {
    nodes.bag(size, u64::BITS)
}

/// Siblings of leaf `index` in the log of `size` leaves; `index` < `size`.
pub(crate) fn inclusion<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Proof, N::Fault> {
    let mut hashes = Vec::with_capacity(depth(size));
    siblings(nodes, 0, index, size, &mut hashes)?;
    Ok(Proof(hashes))
}

/// Proof that `old` leaves are the first of `new`; 0 < `old` ≤ `new`.
pub(crate) fn consistency<N: Nodes>(nodes: &mut N, old: u64, new: u64) -> Result<Proof, N::Fault> {
    if old == new {
        return Ok(Proof::default());
    }
    let mut hashes = Vec::with_capacity(depth(new) + 1);
    let height = old.trailing_zeros();
    let index = (old >> height).saturating_sub(1);
    // A whole old log on the left edge is the old root itself, which the verifier has.
    if index != 0 {
        hashes.push(nodes.node(height, index)?);
    }
    siblings(nodes, height, index, new, &mut hashes)?;
    Ok(Proof(hashes))
}

/// The siblings on the way up from a complete node.
fn siblings<N: Nodes>(
    nodes: &mut N,
    mut height: u32,
    mut index: u64,
    size: u64,
    hashes: &mut Vec<Digest>,
) -> Result<(), N::Fault> {
    let mut last = size.saturating_sub(1) >> height;
    while last > 0 {
        if index & 1 == 1 {
            hashes.push(nodes.node(height, index - 1)?);
        } else if index < last {
            let complete = (index + 2) << height <= size;
            hashes.push(match complete {
                true => nodes.node(height, index + 1)?,
                false => nodes.bag(size, height)?,
            });
        }
        index >>= 1;
        last >>= 1;
        height += 1;
    }
    Ok(())
}

/// Levels above the leaves.
fn depth(size: u64) -> usize {
    (u64::BITS - size.saturating_sub(1).leading_zeros()) as usize
}

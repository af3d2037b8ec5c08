//! The whole log in memory: every node, in one flat list.
//!
//! Nodes lie in post-order (a parent right after its second child), so appending only pushes, and
//! the node over leaves [i·2^h, (i+1)·2^h) is found by arithmetic.

use canon::Digest;

use super::nodes::{self, Nodes};
use super::{MerkleError, Peaks, Proof, SIZE_MAX, empty_root, leaf_hash, node_hash};

/// An append-only log with all its nodes; serves roots and proofs at every size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Digest>,
    size: u64,
}

impl Tree {
    /// The empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The empty log, with room for `entries`: nothing moves while it grows to that size.
    #[must_use]
    pub fn with_room_for(entries: usize) -> Self {
        Self { nodes: Vec::with_capacity(entries.saturating_mul(2)), size: 0 }
    }

    /// Appends an entry and returns its index, from 0.
    ///
    /// # Errors
    /// [`MerkleError::Full`] at [`SIZE_MAX`].
    pub fn push(&mut self, entry: Digest) -> Result<u64, MerkleError> {
        let index = self.size;
        if index >= SIZE_MAX {
            return Err(MerkleError::Full);
        }
        self.grow(leaf_hash(&entry))?;
        Ok(index)
    }

    /// Appends a leaf hash and every parent it completes.
    fn grow(&mut self, leaf: Digest) -> Result<(), MerkleError> {
        let mut hash = leaf;
        self.nodes.push(hash);
        // Each trailing one bit of the index is a left sibling waiting at that height; it ends
        // right before the 2^(height+1) − 1 nodes of its sibling.
        let mut back = 2;
        for _ in 0..self.size.trailing_ones() {
            let at = self.nodes.len().checked_sub(back);
            let left = at.and_then(|at| self.nodes.get(at)).ok_or(MerkleError::Full)?;
            hash = node_hash(left, &hash);
            self.nodes.push(hash);
            back *= 2;
        }
        self.size += 1;
        Ok(())
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all entries.
    #[must_use]
    pub fn root(&self) -> Digest {
        nodes::root(&mut &*self, self.size).unwrap_or_else(|_| empty_root())
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    /// When the log is shorter.
    pub fn root_at(&self, size: u64) -> Result<Digest, MerkleError> {
        self.within(size)?;
        nodes::root(&mut &*self, size)
    }

    /// The log as it was at `size`, with what proofs at that size share computed once.
    ///
    /// # Errors
    /// When the log is shorter.
    pub fn at(&self, size: u64) -> Result<At<'_>, MerkleError> {
        self.within(size)?;
        At::new(self, size)
    }

    /// Proof that the entry at `index` is in the log of the first `size` entries; for many of one
    /// size, see [`Tree::at`].
    ///
    /// # Errors
    /// When `index` ≥ `size` or the log is shorter than `size`.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Proof, MerkleError> {
        self.within(size)?;
        if index >= size {
            return Err(MerkleError::IndexOutside { index, size });
        }
        nodes::inclusion(&mut &*self, index, size)
    }

    /// Proof that the log of `old` entries is a prefix of the log of `new` entries.
    ///
    /// # Errors
    /// When `old` is 0 or above `new`, or the log is shorter than `new`.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Proof, MerkleError> {
        self.within(new)?;
        if old == 0 || old > new {
            return Err(MerkleError::SizeOutside { old, new });
        }
        nodes::consistency(&mut &*self, old, new)
    }

    /// The compact frontier: enough to append and to give the root.
    #[must_use]
    pub fn peaks(&self) -> Peaks {
        let heights = (0..u64::BITS).rev().filter(|height| self.size >> height & 1 == 1);
        let peaks = heights.filter_map(|height| self.complete(height, (self.size >> height) - 1));
        Peaks::raw(self.size, peaks.collect())
    }

    fn within(&self, size: u64) -> Result<(), MerkleError> {
        if size > self.size {
            return Err(MerkleError::SizeOutside { old: size, new: self.size });
        }
        Ok(())
    }

    /// The node over leaves [index·2^height, (index+1)·2^height), if complete.
    pub(crate) fn complete(&self, height: u32, index: u64) -> Option<Digest> {
        let before = index << height;
        // 2n − popcount(n) nodes precede leaf n; the subtree's own nodes end with its root.
        let start = 2 * before - u64::from(before.count_ones());
        let position = start + (1 << (height + 1)) - 2;
        self.nodes.get(usize::try_from(position).ok()?).copied()
    }
}

impl Nodes for &Tree {
    type Fault = MerkleError;

    fn node(&mut self, height: u32, index: u64) -> Result<Digest, MerkleError> {
        let outside = MerkleError::SizeOutside { old: self.size, new: self.size };
        self.complete(height, index).ok_or(outside)
    }
}

/// A log as it was at one size. A proof from here only looks nodes up: no hash is computed.
#[derive(Clone, Debug)]
pub struct At<'a> {
    tree: &'a Tree,
    size: u64,
    /// By the number of set bits below a height: the peaks of those bits, bagged from the right.
    bags: Vec<Digest>,
}

impl<'a> At<'a> {
    fn new(tree: &'a Tree, size: u64) -> Result<Self, MerkleError> {
        let mut bags = vec![empty_root()];
        let mut source = tree;
        for height in (0..u64::BITS).filter(|height| size >> height & 1 == 1) {
            let peak = source.node(height, (size >> height) - 1)?;
            let bag = match bags.split_first().and_then(|(_, bagged)| bagged.last()) {
                Some(right) => node_hash(&peak, right),
                None => peak,
            };
            bags.push(bag);
        }
        Ok(Self { tree, size, bags })
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.bags.last().copied().unwrap_or_else(empty_root)
    }

    /// Proof that the entry at `index` is in the log.
    ///
    /// # Errors
    /// When `index` is not below the size.
    pub fn inclusion(&self, index: u64) -> Result<Proof, MerkleError> {
        if index >= self.size {
            return Err(MerkleError::IndexOutside { index, size: self.size });
        }
        nodes::inclusion(&mut &*self, index, self.size)
    }

    /// Proof that the log of `old` entries is a prefix of this one.
    ///
    /// # Errors
    /// When `old` is 0 or above the size.
    pub fn consistency(&self, old: u64) -> Result<Proof, MerkleError> {
        if old == 0 || old > self.size {
            return Err(MerkleError::SizeOutside { old, new: self.size });
        }
        nodes::consistency(&mut &*self, old, self.size)
    }
}

impl Nodes for &At<'_> {
    type Fault = MerkleError;

    fn node(&mut self, height: u32, index: u64) -> Result<Digest, MerkleError> {
        let mut tree = self.tree;
        tree.node(height, index)
    }

    fn bag(&mut self, size: u64, height: u32) -> Result<Digest, MerkleError> {
        let below = 1u64.checked_shl(height).map_or(u64::MAX, |bit| bit - 1) & size;
        let bag = self.bags.get(below.count_ones() as usize);
        bag.copied().ok_or(MerkleError::SizeOutside { old: size, new: self.size })
    }
}

impl FromIterator<Digest> for Tree {
    /// Builds a log; entries beyond [`SIZE_MAX`] cannot occur in memory.
    fn from_iter<I: IntoIterator<Item = Digest>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut tree = Self::with_room_for(entries.size_hint().0);
        for entry in entries {
            if tree.push(entry).is_err() {
                break;
            }
        }
        tree
    }
}

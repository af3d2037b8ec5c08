//! The whole log in memory: every node, level by level.
//!
//! A level is one flat list, and the node over leaves [i·2^h, (i+1)·2^h) is the i-th of level h. A proof
//! takes one node of each level: the many levels above the lowest are small, and stay in the caches.

use canon::Digest;

use super::levels::{TOGETHER, levels};
use super::nodes::{self, Nodes};
use super::{MerkleError, Peaks, Proof, SIZE_MAX, empty_root, leaf_hash, node_hash};

/// An append-only log with all its nodes; serves roots and proofs at every size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// The empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an entry and returns its index, from 0.
    ///
    /// # Errors
    /// [`MerkleError::Full`] at [`SIZE_MAX`].
    pub fn push(&mut self, entry: Digest) -> Result<u64, MerkleError> {
        let index = self.size();
        if index >= SIZE_MAX {
            return Err(MerkleError::Full);
        }
        let mut added = Some(leaf_hash(&entry));
        let mut levels = self.levels.iter_mut();
        while let Some(hash) = added {
            let Some(level) = levels.next() else {
                self.levels.push(vec![hash]);
                break;
            };
            level.push(hash);
            // A second child completes its parent.
            let (pairs, alone) = level.as_chunks::<2>();
            added = pairs.last().filter(|_| alone.is_empty()).map(|[l, r]| node_hash(l, r));
        }
        Ok(index)
    }

    /// Appends entries in order, hashed side by side.
    ///
    /// # Errors
    /// [`MerkleError::Full`] when they do not all fit; then none is appended.
    pub fn extend(&mut self, entries: &[Digest]) -> Result<(), MerkleError> {
        if entries.len() as u64 > SIZE_MAX - self.size() {
            return Err(MerkleError::Full);
        }
        for part in entries.chunks(TOGETHER) {
            let left = |height, index| self.complete(height, index);
            let added = levels(self.size(), part, left).ok_or(MerkleError::Full)?;
            let missing = added.len().saturating_sub(self.levels.len());
            self.levels.extend(std::iter::repeat_n(Vec::new(), missing));
            self.levels.iter_mut().zip(added).for_each(|(level, added)| level.extend(added));
        }
        Ok(())
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, Vec::len) as u64
    }

    /// The root over all entries.
    #[must_use]
    pub fn root(&self) -> Digest {
        nodes::root(&mut &*self, self.size()).unwrap_or_else(|_| empty_root())
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
        let heights = (0..u64::BITS).rev().filter(|height| self.size() >> height & 1 == 1);
        let peaks = heights.filter_map(|height| self.complete(height, (self.size() >> height) - 1));
        Peaks::raw(self.size(), peaks.collect())
    }

    fn within(&self, size: u64) -> Result<(), MerkleError> {
        if size > self.size() {
            return Err(MerkleError::SizeOutside { old: size, new: self.size() });
        }
        Ok(())
    }

    /// The node over leaves [index·2^height, (index+1)·2^height), if complete.
    pub(crate) fn complete(&self, height: u32, index: u64) -> Option<Digest> {
        let level = self.levels.get(height as usize)?;
        level.get(usize::try_from(index).ok()?).copied()
    }
}

impl Nodes for &Tree {
    type Fault = MerkleError;

    fn node(&mut self, height: u32, index: u64) -> Result<Digest, MerkleError> {
        let outside = MerkleError::SizeOutside { old: self.size(), new: self.size() };
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
        let mut entries = entries.into_iter();
        let mut tree = Self::new();
        loop {
            let part: Vec<Digest> = entries.by_ref().take(TOGETHER).collect();
            if part.is_empty() || tree.extend(&part).is_err() {
                return tree;
            }
        }
    }
}

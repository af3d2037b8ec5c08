//! The whole log in memory: every node, in one flat list.
//!
//! Nodes lie in post-order (a parent right after its second child), so appending only pushes, and
//! the node over leaves [i·2^h, (i+1)·2^h) is found by arithmetic.

use canon::Digest;

use super::{MerkleError, Peaks, Proof, SIZE_MAX, empty_root, leaf_hash, node_hash, split};

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

    /// Appends an entry and returns its index, from 0.
    ///
    /// # Errors
    /// [`MerkleError::Full`] at [`SIZE_MAX`].
    pub fn push(&mut self, entry: Digest) -> Result<u64, MerkleError> {
        let index = self.size;
        if index >= SIZE_MAX {
            return Err(MerkleError::Full);
        }
        let mut hash = leaf_hash(&entry);
        self.nodes.push(hash);
        // Each trailing one bit of the index is a left sibling waiting at that height.
        for height in 0..index.trailing_ones() {
            let left = self.node(height, (index >> height) - 1).ok_or(MerkleError::Full)?;
            hash = node_hash(&left, &hash);
            self.nodes.push(hash);
        }
        self.size = index + 1;
        Ok(index)
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all entries.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.range(0, self.size).unwrap_or_else(empty_root)
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    /// When the log is shorter.
    pub fn root_at(&self, size: u64) -> Result<Digest, MerkleError> {
        self.within(size)?;
        Ok(self.range(0, size).unwrap_or_else(empty_root))
    }

    /// Proof that the entry at `index` is in the log of the first `size` entries.
    ///
    /// # Errors
    /// When `index` ≥ `size` or the log is shorter than `size`.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Proof, MerkleError> {
        self.within(size)?;
        if index >= size {
            return Err(MerkleError::IndexOutside { index, size });
        }
        let (mut lo, mut hi) = (0, size);
        let mut path = Vec::new();
        while hi - lo > 1 {
            let middle = lo + split(hi - lo);
            let sibling = if index < middle { (middle, hi) } else { (lo, middle) };
            path.extend(self.range(sibling.0, sibling.1));
            (lo, hi) = if index < middle { (lo, middle) } else { (middle, hi) };
        }
        path.reverse();
        Proof::of(path)
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
        let (mut lo, mut hi) = (0, new);
        let mut path = Vec::new();
        // Descend towards the edge of the old log, noting the sibling at each turn.
        while hi != old {
            let middle = lo + split(hi - lo);
            let right = old > middle;
            let sibling = if right { (lo, middle) } else { (middle, hi) };
            path.extend(self.range(sibling.0, sibling.1));
            (lo, hi) = if right { (middle, hi) } else { (lo, middle) };
        }
        // A whole old log on the left edge is the old root itself, which the verifier has.
        if lo != 0 {
            path.extend(self.range(lo, hi));
        }
        path.reverse();
        Proof::of(path)
    }

    /// The compact frontier: enough to append and to give the root.
    #[must_use]
    pub fn peaks(&self) -> Peaks {
        let mut hashes = Vec::new();
        let mut from = 0;
        for height in (0..u64::BITS).rev().filter(|height| self.size >> height & 1 == 1) {
            hashes.extend(self.node(height, from >> height));
            from += 1 << height;
        }
        Peaks::raw(self.size, hashes)
    }

    fn within(&self, size: u64) -> Result<(), MerkleError> {
        if size > self.size {
            return Err(MerkleError::SizeOutside { old: size, new: self.size });
        }
        Ok(())
    }

    /// The node over leaves [index·2^height, (index+1)·2^height), if complete.
    fn node(&self, height: u32, index: u64) -> Option<Digest> {
        let before = index << height;
        // 2n − popcount(n) nodes precede leaf n; the subtree's own nodes end with its root.
        let start = 2 * before - u64::from(before.count_ones());
        let position = start + (1 << (height + 1)) - 2;
        self.nodes.get(usize::try_from(position).ok()?).copied()
    }

    /// The root over leaves [lo, hi), where `lo` is aligned to the span; nothing when empty.
    fn range(&self, lo: u64, hi: u64) -> Option<Digest> {
        let span = hi.checked_sub(lo).filter(|span| *span > 0)?;
        if span.is_power_of_two() {
            let height = span.trailing_zeros();
            return self.node(height, lo >> height);
        }
        let middle = lo + split(span);
        Some(node_hash(&self.range(lo, middle)?, &self.range(middle, hi)?))
    }
}

impl FromIterator<Digest> for Tree {
    /// Builds a log; entries beyond [`SIZE_MAX`] cannot occur in memory.
    fn from_iter<I: IntoIterator<Item = Digest>>(entries: I) -> Self {
        let mut tree = Self::new();
        for entry in entries {
            if tree.push(entry).is_err() {
                break;
            }
        }
        tree
    }
}

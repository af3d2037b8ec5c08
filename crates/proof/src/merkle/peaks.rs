//! The compact frontier of a log: the roots of its complete subtrees, left to right.

use canon::Digest;
use serde::{Deserialize, Serialize};

use super::levels::{TOGETHER, levels};
use super::{MerkleError, SIZE_MAX, empty_root, leaf_hash, node_hash};

/// Enough of a log to append to it and to give its root: one hash per one bit of the size.
///
/// At rest: `{"peaks":[hex…],"size":n}`, peaks left to right (largest subtree first).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AtRest")]
pub struct Peaks {
    peaks: Vec<Digest>,
    size: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AtRest {
    peaks: Vec<Digest>,
    size: u64,
}

impl TryFrom<AtRest> for Peaks {
    type Error = MerkleError;

    fn try_from(rest: AtRest) -> Result<Self, MerkleError> {
        Self::of(rest.size, rest.peaks)
    }
}

impl Peaks {
    /// The frontier of the empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a frontier read from elsewhere; only its shape is checked, compare the root.
    ///
    /// # Errors
    /// When the number of peaks does not fit the size.
    pub fn of(size: u64, peaks: Vec<Digest>) -> Result<Self, MerkleError> {
        if size > SIZE_MAX {
            return Err(MerkleError::Full);
        }
        if u32::try_from(peaks.len()) != Ok(size.count_ones()) {
            return Err(MerkleError::PeakCount { peaks: peaks.len(), size });
        }
        Ok(Self { peaks, size })
    }

    pub(super) fn raw(size: u64, peaks: Vec<Digest>) -> Self {
        Self { peaks, size }
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
        for _ in 0..index.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
        }
        self.peaks.push(hash);
        self.size = index + 1;
        Ok(index)
    }

    /// Appends entries in order: the same frontier as by [`Peaks::push`], hashed side by side.
    ///
    /// # Errors
    /// [`MerkleError::Full`] when they do not all fit; then none is appended.
    pub fn extend(&mut self, entries: &[Digest]) -> Result<(), MerkleError> {
        if entries.len() as u64 > SIZE_MAX - self.size {
            return Err(MerkleError::Full);
        }
        for part in entries.chunks(TOGETHER) {
            let size = self.size;
            let levels =
                levels(size, part, |height, _| self.at(height)).ok_or(MerkleError::Full)?;
            let end = size + part.len() as u64;
            let heights = (0..u64::BITS).rev().filter(|height| end >> height & 1 == 1);
            let added = |height: u32| levels.get(height as usize).and_then(|level| level.last());
            // A peak that nothing was added to at its height is one of before.
            let peak = |height| added(height).copied().or_else(|| self.at(height));
            self.peaks = heights.filter_map(peak).collect();
            self.size = end;
        }
        Ok(())
    }

    /// The peak of a height, if there is one.
    fn at(&self, height: u32) -> Option<Digest> {
        let there = self.size >> height & 1 == 1;
        let higher = self.size.checked_shr(height + 1).map_or(0, u64::count_ones);
        self.peaks.get(higher as usize).copied().filter(|_| there)
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The peaks, largest subtree first.
    #[must_use]
    pub fn hashes(&self) -> &[Digest] {
        &self.peaks
    }

    /// The root: peaks bagged from the right.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |bag, peak| node_hash(peak, &bag))
    }
}

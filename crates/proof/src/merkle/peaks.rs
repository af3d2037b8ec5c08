//! The compact frontier of a log: the roots of its complete subtrees, left to right.

use canon::Digest;
use serde::{Deserialize, Serialize};

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

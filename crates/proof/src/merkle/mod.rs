//! The append-only log of RFC 9162: leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ l ‖ r).
//!
//! A receipt lane's entry is the 32 bytes of its `next_root`. The root equals that of a Merkle
//! mountain range bagged from the right, so a compact frontier ([`Peaks`]) suffices to append.
//!
//! Invariant: a [`Proof`] carries hashes alone. Size and root come from a verified checkpoint
//! ([`Verified<Checkpoint>::includes`](crate::Verified::includes)), the index from the receipt's
//! own sequence; one path verifies under several (index, size) pairs otherwise.

mod levels;
mod nodes;
mod peaks;
mod tree;
mod verify;

use canon::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

pub use nodes::Nodes;
pub(crate) use nodes::{consistency, inclusion, root};
pub use peaks::Peaks;
pub use tree::{At, Tree};
pub(crate) use verify::verify_leaf;
pub use verify::{verify_consistency, verify_inclusion};

/// Most hashes in one proof: twice the depth of a tree of 2^63 leaves, for consistency.
pub const PROOF_HASHES_MAX: usize = 128;
/// Largest tree size admitted, so that sizes fit the integers of canonical JSON.
pub const SIZE_MAX: u64 = (1 << 53) - 1;

/// Why a log operation or proof fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MerkleError {
    /// The index is not below the size.
    #[error("index {index} is outside a log of {size} entries")]
    IndexOutside {
        /// The index asked for, from 0.
        index: u64,
        /// The size of the log.
        size: u64,
    },
    /// The sizes do not fit each other or the log.
    #[error("size {old} does not precede size {new}")]
    SizeOutside {
        /// The older size.
        old: u64,
        /// The newer size, or the log's own.
        new: u64,
    },
    /// The proof has too few or too many hashes for its index and sizes.
    #[error("the proof has the wrong number of hashes ({0})")]
    ProofLength(usize),
    /// The proof does not lead to the newer (or only) root.
    #[error("the proof does not lead to the root")]
    RootMismatch,
    /// The proof does not lead to the older root: the log was rewritten.
    #[error("the proof does not contain the older root")]
    OldRootMismatch,
    /// The number of peaks is not the number of one bits of the size.
    #[error("{peaks} peaks cannot belong to a log of {size} entries")]
    PeakCount {
        /// The peaks given.
        peaks: usize,
        /// The size given.
        size: u64,
    },
    /// The log is full ([`SIZE_MAX`]).
    #[error("the log is full")]
    Full,
}

/// Hash of a leaf that holds the 32 bytes of `entry`.
#[must_use]
pub fn leaf_hash(entry: &Digest) -> Digest {
    let mut bytes = [0x00; 33];
    let (_, rest) = bytes.split_at_mut(1);
    rest.copy_from_slice(entry.as_bytes());
    Digest::of_blob(&bytes)
}

/// Hash of an inner node.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    // One run of bytes: feeding the hash piece by piece costs a tenth of the whole.
    let mut bytes = [0x01; 65];
    let (_, rest) = bytes.split_at_mut(1);
    let (first, second) = rest.split_at_mut(32);
    first.copy_from_slice(left.as_bytes());
    second.copy_from_slice(right.as_bytes());
    Digest::of_blob(&bytes)
}

/// Root of the empty log: SHA-256 of no bytes (RFC 9162 §2.1.1).
#[must_use]
pub fn empty_root() -> Digest {
    Digest::of_blob(&[])
}

/// The hashes of an inclusion or consistency proof, in the order of RFC 9162 §2.1.3 and §2.1.4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Proof(#[schemars(length(max = PROOF_HASHES_MAX))] Vec<Digest>);

impl Proof {
    /// Takes the hashes, leaf side first.
    ///
    /// # Errors
    /// More than [`PROOF_HASHES_MAX`] hashes.
    pub fn of(hashes: Vec<Digest>) -> Result<Self, MerkleError> {
        if hashes.len() > PROOF_HASHES_MAX {
            return Err(MerkleError::ProofLength(hashes.len()));
        }
        Ok(Self(hashes))
    }

    /// The hashes, leaf side first.
    #[must_use]
    pub fn hashes(&self) -> &[Digest] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Proof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;

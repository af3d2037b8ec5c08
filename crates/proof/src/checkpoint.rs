//! C2SP checkpoints (`c2sp.org/tlog-checkpoint`): origin, size and root of a log, as a signed note.
//!
//! Invariant: a verified checkpoint is the only source of a log's size and root; proofs are checked
//! against it ([`Verified::includes`], [`Verified::extends`]). Extension lines are refused.

use canon::Digest;

use crate::base64;
use crate::keys::{PublicKey, Signer};
use crate::merkle::{
    MerkleError, Proof, SIZE_MAX, empty_root, verify_consistency, verify_inclusion,
};
use crate::note::{NoteError, SignedNote};
use crate::verified::Verified;

/// Why a checkpoint is not signed or verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note around it fails.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The origin is not a usable name.
    #[error("`{0}` cannot be an origin")]
    Origin(String),
    /// The note is of another log.
    #[error("the checkpoint is of `{found}`, not of `{expected}`")]
    OtherOrigin {
        /// The origin pinned by the caller.
        expected: String,
        /// The origin in the note.
        found: String,
    },
    /// The size line is not a plain decimal number within bounds.
    #[error("the checkpoint's size line is malformed")]
    Size,
    /// The root line is not base64 of 32 bytes, or an empty log has another root.
    #[error("the checkpoint's root line is malformed")]
    Root,
    /// Not exactly three lines.
    #[error("the checkpoint does not have exactly three lines")]
    Lines,
    /// The two checkpoints are of different logs.
    #[error("the checkpoints are of different logs")]
    DifferentLogs,
    /// A proof against the checkpoint fails.
    #[error(transparent)]
    Proof(#[from] MerkleError),
}

/// The head of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
}

impl Checkpoint {
    /// States a head. `origin` is the log's name, also the name of its key.
    ///
    /// # Errors
    /// When the origin cannot be a key name, the size is out of bounds, or an empty log has a
    /// root other than SHA-256 of nothing.
    pub fn new(origin: &str, size: u64, root: Digest) -> Result<Self, CheckpointError> {
        if crate::note::check_name(origin).is_err() {
            return Err(CheckpointError::Origin(origin.chars().take(160).collect()));
        }
        if size > SIZE_MAX {
            return Err(CheckpointError::Size);
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::Root);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The RFC 9162 root at that size.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.root
    }

    /// The note text: three lines, origin, decimal size, base64 root.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64::encode(self.root.as_bytes()))
    }

    /// Signs the checkpoint under its origin by the log key.
    ///
    /// # Errors
    /// When the signer does not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<SignedNote, CheckpointError> {
        Ok(SignedNote::sign(&self.body(), &self.origin, signer)?)
    }

    /// Verifies a note as the checkpoint of `origin` by the pinned log key.
    ///
    /// # Errors
    /// Names what fails: the note, its signature, the origin, or a line.
    pub fn verify(
        note: &[u8],
        origin: &str,
        key: &PublicKey,
    ) -> Result<Verified<Self>, CheckpointError> {
        let text = SignedNote::parse(note)?.verify(origin, key)?;
        let found = Self::parse_body(&text)?;
        if found.origin != origin {
            let expected = origin.to_owned();
            return Err(CheckpointError::OtherOrigin { expected, found: found.origin });
        }
        Ok(Verified::seal(found))
    }

    /// The size a note states, before anything of it is believed.
    #[must_use]
    pub fn claimed_size(note: &[u8]) -> Option<u64> {
        let line = note.split(|byte| *byte == b'\n').nth(1)?;
        std::str::from_utf8(line).ok()?.parse().ok()
    }

    pub(crate) fn parse_body(text: &str) -> Result<Self, CheckpointError> {
        match Self::parse_extended(text)? {
            (found, 0) => Ok(found),
            _ => Err(CheckpointError::Lines),
        }
    }

    /// Reads the text of any log's checkpoint, and how many extension lines follow the three.
    ///
    /// Extension lines are opaque and never empty; a witness signs them as they stand.
    pub(crate) fn parse_extended(text: &str) -> Result<(Self, usize), CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
        let [origin, size, root, extensions @ ..] = lines.as_slice() else {
            return Err(CheckpointError::Lines);
        };
        if extensions.iter().any(|line| line.is_empty()) {
            return Err(CheckpointError::Lines);
        }
        let number: u64 = size.parse().map_err(|_| CheckpointError::Size)?;
        // One spelling per size: no sign, no leading zero.
        if number.to_string() != *size {
            return Err(CheckpointError::Size);
        }
        let root = base64::decode(root).ok_or(CheckpointError::Root)?;
        let root = <[u8; 32]>::try_from(root).map_err(|_| CheckpointError::Root)?;
        Ok((Self::new(origin, number, Digest::from_bytes(root))?, extensions.len()))
    }
}

impl Verified<Checkpoint> {
    /// Verifies that `entry` is the entry of sequence `sequence` (from 0) under this checkpoint.
    ///
    /// `sequence` is the receipt's own; it never travels beside the proof.
    ///
    /// # Errors
    /// Names what does not fit.
    pub fn includes(
        &self,
        entry: &Digest,
        sequence: u64,
        proof: &Proof,
    ) -> Result<(), CheckpointError> {
        Ok(verify_inclusion(entry, sequence, self.size, proof, &self.root)?)
    }

    /// Verifies that this checkpoint extends `older`, of the same log.
    ///
    /// # Errors
    /// Names what does not fit; [`MerkleError::OldRootMismatch`] is a rewritten log.
    pub fn extends(&self, older: &Self, proof: &Proof) -> Result<(), CheckpointError> {
        if self.origin != older.origin {
            return Err(CheckpointError::DifferentLogs);
        }
        // Every log extends the empty one; there is nothing to prove and no hash may be given.
        if older.size == 0 {
            let extra = proof.hashes().len();
            return if extra == 0 { Ok(()) } else { Err(MerkleError::ProofLength(extra).into()) };
        }
        Ok(verify_consistency(older.size, self.size, proof, &older.root, &self.root)?)
    }
}

#[cfg(test)]
mod tests;

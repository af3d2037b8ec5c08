//! Proof files a stranger can keep: C2SP `tlog-proof`, and consistency as `tlog-witness` states it.
//!
//! A `.tlog-proof` holds an index, the hashes of an inclusion proof and a checkpoint with all its
//! signature lines, carried as they are. What it proves is told by whoever holds the receipt: the
//! entry and its sequence are the receipt's own.
//!
//! Invariant: size and root are taken from the checkpoint once its log key verified, and from nowhere
//! else; the index line must repeat the receipt's sequence and is never used in its place.

mod judge;

use canon::Digest;

use crate::base64;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::keys::PublicKey;
use crate::merkle::{MerkleError, Proof, SIZE_MAX};
use crate::note::NOTE_MAX;
use crate::verified::Verified;

pub use judge::{LogJudgement, LogKey, claimed_origin, judge_consistency, judge_inclusion};

/// First line of the format.
const FIRST: &str = "c2sp.org/tlog-proof@v1";
/// Most bytes of extra data.
pub const EXTRA_MAX: usize = 16 * 1024;
/// Most hashes: the depth of the largest log.
pub const INCLUSION_HASHES_MAX: usize = 53;
/// Largest proof file, in bytes.
pub const TLOG_PROOF_MAX: usize = NOTE_MAX + EXTRA_MAX * 4 / 3 + INCLUSION_HASHES_MAX * 45 + 128;

const _: () = assert!(SIZE_MAX < 1 << INCLUSION_HASHES_MAX);

/// Why a proof file is not read or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogProofError {
    /// Longer than [`TLOG_PROOF_MAX`].
    #[error("the proof is longer than {TLOG_PROOF_MAX} bytes")]
    TooLong,
    /// The first line is another.
    #[error("the first line is not `{FIRST}`")]
    Format,
    /// A line is malformed; numbered from 1.
    #[error("line {0} of the proof is malformed")]
    Line(usize),
    /// No empty line comes before the checkpoint.
    #[error("no empty line separates the hashes from the checkpoint")]
    Shape,
    /// The index line is not the receipt's sequence.
    #[error("the proof is of index {found}, the receipt is of sequence {sequence}")]
    OtherIndex {
        /// The index line.
        found: u64,
        /// The receipt's own sequence.
        sequence: u64,
    },
    /// The checkpoint does not verify, or the hashes do not lead to its root.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// A proof file as read or made. Nothing in it is believed before [`TlogProof::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: u64,
    hashes: Proof,
    checkpoint: Vec<u8>,
}

/// An entry shown to be in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    entry: Digest,
    sequence: u64,
    checkpoint: Checkpoint,
}

impl Included {
    /// The entry: the `next_root` of a receipt.
    #[must_use]
    pub fn entry(&self) -> Digest {
        self.entry
    }

    /// Its sequence, from 0.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The head of the log it is in.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

impl TlogProof {
    /// States a proof: the hashes for `sequence` under the checkpoint in `note`, whose bytes are
    /// carried as they are.
    #[must_use]
    pub fn new(sequence: u64, hashes: Proof, note: &[u8]) -> Self {
        Self { extra: None, index: sequence, hashes, checkpoint: note.to_vec() }
    }

    /// Carries bytes of the application along. Nobody vouches for them.
    ///
    /// # Errors
    /// More than [`EXTRA_MAX`] bytes.
    pub fn with_extra(mut self, extra: &[u8]) -> Result<Self, TlogProofError> {
        if extra.len() > EXTRA_MAX {
            return Err(TlogProofError::TooLong);
        }
        self.extra = Some(extra.to_vec());
        Ok(self)
    }

    /// The application's bytes. Nobody vouches for them.
    #[must_use]
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The index line, believed only once [`TlogProof::verify`] held for it.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The checkpoint's bytes, unverified.
    #[must_use]
    pub fn checkpoint(&self) -> &[u8] {
        &self.checkpoint
    }

    /// The bytes of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{FIRST}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", base64::encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in self.hashes.hashes() {
            text.push_str(&format!("{}\n", base64::encode(hash.as_bytes())));
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.checkpoint);
        bytes
    }

    /// Reads a file. Nothing is verified.
    ///
    /// # Errors
    /// Names the malformed line.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > TLOG_PROOF_MAX {
            return Err(TlogProofError::TooLong);
        }
        let end = bytes.windows(2).position(|pair| pair == b"\n\n");
        let (head, rest) = end.and_then(|end| bytes.split_at_checked(end)).ok_or_else(|| {
            match bytes.starts_with(FIRST.as_bytes()) {
                true => TlogProofError::Shape,
                false => TlogProofError::Format,
            }
        })?;
        let head = std::str::from_utf8(head).map_err(|_| TlogProofError::Format)?;
        let mut lines = (1usize..).zip(head.split('\n')).peekable();
        if lines.next().map(|(_, line)| line) != Some(FIRST) {
            return Err(TlogProofError::Format);
        }
        let mut extra = None;
        if let Some((number, text)) = lines.peek()
            && let Some(text) = text.strip_prefix("extra ")
        {
            let read = base64::decode(text);
            extra = Some(
                read.filter(|read| read.len() <= EXTRA_MAX).ok_or(TlogProofError::Line(*number))?,
            );
            lines.next();
        }
        let (number, line) = lines.next().ok_or(TlogProofError::Shape)?;
        let index = line.strip_prefix("index ").and_then(index);
        let index = index.ok_or(TlogProofError::Line(number))?;
        let mut hashes = Vec::new();
        for (number, line) in lines {
            let hash = base64::decode(line).and_then(|hash| hash.try_into().ok());
            let hash = hash.filter(|_| hashes.len() < INCLUSION_HASHES_MAX);
            hashes.push(Digest::from_bytes(hash.ok_or(TlogProofError::Line(number))?));
        }
        let hashes = Proof::of(hashes).map_err(CheckpointError::Proof)?;
        let checkpoint = rest.strip_prefix(b"\n\n").unwrap_or_default().to_vec();
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// Verifies that `entry` is the entry of `sequence` in the log of `origin`, by the pinned key.
    ///
    /// Both are the receipt's own: its `next_root` and its `sequence`.
    ///
    /// # Errors
    /// Names what fails: the checkpoint, its origin or key, the index line, or the hashes.
    pub fn verify(
        &self,
        entry: &Digest,
        sequence: u64,
        origin: &str,
        key: &PublicKey,
    ) -> Result<Verified<Included>, TlogProofError> {
        let head = Checkpoint::verify(&self.checkpoint, origin, key)?;
        if self.index != sequence {
            return Err(TlogProofError::OtherIndex { found: self.index, sequence });
        }
        head.includes(entry, sequence, &self.hashes)?;
        Ok(Verified::seal(Included { entry: *entry, sequence, checkpoint: head.into_inner() }))
    }
}

/// A plain decimal number within bounds, in its one spelling.
fn index(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number <= SIZE_MAX && number.to_string() == text).then_some(number)
}

impl From<MerkleError> for TlogProofError {
    fn from(error: MerkleError) -> Self {
        Self::Checkpoint(error.into())
    }
}

#[cfg(test)]
mod tests;

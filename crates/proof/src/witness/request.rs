//! The body of `add-checkpoint` (C2SP tlog-witness): old size, consistency proof, checkpoint.
//!
//! Invariant: a request that is read prints back byte for byte; nothing in it is believed.

use canon::Digest;

use crate::base64;
use crate::merkle::Proof;
use crate::note::{NOTE_MAX, NoteError, SignedNote};

/// Most lines of a consistency proof.
const PROOF_LINES_MAX: usize = 63;
/// Largest request, in bytes: the note, and 63 lines of 45 bytes after the old size.
pub const REQUEST_BYTES_MAX: usize = NOTE_MAX + 64 * 48;

/// Why a body is not a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Longer than [`REQUEST_BYTES_MAX`].
    #[error("the request is longer than {REQUEST_BYTES_MAX} bytes")]
    TooLong,
    /// Not lines of UTF-8 with an empty line before the checkpoint.
    #[error("the request is not an old size, proof lines, an empty line and a checkpoint")]
    Shape,
    /// The first line is not `old <decimal>`.
    #[error("the first line is not `old` and a decimal size without leading zeroes")]
    Old,
    /// A proof line is not base64 of 32 bytes, or there are more than 63.
    #[error("proof line {0} is not the base64 of one hash, or is one too many")]
    Proof(usize),
    /// The checkpoint is not a note.
    #[error("the checkpoint is malformed: {0}")]
    Note(#[from] NoteError),
}

/// A request as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Size of the log at its last cosigned checkpoint, by the sender's word.
    pub old: u64,
    /// Consistency proof from that size to the checkpoint's.
    pub proof: Proof,
    /// The checkpoint.
    pub note: SignedNote,
}

impl Request {
    /// Reads a body.
    ///
    /// # Errors
    /// Names the malformed part.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        if bytes.len() > REQUEST_BYTES_MAX {
            return Err(RequestError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| RequestError::Shape)?;
        let (head, note) = text.split_once("\n\n").ok_or(RequestError::Shape)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old.ok_or(RequestError::Old)?;
        let size: u64 = old.parse().map_err(|_| RequestError::Old)?;
        // One spelling per size: no sign, no leading zero.
        if size.to_string() != old {
            return Err(RequestError::Old);
        }
        let mut hashes = Vec::new();
        for (number, line) in lines.enumerate() {
            let refuse = || RequestError::Proof(number + 1);
            let hash = base64::decode(line).ok_or_else(refuse)?;
            let hash = <[u8; 32]>::try_from(hash).map_err(|_| refuse())?;
            if number >= PROOF_LINES_MAX {
                return Err(refuse());
            }
            hashes.push(Digest::from_bytes(hash));
        }
        let proof = Proof::of(hashes).map_err(|_| RequestError::Proof(PROOF_LINES_MAX))?;
        Ok(Self { old: size, proof, note: SignedNote::parse(note.as_bytes())? })
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("old {}\n", self.old);
        for hash in self.proof.hashes() {
            out.push_str(&base64::encode(hash.as_bytes()));
            out.push('\n');
        }
        out.push('\n');
        let mut out = out.into_bytes();
        out.extend_from_slice(&self.note.to_bytes());
        out
    }
}

//! The log's side of `add-checkpoint`: forming the request, reading the answer.
//!
//! Invariant: a line joins the note only after it verified under the witness's pinned key.

use super::cosignature::CosignerKey;
use super::request::{Request, RequestError};
use crate::merkle::{Proof, SIZE_MAX};
use crate::note::{NoteError, SignedNote, parse_lines};

/// Largest answer looked at, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Media type of the size in a 409.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// What a witness answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It cosigned: the note with its line added, and the time it states.
    Cosigned {
        /// The note, byte for byte.
        note: Vec<u8>,
        /// Seconds since 1970.
        time: u64,
    },
    /// It holds another size: ask again from there. If that size is the checkpoint's own, it holds
    /// another root of it.
    Holds {
        /// Size of the last checkpoint it cosigned.
        size: u64,
    },
}

/// An answer that is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// A status other than 200 and 409.
    #[error("the witness answers with status {0}")]
    Status(u16),
    /// The body is not what the status promises.
    #[error("the witness's answer is malformed: {0}")]
    Body(&'static str),
    /// The note given is none.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// No line of the pinned witness, or one that does not verify.
    #[error("the answer has no cosignature by `{0}` that verifies")]
    NotCosigned(String),
}

/// The body to post to `add-checkpoint`; the proof leads from `old`, the size the witness holds (0
/// at first, with an empty proof), to the size of the note.
///
/// # Errors
/// When the note is none, or the proof is longer than the protocol allows.
pub fn add_checkpoint(old: u64, proof: &Proof, note: &[u8]) -> Result<Vec<u8>, RequestError> {
    let note = SignedNote::parse(note)?;
    let bytes = Request { old, proof: proof.clone(), note }.to_bytes();
    Request::parse(&bytes)?;
    Ok(bytes)
}

/// Reads the answer to a request for `note` from a pinned witness.
///
/// # Errors
/// Another status, or an answer that proves nothing.
pub fn read_answer(
    witness: &CosignerKey,
    note: &[u8],
    status: u16,
    body: &[u8],
) -> Result<Answer, AnswerError> {
    if body.len() > ANSWER_BYTES_MAX {
        return Err(AnswerError::Body("too long"));
    }
    let text = std::str::from_utf8(body).map_err(|_| AnswerError::Body("not text"));
    match status {
        200 => cosigned(witness, note, text?),
        409 => {
            let digits = text?.strip_suffix('\n').ok_or(AnswerError::Body("no newline"))?;
            let size = digits.parse::<u64>().map_err(|_| AnswerError::Body("not a size"))?;
            if size.to_string() != digits || size > SIZE_MAX {
                return Err(AnswerError::Body("not a size"));
            }
            Ok(Answer::Holds { size })
        }
        other => Err(AnswerError::Status(other)),
    }
}

fn cosigned(witness: &CosignerKey, note: &[u8], text: &str) -> Result<Answer, AnswerError> {
    let refuse = || AnswerError::NotCosigned(witness.name().to_owned());
    let given = SignedNote::parse(note)?;
    let mut alone = given.only(&[]);
    let mut joined = given;
    for line in parse_lines(text)? {
        if line.name == witness.name() && line.id == witness.id() {
            alone.attach(line.clone())?;
            joined.attach(line)?;
        }
    }
    let times = witness.times(&alone).map_err(|_| refuse())?;
    let time = times.into_iter().max().ok_or_else(refuse)?;
    Ok(Answer::Cosigned { note: joined.to_bytes(), time })
}

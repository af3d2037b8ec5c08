//! What a witness decides: a request against the last checkpoint it cosigned of that log.
//!
//! Order of the checks, with the status of each: shape 400, origin 404, signature 403, old above
//! size 400, old not the size held 409, same size with another root 409, consistency 422.
//!
//! Invariant: of one log, sizes never fall and one size never has two roots.

use std::collections::BTreeMap;

use canon::{Digest, Timestamp};

use super::cosignature;
use super::request::{Request, RequestError};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::keys::{PublicKey, Signer, SignerError};
use crate::merkle::{MerkleError, Proof, verify_consistency};
use crate::note::{self, NoteError, SignedNote};

/// Most keys of one log.
pub const LOG_KEYS_MAX: usize = 8;

/// The logs a witness knows: by origin, the keys it believes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logs(BTreeMap<String, Vec<(String, PublicKey)>>);

/// Why a log is not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogsError {
    /// The origin has a space, a plus or a control character, or is empty.
    #[error("`{0}` cannot be the origin of a log here")]
    Origin(String),
    /// None, or more than [`LOG_KEYS_MAX`], keys.
    #[error("log `{0}` needs 1 to {LOG_KEYS_MAX} verifier keys")]
    Keys(String),
    /// The origin is listed already.
    #[error("log `{0}` is listed twice")]
    Twice(String),
    /// A verifier key is refused.
    #[error(transparent)]
    Key(#[from] NoteError),
}

/// The last checkpoint cosigned of a log: what a witness must never forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    checkpoint: Checkpoint,
    note: SignedNote,
}

/// Bytes that are not the note of a cosigned checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint that was cosigned: {0}")]
pub struct HeldError(#[from] CheckpointError);

/// A well-formed request of a known log, its signature verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    old: u64,
    proof: Proof,
    held: Held,
}

/// A checkpoint that may be cosigned, once [`Cosign::held`] is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosign {
    held: Held,
    news: bool,
}

/// Why nothing is cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// 400: the body.
    #[error("{0}")]
    Request(#[from] RequestError),
    /// 400: the text of the note is no checkpoint.
    #[error("the checkpoint is malformed: {0}")]
    Checkpoint(CheckpointError),
    /// 404.
    #[error("no log of this origin is known here")]
    Origin,
    /// 403.
    #[error("the checkpoint is not signed by a known key of the log: {0}")]
    Signature(NoteError),
    /// 400.
    #[error("old size {old} is above the checkpoint's size {size}")]
    OldAbove {
        /// In the request.
        old: u64,
        /// Of the checkpoint.
        size: u64,
    },
    /// 409, with the size.
    #[error("the last cosigned checkpoint has size {held}")]
    OldDiffers {
        /// Size of the last checkpoint cosigned, 0 for none.
        held: u64,
    },
    /// 409, with the size: the log signed two roots of one size.
    #[error("another root of size {held} was cosigned")]
    OtherRoot {
        /// The size.
        held: u64,
    },
    /// 422.
    #[error("the consistency proof does not verify: {0}")]
    Proof(MerkleError),
}

impl Refusal {
    /// The HTTP status of tlog-witness.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Request(_) | Self::Checkpoint(_) | Self::OldAbove { .. } => 400,
            Self::Origin => 404,
            Self::Signature(_) => 403,
            Self::OldDiffers { .. } | Self::OtherRoot { .. } => 409,
            Self::Proof(_) => 422,
        }
    }

    /// The size that a 409 answers with.
    #[must_use]
    pub fn held_size(&self) -> Option<u64> {
        match self {
            Self::OldDiffers { held } | Self::OtherRoot { held } => Some(*held),
            _ => None,
        }
    }
}

impl Logs {
    /// Adds a log with its verifier keys (C2SP signed-note, type `0x01`).
    ///
    /// # Errors
    /// Names what cannot be added; nothing changed.
    pub fn add(&mut self, origin: &str, verifier_keys: &[&str]) -> Result<(), LogsError> {
        let short = || origin.chars().take(160).collect::<String>();
        note::check_name(origin).map_err(|_| LogsError::Origin(short()))?;
        if verifier_keys.is_empty() || verifier_keys.len() > LOG_KEYS_MAX {
            return Err(LogsError::Keys(short()));
        }
        if self.0.contains_key(origin) {
            return Err(LogsError::Twice(short()));
        }
        let keys = verifier_keys.iter().map(|text| note::parse_verifier_key(text));
        self.0.insert(origin.to_owned(), keys.collect::<Result<_, _>>()?);
        Ok(())
    }

    /// The origins, sorted.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The names and keys of a log.
    #[must_use]
    pub fn keys(&self, origin: &str) -> Option<&[(String, PublicKey)]> {
        self.0.get(origin).map(Vec::as_slice)
    }

    /// Reads a request: its shape, that its log is known, and that the log signed it.
    ///
    /// # Errors
    /// 400, 404 or 403 by name.
    pub fn read(&self, body: &[u8]) -> Result<Asked, Refusal> {
        let Request { old, proof, note } = Request::parse(body)?;
        let (checkpoint, _) =
            Checkpoint::parse_extended(note.text()).map_err(Refusal::Checkpoint)?;
        let keys = self.keys(checkpoint.origin()).ok_or(Refusal::Origin)?;
        let mut signed = Err(NoteError::NotSigned(checkpoint.origin().to_owned()));
        for (name, key) in keys {
            match note.verify(name, key) {
                Ok(_) => signed = Ok(()),
                Err(NoteError::NotSigned(_)) => {}
                // A line of a known key that fails refuses the whole note (signed-note).
                Err(error) => return Err(Refusal::Signature(error)),
            }
        }
        signed.map_err(Refusal::Signature)?;
        if old > checkpoint.size() {
            return Err(Refusal::OldAbove { old, size: checkpoint.size() });
        }
        // Lines of strangers prove nothing and are not kept.
        let ids: Vec<_> =
            keys.iter().map(|(name, key)| (name.clone(), note::key_id(name, key))).collect();
        let note = note.only(&ids);
        Ok(Asked { old, proof, held: Held { checkpoint, note } })
    }
}

impl Held {
    /// Reads back what [`Held::note`] wrote. Signatures were verified before it was written.
    ///
    /// # Errors
    /// When the bytes are no checkpoint's note.
    pub fn from_note(bytes: &[u8]) -> Result<Self, HeldError> {
        let note = SignedNote::parse(bytes).map_err(CheckpointError::Note)?;
        let (checkpoint, _) = Checkpoint::parse_extended(note.text())?;
        Ok(Self { checkpoint, note })
    }

    /// The log's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.checkpoint.origin()
    }

    /// The size.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size()
    }

    /// The root at that size.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.checkpoint.root()
    }

    /// The checkpoint with the signatures of the log's known keys: what is stored, and what an
    /// equivocation is proven with.
    #[must_use]
    pub fn note(&self) -> Vec<u8> {
        self.note.to_bytes()
    }

    /// Whether the two are different roots of one size of one log.
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        self.origin() == other.origin()
            && self.size() == other.size()
            && self.root() != other.root()
    }
}

impl Asked {
    /// The checkpoint asked to be cosigned.
    #[must_use]
    pub fn held(&self) -> &Held {
        &self.held
    }

    /// Decides against the last checkpoint cosigned of this log, if any.
    ///
    /// # Errors
    /// 409 or 422 by name.
    pub fn against(self, last: Option<&Held>) -> Result<Cosign, Refusal> {
        let Self { old, proof, held } = self;
        let before = last.map_or(0, Held::size);
        if old != before {
            return Err(Refusal::OldDiffers { held: before });
        }
        let Some(last) = last else {
            // Nothing precedes the first; any hash would be one too many.
            return match proof.hashes().len() {
                0 => Ok(Cosign { held, news: true }),
                extra => Err(Refusal::Proof(MerkleError::ProofLength(extra))),
            };
        };
        if last.contradicts(&held) {
            return Err(Refusal::OtherRoot { held: before });
        }
        if before == 0 {
            let extra = proof.hashes().len();
            if extra > 0 {
                return Err(Refusal::Proof(MerkleError::ProofLength(extra)));
            }
        } else {
            verify_consistency(before, held.size(), &proof, &last.root(), &held.root())
                .map_err(Refusal::Proof)?;
        }
        let news = before != held.size();
        // An answer repeated changes nothing, so that the note first seen stays.
        Ok(Cosign { held, news })
    }
}

impl Cosign {
    /// What must be durable before anything is signed.
    #[must_use]
    pub fn held(&self) -> &Held {
        &self.held
    }

    /// Whether it differs from what was held before.
    #[must_use]
    pub fn is_news(&self) -> bool {
        self.news
    }

    /// Signs the checkpoint as seen at `now`; the body of the answer, one signature line.
    ///
    /// # Errors
    /// The signer, or a time that is not after 1970.
    pub fn sign(
        &self,
        name: &str,
        now: Timestamp,
        signer: &dyn Signer,
    ) -> Result<String, SignerError> {
        let time = u64::try_from(now.unix()).unwrap_or(0);
        cosignature::sign(self.held.note.text(), time, name, signer)
    }
}

//! How many of which witnesses make a checkpoint believable.
//!
//! Invariant: a witness counts once however many lines it has; an unknown line counts nothing; a
//! known witness's line that does not verify refuses the note.

use canon::Timestamp;

use super::cosignature::CosignerKey;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::keys::{PublicKey, SignatureError};
use crate::note::SignedNote;
use crate::verified::Verified;

/// Most witnesses of a policy.
pub const WITNESSES_MAX: usize = 48;
/// How far ahead of the judge's present a cosignature may be dated, in seconds.
const AHEAD_SECS_MAX: u64 = 300;

/// At least `quorum` of these witnesses, none seen longer ago than `stale_secs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    witnesses: Vec<CosignerKey>,
    quorum: usize,
    stale_secs: u64,
}

/// Why a policy is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// More than [`WITNESSES_MAX`].
    #[error("a policy names at most {WITNESSES_MAX} witnesses")]
    TooMany,
    /// The quorum is 0 or cannot be reached.
    #[error("a quorum of {quorum} among {witnesses} witnesses is not between 1 and all of them")]
    Quorum {
        /// The quorum asked for.
        quorum: usize,
        /// The witnesses named.
        witnesses: usize,
    },
    /// One key under two names would count twice.
    #[error("one witness key is named twice")]
    Twice,
}

/// Why a checkpoint is not cosigned by a quorum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuorumError {
    /// The log's own checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A line of a known witness does not verify.
    #[error("the cosignature by `{name}` does not verify")]
    Cosignature {
        /// The witness.
        name: String,
        /// The rule broken.
        #[source]
        fault: SignatureError,
    },
    /// Too few witnesses.
    #[error(
        "{counted} of {quorum} witnesses needed: {absent} absent, {stale} stale, {ahead} ahead"
    )]
    Short {
        /// Witnesses that count.
        counted: usize,
        /// Witnesses needed.
        quorum: usize,
        /// Witnesses without a line.
        absent: usize,
        /// Witnesses whose lines are all too old.
        stale: usize,
        /// Witnesses whose lines are all dated in the future.
        ahead: usize,
    },
}

/// When a witness saw the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The witness.
    pub name: String,
    /// Seconds since 1970.
    pub time: u64,
}

/// A checkpoint and the witnesses that count for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    checkpoint: Checkpoint,
    seen: Vec<Seen>,
}

impl Cosigned {
    /// The witnesses that count, in the order of the policy, each with its latest time.
    #[must_use]
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }
}

impl Verified<Cosigned> {
    /// The checkpoint, to check proofs against.
    #[must_use]
    pub fn checkpoint(&self) -> Verified<Checkpoint> {
        Verified::seal(self.checkpoint.clone())
    }
}

impl Policy {
    /// A policy.
    ///
    /// # Errors
    /// A quorum that is 0 or more than the witnesses, too many of them, or one key twice.
    pub fn new(
        witnesses: Vec<CosignerKey>,
        quorum: usize,
        stale_secs: u64,
    ) -> Result<Self, PolicyError> {
        if witnesses.len() > WITNESSES_MAX {
            return Err(PolicyError::TooMany);
        }
        if quorum == 0 || quorum > witnesses.len() {
            return Err(PolicyError::Quorum { quorum, witnesses: witnesses.len() });
        }
        let mut keys: Vec<&PublicKey> = witnesses.iter().map(CosignerKey::key).collect();
        keys.sort();
        if keys.iter().zip(keys.iter().skip(1)).any(|(one, next)| one == next) {
            return Err(PolicyError::Twice);
        }
        Ok(Self { witnesses, quorum, stale_secs })
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[CosignerKey] {
        &self.witnesses
    }

    /// How many of them must have signed.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// How long ago, in seconds, a cosignature may have been made to count.
    #[must_use]
    pub fn stale_secs(&self) -> u64 {
        self.stale_secs
    }

    /// Verifies a note as the checkpoint of `origin` by the log key, cosigned by a quorum.
    ///
    /// # Errors
    /// Names what fails: the checkpoint, a witness's line, or the count.
    pub fn verify(
        &self,
        note: &[u8],
        origin: &str,
        log: &PublicKey,
        as_of: Timestamp,
    ) -> Result<Verified<Cosigned>, QuorumError> {
        let checkpoint = Checkpoint::verify(note, origin, log)?.into_inner();
        let parsed = SignedNote::parse(note).map_err(CheckpointError::Note)?;
        let now = u64::try_from(as_of.unix()).unwrap_or(0);
        let (mut seen, mut absent, mut stale, mut ahead) = (Vec::new(), 0, 0, 0);
        for witness in &self.witnesses {
            let name = witness.name().to_owned();
            let times = witness
                .times(&parsed)
                .map_err(|fault| QuorumError::Cosignature { name: name.clone(), fault })?;
            let past = times.iter().filter(|time| **time <= now.saturating_add(AHEAD_SECS_MAX));
            match past.max() {
                None if times.is_empty() => absent += 1,
                None => ahead += 1,
                Some(time) if time.saturating_add(self.stale_secs) < now => stale += 1,
                Some(time) => seen.push(Seen { name, time: *time }),
            }
        }
        if seen.len() < self.quorum {
            let (counted, quorum) = (seen.len(), self.quorum);
            return Err(QuorumError::Short { counted, quorum, absent, stale, ahead });
        }
        Ok(Verified::seal(Cosigned { checkpoint, seen }))
    }
}

//! A key rotation: one purpose of one zone passes from its key to the key committed to before.
//!
//! A routine rotation is signed by the old key and by the new one, whose commitment the document
//! before it in the chain made; after a compromise the root key signs in place of the old key. A
//! rotation names its place (`number`, `previous_sha256`), so that a chain is followed from the
//! inception document in one order only, and each log the purpose has written, with the first
//! sequence of the new key. A log not named had no entry yet.
//!
//! Invariant: a rotation is believed only as a link of a [`KeyHistory`]; two signed rotations of one
//! number are an equivocation and can be shown ([`KeyHistory::contradicts`]).

mod history;
mod judge;
#[cfg(test)]
mod tests;

use canon::{Canonical, Did, Digest, Realm, Refusal, Timestamp, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::integrity::{IntegrityError, ProofOptions, sign_document};
use crate::keys::{PublicKey, Purpose, Signer};

pub use history::{Contradiction, HistoryError, Interval, KeyHistory, Place, Standing};
pub use judge::{Judged, ZoneKeys, judge};

/// The `type` of a rotation document.
pub const TYPE: &str = "MEZZoneKeyRotation";
/// Most rotations of one zone that are followed.
pub const ROTATIONS_MAX: usize = 4_096;
/// Most logs one rotation names.
pub const CUTS_MAX: usize = 10_000;
/// Longest name of a log, in bytes.
pub const LOG_NAME_MAX: usize = 512;

/// Why a key is replaced.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// In good order; what the old key signed before the cut stands.
    Routine,
    /// The old key may be in other hands; what it signed counts only as far as others hold it.
    Compromise,
}

/// The first sequence of one log that the new key signs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CutOver {
    /// The log's origin.
    pub log: String,
    /// The first sequence of the new key; the old key's last is one less.
    pub from_sequence: u64,
}

/// The document, without its proofs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Always [`TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = TYPE))]
    pub kind: String,
    /// The zone.
    pub zone_id: ZoneId,
    /// Its pinned DID.
    pub zone_did: Did,
    /// Its realm.
    pub realm: Realm,
    /// Digest of its inception document.
    pub inception_sha256: Digest,
    /// From 1, without gaps, over all purposes.
    pub number: u64,
    /// Digest of rotation `number` − 1, or of the inception document.
    pub previous_sha256: Digest,
    /// What the key is for; never `root`.
    pub purpose: Purpose,
    /// Why it is replaced.
    pub reason: Cause,
    /// The key until now.
    pub previous_key: PublicKey,
    /// The key from now on; opens the commitment made before.
    pub new_key: PublicKey,
    /// Where each log passes over, sorted by log, once each.
    pub cut_over: Vec<CutOver>,
    /// [`crate::inception::key_commitment`] of the key after the new one.
    pub next_commitment_sha256: Digest,
    /// When it was signed, by the signers' word.
    pub created: Timestamp,
}

/// Why one document is not a rotation that follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// Another type.
    #[error("document type `{0}` is not `{TYPE}`")]
    UnsupportedType(String),
    /// Not the shape of a rotation.
    #[error("the rotation document is malformed")]
    Shape(#[source] Refusal),
    /// Of another zone, realm or inception.
    #[error("the rotation is of another zone: `{0}` differs from the inception document")]
    OtherZone(&'static str),
    /// Not the next of the chain: a replay, or one is missing.
    #[error("rotation {found} is not the next one, {expected}")]
    Number {
        /// The next number.
        expected: u64,
        /// In the document.
        found: u64,
    },
    /// Linked to another document.
    #[error("`previous_sha256` {found} is not the digest of the document before, {expected}")]
    Link {
        /// Digest of the document before.
        expected: Digest,
        /// In the document.
        found: Digest,
    },
    /// The root is not rotated: it is the zone's name.
    #[error("the root key does not rotate")]
    Root,
    /// The old key is not the present one.
    #[error("the {purpose} key is `{expected}`, not `{found}`")]
    PreviousKey {
        /// The purpose.
        purpose: Purpose,
        /// The present key.
        expected: Did,
        /// In the document.
        found: Did,
    },
    /// The new key does not open the commitment.
    #[error("the new {0} key is not the one committed to")]
    Uncommitted(Purpose),
    /// The new key served before, for this or another purpose.
    #[error("key `{0}` has served this zone before")]
    UsedBefore(Did),
    /// The next commitment was made before.
    #[error("the commitment to the next key was made before")]
    OldCommitment,
    /// The logs are not sorted, unique, named and bounded.
    #[error("`cut_over` is not a sorted list of logs named once each")]
    CutOver,
    /// A log named before is left out, which would leave a gap.
    #[error("`cut_over` leaves out log `{0}`, which an earlier rotation names")]
    Gap(String),
    /// A log passes over before the present key took over.
    #[error("log `{log}` passes over at {found}, inside an interval that ended at {last}")]
    Overlap {
        /// The log.
        log: String,
        /// Where the present key took over.
        last: u64,
        /// In the document.
        found: u64,
    },
    /// Earlier than the document before.
    #[error("the rotation is dated {found}, before {previous}")]
    Time {
        /// Of the document before.
        previous: Timestamp,
        /// In the document.
        found: Timestamp,
    },
    /// The signatures do not verify.
    #[error("a signature of the rotation fails")]
    Integrity(#[from] IntegrityError),
    /// Signed by others than those who must.
    #[error("a {0} rotation must be signed by exactly the {1} key and the new key")]
    Signers(&'static str, &'static str),
    /// More than [`ROTATIONS_MAX`].
    #[error("more than {ROTATIONS_MAX} rotations")]
    TooMany,
}

impl Cause {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Routine => "routine",
            Self::Compromise => "compromise",
        }
    }

    /// Which key signs beside the new one.
    const fn signer(self) -> &'static str {
        match self {
            Self::Routine => "old",
            Self::Compromise => "root",
        }
    }
}

impl Rotation {
    /// Signs the document with the outgoing authority (the old key, after a compromise the root) and
    /// with the new key. Whether it follows is for [`KeyHistory::extend`].
    ///
    /// # Errors
    /// When `incoming` is not the new key, `outgoing` is not the old key of a routine rotation, or
    /// signing fails.
    pub fn sign(
        &self,
        outgoing: &dyn Signer,
        incoming: &dyn Signer,
    ) -> Result<Value, RotationError> {
        let routine = self.reason == Cause::Routine;
        if incoming.public() != self.new_key
            || (routine && outgoing.public() != self.previous_key)
            || (!routine && outgoing.public().did() != self.zone_did)
        {
            return Err(RotationError::Signers(self.reason.as_str(), self.reason.signer()));
        }
        let document = Canonical::of(self).map_err(RotationError::Shape)?.value();
        let options = ProofOptions::assertion(self.created, outgoing);
        let document = sign_document(document, &options, outgoing)?;
        let options = ProofOptions::assertion(self.created, incoming);
        Ok(sign_document(document, &options, incoming)?)
    }

    /// The document's own rules, without what came before it.
    fn read(document: &Value) -> Result<(Self, Digest), RotationError> {
        let kind = document.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind != TYPE {
            return Err(RotationError::UnsupportedType(kind.chars().take(80).collect()));
        }
        let canonical = crate::integrity::payload(document).map_err(RotationError::Shape)?;
        let rotation: Self = canonical.read().map_err(RotationError::Shape)?;
        if rotation.purpose == Purpose::Root {
            return Err(RotationError::Root);
        }
        let cuts = &rotation.cut_over;
        let sorted = cuts.iter().zip(cuts.iter().skip(1)).all(|(a, b)| a.log < b.log);
        let named = |cut: &CutOver| {
            !cut.log.is_empty()
                && cut.log.len() <= LOG_NAME_MAX
                && !cut.log.chars().any(char::is_control)
        };
        if !sorted || cuts.len() > CUTS_MAX || !cuts.iter().all(named) {
            return Err(RotationError::CutOver);
        }
        Ok((rotation, canonical.digest()))
    }
}

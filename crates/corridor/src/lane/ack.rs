//! What one side says, in its own lane, about the other's.

use canon::{Digest, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{REASON_CODE_BYTES_MAX, REFUSED_MAX};

/// "I hold this prefix of your lane": integrity and causality, no verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The other lane.
    pub lane: ZoneId,
    /// Root of the other lane's tree at that size.
    pub root: Digest,
    /// Receipts held.
    pub size: u64,
}

/// A receipt of the other lane that has no effect here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// Salted commitment to the decision record.
    pub decision_sha256: Digest,
    /// Stable reason code; no list detail, no personal data.
    pub reason_code: String,
    /// Sequence in the other lane.
    pub sequence: u64,
}

/// "I stored, verified and decided this prefix, and accept all but `refused`."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// The other lane.
    pub lane: ZoneId,
    /// Refusals among the newly decided sequences, ascending.
    pub refused: Vec<Refused>,
    /// Root of the other lane's tree at that size.
    pub root: Digest,
    /// Receipts decided.
    pub size: u64,
}

/// An acknowledgement that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AckError {
    /// About its own lane, or one that is no part of the corridor.
    #[error("the acknowledgement is about lane `{0}`, not about the other one")]
    Lane(ZoneId),
    /// Earlier verdicts stand.
    #[error("the acknowledgement retracts: {found} after {previous}")]
    Retracts {
        /// Size acknowledged before.
        previous: u64,
        /// Size now.
        found: u64,
    },
    /// More is acknowledged than is seen.
    #[error("{size} receipts are acknowledged but only {seen} seen")]
    BeyondSeen {
        /// Size acknowledged.
        size: u64,
        /// Size seen.
        seen: u64,
    },
    /// A refusal outside the newly decided sequences, out of order or twice.
    #[error("refused sequence {0} is not a newly decided one, in ascending order")]
    Refused(u64),
    /// A reason code that is no short word.
    #[error(
        "the reason code of refused sequence {0} is not 1 to {REASON_CODE_BYTES_MAX} visible ASCII characters"
    )]
    Reason(u64),
    /// Too many refusals at once.
    #[error("more than {REFUSED_MAX} refusals in one acknowledgement")]
    TooMany,
    /// The root differs from the `seen` of the same size.
    #[error("the acknowledged root differs from the seen one")]
    Root,
}

impl Ack {
    /// Check an acknowledgement against what its lane said before.
    pub(super) fn check(
        &self,
        other: &ZoneId,
        previous: u64,
        seen: Option<&Seen>,
    ) -> Result<(), AckError> {
        if self.lane != *other {
            return Err(AckError::Lane(self.lane.clone()));
        }
        if self.size < previous {
            return Err(AckError::Retracts { previous, found: self.size });
        }
        // Nothing seen, nothing decided: an acknowledgement never stands without a `seen`.
        let seen_size = seen.map_or(0, |s| s.size);
        let seen = seen.filter(|s| self.size <= s.size);
        let seen = seen.ok_or(AckError::BeyondSeen { size: self.size, seen: seen_size })?;
        if seen.size == self.size && seen.root != self.root {
            return Err(AckError::Root);
        }
        if self.refused.len() > REFUSED_MAX {
            return Err(AckError::TooMany);
        }
        let mut least = previous;
        for refused in &self.refused {
            if refused.sequence < least || refused.sequence >= self.size {
                return Err(AckError::Refused(refused.sequence));
            }
            let code = refused.reason_code.as_bytes();
            let fits = (1..=REASON_CODE_BYTES_MAX).contains(&code.len());
            if !fits || !code.iter().all(u8::is_ascii_graphic) {
                return Err(AckError::Reason(refused.sequence));
            }
            least = refused.sequence + 1;
        }
        Ok(())
    }
}

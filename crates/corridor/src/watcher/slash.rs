//! What is lost for what, and how a claim goes from evidence to the ledger.
//!
//! A claim is filed with evidence that verifies alone. It may be appealed for [`CHALLENGE_SECS`]; an
//! appeal stays it until a ruling is recorded. Only then does the bond move.

use canon::{Digest, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WatcherError;
use super::rates::{CHALLENGE_SECS, WHOLE_BPS};

/// What a watcher did.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Left a signed request unanswered.
    Availability,
    /// Attested what its own evidence contradicts.
    FalseAttestation,
    /// Signed two attestations that contradict each other.
    Equivocation,
    /// Signed, as others did, the same two.
    Collusion,
}

impl Condition {
    /// All, the least first.
    pub const ALL: [Self; 4] =
        [Self::Availability, Self::FalseAttestation, Self::Equivocation, Self::Collusion];

    /// The share that is lost, in basis points.
    #[must_use]
    pub const fn bps(self) -> u128 {
        match self {
            Self::Availability => 100,
            Self::FalseAttestation => 5_000,
            Self::Equivocation | Self::Collusion => WHOLE_BPS,
        }
    }

    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::FalseAttestation => "false_attestation",
            Self::Equivocation => "equivocation",
            Self::Collusion => "collusion",
        }
    }

    /// What is lost of a bond, rounded down.
    #[must_use]
    pub fn of(self, bond: i128) -> i128 {
        let bond = u128::try_from(bond).unwrap_or(0);
        // Whole parts first, so that no bond is too large.
        let (whole, rest) = (bond / WHOLE_BPS, bond % WHOLE_BPS);
        let lost = whole.saturating_mul(self.bps()).saturating_add(rest * self.bps() / WHOLE_BPS);
        i128::try_from(lost).unwrap_or(i128::MAX)
    }

    /// Whether a watcher accused of it goes on counting until it is decided.
    #[must_use]
    pub const fn is_of_trust(self) -> bool {
        !matches!(self, Self::Availability)
    }
}

/// What an authority found of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The claim stands.
    Upheld,
    /// It does not.
    Dismissed,
}

/// Where a claim stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClaimState {
    /// May be appealed.
    Filed {},
    /// Appealed, and stayed until a ruling.
    Stayed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// An authority upheld it.
    Upheld {
        /// When.
        at: Timestamp,
        /// Digest of the award.
        award_sha256: Digest,
    },
    /// An authority dismissed it; nothing moved.
    Dismissed {
        /// When.
        at: Timestamp,
        /// Digest of the award.
        award_sha256: Digest,
    },
    /// The bond moved.
    Executed {
        /// When.
        at: Timestamp,
        /// What was lost, in minor units.
        #[serde(with = "crate::watcher::signed_text")]
        #[schemars(with = "String")]
        lost: i128,
    },
}

/// A claim on a bond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// For what.
    pub condition: Condition,
    /// The evidence.
    pub evidence_sha256: Digest,
    /// When it was filed.
    pub filed: Timestamp,
    /// Where it stands.
    pub course: ClaimState,
}

/// What happens to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimEvent {
    /// The watcher appeals.
    Appeal(String),
    /// An authority rules.
    Rule(Outcome, Digest),
    /// The bond moves by so much.
    Execute(i128),
}

impl Claim {
    /// A claim upon evidence.
    #[must_use]
    pub const fn filed(condition: Condition, evidence_sha256: Digest, filed: Timestamp) -> Self {
        Self { condition, evidence_sha256, filed, course: ClaimState::Filed {} }
    }

    /// When it can no longer be appealed.
    ///
    /// # Errors
    /// The end of the calendar.
    pub fn window_ends(&self) -> Result<Timestamp, WatcherError> {
        self.filed.plus_secs(CHALLENGE_SECS).map_err(|_| WatcherError::Time)
    }

    /// Whether it holds the bond.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.course, ClaimState::Dismissed { .. } | ClaimState::Executed { .. })
    }

    /// Whether the bond may move now.
    ///
    /// # Errors
    /// The end of the calendar.
    pub fn is_due(&self, now: Timestamp) -> Result<bool, WatcherError> {
        Ok(match self.course {
            ClaimState::Filed {} => now >= self.window_ends()?,
            ClaimState::Upheld { .. } => true,
            _ => false,
        })
    }

    /// What it is after something happened.
    ///
    /// # Errors
    /// What cannot happen to a claim in this state, or not any more.
    pub fn apply(mut self, event: ClaimEvent, now: Timestamp) -> Result<Self, WatcherError> {
        let in_time = now < self.window_ends()?;
        self.course = match (&self.course, event) {
            (ClaimState::Filed {}, ClaimEvent::Appeal(reason)) if in_time => {
                ClaimState::Stayed { at: now, reason }
            }
            (ClaimState::Stayed { .. }, ClaimEvent::Rule(Outcome::Upheld, award_sha256)) => {
                ClaimState::Upheld { at: now, award_sha256 }
            }
            (ClaimState::Stayed { .. }, ClaimEvent::Rule(Outcome::Dismissed, award_sha256)) => {
                ClaimState::Dismissed { at: now, award_sha256 }
            }
            (_, ClaimEvent::Execute(lost)) if self.is_due(now)? => {
                ClaimState::Executed { at: now, lost }
            }
            _ => return Err(WatcherError::Claim),
        };
        Ok(self)
    }
}

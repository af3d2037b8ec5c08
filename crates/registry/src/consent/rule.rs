//! When a proposal is carried: how many must take part, and how many of which whole must be for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{DISSOLVE_BP_MIN, HOLDERS_BP_MIN, WHOLE_BP};
use super::operation::{Body, Operation};
use super::tally::Tally;

/// Of which whole a share of votes is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "VotesCounted")]
pub enum Whole {
    /// Votes for and against; who abstains is not in it.
    Cast,
    /// Every vote there is.
    All,
}

/// How many must be for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "threshold", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "VoteThreshold")]
pub enum Threshold {
    /// So many voters, each counted once.
    Approvals {
        /// How many.
        count: u32,
    },
    /// More than half of the votes.
    Majority {
        /// Of which.
        of: Whole,
    },
    /// At least a share of the votes.
    Share {
        /// Of which.
        of: Whole,
        /// In basis points.
        basis_points: u16,
    },
}

/// When a proposal is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRule {
    /// Share of all votes that must take part, in basis points.
    pub quorum_bp: u16,
    /// How many must be for it.
    pub threshold: Threshold,
}

/// Why a rule cannot decide a proposal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// A share beyond the whole, or no share.
    #[error("a share of votes is 1 to {WHOLE_BP} basis points, a quorum 0 to {WHOLE_BP}")]
    Share,
    /// More approvals than voters, or none.
    #[error("{count} approvals of {voters} voters")]
    Approvals {
        /// Asked for.
        count: u32,
        /// There.
        voters: usize,
    },
    /// Fewer than the operation takes.
    #[error("`{operation}` takes at least {basis_points} basis points of the holders' votes")]
    TooLow {
        /// Which.
        operation: &'static str,
        /// What it takes.
        basis_points: u16,
    },
}

impl DecisionRule {
    /// Whether the rule can decide an operation among so many voters.
    ///
    /// # Errors
    /// [`BadRule`].
    pub fn fits(&self, operation: &Operation, voters: usize) -> Result<(), BadRule> {
        let share = self.share_among(voters)?;
        let basis_points = match operation {
            Operation::Dissolve {} => DISSOLVE_BP_MIN,
            other if other.body() == Body::Holders => HOLDERS_BP_MIN,
            _ => 0,
        };
        let operation = operation.name();
        if share < basis_points {
            return Err(BadRule::TooLow { operation, basis_points });
        }
        Ok(())
    }

    /// The least share of the votes, in basis points, by which it is carried among so many voters.
    ///
    /// # Errors
    /// A rule by which nothing can be decided among them.
    pub fn share_among(&self, voters: usize) -> Result<u16, BadRule> {
        if self.quorum_bp > WHOLE_BP {
            return Err(BadRule::Share);
        }
        match self.threshold {
            Threshold::Approvals { count } => {
                let some = usize::try_from(count).is_ok_and(|count| (1..=voters).contains(&count));
                if !some {
                    return Err(BadRule::Approvals { count, voters });
                }
                Ok(0)
            }
            Threshold::Majority { .. } => Ok(HOLDERS_BP_MIN),
            Threshold::Share { basis_points, .. } => {
                if !(1..=WHOLE_BP).contains(&basis_points) {
                    return Err(BadRule::Share);
                }
                Ok(basis_points)
            }
        }
    }

    /// Whether enough took part.
    #[must_use]
    pub fn quorate(&self, tally: &Tally) -> bool {
        let (part, whole) = (tally.present(), u128::from(tally.total));
        part > 0 && part * u128::from(WHOLE_BP) >= whole * u128::from(self.quorum_bp)
    }

    /// Whether enough were for it, quorum aside.
    #[must_use]
    pub fn enough(&self, tally: &Tally) -> bool {
        let approve = u128::from(tally.approve);
        let whole = |of| match of {
            Whole::Cast => approve + u128::from(tally.reject),
            Whole::All => u128::from(tally.total),
        };
        match self.threshold {
            Threshold::Approvals { count } => tally.approvals >= count,
            Threshold::Majority { of } => approve * 2 > whole(of),
            Threshold::Share { of, basis_points } => {
                let needed = whole(of) * u128::from(basis_points);
                approve > 0 && approve * u128::from(WHOLE_BP) >= needed
            }
        }
    }

    /// Whether it is carried whatever those do who have not voted.
    #[must_use]
    pub fn carried_for_sure(&self, tally: &Tally) -> bool {
        self.quorate(tally) && self.enough(&tally.if_the_rest_rejected())
    }

    /// Whether it fails whatever those do who have not voted.
    #[must_use]
    pub fn lost_for_sure(&self, tally: &Tally) -> bool {
        !self.enough(&tally.if_the_rest_approved())
    }
}

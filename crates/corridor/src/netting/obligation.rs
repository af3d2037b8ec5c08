//! What is owed, where it may be paid, and how much of it.

use std::fmt;

use canon::{Amount, CorridorId, Digest, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most obligations netted together.
pub const OBLIGATIONS_MAX: usize = 1_000_000;
/// Largest obligation, in minor units: 28 digits, as [`Amount::parse`] admits.
pub const MINOR_MAX: i128 = 10_i128.pow(28);
/// Most zones netted together.
pub const ZONES_MAX: usize = 1_000;
/// Most corridors netted together.
pub const CHANNELS_MAX: usize = 20_000;
/// Classes of priority: 0 is settled before 1, and so on.
pub const PRIORITIES: usize = 8;

// No sum of a book, and no ratio in basis points over it, leaves `i128`.
const _: () = assert!(OBLIGATIONS_MAX as i128 * MINOR_MAX <= i128::MAX / 10_000);

/// Where an obligation comes from: what it is told apart by from others on its lane.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A leg of an earlier plan that failed.
    Leg(LegSource),
    /// The receipt of this sequence in the debtor's lane, as far as it is still unsettled.
    Receipt(u64),
    /// The claim of this sequence in the creditor's lane: a `bridge.commit.v1`, as far as it is still unsettled.
    Commit(u64),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leg(leg) => write!(f, "leg {} of plan {}", leg.number, leg.plan_sha256),
            Self::Receipt(sequence) => write!(f, "receipt {sequence}"),
            Self::Commit(sequence) => write!(f, "claim {sequence}"),
        }
    }
}

/// One leg of one plan.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct LegSource {
    /// The leg's number in it.
    pub number: u64,
    /// Digest of the plan.
    pub plan_sha256: Digest,
}

/// One zone owes another an amount, over the corridor between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Obligation {
    /// What is still owed, more than nothing.
    pub amount: Amount,
    /// The corridor of both.
    pub corridor_id: CorridorId,
    /// Who is owed.
    pub creditor: ZoneId,
    /// Who owes: the writer of the lane a receipt comes from, the reader of that of a claim.
    pub debtor: ZoneId,
    /// 0 to 7; where not all can be settled, 0 comes first.
    #[schemars(range(max = 7))]
    pub priority: u8,
    /// Where it comes from.
    pub source: Source,
}

/// A corridor a leg may go over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Its two zones, in order.
    pub zones: [ZoneId; 2],
}

/// The most that one zone may pay over one corridor in one currency; without one there is no bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The most, or nothing at all.
    pub most: Amount,
    /// Who pays.
    pub payer: ZoneId,
}

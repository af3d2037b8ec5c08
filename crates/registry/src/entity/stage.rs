//! The ten stages of a dissolution: their order, how long each lasts at least, and what it must leave behind.
//!
//! Days and conditions are those of the protocol's entity lifecycle. The 90-day window for creditors' claims opens
//! with the notice that stage 4 must leave behind; stage 5 lasts at least as long as the window, so no liability is
//! settled (stage 6) before it has closed. That relation is asserted below, not remembered.

use canon::Digest;
use serde::{Deserialize, Serialize};

/// Number of stages.
pub const STAGES: u8 = 10;
/// Days creditors have to claim after the notice of stage 4.
pub const CLAIM_WINDOW_DAYS: u16 = 90;
/// Least share of the votes cast that carries the shareholders' resolution of stage 2, in basis points.
pub const MAJORITY_BP_MIN: u16 = 7_500;

const BASIS_POINTS: u128 = 10_000;
const _: () = assert!(Stage::RealizeAssets.days_min() >= CLAIM_WINDOW_DAYS);
const _: () = assert!(Stage::Dissolution.number() == STAGES);

/// A stage of a dissolution, in order. At rest: its number, 1 to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Stage {
    /// The board resolves to dissolve.
    BoardResolution,
    /// The shareholders resolve, by 75 % of the votes cast.
    ShareholderResolution,
    /// A liquidator is appointed.
    AppointLiquidator,
    /// Creditors are told by notice in the gazette; the claim window opens.
    NotifyCreditors,
    /// Assets are realized.
    RealizeAssets,
    /// Liabilities are settled.
    SettleLiabilities,
    /// What is left is distributed.
    FinalDistribution,
    /// The final meeting is held.
    FinalMeeting,
    /// The final documents are filed.
    FileFinalDocuments,
    /// The register strikes the entity off.
    Dissolution,
}

/// No stage has this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a stage of a dissolution, they run from 1 to 10")]
pub struct NoSuchStage(pub u8);

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; STAGES as usize] = [
        Self::BoardResolution,
        Self::ShareholderResolution,
        Self::AppointLiquidator,
        Self::NotifyCreditors,
        Self::RealizeAssets,
        Self::SettleLiabilities,
        Self::FinalDistribution,
        Self::FinalMeeting,
        Self::FileFinalDocuments,
        Self::Dissolution,
    ];

    /// Number of the stage, 1 to 10.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::BoardResolution => 1,
            Self::ShareholderResolution => 2,
            Self::AppointLiquidator => 3,
            Self::NotifyCreditors => 4,
            Self::RealizeAssets => 5,
            Self::SettleLiabilities => 6,
            Self::FinalDistribution => 7,
            Self::FinalMeeting => 8,
            Self::FileFinalDocuments => 9,
            Self::Dissolution => 10,
        }
    }

    /// Whole days (of 24 hours) the stage lasts at least.
    #[must_use]
    pub const fn days_min(self) -> u16 {
        match self {
            Self::BoardResolution | Self::AppointLiquidator => 7,
            Self::ShareholderResolution => 21,
            Self::NotifyCreditors | Self::FinalDistribution | Self::FileFinalDocuments => 14,
            Self::RealizeAssets => 90,
            Self::SettleLiabilities => 60,
            Self::FinalMeeting => 35,
            Self::Dissolution => 30,
        }
    }

    /// Name as the protocol writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BoardResolution => "BOARD_RESOLUTION",
            Self::ShareholderResolution => "SHAREHOLDER_RESOLUTION",
            Self::AppointLiquidator => "APPOINT_LIQUIDATOR",
            Self::NotifyCreditors => "NOTIFY_CREDITORS",
            Self::RealizeAssets => "REALIZE_ASSETS",
            Self::SettleLiabilities => "SETTLE_LIABILITIES",
            Self::FinalDistribution => "FINAL_DISTRIBUTION",
            Self::FinalMeeting => "FINAL_MEETING",
            Self::FileFinalDocuments => "FILE_FINAL_DOCUMENTS",
            Self::Dissolution => "DISSOLUTION",
        }
    }

    /// The stage after this one; none after the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::try_from(self.number().saturating_add(1)).ok()
    }
}

impl TryFrom<u8> for Stage {
    type Error = NoSuchStage;
    fn try_from(number: u8) -> Result<Self, NoSuchStage> {
        Self::ALL.into_iter().find(|stage| stage.number() == number).ok_or(NoSuchStage(number))
    }
}
impl From<Stage> for u8 {
    fn from(stage: Stage) -> Self {
        stage.number()
    }
}

/// A vote that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// Votes for.
    pub votes_for: u64,
    /// All votes cast, for and against.
    pub votes_cast: u64,
}

impl Resolution {
    /// Whether it carries: no more votes for than cast, and at least [`MAJORITY_BP_MIN`] of those cast.
    #[must_use]
    pub fn carries(self) -> bool {
        let (in_favor, cast) = (u128::from(self.votes_for), u128::from(self.votes_cast));
        let reached = in_favor * BASIS_POINTS >= cast * u128::from(MAJORITY_BP_MIN);
        cast > 0 && in_favor <= cast && reached
    }
}

/// What a stage leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageEvidence {
    /// SHA-256 of the document that proves the stage was done (minutes, gazette notice, accounts, filing).
    pub sha256: Digest,
    /// The vote, where the stage is one ([`Stage::ShareholderResolution`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
}

impl StageEvidence {
    /// Evidence that is one document.
    #[must_use]
    pub fn document(sha256: Digest) -> Self {
        Self { sha256, resolution: None }
    }
}

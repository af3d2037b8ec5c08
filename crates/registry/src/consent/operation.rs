//! What a proposal authorises, exactly: an approval is good for the very operation that was voted on, once.

use canon::{CorridorId, Date, Digest, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ownership::Shares;
use crate::text::Slug;

/// An operation that needs consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "ConsentOperation")]
pub enum Operation {
    /// Issue shares beyond those authorized; the number authorized grows by what is missing.
    IssueShares {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// How many.
        shares: Shares,
    },
    /// Authorize another number of shares.
    AuthorizeShares {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// How many in all.
        authorized: Shares,
    },
    /// Create a class of shares.
    CreateClass {
        /// Its code word.
        #[schemars(with = "String")]
        class_id: Slug,
        /// How many shares of it.
        authorized: Shares,
        /// Digest of the class as it will stand in the register.
        terms_sha256: Digest,
    },
    /// Split or consolidate shares.
    SplitShares {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// How many new ones …
        new: u64,
        /// … for how many old.
        old: u64,
    },
    /// Transfer shares that are not freely transferred.
    TransferShares {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// Who gives.
        from: RecordId,
        /// Who takes.
        to: RecordId,
        /// How many.
        shares: Shares,
    },
    /// Wind the entity up.
    Dissolve {},
    /// Halt a corridor of the zone.
    HaltCorridor {
        /// Which.
        corridor_id: CorridorId,
    },
    /// Pause a corridor of the zone.
    SuspendCorridor {
        /// Which.
        corridor_id: CorridorId,
    },
    /// End a corridor of the zone for good.
    DeprecateCorridor {
        /// Which.
        corridor_id: CorridorId,
    },
    /// A resolution that this register acts on in no way.
    Resolve {
        /// SHA-256 of its text.
        text_sha256: Digest,
    },
}

/// Who decides an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Those who hold shares with a vote.
    Holders,
    /// The board, or whoever the proposal names.
    Board,
    /// The council of the zone, about what is the zone's own.
    Council,
}

impl Operation {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::IssueShares { .. } => "issue_shares",
            Self::AuthorizeShares { .. } => "authorize_shares",
            Self::CreateClass { .. } => "create_class",
            Self::SplitShares { .. } => "split_shares",
            Self::TransferShares { .. } => "transfer_shares",
            Self::Dissolve {} => "dissolve",
            Self::HaltCorridor { .. } => "halt_corridor",
            Self::SuspendCorridor { .. } => "suspend_corridor",
            Self::DeprecateCorridor { .. } => "deprecate_corridor",
            Self::Resolve { .. } => "resolve",
        }
    }

    /// Who decides it.
    #[must_use]
    pub const fn body(&self) -> Body {
        match self {
            Self::TransferShares { .. } | Self::Resolve { .. } => Body::Board,
            Self::HaltCorridor { .. }
            | Self::SuspendCorridor { .. }
            | Self::DeprecateCorridor { .. } => Body::Council,
            _ => Body::Holders,
        }
    }
}

/// An approval that was used, as the record keeps it that it authorised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorised {
    /// The proposal.
    pub consent_id: RecordId,
    /// What it authorised.
    pub operation: Operation,
    /// The day of the approval.
    pub approved: Date,
}

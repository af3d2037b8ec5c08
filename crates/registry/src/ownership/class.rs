//! Classes of shares and who holds them, as the register names them.

use canon::{Date, EntityId, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{NAME_CHARS_MAX, VOTES_PER_SHARE_MAX};
use super::shares::{PerShare, Shares};
use crate::text::{Line, Slug};
use crate::voter::VoterDid;

/// What a transfer of shares of a class needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRule {
    /// The board's approval.
    #[serde(default)]
    pub approval: bool,
    /// That every other holder of the class gave up the right to buy first.
    #[serde(default)]
    pub first_refusal: bool,
    /// No transfer before this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Date>,
}

/// A class of shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareClass {
    /// Code word of the class, such as `common`.
    #[schemars(with = "String")]
    pub class_id: Slug,
    /// Its name.
    #[schemars(with = "String")]
    pub name: Line<NAME_CHARS_MAX>,
    /// How many shares of it may be issued.
    pub authorized: Shares,
    /// Nominal value of a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub par_value: Option<PerShare>,
    /// Votes of a share; none for a class without a vote.
    pub votes_per_share: Votes,
    /// Whether those who hold it are offered new shares first, in proportion.
    #[serde(default)]
    pub pre_emption: bool,
    /// What a transfer needs.
    #[serde(default)]
    pub transfer: TransferRule,
}

/// Votes of one share, 0 to [`VOTES_PER_SHARE_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u32", into = "u32")]
pub struct Votes(u32);

impl Votes {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}
impl TryFrom<u32> for Votes {
    type Error = String;
    fn try_from(number: u32) -> Result<Self, String> {
        let bad = format!("`{number}` votes per share, at most {VOTES_PER_SHARE_MAX} are taken");
        if number <= VOTES_PER_SHARE_MAX { Ok(Self(number)) } else { Err(bad) }
    }
}
impl From<Votes> for u32 {
    fn from(votes: Votes) -> Self {
        votes.0
    }
}

/// What a holder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    /// A natural person.
    Person,
    /// A legal person, trust or other arrangement.
    Entity,
}

/// Who may hold shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Name in the register.
    pub holder_id: RecordId,
    /// Legal name.
    #[schemars(with = "String")]
    pub name: Line<NAME_CHARS_MAX>,
    /// Person or entity.
    pub kind: HolderKind,
    /// Where the holder is an entity of this zone, which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    /// The key the holder votes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voter: Option<VoterDid>,
}

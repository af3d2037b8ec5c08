//! What happens to a register of members, and why it cannot.

use canon::{Date, Digest, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::{Holder, ShareClass};
use super::limits::{ALLOTMENTS_MAX, CLASSES_MAX, WAIVERS_MAX};
use super::shares::{PerShare, Shares};
use super::vesting::NewGrant;
use crate::consent::{Authorised, Operation};
use crate::text::Slug;

/// New shares for a holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allotment {
    /// Who.
    pub holder_id: RecordId,
    /// How many.
    pub shares: Shares,
}

/// A holder who gave up a right to buy, with the document that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Who.
    pub holder_id: RecordId,
    /// SHA-256 of the waiver.
    pub sha256: Digest,
}

/// At most `MAX` of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", into = "Vec<T>")]
#[serde(bound(serialize = "T: Clone + Serialize", deserialize = "T: serde::de::DeserializeOwned"))]
pub struct Few<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Few<T, MAX> {
    /// The items.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}
impl<T, const MAX: usize> Default for Few<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
impl<T, const MAX: usize> TryFrom<Vec<T>> for Few<T, MAX> {
    type Error = String;
    fn try_from(items: Vec<T>) -> Result<Self, String> {
        let found = items.len();
        if found <= MAX { Ok(Self(items)) } else { Err(format!("{found} entries, at most {MAX}")) }
    }
}
impl<T, const MAX: usize> From<Few<T, MAX>> for Vec<T> {
    fn from(few: Few<T, MAX>) -> Self {
        few.0
    }
}

/// An entry of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum OwnershipEvent {
    /// The register is opened.
    Open {
        /// Its first classes.
        #[schemars(with = "Vec<ShareClass>")]
        classes: Few<ShareClass, CLASSES_MAX>,
    },
    /// A class is created.
    CreateClass {
        /// The class.
        class: ShareClass,
    },
    /// Another number of shares is authorized.
    Authorize {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// How many in all.
        authorized: Shares,
    },
    /// Somebody is entered who may hold shares.
    Enter {
        /// Who.
        holder: Holder,
    },
    /// New shares.
    Issue {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// For whom.
        #[schemars(with = "Vec<Allotment>")]
        allotments: Few<Allotment, ALLOTMENTS_MAX>,
        /// Who gave up the right to be offered them first.
        #[serde(default)]
        #[schemars(with = "Vec<Waiver>")]
        waivers: Few<Waiver, WAIVERS_MAX>,
        /// What one costs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<PerShare>,
    },
    /// Shares change hands.
    Transfer {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// Who gives.
        from: RecordId,
        /// Who takes.
        to: RecordId,
        /// How many.
        shares: Shares,
        /// Who gave up the right to buy them first.
        #[serde(default)]
        #[schemars(with = "Vec<Waiver>")]
        waivers: Few<Waiver, WAIVERS_MAX>,
        /// What one costs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<PerShare>,
    },
    /// The entity takes shares back, and they are no more.
    Repurchase {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// From whom.
        holder_id: RecordId,
        /// How many.
        shares: Shares,
        /// What one costs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<PerShare>,
    },
    /// `old` shares become `new`.
    Split {
        /// Of which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// New shares …
        new: u64,
        /// … for old ones.
        old: u64,
    },
    /// Options are granted; the shares for them are set aside.
    Grant {
        /// The grant.
        grant: NewGrant,
    },
    /// Options become shares.
    Exercise {
        /// Of which grant.
        grant_id: RecordId,
        /// How many.
        options: Shares,
    },
    /// What has not vested of a grant ends.
    Lapse {
        /// Which grant.
        grant_id: RecordId,
    },
    /// A dividend is declared for those who hold the class on this day.
    DeclareDividend {
        /// Its name.
        dividend_id: RecordId,
        /// Which class.
        #[schemars(with = "String")]
        class_id: Slug,
        /// How much a share brings.
        per_share: PerShare,
    },
}

impl OwnershipEvent {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::CreateClass { .. } => "create_class",
            Self::Authorize { .. } => "authorize",
            Self::Enter { .. } => "enter",
            Self::Issue { .. } => "issue",
            Self::Transfer { .. } => "transfer",
            Self::Repurchase { .. } => "repurchase",
            Self::Split { .. } => "split",
            Self::Grant { .. } => "grant",
            Self::Exercise { .. } => "exercise",
            Self::Lapse { .. } => "lapse",
            Self::DeclareDividend { .. } => "declare_dividend",
        }
    }
}

/// An event with the day it counts from, and the consent it was made under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dated {
    /// The day it counts from.
    pub effective: Date,
    /// What happens.
    pub event: OwnershipEvent,
    /// The approval it rests on, where it needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised: Option<Authorised>,
}

/// Why an entry cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalOwnership {
    /// The operation needs an approval that is not there.
    #[error("`{}` needs an approved proposal for exactly this operation, not used yet", .0.name())]
    ConsentRequired(Box<Operation>),
    /// The register is open already, or not yet.
    #[error("the register is {0}")]
    Opened(&'static str),
    /// Entries are made in the order of their days.
    #[error("the entry counts from {at}, the last one from {last}")]
    BeforeLast {
        /// The day asked for.
        at: Date,
        /// The day of the last entry.
        last: Date,
    },
    /// No such class, holder, grant or dividend.
    #[error("the register has no {kind} `{id}`")]
    Unknown {
        /// What.
        kind: &'static str,
        /// Which.
        id: String,
    },
    /// It is there already.
    #[error("the register has a {kind} `{id}`")]
    Known {
        /// What.
        kind: &'static str,
        /// Which.
        id: String,
    },
    /// More than there is room for.
    #[error("a register holds at most {max} {kind}")]
    Full {
        /// Of what.
        kind: &'static str,
        /// How many.
        max: u64,
    },
    /// Nothing is asked for, twice the same, or giver and taker are one.
    #[error("{0}")]
    Senseless(&'static str),
    /// Fewer authorized than issued and set aside.
    #[error("{authorized} shares would be authorized, {taken} are issued or set aside")]
    BelowIssued {
        /// Asked for.
        authorized: u64,
        /// In use.
        taken: u64,
    },
    /// More than [`super::limits::SHARES_MAX`].
    #[error("the number of shares does not fit")]
    Overflow,
    /// The holder has fewer.
    #[error("`{holder}` holds {held}, {wanted} are needed")]
    TooFew {
        /// Who.
        holder: String,
        /// What there is.
        held: u64,
        /// What is needed.
        wanted: u64,
    },
    /// A right to buy first is not honoured.
    #[error("`{holder}` is to be offered {entitled} first, or to give that up")]
    PreEmption {
        /// Who.
        holder: String,
        /// How many.
        entitled: u64,
    },
    /// Not transferable yet.
    #[error("shares of the class are not transferred before {0}")]
    Locked(Date),
    /// A split that leaves fractions.
    #[error("the split leaves a fraction of {0}")]
    Fraction(String),
    /// Options that are not vested, or not there.
    #[error("{exercisable} options can be exercised on the day, {wanted} are wanted")]
    NotVested {
        /// How many can be.
        exercisable: u64,
        /// How many are wanted.
        wanted: u64,
    },
    /// Before its approval.
    #[error("the entry counts from {at}, its approval is of {approved}")]
    BeforeApproval {
        /// The day asked for.
        at: Date,
        /// The day of the approval.
        approved: Date,
    },
    /// A currency that is not paid in.
    #[error("{0} has no minor unit on the day, and is not paid")]
    Currency(canon::Currency),
}

impl IllegalOwnership {
    /// Stable code; see `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ConsentRequired(_) => "consent-required",
            Self::Opened(_) => "cap-table-state",
            Self::BeforeLast { .. } => "effective-before-last",
            Self::Unknown { .. } => "ownership-unknown",
            Self::Known { .. } => "ownership-known",
            Self::Full { .. } => "cap-table-full",
            Self::Senseless(_) => "ownership-senseless",
            Self::BelowIssued { .. } => "authorized-below-issued",
            Self::Overflow => "shares-overflow",
            Self::TooFew { .. } => "shares-insufficient",
            Self::PreEmption { .. } => "pre-emption",
            Self::Locked(_) => "shares-locked",
            Self::Fraction(_) => "split-fraction",
            Self::NotVested { .. } => "options-not-vested",
            Self::BeforeApproval { .. } => "effective-before-approval",
            Self::Currency(_) => "dividend-currency",
        }
    }
}

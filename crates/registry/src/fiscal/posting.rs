//! Postings: two or more legs that sum to zero in every currency they touch.

use super::amount::PositiveAmount;
use super::instruction::REFERENCE_CHARS_MAX;
use crate::text::Line;
use canon::{AccountId, Currency, Date, RecordId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Fewest legs of a posting.
pub const LEGS_MIN: usize = 2;
/// Most legs of a posting.
pub const LEGS_MAX: usize = 64;

/// Which way a leg moves the balance of its account, seen by the holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Lowers the balance.
    Debit,
    /// Raises the balance.
    Credit,
}

/// One movement on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// The account.
    pub account_id: AccountId,
    /// Lower or raise.
    pub side: Side,
    /// By how much.
    pub amount: PositiveAmount,
}

impl Leg {
    /// A leg that lowers the balance of `account_id`.
    #[must_use]
    pub fn debit(account_id: &AccountId, amount: PositiveAmount) -> Self {
        Self { account_id: account_id.clone(), side: Side::Debit, amount }
    }
    /// A leg that raises the balance of `account_id`.
    #[must_use]
    pub fn credit(account_id: &AccountId, amount: PositiveAmount) -> Self {
        Self { account_id: account_id.clone(), side: Side::Credit, amount }
    }
    /// Change of the balance in minor units: negative for a debit.
    #[must_use]
    pub fn change(&self) -> i128 {
        match self.side {
            Side::Debit => -self.amount.minor(),
            Side::Credit => self.amount.minor(),
        }
    }
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }
}

/// Why a posting is not taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReversible {
    /// It is already.
    #[error("posting `{0}` took it back")]
    Already(RecordId),
    /// It takes another back itself.
    #[error("a reversal is not reversed")]
    Reversal,
}

/// Why legs are not a posting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostingError {
    /// Too few or too many legs.
    #[error("a posting has {LEGS_MIN} to {LEGS_MAX} legs, not {0}")]
    LegCount(usize),
    /// One account has two legs; its net movement would not be visible.
    #[error("account `{0}` has two legs in one posting")]
    AccountTwice(AccountId),
    /// Debits and credits of a currency differ.
    #[error("the legs in {currency} sum to {minor} minor units, not to zero")]
    Unbalanced {
        /// The currency.
        currency: Currency,
        /// Credits less debits.
        minor: i128,
    },
    /// A sum does not fit 128 bits.
    #[error("the legs in {0} do not fit 128 bits")]
    Overflow(Currency),
}

/// A balanced posting, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PostingAtRest", into = "PostingAtRest")]
pub struct Posting {
    posting_id: RecordId,
    booked: Date,
    effective: Option<Date>,
    reverses: Option<RecordId>,
    reversed_by: Option<RecordId>,
    reference: Line<REFERENCE_CHARS_MAX>,
    legs: Vec<Leg>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PostingAtRest {
    r#type: PostingType,
    posting_id: RecordId,
    booked: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effective: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reverses: Option<RecordId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reversed_by: Option<RecordId>,
    reference: Line<REFERENCE_CHARS_MAX>,
    legs: Vec<Leg>,
}

#[derive(Clone, Serialize, Deserialize)]
enum PostingType {
    #[serde(rename = "MEZPosting")]
    Posting,
}

impl Posting {
    /// A posting booked on `booked`, when its legs balance.
    ///
    /// # Errors
    /// [`PostingError`] naming the first rule that does not hold.
    pub fn new(
        posting_id: RecordId,
        booked: Date,
        reference: Line<REFERENCE_CHARS_MAX>,
        legs: impl IntoIterator<Item = Leg>,
    ) -> Result<Self, PostingError> {
        // One more than admitted is enough to refuse, however long the caller's list is.
        let legs: Vec<Leg> = legs.into_iter().take(LEGS_MAX + 1).collect();
        if !(LEGS_MIN..=LEGS_MAX).contains(&legs.len()) {
            return Err(PostingError::LegCount(legs.len()));
        }
        let (mut seen, mut sums) = (BTreeSet::new(), BTreeMap::<Currency, i128>::new());
        for leg in &legs {
            if !seen.insert(&leg.account_id) {
                return Err(PostingError::AccountTwice(leg.account_id.clone()));
            }
            let currency = leg.amount.currency();
            let sum = sums.entry(currency).or_default();
            *sum = sum.checked_add(leg.change()).ok_or(PostingError::Overflow(currency))?;
        }
        match sums.into_iter().find(|(_, minor)| *minor != 0) {
            Some((currency, minor)) => Err(PostingError::Unbalanced { currency, minor }),
            None => {
                let (effective, reverses, reversed_by) = (None, None, None);
                Ok(Self { posting_id, booked, effective, reverses, reversed_by, reference, legs })
            }
        }
    }

    /// The same with another day on which it counts.
    #[must_use]
    pub fn effective_on(self, day: Date) -> Self {
        Self { effective: (day != self.booked).then_some(day), ..self }
    }

    /// A posting that takes this one back: the same legs, each on its other side. Nothing is reversed twice, and no
    /// reversal is.
    ///
    /// # Errors
    /// [`NotReversible`].
    pub fn reversal(
        &self,
        posting_id: RecordId,
        booked: Date,
        reason: Line<REFERENCE_CHARS_MAX>,
    ) -> Result<Self, NotReversible> {
        if let Some(by) = &self.reversed_by {
            return Err(NotReversible::Already(by.clone()));
        }
        if self.reverses.is_some() {
            return Err(NotReversible::Reversal);
        }
        let turned = |leg: &Leg| Leg { side: leg.side.other(), ..leg.clone() };
        Ok(Self {
            posting_id,
            booked,
            effective: None,
            reverses: Some(self.posting_id.clone()),
            reversed_by: None,
            reference: reason,
            legs: self.legs.iter().map(turned).collect(),
        })
    }

    /// This posting once another took it back.
    #[must_use]
    pub fn taken_back(self, by: &Self) -> Self {
        Self { reversed_by: Some(by.posting_id.clone()), ..self }
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.posting_id
    }
    /// The day it was booked.
    #[must_use]
    pub fn booked(&self) -> Date {
        self.booked
    }
    /// The day it counts for: that of booking unless another was given.
    #[must_use]
    pub fn effective(&self) -> Date {
        self.effective.unwrap_or(self.booked)
    }
    /// The posting it takes back.
    #[must_use]
    pub fn reverses(&self) -> Option<&RecordId> {
        self.reverses.as_ref()
    }
    /// The posting that took it back.
    #[must_use]
    pub fn reversed_by(&self) -> Option<&RecordId> {
        self.reversed_by.as_ref()
    }
    /// What it is for.
    #[must_use]
    pub fn reference(&self) -> &str {
        self.reference.as_str()
    }
    /// Its legs: at least two, each account once, zero per currency.
    #[must_use]
    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }
}

impl TryFrom<PostingAtRest> for Posting {
    type Error = PostingError;
    fn try_from(kept: PostingAtRest) -> Result<Self, PostingError> {
        let PostingAtRest { posting_id, booked, reference, legs, .. } = kept;
        let PostingAtRest { effective, reverses, reversed_by, .. } = kept;
        let new = Self::new(posting_id, booked, reference, legs)?;
        Ok(Self { effective, reverses, reversed_by, ..new })
    }
}
impl From<Posting> for PostingAtRest {
    fn from(known: Posting) -> Self {
        let Posting { posting_id, booked, effective, reverses, reversed_by, reference, legs } =
            known;
        let r#type = PostingType::Posting;
        Self { r#type, posting_id, booked, effective, reverses, reversed_by, reference, legs }
    }
}

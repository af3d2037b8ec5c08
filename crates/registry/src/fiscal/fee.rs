//! The schedule of fees: dated rows, of which at most one is in force for an event and a currency on a day.

use canon::{Amount, Currency, Date, RecordId};
use serde::{Deserialize, Serialize};

use super::amount::PositiveAmount;

/// What is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FeeEvent {
    /// A payment within the zone.
    #[serde(rename = "payment.internal")]
    PaymentInternal,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTerms {
    /// What is charged for.
    pub event: FeeEvent,
    /// A fixed part.
    pub fixed: Amount,
    /// A part in basis points of the amount, rounded down.
    pub rate_bp: u32,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// Why a row cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFee {
    /// Nothing, less than nothing, or everything.
    #[error("a fee is 0 or more and a rate 0 to 10,000 basis points, and not both nothing")]
    Amount,
    /// It ends before it begins.
    #[error("the row ends before it begins")]
    Days,
    /// Another row is in force on one of its days.
    #[error("row `{0}` is in force on one of these days")]
    Overlap(RecordId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum FeeType {
    #[serde(rename = "MEZFee")]
    Fee,
}

/// A row of the schedule, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    r#type: FeeType,
    fee_id: RecordId,
    terms: FeeTerms,
}

impl Fee {
    /// A row beside those there are.
    ///
    /// # Errors
    /// [`BadFee`].
    pub fn new(fee_id: RecordId, terms: FeeTerms, others: &[Self]) -> Result<Self, BadFee> {
        let nothing = terms.fixed.minor() == 0 && terms.rate_bp == 0;
        if terms.fixed.minor() < 0 || terms.rate_bp > 10_000 || nothing {
            return Err(BadFee::Amount);
        }
        if terms.until.is_some_and(|until| until <= terms.from) {
            return Err(BadFee::Days);
        }
        let new = Self { r#type: FeeType::Fee, fee_id, terms };
        match others.iter().find(|other| other.meets(&new)) {
            Some(other) => Err(BadFee::Overlap(other.fee_id.clone())),
            None => Ok(new),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        let (a, b) = (&self.terms, &other.terms);
        let same = a.event == b.event && a.fixed.currency() == b.fixed.currency();
        let before = |end: Option<Date>, day| end.is_none_or(|end| day < end);
        same && before(a.until, b.from) && before(b.until, a.from)
    }

    /// Whether it is in force for an event and a currency on a day.
    #[must_use]
    pub fn applies(&self, event: FeeEvent, currency: Currency, on: Date) -> bool {
        let FeeTerms { from, until, .. } = self.terms;
        let same = self.terms.event == event && self.terms.fixed.currency() == currency;
        same && from <= on && until.is_none_or(|until| on < until)
    }

    /// What it takes for an amount; none where that is less than a minor unit.
    #[must_use]
    pub fn on(&self, amount: PositiveAmount) -> Option<PositiveAmount> {
        let share = amount.minor().checked_mul(i128::from(self.terms.rate_bp))?;
        let minor = self.terms.fixed.minor().checked_add(share.checked_div(10_000)?)?;
        PositiveAmount::try_from(Amount::of_minor(minor, amount.currency())).ok()
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.fee_id
    }
    /// What it says.
    #[must_use]
    pub fn terms(&self) -> &FeeTerms {
        &self.terms
    }
}

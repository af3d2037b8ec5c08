//! Amounts that move: more than nothing.

use canon::{Amount, BadAmount, Currency, Date};
use serde::{Deserialize, Serialize};

/// An amount of at least one minor unit. Direction is a leg's side, never a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Amount", into = "Amount")]
pub struct PositiveAmount(Amount);

/// Why an amount cannot move.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPositive {
    /// Zero or less.
    #[error("is {0}, an amount that moves is more than nothing")]
    Nothing(Amount),
    /// Not an amount of the currency.
    #[error(transparent)]
    Bad(#[from] BadAmount),
}

impl PositiveAmount {
    /// Reads a decimal string such as `12.50`, with the minor unit of `currency` on `on`.
    ///
    /// # Errors
    /// Not an amount of the currency on that day, or not more than nothing.
    pub fn parse(text: &str, currency: Currency, on: Date) -> Result<Self, NotPositive> {
        Self::try_from(Amount::parse(text, currency, on)?)
    }
    /// The amount.
    #[must_use]
    pub const fn amount(self) -> Amount {
        self.0
    }
    /// Minor units, at least 1.
    #[must_use]
    pub const fn minor(self) -> i128 {
        self.0.minor()
    }
    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.0.currency()
    }
}

impl TryFrom<Amount> for PositiveAmount {
    type Error = NotPositive;
    fn try_from(amount: Amount) -> Result<Self, NotPositive> {
        if amount.minor() > 0 { Ok(Self(amount)) } else { Err(NotPositive::Nothing(amount)) }
    }
}
impl From<PositiveAmount> for Amount {
    fn from(amount: PositiveAmount) -> Self {
        amount.0
    }
}

//! What the zone's payers owe an authority: withheld in a month, less what was given back, less what was paid over.

use canon::{Amount, Currency};
use serde::{Deserialize, Serialize};

use super::record::Month;
use crate::fiscal::PositiveAmount;
use crate::text::Slug;

/// To whom, in what, for when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiabilityKey {
    /// Who collects.
    pub authority: Slug,
    /// The currency.
    pub currency: Currency,
    /// The month of withholding.
    pub month: Month,
}

impl LiabilityKey {
    /// Its name as a record.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}:{}:{}", self.authority, self.currency.code(), self.month.as_str())
    }
}

/// What changes a liability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiabilityEvent {
    /// Tax was withheld.
    Withhold(Amount),
    /// It was given back.
    Reverse(Amount),
    /// It was paid over.
    Remit(PositiveAmount),
}

/// Why it cannot change so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOwed {
    /// More than is owed.
    #[error("{owed} is owed, {asked} is more")]
    More {
        /// Outstanding.
        owed: Amount,
        /// Asked for.
        asked: Amount,
    },
    /// Another currency, or a sum that does not fit.
    #[error(transparent)]
    Bad(#[from] canon::BadAmount),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum LiabilityType {
    #[serde(rename = "MEZTaxLiability")]
    Liability,
}

/// A liability, as kept at rest. Always `withheld ≥ reversed + remitted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Liability {
    r#type: LiabilityType,
    key: LiabilityKey,
    withheld: Amount,
    reversed: Amount,
    remitted: Amount,
    events: u64,
}

impl Liability {
    /// Nothing yet.
    #[must_use]
    pub fn none(key: LiabilityKey) -> Self {
        let zero = Amount::of_minor(0, key.currency);
        let r#type = LiabilityType::Liability;
        Self { r#type, key, withheld: zero, reversed: zero, remitted: zero, events: 0 }
    }

    /// The liability after an event.
    ///
    /// # Errors
    /// [`NotOwed`]; nothing has changed then.
    pub fn apply(self, event: LiabilityEvent) -> Result<Self, NotOwed> {
        let owed = self.outstanding()?;
        match event {
            LiabilityEvent::Withhold(amount) => {
                let withheld = self.withheld.checked_add(amount)?;
                Ok(Self { withheld, events: self.events.saturating_add(1), ..self })
            }
            LiabilityEvent::Reverse(amount) => {
                covered(owed, amount)?;
                Ok(Self { reversed: self.reversed.checked_add(amount)?, ..self })
            }
            LiabilityEvent::Remit(amount) => {
                covered(owed, amount.amount())?;
                Ok(Self { remitted: self.remitted.checked_add(amount.amount())?, ..self })
            }
        }
    }

    /// What is still owed.
    ///
    /// # Errors
    /// A sum that does not fit.
    pub fn outstanding(&self) -> Result<Amount, canon::BadAmount> {
        self.withheld.checked_sub(self.reversed)?.checked_sub(self.remitted)
    }

    /// To whom, in what, for when.
    #[must_use]
    pub fn key(&self) -> &LiabilityKey {
        &self.key
    }
    /// All that was withheld.
    #[must_use]
    pub fn withheld(&self) -> Amount {
        self.withheld
    }
    /// All that was given back.
    #[must_use]
    pub fn reversed(&self) -> Amount {
        self.reversed
    }
    /// All that was paid over.
    #[must_use]
    pub fn remitted(&self) -> Amount {
        self.remitted
    }
    /// How many events tax was withheld at.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }
}

fn covered(owed: Amount, asked: Amount) -> Result<(), NotOwed> {
    // The difference also refuses another currency.
    if owed.checked_sub(asked)?.minor() < 0 {
        return Err(NotOwed::More { owed, asked });
    }
    Ok(())
}

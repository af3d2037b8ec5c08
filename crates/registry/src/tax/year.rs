//! What one payer pays one payee in a tax year at events of one kind: law may withhold only once that is enough.

use canon::{Amount, BadAmount, Currency, EntityId, Timestamp};
use serde::{Deserialize, Serialize};

use super::assess::Cited;
use super::event::TaxEventKind;

/// Whose payments to whom are added up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearKey {
    /// Who pays.
    pub payer: EntityId,
    /// Who is paid.
    pub payee: EntityId,
    /// What for.
    pub event_type: TaxEventKind,
    /// The currency.
    pub currency: Currency,
    /// The tax year, named by the calendar year in which it ends.
    pub tax_year: u16,
}

impl YearKey {
    /// Its name as a record.
    #[must_use]
    pub fn id(&self) -> String {
        let Self { payer, payee, event_type, currency, tax_year } = self;
        format!("{payer}/{payee}/{}/{currency}/{tax_year}", event_type.name())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum YearType {
    #[serde(rename = "MEZTaxYear")]
    Year,
}

/// What was paid, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxYear {
    r#type: YearType,
    key: YearKey,
    paid: Amount,
    since: Timestamp,
}

impl TaxYear {
    /// Nothing yet, of a sum that begins at a moment.
    #[must_use]
    pub fn none(key: YearKey, since: Timestamp) -> Self {
        let paid = Amount::of_minor(0, key.currency);
        Self { r#type: YearType::Year, key, paid, since }
    }

    /// With an amount more.
    ///
    /// # Errors
    /// Another currency, or a sum that does not fit.
    pub fn with(mut self, amount: Amount) -> Result<Self, BadAmount> {
        self.paid = self.paid.checked_add(amount)?;
        Ok(self)
    }

    /// Without an amount that came back whole; `None` where it is not in the sum.
    ///
    /// # Errors
    /// Another currency.
    pub fn without(mut self, amount: Amount, paid: Timestamp) -> Result<Option<Self>, BadAmount> {
        self.paid = self.paid.checked_sub(amount)?;
        Ok((paid >= self.since && self.paid.minor() >= 0).then_some(self))
    }

    /// Whose payments to whom.
    #[must_use]
    pub fn key(&self) -> &YearKey {
        &self.key
    }
    /// What was paid.
    #[must_use]
    pub fn paid(&self) -> Amount {
        self.paid
    }
}

/// An amount of a tax year below which nothing is withheld, and what of it was paid before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearThreshold {
    /// The first sum at which tax is withheld.
    pub at_least: Amount,
    /// What the payer paid the payee before.
    pub before: Amount,
    /// Where it stands.
    pub citation: Cited,
}

impl YearThreshold {
    /// Whether with an amount more the sum stays below. One in another currency is no amount of it.
    pub(super) fn is_above(&self, amount: Amount) -> bool {
        let whole = self.before.checked_add(amount);
        whole.is_ok_and(|whole| {
            whole.currency() == self.at_least.currency() && whole.minor() < self.at_least.minor()
        })
    }
}

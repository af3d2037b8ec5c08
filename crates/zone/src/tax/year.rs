//! What payers paid payees in a tax year, where law withholds only from a sum on (ADR 101).
//!
//! One record for each payer, payee, kind of event, currency and tax year; it changes in the commit of what it counts,
//! under the same lock. Sums are kept where both are entities of this zone and the law in force names such a sum.

use canon::{Amount, Date, EntityId, JurisdictionId, Timestamp};
use law::Value;
use registry::Payment;
use registry::tax::{Reach, TaxEventKind, TaxYear, YearKey, YearThreshold};

use super::figures::Figure;
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

/// The kind of record.
const YEAR: &str = "tax-year";

/// Between whom, and at which event.
pub(super) struct Pair<'a> {
    pub(super) payer: &'a EntityId,
    pub(super) payee: &'a EntityId,
    pub(super) kind: TaxEventKind,
    pub(super) place: &'a JurisdictionId,
}

/// A sum with one payment in it, or out of it, on its way into the commit of that payment.
#[derive(Debug)]
pub(crate) struct InYear(Loaded<TaxYear>);

/// A sum that law names, and what of it was paid.
pub(super) struct Begun {
    sum: Loaded<TaxYear>,
    at_least: Amount,
    figure: Figure,
}

impl Zone {
    /// The sum of a tax year that an amount of a day belongs to; `None` where law names none in its currency.
    pub(super) fn tax_year_of(
        &self,
        pair: &Pair<'_>,
        (amount, on): (Amount, Date),
        now: Timestamp,
    ) -> Result<Option<Begun>, Refused> {
        let figure = self.figure(pair.place, &Reach::year_threshold_name(pair.kind), on);
        let Some((figure, tax_year)) = figure.zip(self.tax_year(pair.place, on)) else {
            return Ok(None);
        };
        let Value::Money(at_least) = figure.value else { return Ok(None) };
        if at_least.currency() != amount.currency() {
            return Ok(None);
        }
        let key = YearKey {
            payer: pair.payer.clone(),
            payee: pair.payee.clone(),
            event_type: pair.kind,
            currency: amount.currency(),
            tax_year,
        };
        let known: Option<Loaded<TaxYear>> = self.load(YEAR, &key.id())?;
        let none = || Loaded { rev: None, value: TaxYear::none(key, now) };
        Ok(Some(Begun { sum: known.unwrap_or_else(none), at_least, figure }))
    }

    /// A payment within the zone that comes back whole is in its sum no more.
    pub(crate) fn year_freed(
        &self,
        (payer, payee): (&EntityId, &EntityId),
        place: &JurisdictionId,
        payment: &Payment,
    ) -> Result<Option<InYear>, Refused> {
        let Some(kind) = TaxEventKind::of_purpose(payment.purpose(), false) else {
            return Ok(None);
        };
        let (amount, at) = (payment.amount().amount(), payment.initiated_at());
        let pair = Pair { payer, payee, kind, place };
        let begun = self.tax_year_of(&pair, (amount, at.date()), at)?;
        let Some(Begun { sum: Loaded { rev: Some(rev), value }, .. }) = begun else {
            return Ok(None);
        };
        let without = value.without(amount, at).map_err(Refused::host)?;
        Ok(without.map(|value| InYear(Loaded { rev: Some(rev), value })))
    }
}

impl Begun {
    /// What assessing an amount has to know, which is not in the sum yet.
    pub(super) fn threshold(&self) -> YearThreshold {
        let (before, citation) = (self.sum.value.paid(), self.figure.citation.clone());
        YearThreshold { at_least: self.at_least, before, citation }
    }

    /// The same of an amount that is in the sum.
    pub(super) fn threshold_beside(&self, amount: Amount) -> YearThreshold {
        let mut threshold = self.threshold();
        let before = threshold.before.checked_sub(amount).ok().filter(|left| left.minor() >= 0);
        threshold.before = before.unwrap_or(threshold.before);
        threshold
    }

    /// The sum with an amount more.
    pub(super) fn with(self, amount: Amount) -> Result<InYear, Refused> {
        let Loaded { rev, value } = self.sum;
        let value = value.with(amount).map_err(|e| Refused::invalid("bad-amount", e))?;
        Ok(InYear(Loaded { rev, value }))
    }
}

impl<W> Writes<'_, W> {
    /// Write what was paid in a tax year, with or without the payment of this commit.
    pub(crate) fn in_year(&mut self, sum: Option<&InYear>) -> Result<(), Refused> {
        let Some(InYear(Loaded { rev, value })) = sum else { return Ok(()) };
        self.state(YEAR, &value.key().id(), *rev, value)
    }
}

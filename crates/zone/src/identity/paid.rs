//! What each payer has paid, by day and by month, for the limits of tiers that say so.
//!
//! One record for each payer, currency and calendar month (UTC, as days of booking are) holds the sum of each day, so what
//! is used is known from one read, whatever was paid. It changes in the commit of the payment it counts, under the same
//! lock. A payment counts on the day it was begun. What never came to be paid, or came back whole (a promise let go, a
//! payment refused, rejected or reversed), frees its amount on the day it counted (ADR 097).

use std::collections::BTreeMap;

use canon::{Amount, Currency, Date, EntityId, Timestamp};
use registry::tax::Month;
use serde::{Deserialize, Serialize};

use super::limits::{LIMITS, TierLimits};
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

/// The kind of record, one for each payer, currency and month.
const PAID: &str = "tier-paid";

/// What one payer has paid in a currency in one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paid {
    #[serde(rename = "type")]
    type_: String,
    entity_id: EntityId,
    currency: Currency,
    month: Month,
    /// The sum of each day on which anything was paid.
    days: BTreeMap<Date, Amount>,
}

/// A sum with one payment in it, or out of it, on its way into the commit of that payment.
#[derive(Debug)]
pub(crate) struct Counted(Loaded<Paid>);

impl Paid {
    fn none(entity_id: EntityId, currency: Currency, month: Month) -> Self {
        let type_ = "MEZTierPaid".to_owned();
        Self { type_, entity_id, currency, month, days: BTreeMap::new() }
    }

    fn id(entity: &EntityId, currency: Currency, month: &Month) -> String {
        format!("{entity}/{currency}/{}", month.as_str())
    }

    /// What was paid on a day.
    pub(super) fn on(&self, day: Date) -> Amount {
        self.days.get(&day).copied().unwrap_or_else(|| Amount::of_minor(0, self.currency))
    }

    /// What was paid in the month.
    pub(super) fn in_all(&self) -> Result<Amount, Refused> {
        let nothing = Amount::of_minor(0, self.currency);
        let mut days = self.days.values();
        days.try_fold(nothing, |sum, day| sum.checked_add(*day)).map_err(Refused::host)
    }
}

impl Zone {
    /// What a payer has paid in the month of a day.
    pub(super) fn paid_by(
        &self,
        payer: &EntityId,
        currency: Currency,
        day: Date,
    ) -> Result<Loaded<Paid>, Refused> {
        let month = Month::of(day);
        let known = self.load(PAID, &Paid::id(payer, currency, &month))?;
        let none = || Loaded { rev: None, value: Paid::none(payer.clone(), currency, month) };
        Ok(known.unwrap_or_else(none))
    }

    /// The same where limits of a day or a month take what was begun then.
    fn paid_where(
        &self,
        (payer, currency): (&EntityId, Currency),
        begun: Timestamp,
        takes: fn(&TierLimits, Timestamp) -> bool,
    ) -> Result<Option<Loaded<Paid>>, Refused> {
        let limits: Option<Loaded<TierLimits>> = self.load(LIMITS, currency.code())?;
        let taken = limits.is_some_and(|limits| takes(&limits.value, begun));
        taken.then(|| self.paid_by(payer, currency, begun.date())).transpose()
    }

    /// Count what a payer pays, begun at a moment, among what the limits of its tier are held against.
    pub(crate) fn tier_counted(
        &self,
        payer: &EntityId,
        amount: Amount,
        begun: Timestamp,
    ) -> Result<Option<Counted>, Refused> {
        let known = self.paid_where((payer, amount.currency()), begun, TierLimits::counts)?;
        let Some(mut paid) = known else { return Ok(None) };
        let sum = paid.value.on(begun.date()).checked_add(amount).map_err(Refused::host)?;
        paid.value.days.insert(begun.date(), sum);
        Ok(Some(Counted(paid)))
    }

    /// Count it no more: it was not paid in the end, or came back whole.
    pub(crate) fn tier_freed(
        &self,
        payer: &EntityId,
        amount: Amount,
        begun: Timestamp,
    ) -> Result<Option<Counted>, Refused> {
        let known = self.paid_where((payer, amount.currency()), begun, TierLimits::frees)?;
        let Some(mut paid) = known else { return Ok(None) };
        let left = paid.value.on(begun.date()).checked_sub(amount).map_err(Refused::host)?;
        // Data put back from a copy may not know of it: less than nothing is never paid.
        if left.minor() < 0 {
            return Ok(None);
        }
        paid.value.days.insert(begun.date(), left);
        Ok(Some(Counted(paid)))
    }
}

impl<W> Writes<'_, W> {
    /// Write what a payer has paid, with or without the payment of this commit.
    pub(crate) fn tier_paid(&mut self, counted: Option<&Counted>) -> Result<(), Refused> {
        let Some(Counted(Loaded { rev, value })) = counted else { return Ok(()) };
        let id = Paid::id(&value.entity_id, value.currency, &value.month);
        self.state(PAID, &id, *rev, value)
    }
}

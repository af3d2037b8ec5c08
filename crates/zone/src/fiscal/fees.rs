//! The schedule of fees, and what a payment is charged under it.

use canon::{Amount, Currency, Date, RecordId, Timestamp};
use registry::fiscal::{ChargedFee, Fee, FeeEvent, FeeTerms, PositiveAmount};
use registry::{Account, AccountKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::FEE;
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::limits::FEES_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Page, Zone};

/// The kind of record, and its one name, that holds the schedule whole: a payment reads it at once, and nothing else.
const SCHEDULE: &str = "fee-schedule";

/// All rows of the schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    rows: Vec<Fee>,
}

/// A request to add a row to the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeAsk {
    /// What is charged for.
    pub event: FeeEvent,
    /// ISO 4217 code.
    pub currency: Currency,
    /// A fixed part, decimal; nothing unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// A part in basis points of the amount; nothing unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_bp: Option<u32>,
    /// First day in force, today or later.
    pub from: Date,
    /// First day no longer in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Zone {
    /// The schedule, read as the one record that holds all of it; of a zone that kept none yet, row by row.
    fn schedule(&self) -> Result<Loaded<Schedule>, Refused> {
        if let Some(known) = self.load(SCHEDULE, SCHEDULE)? {
            return Ok(known);
        }
        Ok(Loaded { rev: None, value: Schedule { rows: self.all_of(FEE, FEES_MAX)? } })
    }

    /// Add a row. What was in force is never changed afterwards.
    ///
    /// # Errors
    /// See [`Refused`]; `bad-fee`.
    pub fn add_fee(&self, ask: &Ask, asked: &FeeAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        if asked.from < now.date() {
            return Err(Refused::invalid("bad-fee", "a fee is not charged for days gone by"));
        }
        let fixed = match &asked.fixed {
            Some(text) => Amount::parse(text, asked.currency, asked.from)?,
            None => Amount::of_minor(0, asked.currency),
        };
        let FeeAsk { event, from, until, .. } = *asked;
        let terms = FeeTerms { event, fixed, rate_bp: asked.rate_bp.unwrap_or(0), from, until };
        let mut schedule = self.schedule()?;
        if schedule.value.rows.len() >= FEES_MAX {
            let detail = format!("a schedule has at most {FEES_MAX} rows");
            return Err(Refused::conflict("schedule-full", detail));
        }
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let fee = Fee::new(id.clone(), terms, &schedule.value.rows);
        let fee = fee.map_err(|e| Refused::invalid("bad-fee", e))?;
        let subject = format!("fee:{id}");
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let admission = self.admit_own("fee", at)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.record(FEE, id.as_str(), None, &fee)?;
        schedule.value.rows.push(fee.clone());
        writes.update(SCHEDULE, SCHEDULE, &schedule)?;
        writes.answer_and_let_go(building, ask, 201, &admission, (shown(&fee), credential))
    }

    /// A page of the schedule.
    ///
    /// # Errors
    /// The store.
    pub fn fees(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list(FEE, after, limit)?;
        let show = |item: Value| {
            let fee: Fee = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(shown(&fee))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// What a payment within the zone is charged today, and the account it goes to.
    pub(crate) fn fee_of(
        &self,
        amount: PositiveAmount,
        now: Timestamp,
    ) -> Result<Option<(ChargedFee, Loaded<Account>)>, Refused> {
        let (currency, today) = (amount.currency(), now.date());
        let in_force = |fee: &Fee| fee.applies(FeeEvent::PaymentInternal, currency, today);
        let rows = self.schedule()?.value.rows;
        let Some(fee) = rows.into_iter().find(in_force) else { return Ok(None) };
        let Some(amount) = fee.on(amount) else { return Ok(None) };
        let account = self.standing(AccountKind::Fees {}, currency, now)?;
        Ok(Some((ChargedFee { fee_id: fee.id().clone(), amount }, account)))
    }
}

fn shown(fee: &Fee) -> Value {
    let FeeTerms { event, fixed, rate_bp, from, until } = fee.terms();
    json!({
        "fee_id": fee.id(),
        "event": event,
        "currency": fixed.currency(),
        "fixed": fixed.to_decimal(*from),
        "rate_bp": rate_bp,
        "from": from,
        "until": until,
    })
}

//! The chart of accounts, the trial balance under it, and what one entity has.

use std::collections::BTreeMap;

use canon::{Amount, Currency, EntityId};
use registry::fiscal::{BUILT_IN, CHART_NAME_CHARS_MAX, ChartAccount, ChartCode, Class};
use registry::{Account, Line, Side};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::CHART;
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::limits::{CHART_CODES_MAX, JOURNAL_POSTINGS_MAX, PAGE_MAX};
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A request to add a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartAsk {
    /// Digits, the first of which is the class.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: Class,
}

impl Zone {
    /// Add a code to the chart.
    ///
    /// # Errors
    /// See [`Refused`]; `chart-code-taken`.
    pub fn add_chart_code(&self, ask: &Ask, asked: &ChartAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let code = ChartCode::parse(&asked.code)
            .map_err(|e| Refused::invalid("invalid-fields", format!("/code {e}")))?;
        let name: Line<CHART_NAME_CHARS_MAX> = Line::parse(&asked.name)
            .map_err(|e| Refused::invalid("invalid-fields", format!("/name {e}")))?;
        let known: Option<Loaded<ChartAccount>> = self.load(CHART, code.as_str())?;
        if known.is_some() {
            let detail = format!("code `{code}` is in the chart already");
            return Err(Refused::conflict("chart-code-taken", detail));
        }
        if self.all_of::<ChartAccount>(CHART, CHART_CODES_MAX)?.len() >= CHART_CODES_MAX {
            let detail = format!("a chart has at most {CHART_CODES_MAX} codes of its own");
            return Err(Refused::conflict("chart-full", detail));
        }
        let added = ChartAccount::new(code.clone(), name, asked.class);
        let added = added.map_err(|e| Refused::invalid("bad-chart", e))?;
        let subject = format!("chart:{code}");
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let admission = self.admit_own("chart", at)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.record(CHART, code.as_str(), None, &added)?;
        let result = row(code.as_str(), added.name(), added.class());
        writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))
    }

    /// The chart with the balances under it: debits and credits are equal in every currency.
    ///
    /// # Errors
    /// The store, or a sum that does not fit.
    pub fn trial_balance(&self) -> Result<Value, Refused> {
        let mut rows: BTreeMap<String, Value> = BTreeMap::new();
        for built in BUILT_IN {
            rows.insert(built.code.to_owned(), row(built.code, built.name, built.class));
        }
        for added in self.all_of::<ChartAccount>(CHART, CHART_CODES_MAX)? {
            let code = added.code().as_str();
            rows.insert(code.to_owned(), row(code, added.name(), added.class()));
        }
        let mut sums: BTreeMap<(String, Currency), (i128, usize)> = BTreeMap::new();
        let mut totals: BTreeMap<Currency, (i128, i128)> = BTreeMap::new();
        let overflow = || Refused::host("a sum does not fit 128 bits");
        for account in self.at_once(|| self.all_of::<Account>("account", JOURNAL_POSTINGS_MAX))? {
            let posted = account.balance().posted();
            let at = (account.holder().chart_code().to_owned(), account.currency());
            let (sum, count) = sums.entry(at).or_default();
            *sum = sum.checked_add(posted).ok_or_else(overflow)?;
            *count = count.saturating_add(1);
        }
        let today = self.now().date();
        for ((code, currency), (sum, accounts)) in &sums {
            let (debit, credit) = (sum.saturating_neg().max(0), (*sum).max(0));
            let (debits, credits) = totals.entry(*currency).or_default();
            *debits = debits.checked_add(debit).ok_or_else(overflow)?;
            *credits = credits.checked_add(credit).ok_or_else(overflow)?;
            let decimal = |minor| Amount::of_minor(minor, *currency).to_decimal(today);
            let told = json!({
                "currency": currency, "accounts": accounts,
                "debit": decimal(debit), "credit": decimal(credit),
            });
            let balances = rows.get_mut(code).and_then(|row| row["balances"].as_array_mut());
            if let Some(balances) = balances {
                balances.push(told);
            }
        }
        let totals = totals.into_iter().map(|(currency, (debit, credit))| {
            let decimal = |minor| Amount::of_minor(minor, currency).to_decimal(today);
            json!({ "currency": currency, "debit": decimal(debit), "credit": decimal(credit) })
        });
        let totals: Vec<Value> = totals.collect();
        Ok(json!({ "codes": rows.into_values().collect::<Vec<_>>(), "totals": totals }))
    }

    /// All an entity has in this zone: its accounts, and per currency what is booked and what can be spent.
    ///
    /// # Errors
    /// [`Refused::NotFound`], the store, or a sum that does not fit.
    pub fn treasury(&self, entity: &EntityId) -> Result<Value, Refused> {
        self.need::<registry::Entity>("entity", entity.as_str())?;
        let (held, now) = (self.at_once(|| self.accounts_held(entity))?, self.now());
        let mut sums: BTreeMap<Currency, [i128; 4]> = BTreeMap::new();
        let overflow = || Refused::host("a sum does not fit 128 bits");
        for account in &held {
            let balance = account.balance();
            let parts = [
                balance.posted(),
                balance.available(),
                balance.reserved_in(),
                balance.reserved_out(),
            ];
            let sum = sums.entry(account.currency()).or_default();
            for (sum, part) in sum.iter_mut().zip(parts) {
                *sum = sum.checked_add(part).ok_or_else(overflow)?;
            }
        }
        let accounts: Vec<Value> =
            held.iter().map(|account| crate::account::shown(account, now)).collect();
        let told = |(currency, [posted, available, coming, going]): (Currency, [i128; 4])| {
            let decimal = |minor| Amount::of_minor(minor, currency).to_decimal(now.date());
            json!({
                "currency": currency,
                "balance": decimal(posted),
                "available": decimal(available),
                "pending_in": decimal(coming),
                "pending_out": decimal(going),
            })
        };
        let totals: Vec<Value> = sums.into_iter().map(told).collect();
        Ok(json!({ "entity_id": entity, "totals": totals, "accounts": accounts }))
    }

    /// Every account of an entity, read page by page.
    fn accounts_held(&self, entity: &EntityId) -> Result<Vec<Account>, Refused> {
        let (mut held, mut after) = (Vec::new(), None::<String>);
        loop {
            let found =
                self.store.find("account", "owner", entity.as_str(), after.as_deref(), PAGE_MAX);
            let ids = found?;
            let Some(last) = ids.last() else { return Ok(held) };
            after = Some(last.clone());
            for id in &ids {
                held.push(self.need::<Account>("account", id)?.value);
            }
            if held.len() > JOURNAL_POSTINGS_MAX {
                return Err(Refused::conflict("journal-too-long", "too many accounts"));
            }
        }
    }
}

fn row(code: &str, name: &str, class: Class) -> Value {
    let normal = match class.normal() {
        Side::Debit => "debit",
        Side::Credit => "credit",
    };
    json!({ "code": code, "name": name, "class": class, "normal": normal, "balances": [] })
}

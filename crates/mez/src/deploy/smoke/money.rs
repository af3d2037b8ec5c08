//! Accounts funded, a payment inside a zone, and books that balance.

use std::collections::BTreeMap;

use canon::{Amount, Currency};
use serde_json::{Value, json};

use super::{Company, PaymentStory, Scene, Story, astray};
use crate::cli::Failure;
use crate::deploy::json::{items, text};

/// The currency of the scenario: one both ends of every corridor can keep.
pub(super) const CURRENCY: &str = "USD";
const FUNDED: &str = "10000.00";
const PAID_HERE: &str = "250.00";

impl Scene<'_> {
    /// Fund the first company of each zone.
    pub(in crate::deploy) fn fund(&self, companies: &[Company]) -> Result<(), Failure> {
        for (at, member) in self.members.iter().enumerate() {
            let first = self.company(companies, at, 0)?;
            let body = json!({ "amount": FUNDED, "currency": CURRENCY, "purpose": "capital" });
            let path = format!("/v1/fiscal/accounts/{}/fund", first.account);
            let key = self.key(&format!("fund-{}", member.name));
            let step = format!("{}: funding `{}`", member.name, first.name);
            member.client.post(&path, &body, &key).map_err(|e| astray(&step, &e))?;
        }
        Ok(())
    }

    pub(in crate::deploy) fn company<'c>(
        &self,
        companies: &'c [Company],
        member: usize,
        n: usize,
    ) -> Result<&'c Company, Failure> {
        let mut own = companies.iter().filter(|company| company.member == member);
        own.nth(n).ok_or_else(|| astray("scenario", &"a company is missing"))
    }

    /// The first company of each zone pays the second.
    pub(super) fn pay_here(&self, companies: &[Company], story: &mut Story) -> Result<(), Failure> {
        for (at, member) in self.members.iter().enumerate() {
            let (from, to) = (self.company(companies, at, 0)?, self.company(companies, at, 1)?);
            let body = json!({
                "from_account_id": from.account,
                "to": { "account_id": to.account, "name": to.name },
                "amount": PAID_HERE,
                "currency": CURRENCY,
                // Whoever pays for services owes tax in some of these zones; this shows a payment.
                "purpose": "allowance",
            });
            let key = self.key(&format!("pay-here-{}", member.name));
            let step = format!("{}: paying `{}`", member.name, to.name);
            let paid = member.client.post("/v1/fiscal/payments", &body, &key);
            let paid = paid.map_err(|e| astray(&step, &e))?;
            let state = paid.pointer("/result/state").and_then(Value::as_str);
            story.payments.push(PaymentStory {
                from: member.name.clone(),
                to: member.name.clone(),
                amount: format!("{PAID_HERE} {CURRENCY}"),
                state: state.unwrap_or_default().to_owned(),
            });
        }
        Ok(())
    }

    /// Every zone's books sum to zero, and the corridor accounts of all zones together do.
    pub(in crate::deploy) fn reconcile(&self, story: &mut Story) -> Result<(), Failure> {
        let date = self.clock.now().date();
        let mut corridors: BTreeMap<Currency, i128> = BTreeMap::new();
        for member in self.members {
            let totals = member.client.get("/v1/fiscal/totals");
            let totals = totals.map_err(|e| astray("totals", &e))?;
            for row in items(&totals, "totals") {
                let code = text(&row, "currency");
                let currency = Currency::parse(&code).map_err(|e| astray("totals", &e))?;
                let read = |name: &str| {
                    Amount::parse(&text(&row, name), currency, date).map(|amount| amount.minor())
                };
                let sum = read("sum").map_err(|e| astray("totals", &e))?;
                let across = read("corridor_accounts").map_err(|e| astray("totals", &e))?;
                if sum != 0 {
                    let detail = format!("the books of `{}` sum to {sum} {code}", member.name);
                    return Err(astray("totals", &detail));
                }
                *corridors.entry(currency).or_default() += across;
            }
        }
        for (currency, sum) in corridors {
            if sum != 0 {
                let detail = format!("corridor accounts sum to {sum} minor units of {currency}");
                return Err(astray("totals", &detail));
            }
            story.totals.push(format!("{currency} 0"));
        }
        Ok(())
    }
}

//! What is owed to authorities, and paying it over.

use canon::{Currency, Timestamp};
use law::Kind;
use registry::fiscal::{PositiveAmount, legs_remit};
use registry::tax::{Liability, LiabilityEvent, LiabilityKey, Month};
use registry::{Account, AccountKind, Slug};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::LIABILITY;
use crate::account::slug;
use crate::caller::Scope;
use crate::facts::Gathered;
use crate::idempotency::Ask;
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Page, Zone};

/// A request to pay over what was withheld in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemitAsk {
    /// Who collects it, as a code word such as `pk-fbr`.
    pub authority: String,
    /// ISO 4217 code.
    pub currency: Currency,
    /// The month of withholding, `YYYY-MM`.
    pub month: String,
    /// Decimal amount.
    pub amount: String,
    /// The authority's own reference of the payment.
    pub reference: String,
}

impl Zone {
    /// Pay over: the authority's account → treasury, from which the money leaves the books.
    ///
    /// # Errors
    /// See [`Refused`]; `tax-not-owed` for more than is owed.
    pub fn remit_tax(&self, ask: &Ask, asked: &RemitAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let authority: Slug = slug("/authority", &asked.authority)?;
        let month = Month::parse(&asked.month)
            .map_err(|e| Refused::invalid("invalid-fields", format!("/month {e}")))?;
        let amount = PositiveAmount::parse(&asked.amount, asked.currency, now.date())
            .map_err(|e| Refused::invalid("bad-amount", e))?;
        let key = LiabilityKey { authority: authority.clone(), currency: asked.currency, month };
        let id = key.id();
        let known: Loaded<Liability> = self.need(LIABILITY, &id)?;
        let kind = AccountKind::Tax { authority };
        let from: Loaded<Account> = self.standing(kind, asked.currency, now)?;
        let treasury = self.standing(AccountKind::Treasury {}, asked.currency, now)?;
        let legs = legs_remit(&from.value, &treasury.value, amount).map_err(Refused::host)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("tax-liability:{id}"));
        let mut gathered = Gathered::new();
        gathered.payment(amount.amount(), "tax", false)?;
        gathered.own_step("remit", &known.value)?;
        gathered.screen(self, &[crate::facts::named(&asked.authority, now)])?;
        let jurisdiction = &self.here.participant.jurisdiction_id;
        let question =
            Question { kind: Kind::TaxTransition, jurisdiction, by, subject: &subject, now };
        let admission = self.admit(&question, gathered)?;
        let booked =
            self.book(legs.to_vec(), &asked.reference, vec![from, treasury], self.begun(now))?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.booked(&booked)?;
        let after = writes.liability(known, LiabilityEvent::Remit(amount))?;
        let mut result = shown(&after, now);
        if let Some(members) = result.as_object_mut() {
            members.insert("posting_id".to_owned(), json!(booked.posting.id()));
        }
        writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))
    }

    /// A page of what is owed: by authority, currency and month.
    ///
    /// # Errors
    /// The store.
    pub fn tax_liabilities(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let (page, now) = (self.list(LIABILITY, after, limit)?, self.now());
        let show = |item: Value| {
            let known: Liability = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(shown(&known, now))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }
}

impl Gathered {
    /// `tax.step` of the zone's own liability.
    fn own_step(&mut self, step: &str, of: &Liability) -> Result<(), Refused> {
        let digest = canon::Canonical::of(of).map_err(Refused::host)?.digest();
        let by = law::Provenance::new(law::Source::Registry, digest);
        self.state("tax.step", step, by)
    }
}

/// A liability as told.
fn shown(of: &Liability, now: Timestamp) -> Value {
    let (key, day) = (of.key(), now.date());
    json!({
        "liability_id": key.id(),
        "authority": key.authority,
        "currency": key.currency,
        "month": key.month,
        "withheld": of.withheld().to_decimal(day),
        "reversed": of.reversed().to_decimal(day),
        "remitted": of.remitted().to_decimal(day),
        "outstanding": of.outstanding().ok().map(|owed| owed.to_decimal(day)),
        "events": of.events(),
    })
}

//! Returns: prepared from the books for a month or a quarter, kept with their digest, and filed with FBR.
//!
//! What is filed is the return as it was prepared: its digest is the key under which it is told. A return of which a part
//! is not known, or whose period is not over, is not filed (ADR 079).

use canon::{Canonical, Digest, EntityId, RecordId, Timestamp};
use registry::tax::{Reach, ReturnOf, ReturnPayee, ReturnPeriod, TaxEvent, TaxFiling, TaxReturn};
use registry::{Course, Entity, Payment, Slug};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::BY_ENTITY;
use super::report::TaxPeriod;
use crate::adapter::ReturnAsked;
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::limits::PAGE_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Page, Zone};

/// Kind of the records of returns.
const RETURN: &str = "tax-return";
/// What FBR is told a return is: no list of its words was at hand.
const STATEMENT: &str = "withholding_statement";

/// A request to prepare a return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrepareReturn {
    /// Who withheld.
    pub entity_id: EntityId,
    /// A month `YYYY-MM` or a quarter `YYYY-Qn`.
    pub period: String,
}

/// A return as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    document: TaxReturn,
    document_sha256: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filing: Option<TaxFiling>,
}

impl Zone {
    /// Prepare the return of an entity for a period, from every event of it.
    ///
    /// # Errors
    /// See [`Refused`]; `tax-report-too-long`.
    pub fn prepare_return(&self, ask: &Ask, asked: &PrepareReturn) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let payer: Entity = self.need("entity", asked.entity_id.as_str())?.value;
        let period = ReturnPeriod::parse(&asked.period)
            .map_err(|why| Refused::invalid("invalid-fields", format!("/period {why}")))?;
        let return_id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let document = self.draw_up(&payer, period, return_id.clone(), now)?;
        let document_sha256 = Canonical::of(&document).map_err(Refused::host)?.digest();
        let kept = Kept { document, document_sha256, filing: None };
        let subject = format!("tax-return:{return_id}");
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let admission = self.admit_tax("prepare", &payer, at)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.record(RETURN, return_id.as_str(), None, &kept)?;
        writes.index(RETURN, BY_ENTITY, payer.id().as_str(), return_id.as_str());
        writes.answer_and_let_go(building, ask, 201, &admission, (shown(&kept, now), credential))
    }

    fn draw_up(
        &self,
        payer: &Entity,
        period: ReturnPeriod,
        return_id: RecordId,
        now: Timestamp,
    ) -> Result<TaxReturn, Refused> {
        let events = self.events_of(&TaxPeriod {
            entity_id: Some(payer.id().clone()),
            from: Some(period.first()),
            to: Some(period.last()),
            tax_year: None,
        })?;
        let place = payer.formation().jurisdiction_id();
        let authority = self.figure(place, Reach::AUTHORITY, period.last());
        let authority = authority.and_then(|figure| match figure.value {
            law::Value::Text(name) => Slug::parse(&name).ok(),
            _ => None,
        });
        let of = ReturnOf {
            return_id,
            entity_id: payer.id().clone(),
            ntn: self.ntn_of(payer.id(), now)?,
            jurisdiction_id: place.clone(),
            authority,
            period,
            prepared: now,
        };
        let payees = events.iter().map(|event| Ok((event, self.payee_of(event, now)?)));
        let payees = payees.collect::<Result<Vec<_>, Refused>>()?;
        TaxReturn::prepared(of, payees).map_err(Refused::host)
    }

    /// Who was paid: an entity of this zone, or whom a payment over a payment system names.
    fn payee_of(&self, event: &TaxEvent, now: Timestamp) -> Result<ReturnPayee, Refused> {
        if let Some(id) = event.payee() {
            let entity: Entity = self.need("entity", id.as_str())?.value;
            let name = Some(entity.formation().legal_name().to_owned());
            let (entity_id, ntn) = (Some(id.clone()), self.ntn_of(id, now)?);
            return Ok(ReturnPayee { entity_id, name, ntn });
        }
        let Some(id) = event.payment_id() else { return Ok(ReturnPayee::default()) };
        let payment: Payment = self.need("payment", id.as_str())?.value;
        let Course::Rail(rail) = payment.course() else { return Ok(ReturnPayee::default()) };
        let to = &rail.terms.payee;
        let name = Some(to.name.as_str().to_owned());
        Ok(ReturnPayee { entity_id: None, name, ntn: to.ntn.clone() })
    }

    /// File a return with FBR, as it was prepared.
    ///
    /// # Errors
    /// See [`Refused`]; `tax-return-pending`, `tax-return-filed`, `tax-period-open`, `tax-return-currencies`,
    /// `tax-ntn-unverified`. Without an answer that counts the envelope says *pending*.
    pub fn file_return(&self, ask: &Ask, id: &RecordId) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let asked = self.fileable(id, self.now())?;
        let known: Loaded<Kept> = self.need(RETURN, id.as_str())?;
        let telling = self.tell_fbr(asked, format!("mez-{}", known.value.document_sha256));
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        self.fileable(id, now)?;
        let known: Loaded<Kept> = self.need(RETURN, id.as_str())?;
        let payer: Entity = self.need("entity", known.value.document.entity_id().as_str())?.value;
        let filing = self.told_fbr(&telling, payer.id(), now)?;
        let kept = Kept { filing: filing.taken.clone(), ..known.value };
        let subject = format!("tax-return:{id}");
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let admission = self.admit_tax("file", &payer, at)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.filed(self, &filing)?;
        if filing.taken.is_some() {
            writes.record(RETURN, id.as_str(), known.rev, &kept)?;
        }
        let result = with_filing(shown(&kept, now), filing.shown(self));
        writes.answer_and_let_go(building, ask, 200, &admission, (result, credential))
    }

    /// What FBR is told of a return that may be filed.
    fn fileable(&self, id: &RecordId, now: Timestamp) -> Result<ReturnAsked, Refused> {
        let kept: Kept = self.need(RETURN, id.as_str())?.value;
        let document = &kept.document;
        let refuse = |code, why: &str| Err(Refused::conflict(code, why));
        if kept.filing.is_some() || self.period_is_filed(document)? {
            return refuse("tax-return-filed", "the period's return was filed");
        }
        if !document.is_complete() {
            return refuse(
                "tax-return-pending",
                "of an event of the period it is not known what is due",
            );
        }
        if now.date() <= document.period().last() {
            return refuse("tax-period-open", "the period is not over");
        }
        let Some(total) = document.total() else {
            return refuse(
                "tax-return-currencies",
                "it has no line, or lines in several currencies",
            );
        };
        let Some(ntn) = self.ntn_of(document.entity_id(), now)? else {
            return refuse(
                "tax-ntn-unverified",
                "FBR has verified no NTN of the entity that still counts",
            );
        };
        let day = document.period().last();
        let year = self.tax_year(document.jurisdiction_id(), day);
        Ok(ReturnAsked {
            entity_id: document.entity_id().to_string(),
            ntn,
            event_type: STATEMENT.to_owned(),
            amount: total.to_decimal(day),
            currency: total.currency().code().to_owned(),
            jurisdiction: document.jurisdiction_id().clone(),
            tax_year: year.map(year_told),
            statutory_section: None,
        })
    }

    /// Whether another return of the same entity and period was filed.
    fn period_is_filed(&self, document: &TaxReturn) -> Result<bool, Refused> {
        let (of, mut after) = (document.entity_id().as_str(), None::<String>);
        loop {
            let ids = self.store.find(RETURN, BY_ENTITY, of, after.as_deref(), PAGE_MAX)?;
            let Some(last) = ids.last() else { return Ok(false) };
            for id in &ids {
                let kept: Kept = self.need(RETURN, id)?.value;
                if kept.filing.is_some() && kept.document.period() == document.period() {
                    return Ok(true);
                }
            }
            after = Some(last.clone());
        }
    }

    /// One return.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn tax_return(&self, id: &RecordId) -> Result<Value, Refused> {
        Ok(shown(&self.need::<Kept>(RETURN, id.as_str())?.value, self.now()))
    }

    /// A page of returns, of one entity or all.
    ///
    /// # Errors
    /// The store.
    pub fn tax_returns(
        &self,
        entity: Option<&EntityId>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let (limit, now) = (limit.clamp(1, PAGE_MAX), self.now());
        let Some(entity) = entity else {
            let page = self.list(RETURN, after, limit)?;
            let read = |item| serde_json::from_value::<Kept>(item).map_err(Refused::host);
            let items = page.items.into_iter().map(|item| Ok(shown(&read(item)?, now)));
            let items = items.collect::<Result<_, Refused>>()?;
            return Ok(Page { items, next: page.next });
        };
        let ids = self.store.find(RETURN, BY_ENTITY, entity.as_str(), after, limit + 1)?;
        let next = (ids.len() > limit).then(|| ids.get(limit - 1).cloned()).flatten();
        let one = |id: &String| Ok(shown(&self.need::<Kept>(RETURN, id)?.value, now));
        let items = ids.iter().take(limit).map(one).collect::<Result<_, Refused>>()?;
        Ok(Page { items, next })
    }
}

/// `2025-2026` of the tax year that ends in 2026.
pub(super) fn year_told(ends: u16) -> String {
    format!("{}-{ends}", ends.saturating_sub(1))
}

/// A return as told.
fn shown(kept: &Kept, now: Timestamp) -> Value {
    let document = &kept.document;
    let state = match () {
        () if kept.filing.is_some() => "filed",
        () if !document.is_complete() => "pending",
        () if now.date() <= document.period().last() => "open",
        () => "complete",
    };
    json!({
        "return_id": document.id(),
        "state": state,
        "document": document,
        "document_sha256": kept.document_sha256,
        "filing": kept.filing,
    })
}

fn with_filing(mut told: Value, said: Value) -> Value {
    if let Value::Object(members) = &mut told {
        members.insert("told".to_owned(), said);
    }
    told
}

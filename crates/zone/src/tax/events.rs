//! Taxable events that no payment of this zone made: stated, previewed, and assessed again while they are pending.

use canon::{Currency, Date, EntityId, RecordId, Timestamp};
use law::{Admission, Kind};
use registry::Entity;
use registry::fiscal::PositiveAmount;
use registry::tax::{
    Known, Parties, TaxEvent, TaxEventKind, TaxRecord, Withholding, YearThreshold, assess,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::year::{Begun, Pair};
use super::{BY_ENTITY, EVENT, InYear};
use crate::caller::Scope;
use crate::facts::Gathered;
use crate::idempotency::Ask;
use crate::limits::{PAGE_MAX, TAX_EVENT_DAYS_MAX};
use crate::pipeline::{Judged, Question};
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Page, Zone};

/// A taxable event as it is stated or asked about. The filer's status is not among it: it is evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxEventAsk {
    /// Who pays, and withholds.
    pub entity_id: EntityId,
    /// Who is paid, where it is an entity of this zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty_entity_id: Option<EntityId>,
    /// What happened.
    pub event_type: TaxEventKind,
    /// The whole amount, decimal.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: Currency,
    /// The day, today unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred: Option<Date>,
}

/// Which events to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxEvents {
    /// Only of this payer or payee.
    pub entity_id: Option<EntityId>,
}

/// An event that was read, with who is in it.
struct Stated {
    payer: Entity,
    record: TaxRecord,
    withholding: Withholding,
    /// The sum of the tax year with this in it, where law has one.
    in_year: Option<InYear>,
}

impl Zone {
    fn state_tax(&self, asked: &TaxEventAsk, now: Timestamp) -> Result<Stated, Refused> {
        let day = asked.occurred.unwrap_or_else(|| now.date());
        let age = day.days_until(now.date());
        if !(0..=TAX_EVENT_DAYS_MAX).contains(&age) {
            let detail = format!("`{day}` is not one of the last {TAX_EVENT_DAYS_MAX} days");
            return Err(Refused::invalid("bad-tax-day", detail));
        }
        let gross = PositiveAmount::parse(&asked.amount, asked.currency, day)
            .map_err(|e| Refused::invalid("bad-amount", e))?;
        let payer: Entity = self.need("entity", asked.entity_id.as_str())?.value;
        let parties = Parties {
            payer: asked.entity_id.clone(),
            payee: asked.counterparty_entity_id.clone(),
            payment_id: None,
        };
        let place = payer.formation().jurisdiction_id().clone();
        let mut record = self.stated(&place, asked.event_type, (parties, gross), now)?;
        record.occurred = day;
        record.tax_year = self.tax_year(&place, day);
        let year = self.tax_year_at(&record, now)?;
        let threshold = year.as_ref().map(Begun::threshold);
        let withholding = self.assess_tax(&record, threshold, now)?;
        let in_year = year.map(|year| year.with(gross.amount())).transpose()?;
        Ok(Stated { payer, record, withholding, in_year })
    }

    /// The sum of its tax year that an event belongs to, where both are of this zone and law names one.
    fn tax_year_at(&self, record: &TaxRecord, now: Timestamp) -> Result<Option<Begun>, Refused> {
        let Parties { payer, payee: Some(payee), .. } = &record.parties else { return Ok(None) };
        let pair = Pair { payer, payee, kind: record.kind, place: &record.jurisdiction_id };
        self.tax_year_of(&pair, (record.gross.amount(), record.occurred), now)
    }

    /// What is withheld of an event, by what is known now under the law of its day.
    fn assess_tax(
        &self,
        record: &TaxRecord,
        year: Option<YearThreshold>,
        now: Timestamp,
    ) -> Result<Withholding, Refused> {
        let payee: Option<Entity> = match &record.parties.payee {
            Some(id) => Some(self.need("entity", id.as_str())?.value),
            None => None,
        };
        let gathered = payee.as_ref().map(|payee| self.gather(payee, now)).transpose()?;
        let payee = gathered.as_ref().zip(payee.as_ref());
        let payee =
            payee.map(|(known, payee)| (&known.facts, Some(payee.formation().entity_type())));
        let about = (record.kind, record.occurred);
        let known = Known { year, ..self.known(&record.jurisdiction_id, about, payee, now) };
        assess(record.gross, known).map_err(|e| Refused::invalid("bad-amount", e))
    }

    /// What would be withheld. Nothing is written.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn preview_tax(&self, asked: &TaxEventAsk) -> Result<Value, Refused> {
        let Stated { record, withholding, .. } = self.state_tax(asked, self.now())?;
        Ok(json!({
            "event_type": record.kind,
            "category": record.kind.category(),
            "jurisdiction_id": record.jurisdiction_id,
            "occurred": record.occurred,
            "tax_year": record.tax_year,
            "gross": record.gross.amount().to_decimal(record.occurred),
            "currency": record.gross.currency(),
            "withholding": withheld(&withholding, record.occurred),
        }))
    }

    /// Record an event that happened outside the zone's payments.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn record_tax_event(&self, ask: &Ask, asked: &TaxEventAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let Stated { payer, record, withholding, in_year } =
            self.state_tax(asked, self.begun(now))?;
        let subject = format!("tax-event:{}", record.event_id);
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let admission = self.admit_tax("record", &payer, at)?;
        let event = TaxEvent::recorded(record, withholding, None);
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.tax_event(&event)?;
        writes.in_year(in_year.as_ref())?;
        writes.answer_and_let_go(building, ask, 201, &admission, (shown(&event), credential))
    }

    /// Assess a pending event with what is known now.
    ///
    /// # Errors
    /// See [`Refused`]; `tax-not-pending`.
    pub fn assess_tax_event(&self, ask: &Ask, id: &RecordId) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let known: Loaded<TaxEvent> = self.need(EVENT, id.as_str())?;
        let payer: Entity = self.need("entity", known.value.payer().as_str())?.value;
        let record = TaxRecord {
            event_id: id.clone(),
            kind: known.value.kind(),
            jurisdiction_id: known.value.jurisdiction_id().clone(),
            parties: Parties {
                payer: payer.id().clone(),
                payee: known.value.payee().cloned(),
                payment_id: None,
            },
            gross: known.value.gross(),
            occurred: known.value.occurred(),
            tax_year: known.value.tax_year(),
            recorded: now,
        };
        let year = self.tax_year_at(&record, now)?;
        let year = year.map(|year| year.threshold_beside(record.gross.amount()));
        let withholding = self.assess_tax(&record, year, now)?;
        let after = known.value.assessed(withholding);
        let after = after.map_err(|e| Refused::conflict("tax-not-pending", e))?;
        let subject = format!("tax-event:{id}");
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let admission = self.admit_tax("assess", &payer, at)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.record(EVENT, id.as_str(), known.rev, &after)?;
        writes.answer_and_let_go(building, ask, 200, &admission, (shown(&after), credential))
    }

    /// Ask law whether something may be done about a payer's taxes.
    pub(super) fn admit_tax(
        &self,
        step: &str,
        payer: &Entity,
        (now, by, subject): (Timestamp, &str, &str),
    ) -> Result<Judged<Admission>, Refused> {
        let mut gathered = self.gather(payer, now)?;
        gathered.tax_step(step, payer)?;
        let jurisdiction = payer.formation().jurisdiction_id();
        let question = Question { kind: Kind::TaxTransition, jurisdiction, by, subject, now };
        self.admit(&question, gathered)
    }

    /// One event.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn tax_event(&self, id: &RecordId) -> Result<Value, Refused> {
        Ok(shown(&self.need::<TaxEvent>(EVENT, id.as_str())?.value))
    }

    /// A page of events, of one entity or all.
    ///
    /// # Errors
    /// The store.
    pub fn tax_events(
        &self,
        of: &TaxEvents,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let limit = limit.clamp(1, PAGE_MAX);
        let Some(entity) = &of.entity_id else {
            let page = self.list(EVENT, after, limit)?;
            let read = |item| serde_json::from_value::<TaxEvent>(item).map_err(Refused::host);
            let items = page.items.into_iter().map(|item| Ok(shown(&read(item)?)));
            let items = items.collect::<Result<_, Refused>>()?;
            return Ok(Page { items, next: page.next });
        };
        let ids = self.store.find(EVENT, BY_ENTITY, entity.as_str(), after, limit + 1)?;
        let next = (ids.len() > limit).then(|| ids.get(limit - 1).cloned()).flatten();
        let shown = |id: &String| Ok(shown(&self.need::<TaxEvent>(EVENT, id)?.value));
        let items = ids.iter().take(limit).map(shown).collect::<Result<_, Refused>>()?;
        Ok(Page { items, next })
    }
}

impl Gathered {
    /// `tax.step`: what is done about an entity's taxes.
    pub(super) fn tax_step(&mut self, step: &str, entity: &Entity) -> Result<(), Refused> {
        let digest = canon::Canonical::of(&(step, entity.id())).map_err(Refused::host)?.digest();
        let by = law::Provenance::new(law::Source::Registry, digest);
        self.state("tax.step", step, by)
    }
}

/// What is withheld, in decimals beside rate and citation.
pub(super) fn withheld(withholding: &Withholding, day: Date) -> Value {
    let Withholding::Due { terms, withheld, net } = withholding else {
        return serde_json::to_value(withholding).unwrap_or(Value::Null);
    };
    json!({
        "state": withholding.name(),
        "withheld": withheld.to_decimal(day),
        "net": net.amount().to_decimal(day),
        "rate_bp": terms.rate.rate_bp,
        "citation": terms.rate.citation,
        "authority": terms.authority,
        "filer": terms.filer,
        "rounding": terms.rounding,
    })
}

/// An event as told.
pub(super) fn shown(event: &TaxEvent) -> Value {
    let mut value = serde_json::to_value(event).unwrap_or(Value::Null);
    if let Value::Object(members) = &mut value {
        let day = event.occurred();
        members.insert("category".to_owned(), json!(event.kind().category()));
        members.insert("gross".to_owned(), json!(event.gross().amount().to_decimal(day)));
        members.insert("currency".to_owned(), json!(event.gross().currency()));
        members.insert("withholding".to_owned(), withheld(event.withholding(), day));
        members.insert("executed".to_owned(), json!(event.is_executed()));
    }
    value
}

//! Figures of a period: of one entity, or of all. Currencies are never added, pending is never counted as nothing.

use std::collections::BTreeMap;

use canon::{Amount, Canonical, Currency, Date, EntityId};
use registry::tax::{TaxEvent, TaxEventKind, Withholding};
use serde_json::{Value, json};

use super::{BY_ENTITY, EVENT};
use crate::limits::{PAGE_MAX, TAX_REPORT_EVENTS_MAX};
use crate::mass::Reading;
use crate::refused::Refused;
use crate::zone::Zone;

/// What a report is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxPeriod {
    /// Only of this payer; of all without.
    pub entity_id: Option<EntityId>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// Only of this tax year.
    pub tax_year: Option<u16>,
}

impl TaxPeriod {
    fn holds(&self, event: &TaxEvent) -> bool {
        let day = event.occurred();
        self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
            && self.tax_year.is_none_or(|year| event.tax_year() == Some(year))
            && self.entity_id.as_ref().is_none_or(|id| id == event.payer())
    }
}

/// One line: events of a kind in a currency under one figure of law.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    events: u64,
    pending: u64,
    reversed: u64,
    gross: i128,
    /// Due by the rate, whether the zone withheld it or not.
    due: i128,
    /// Of that, what the zone itself withheld and holds or paid over.
    withheld: i128,
}

type Line = (TaxEventKind, Currency, Option<String>);

impl Sum {
    fn add(&mut self, event: &TaxEvent) -> Option<()> {
        self.events = self.events.checked_add(1)?;
        if event.is_reversed() {
            self.reversed = self.reversed.checked_add(1)?;
            return Some(());
        }
        self.gross = self.gross.checked_add(event.gross().minor())?;
        match event.withholding() {
            Withholding::Pending { .. } => self.pending = self.pending.checked_add(1)?,
            Withholding::Due { withheld, .. } => {
                self.due = self.due.checked_add(withheld.minor())?;
            }
            Withholding::NotDue { .. } => {}
        }
        let held = event.held().map_or(0, |(_, amount)| amount.minor());
        self.withheld = self.withheld.checked_add(held)?;
        Some(())
    }
}

impl Zone {
    /// Every event of a period, in order of id.
    pub(super) fn events_of(&self, period: &TaxPeriod) -> Result<Vec<TaxEvent>, Refused> {
        let _reading = Reading::begin();
        let (mut found, mut after, mut seen) = (Vec::new(), None::<String>, 0usize);
        loop {
            let ids = match &period.entity_id {
                Some(entity) => self.store.find(
                    EVENT,
                    BY_ENTITY,
                    entity.as_str(),
                    after.as_deref(),
                    PAGE_MAX,
                )?,
                None => {
                    let rows = self.store.records(EVENT, after.as_deref(), PAGE_MAX)?;
                    rows.into_iter().map(|(id, _)| id).collect()
                }
            };
            let Some(last) = ids.last() else { return Ok(found) };
            seen = seen.saturating_add(ids.len());
            if seen > TAX_REPORT_EVENTS_MAX {
                let detail = format!("a report reads at most {TAX_REPORT_EVENTS_MAX} events");
                return Err(Refused::conflict("tax-report-too-long", detail));
            }
            after = Some(last.clone());
            self.ask_ahead_for(EVENT, ids.iter().map(String::as_str))?;
            for id in &ids {
                let event: TaxEvent = self.need(EVENT, id)?.value;
                if period.holds(&event) {
                    found.push(event);
                }
            }
        }
    }

    /// A report: one line per kind, currency and section, and the digest of every event it was made from.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for an entity there is not, `tax-report-too-long`, the store.
    pub fn tax_report(&self, period: &TaxPeriod) -> Result<Value, Refused> {
        if let Some(id) = &period.entity_id {
            self.need::<registry::Entity>("entity", id.as_str())?;
        }
        let events = self.events_of(period)?;
        let mut lines: BTreeMap<Line, Sum> = BTreeMap::new();
        for event in &events {
            let section = match event.withholding() {
                Withholding::Due { terms, .. } => Some(terms.rate.citation.section.clone()),
                Withholding::NotDue { citation } => Some(citation.section.clone()),
                Withholding::Pending { .. } => None,
            };
            let line = lines.entry((event.kind(), event.gross().currency(), section)).or_default();
            line.add(event).ok_or_else(|| Refused::host("a sum does not fit 128 bits"))?;
        }
        let (today, digest) = (self.now().date(), Canonical::of(&events));
        let told = |((kind, currency, section), sum): (&Line, &Sum)| {
            let decimal = |minor| Amount::of_minor(minor, *currency).to_decimal(today);
            json!({
                "event_type": kind,
                "category": kind.category(),
                "currency": currency,
                "section": section,
                "events": sum.events,
                "pending": sum.pending,
                "reversed": sum.reversed,
                "gross": decimal(sum.gross),
                "due": decimal(sum.due),
                "withheld": decimal(sum.withheld),
            })
        };
        let pending: u64 = lines.values().map(|sum| sum.pending).sum();
        let reversed: u64 = lines.values().map(|sum| sum.reversed).sum();
        Ok(json!({
            "type": "MEZTaxReport",
            "zone_id": self.zone_id(),
            "entity_id": period.entity_id,
            "from": period.from,
            "to": period.to,
            "tax_year": period.tax_year,
            "events": events.len(),
            "pending": pending,
            "reversed": reversed,
            // Nobody files a return of which a part is not known.
            "state": if pending == 0 { "complete" } else { "pending" },
            "lines": lines.iter().map(told).collect::<Vec<_>>(),
            "events_sha256": digest.map_err(Refused::host)?.digest(),
        }))
    }
}

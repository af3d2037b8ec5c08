//! What law said about an entity: chosen domains, as of a day, as known at a moment.

mod across;
mod corridor;
mod export;

use std::collections::BTreeMap;

use canon::{Date, EntityId, JurisdictionId, Timestamp};
use law::Domain;
use law::tensor::{Asked, BadSlice, Domains, Slice};
use serde_json::{Value, json};

use crate::refused::Refused;
use crate::tensor::ENTITY;
use crate::zone::Zone;

/// As of which day, as known at which moment; an absent field means now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The day whose law is meant.
    pub as_of: Option<Date>,
    /// The moment whose knowledge is meant.
    pub known_at: Option<Timestamp>,
}

/// Both times of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) as_of: Date,
    pub(crate) known_at: Timestamp,
}

impl When {
    /// As they count at `now`: nothing is known before it happened.
    pub(crate) fn at(self, now: Timestamp) -> Reading {
        let known_at = self.known_at.unwrap_or(now).min(now);
        Reading { as_of: self.as_of.unwrap_or_else(|| known_at.date()), known_at }
    }
}

impl Reading {
    /// The moment at which what has ended is told from what has not: the end of the day whose law is meant, where
    /// that is over.
    pub(crate) fn moment(self) -> Timestamp {
        let next = self.as_of.plus_days(1).map(Date::start);
        let end = next.and_then(|next| next.plus_secs(-1));
        end.map_or(self.known_at, |end| self.known_at.min(end))
    }
}

/// What is to be read; an absent field means: now, all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComplianceQuery {
    /// The day whose law is meant.
    pub as_of: Option<Date>,
    /// The moment whose knowledge is meant.
    pub known_at: Option<Timestamp>,
    /// The domains.
    pub domains: Option<Vec<Domain>>,
    /// The jurisdictions.
    pub jurisdictions: Option<Vec<JurisdictionId>>,
}

impl Zone {
    /// A slice of the tensor: by default the 20 domains of an entity as they read now. A cell whose facts
    /// have ended reads `non_compliant` with reason `expired`. Every decision about the entity counts,
    /// whatever came of it.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when nothing was decided by then, `empty-slice` for no domain or no
    /// jurisdiction, or the store.
    pub fn compliance_of(&self, id: &EntityId, query: &ComplianceQuery) -> Result<Value, Refused> {
        let now = self.now();
        let when = When { as_of: query.as_of, known_at: query.known_at };
        let Reading { as_of, known_at } = when.at(now);
        let chosen = query.domains.as_ref().map(|domains| domains.iter().copied().collect());
        let subject = format!("{ENTITY}{id}");
        let asked = Asked {
            subject: &subject,
            jurisdictions: query.jurisdictions.as_deref(),
            domains: chosen.unwrap_or(Domains::ALL),
            as_of,
            known_at,
        };
        let folded = self.tensor()?;
        let slice = folded.tensor.slice(&asked).map_err(|error| match error {
            BadSlice::NothingDecided => Refused::absent("compliance", id.as_str()),
            other => Refused::invalid("empty-slice", other),
        })?;
        let records = self.records(&slice)?;
        let latest = records.last_key_value().map(|(_, record)| record);
        let domains: Vec<Value> =
            slice.domains().iter().map(|domain| shown(&slice, domain, &records)).collect();
        let (passing, blocking) = slice.passing_and_blocking();
        let of_latest = |member: &str| latest.and_then(|record| record.get(member));
        Ok(json!({
            "entity_id": id,
            "as_of": as_of,
            "known_at": known_at,
            "evaluated_at": of_latest("known_at"),
            "read_at": now,
            "kind": of_latest("kind"),
            "outcome": of_latest("outcome"),
            "realm": self.realm(),
            "aggregate": slice.aggregate(),
            "total_domains": domains.len(),
            "passing_count": passing.count(),
            "blocking_count": blocking.count(),
            "unsourced": of_latest("unsourced"),
            "list_age_days": of_latest("list_age_days"),
            "domains": domains,
            "journal_sequence": records.last_key_value().map(|(sequence, _)| sequence),
        }))
    }

    /// The records the slice rests on, by their place in the journal.
    fn records(&self, slice: &Slice<'_>) -> Result<BTreeMap<u64, Value>, Refused> {
        let versions = slice.places().iter().filter_map(|place| place.version);
        versions.map(|at| Ok((at.sequence, self.decision_at(at.sequence)?))).collect()
    }
}

/// One domain: its state here and in each jurisdiction, and every rule's word.
fn shown(slice: &Slice<'_>, domain: Domain, records: &BTreeMap<u64, Value>) -> Value {
    let ended = slice.why(domain).any(|why| why.ended);
    let by_jurisdiction: Vec<Value> = slice
        .why(domain)
        .map(|why| {
            json!({ "jurisdiction": why.jurisdiction, "state": why.state, "expires": why.expires })
        })
        .collect();
    let rows: Vec<Value> =
        records.values().flat_map(|record| rows(record, domain)).map(row).collect();
    json!({
        "domain": domain,
        "state": slice.row().state(domain),
        "reason": ended.then_some("expired"),
        "by_jurisdiction": by_jurisdiction,
        "rows": rows,
    })
}

fn rows(record: &Value, domain: Domain) -> impl Iterator<Item = &Value> {
    let rows = record.pointer(&format!("/cells/{}/rows", domain.ordinal()));
    rows.and_then(Value::as_array).into_iter().flatten()
}

fn row(row: &Value) -> Value {
    json!({
        "jurisdiction": row.get("jurisdiction"),
        "rule": row.get("rule"),
        "citation": row.pointer("/cited/citation"),
        "state": row.get("state"),
        "explanation": row.get("explanation"),
        "expires": row.get("expires"),
        "unsourced": row.get("unsourced"),
    })
}

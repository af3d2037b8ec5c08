//! From a record to its decisions, and from a decision to the facts it was made upon, what vouches for each, and the
//! law it cites. Persons are masked.

use std::collections::BTreeMap;

use canon::{Canonical, RecordId};
use law::{Decision, Explanation};
use serde_json::{Map, Value, json};

use super::query::{Of, PopulationQuery};
use crate::caller::{Caller, Scope};
use crate::evidence::EvidenceFile;
use crate::journal::DECISIONS;
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// Kinds of records shown as they are kept, by what their subjects are called in the journal.
const SHOWN: [(&str, &str); 9] = [
    ("entity", "entity"),
    ("license", "license"),
    ("payment", "payment"),
    ("account", "account"),
    ("asset", "asset"),
    ("transfer", "transfer"),
    ("trade", "trade-flow"),
    ("consent", "consent"),
    ("tax-event", "tax-event"),
];
/// What persons are called in the journal.
const PERSON: &str = "identity";

impl Zone {
    /// A record by its subject, as it is kept now, with its decisions: the first page of them.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, [`Refused::NotFound`], or the store.
    pub fn supervised_record(&self, caller: &Caller, subject: &str) -> Result<Value, Refused> {
        caller.demand(&[Scope::Regulator])?;
        let absent = || Refused::absent("record", subject);
        let (class, id) = subject.split_once(':').ok_or_else(absent)?;
        let named = Some(subject.to_owned());
        let query = PopulationQuery { subject: named, ..PopulationQuery::all(Of::Decisions) };
        let decisions = self.population_records(caller, &query, (None, PAGE_MAX))?;
        if decisions.items.is_empty() {
            return Err(absent());
        }
        let record = match SHOWN.iter().find(|(known, _)| *known == class) {
            Some((_, kind)) => self.load::<Value>(kind, id)?.map(|kept| kept.value),
            None if class == PERSON => {
                let id = RecordId::parse(id).map_err(|_| absent())?;
                Some(self.identity_masked(&id)?)
            }
            None => None,
        };
        Ok(json!({
            "subject": subject,
            "read_at": self.now(),
            "record": record,
            "evidence": self.evidence_of(class, id)?,
            "decisions": decisions.items,
            "decisions_next": decisions.next,
        }))
    }

    /// A decision by its place in the journal: its record explained with act and section, the facts it was made upon
    /// with what vouches for each, and what was screened.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, [`Refused::NotFound`], or the store.
    pub fn supervised_decision(&self, caller: &Caller, sequence: u64) -> Result<Value, Refused> {
        caller.demand(&[Scope::Regulator])?;
        let found = self.store.journal(DECISIONS, sequence, 1)?;
        let entry = found.first().filter(|entry| entry.seq == sequence);
        let entry = entry.ok_or_else(|| Refused::absent("decision", sequence))?;
        let document = canon::parse_value(&entry.body).map_err(Refused::host)?;
        let said = document.get("body").cloned().unwrap_or_default();
        let record = Canonical::of_value(&said).map_err(Refused::host)?;
        let explanation = match said.get("outcome") {
            Some(_) => Some(Explanation::of(&Decision::parse(&record).map_err(Refused::host)?)),
            None => None,
        };
        let subject = document.get("subject").and_then(Value::as_str).unwrap_or_default();
        let (class, id) = subject.split_once(':').unwrap_or_default();
        let mut told = json!({
            "sequence": sequence,
            "root": entry.root,
            "decision": said,
            "decision_sha256": record.digest(),
            "explanation": explanation,
            "rests_on": rests_on(&document),
            "evidence": self.evidence_of(class, id)?,
        });
        let as_kept = ["at", "by", "kind", "subject", "facts", "facts_there", "screenings"];
        if let Value::Object(members) = &mut told {
            let kept = as_kept.into_iter().filter_map(|name| Some((name, document.get(name)?)));
            members.extend(kept.map(|(name, value)| (name.to_owned(), value.clone())));
        }
        Ok(told)
    }

    /// Credentials kept of an entity: what each attests, who says so, until when.
    fn evidence_of(&self, class: &str, id: &str) -> Result<Vec<Value>, Refused> {
        if class != "entity" {
            return Ok(Vec::new());
        }
        let file: Option<Loaded<EvidenceFile>> = self.load("evidence", id)?;
        let held = file.map(|file| file.value.held).unwrap_or_default();
        held.iter().map(|held| serde_json::to_value(held).map_err(Refused::host)).collect()
    }
}

/// What vouches for the facts of an entry: each source once, with the facts that rest on it.
fn rests_on(document: &Value) -> Vec<Value> {
    let mut sources: BTreeMap<String, (Map<String, Value>, Vec<&str>)> = BTreeMap::new();
    for side in ["facts", "facts_there"] {
        for (name, fact) in document.get(side).and_then(Value::as_object).into_iter().flatten() {
            let Some(by) = fact.get("provenance").and_then(Value::as_object) else { continue };
            let known = sources.entry(json!(by).to_string());
            known.or_insert_with(|| (by.clone(), Vec::new())).1.push(name);
        }
    }
    let told = |(mut by, facts): (Map<String, Value>, Vec<&str>)| {
        by.insert("facts".to_owned(), json!(facts));
        Value::Object(by)
    };
    sources.into_values().map(told).collect()
}

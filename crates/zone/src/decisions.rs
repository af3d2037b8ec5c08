//! The decision journal as a regulator reads it: what was asked, what law said, under which rule.

use canon::{Canonical, Digest};
use law::{Decision, Explanation, Kind, Row, State, blocking};
use serde_json::{Value, json};
use store::PAGE_MAX as STORE_PAGE_MAX;

use crate::journal::DECISIONS;
use crate::limits::{DECISIONS_SCANNED_MAX, PAGE_MAX};
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// Outcome and kind of what a duty wrote.
const DUTY: &str = "duty";
/// What an entry can come to.
const OUTCOMES: [&str; 4] = ["allow", "deny", "error", DUTY];

/// Which decisions are wanted; an absent field wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionQuery {
    /// Only after this journal sequence.
    pub after: Option<u64>,
    /// `allow`, `deny`, `error` or `duty`.
    pub outcome: Option<String>,
    /// A transition kind such as `payment.receive`, or `duty`.
    pub kind: Option<String>,
    /// The exact subject, such as `entity:<id>`.
    pub subject: Option<String>,
}

impl DecisionQuery {
    /// A filter that nothing can match is a mistake, and is told rather than answered with nothing.
    fn checked(&self) -> Result<(), Refused> {
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).chain([DUTY]).collect();
        one_of("outcome", self.outcome.as_deref(), &OUTCOMES)?;
        one_of("kind", self.kind.as_deref(), &kinds)
    }

    fn wants(&self, entry: &Value) -> bool {
        let same = |wanted: &Option<String>, found: Option<&Value>| {
            wanted.as_deref().is_none_or(|wanted| found.and_then(Value::as_str) == Some(wanted))
        };
        same(&self.kind, entry.get("kind"))
            && same(&self.subject, entry.get("subject"))
            && same(&self.outcome, Some(&outcome(entry)))
    }
}

fn one_of(name: &str, given: Option<&str>, known: &[&str]) -> Result<(), Refused> {
    if given.is_none_or(|given| known.contains(&given)) {
        return Ok(());
    }
    let detail = format!("`{name}` is one of {}", known.join(", "));
    Err(Refused::invalid("bad-query", detail))
}

fn outcome(entry: &Value) -> Value {
    entry.pointer("/body/outcome").cloned().unwrap_or_else(|| DUTY.into())
}

impl Zone {
    /// A page of the decision journal in order. A page may be short of its limit when few of many
    /// entries are wanted; `next` then goes on behind what was looked at.
    ///
    /// # Errors
    /// `bad-query` for an outcome or kind there is not, or the store.
    pub fn decisions(&self, query: &DecisionQuery, limit: usize) -> Result<Page, Refused> {
        query.checked()?;
        let limit = limit.clamp(1, PAGE_MAX);
        let mut from = query.after.map_or(0, |after| after.saturating_add(1));
        let (mut items, mut scanned) = (Vec::new(), 0usize);
        while scanned < DECISIONS_SCANNED_MAX {
            let entries = self.store.journal(DECISIONS, from, STORE_PAGE_MAX)?;
            if entries.is_empty() {
                return Ok(Page { items, next: None });
            }
            for entry in entries {
                let document = canon::parse_value(&entry.body).map_err(Refused::host)?;
                scanned += 1;
                from = entry.seq + 1;
                if query.wants(&document) {
                    items.push(shown(&document, entry.root));
                }
                if items.len() == limit {
                    return Ok(Page { items, next: Some(entry.seq.to_string()) });
                }
            }
        }
        Ok(Page { items, next: from.checked_sub(1).map(|seq| seq.to_string()) })
    }
}

impl Zone {
    /// A decision by its digest: its record, explained.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn decision(&self, digest: &Digest) -> Result<Value, Refused> {
        let sequence = self.tensor()?.places.get(digest).copied();
        let sequence = sequence.ok_or_else(|| Refused::absent("decision", digest))?;
        let record = Canonical::of_value(&self.decision_at(sequence)?).map_err(Refused::host)?;
        let decision = Decision::parse(&record).map_err(Refused::host)?;
        Ok(json!({
            "decision": record.value(),
            "decision_sha256": digest,
            "explanation": Explanation::of(&decision),
            "sequence": sequence,
        }))
    }
}

fn shown(entry: &Value, root: canon::Digest) -> Value {
    let body = Canonical::of_value(&entry["body"]).ok();
    let decision = body.as_ref().and_then(|record| Decision::parse(record).ok());
    let mut item = json!({
        "sequence": entry["sequence"],
        "at": entry["at"],
        "kind": entry["kind"],
        "by": entry["by"],
        "subject": entry["subject"],
        "outcome": outcome(entry),
        "decision_sha256": body.as_ref().map(Canonical::digest),
        "root": root,
        "blocking": decision.as_ref().map(refusing).unwrap_or_default(),
    });
    let more = [
        ("screenings", entry.get("screenings")),
        ("task", entry.pointer("/body/task")),
        ("said", entry.pointer("/body/said")),
    ];
    if let Value::Object(members) = &mut item {
        let told = more.into_iter().filter_map(|(name, value)| Some((name, value?)));
        members.extend(told.map(|(name, value)| (name.to_owned(), value.clone())));
    }
    item
}

/// The rows that refuse, with rule, citation and remedy; no fact values.
fn refusing(decision: &Decision) -> Vec<Value> {
    let cells = blocking(decision).into_iter().filter_map(|domain| decision.cell(domain));
    let worst = |row: &&Row, state: State| row.counted && row.state <= state;
    cells
        .flat_map(|cell| {
            cell.rows.iter().filter(|row| worst(row, cell.state)).map(|row| {
                json!({
                    "domain": cell.domain,
                    "state": row.state,
                    "jurisdiction": row.jurisdiction,
                    "rule": row.rule,
                    "citation": row.cited.as_ref().map(|cited| &cited.citation),
                    "reason": row.reason,
                    "remedy": row.remedy,
                })
            })
        })
        .collect()
}

//! What law last said about an entity, as it reads today.

use canon::{EntityId, Timestamp};
use law::{Domain, State};
use serde_json::{Value, json};

use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

impl Zone {
    /// The 20 domains of an entity's latest decision. A cell whose facts have ended reads
    /// `non_compliant` with reason `expired`.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn compliance_of(&self, id: &EntityId) -> Result<Value, Refused> {
        let record: Loaded<Value> = self.need("compliance", id.as_str())?;
        let now = self.now();
        let decision = record.value.get("decision").cloned().unwrap_or(Value::Null);
        let cells = decision.get("cells").and_then(Value::as_array).cloned().unwrap_or_default();
        let domains: Vec<Value> = cells.iter().map(|cell| shown(cell, now)).collect();
        let passing = |cell: &&Value| {
            let domain = cell["domain"].as_str().and_then(Domain::parse);
            let state = cell["state"].as_str().and_then(State::parse);
            match (domain, state) {
                (Some(Domain::Sanctions), Some(state)) => state == State::Compliant,
                (Some(_), Some(state)) => state >= State::NotApplicable,
                _ => false,
            }
        };
        let passing_count = domains.iter().filter(passing).count();
        Ok(json!({
            "entity_id": id,
            "evaluated_at": decision.get("known_at"),
            "read_at": now,
            "kind": decision.get("kind"),
            "realm": self.realm(),
            "total_domains": domains.len(),
            "passing_count": passing_count,
            "blocking_count": domains.len() - passing_count,
            "unsourced": decision.get("unsourced"),
            "list_age_days": decision.get("list_age_days"),
            "domains": domains,
            "journal_sequence": record.value.get("journal_sequence"),
        }))
    }
}

fn shown(cell: &Value, now: Timestamp) -> Value {
    let rows = cell.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
    let ended = rows.iter().any(|row| {
        let expires = row.get("expires").and_then(Value::as_str).map(Timestamp::parse);
        row["counted"] == true && matches!(expires, Some(Ok(end)) if end <= now)
    });
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "jurisdiction": row.get("jurisdiction"),
                "rule": row.get("rule"),
                "citation": row.pointer("/cited/citation"),
                "state": row.get("state"),
                "explanation": row.get("explanation"),
                "expires": row.get("expires"),
                "unsourced": row.get("unsourced"),
            })
        })
        .collect();
    let state = if ended { json!(State::NonCompliant) } else { cell["state"].clone() };
    let reason = if ended { Value::from("expired") } else { Value::Null };
    json!({ "domain": cell["domain"], "state": state, "reason": reason, "rows": rows })
}

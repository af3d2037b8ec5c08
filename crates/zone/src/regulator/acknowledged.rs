//! Alerts that a regulator has acknowledged: entries of their own log, and nowhere else.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use canon::{Digest, PrincipalId, Timestamp};
use registry::Line;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::caller::{Caller, Scope};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::journal::VIEWS;
use crate::refused::{Envelope, FieldProblem, Refused};
use crate::zone::Zone;

/// Type of an entry that acknowledges an alert.
const ACKNOWLEDGEMENT: &str = "MEZRegulatorAcknowledgement";
/// Longest note of an acknowledgement, in characters.
pub const NOTE_CHARS_MAX: usize = 500;

/// What is said when an alert is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeAsk {
    /// What is being done about it.
    pub note: String,
}

/// An acknowledgement as it stands in the log.
#[derive(Clone, Debug, Deserialize)]
struct Stands {
    at: Timestamp,
    by: PrincipalId,
    alert_id: Digest,
    note: String,
}

/// The acknowledgements, folded from the log as far as it goes.
#[derive(Debug, Default)]
struct Folded {
    next: u64,
    latest: BTreeMap<(PrincipalId, Digest), Value>,
}

/// One zone's acknowledgements, behind their lock.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged(Mutex<Folded>);

impl Zone {
    /// The caller's acknowledgement of an alert, the latest.
    pub(super) fn acknowledgements(
        &self,
        caller: &Caller,
    ) -> Result<BTreeMap<Digest, Value>, Refused> {
        let mut folded = self.acknowledged.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let entries = self.store.journal(VIEWS, folded.next, store::PAGE_MAX)?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                folded.next = entry.seq.saturating_add(1);
                let document = canon::parse_value(&entry.body).map_err(Refused::host)?;
                if document.get("type").and_then(Value::as_str) == Some(ACKNOWLEDGEMENT) {
                    let stands: Stands = serde_json::from_value(document).map_err(Refused::host)?;
                    let told =
                        json!({ "at": stands.at, "note": stands.note, "sequence": entry.seq });
                    folded.latest.insert((stands.by, stands.alert_id), told);
                }
            }
        }
        let own = folded.latest.iter().filter(|((by, _), _)| by == caller.principal());
        Ok(own.map(|((_, alert), told)| (*alert, told.clone())).collect())
    }

    /// Acknowledge an alert that stands, in the caller's own log.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, [`Refused::NotFound`] for an alert that does not
    /// stand, a note that is none, a zone that signs nothing, or the store.
    pub fn acknowledge_alert(
        &self,
        ask: &Ask,
        alert_id: &Digest,
        asked: &AcknowledgeAsk,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Regulator])?;
        let duty = Duty::of_regulator(Task::Views, &ask.caller)?;
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let note = Line::<NOTE_CHARS_MAX>::parse(&asked.note).map_err(|bad| {
            let (pointer, detail) = ("/note".to_owned(), bad.to_string());
            Refused::CallerFields(vec![FieldProblem { pointer, detail }])
        })?;
        let stands = self.alerts_standing()?;
        if !stands.iter().any(|alert| alert.id == *alert_id) {
            return Err(Refused::absent("alert", alert_id));
        }
        let (now, salt, by) = (self.now(), self.salt()?, ask.caller.principal());
        let entry = |sequence: u64| {
            json!({
                "type": ACKNOWLEDGEMENT,
                "sequence": sequence,
                "at": now,
                "by": by,
                "alert_id": alert_id,
                "note": note.as_str(),
                "salt": salt,
            })
        };
        let body = |sequence: u64, root: Digest| {
            json!({
                "result": { "alert_id": alert_id, "at": now, "by": by, "note": note.as_str() },
                "receipt": { "stream": VIEWS, "sequence": sequence, "root": root },
            })
        };
        let answer = |sequence, root| ask.put(201, &body(sequence, root), now.unix());
        let (sequence, root) = self.append_view(&duty, entry, answer)?;
        Ok(Envelope { body: body(sequence, root), status: 201, replayed: false })
    }
}

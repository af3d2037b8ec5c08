//! A compliance answer that can be carried away: the same answer as a credential of the zone, judged offline.
//!
//! It says that the zone answered so, as of that day, by what it knew then; it ends when the first fact ends that an
//! answer of it rests on.

use canon::{CorridorId, EntityId, Timestamp};
use serde_json::{Value, json};

use super::{ComplianceQuery, When};
use crate::journal::DECISIONS;
use crate::limits::CREDENTIAL_DAYS;
use crate::refused::Refused;
use crate::zone::Zone;

/// Type of the credential.
const ANSWER: &str = "MEZComplianceAnswerCredential";

impl Zone {
    /// What law said about an entity, signed.
    ///
    /// # Errors
    /// As [`Zone::compliance_of`], or a zone that signs nothing.
    pub fn export_compliance(
        &self,
        id: &EntityId,
        query: &ComplianceQuery,
    ) -> Result<Value, Refused> {
        let answer = self.compliance_of(id, query)?;
        self.sign_answer(format!("urn:mez:entity:{id}"), answer)
    }

    /// What law said of a corridor, signed.
    ///
    /// # Errors
    /// As [`Zone::corridor_compliance`], or a zone that signs nothing.
    pub fn export_corridor_compliance(
        &self,
        id: &CorridorId,
        when: When,
    ) -> Result<Value, Refused> {
        let answer = self.corridor_compliance(id, when)?;
        self.sign_answer(format!("urn:mez:corridor:{id}"), answer)
    }

    fn sign_answer(&self, id: String, answer: Value) -> Result<Value, Refused> {
        let head = self.store.head(DECISIONS)?;
        let journal = head
            .map(|head| json!({ "stream": DECISIONS, "sequence": head.seq, "root": head.root }));
        let now = self.now();
        let end = now.plus_secs(CREDENTIAL_DAYS * 86_400).map_err(Refused::host)?;
        let mut ends = Vec::new();
        expiries(&answer, &mut ends);
        let until = ends.into_iter().filter(|at| *at > now).fold(end, Timestamp::min);
        let subject = json!({ "id": id, "answer": answer, "journal": journal });
        self.state_as_zone(ANSWER, subject, (now, until))
    }
}

/// Every `expires` in an answer.
fn expiries(value: &Value, found: &mut Vec<Timestamp>) {
    match value {
        Value::Object(members) => {
            let end = members.get("expires").and_then(Value::as_str);
            found.extend(end.and_then(|text| Timestamp::parse(text).ok()));
            members.values().for_each(|member| expiries(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| expiries(item, found)),
        _ => {}
    }
}

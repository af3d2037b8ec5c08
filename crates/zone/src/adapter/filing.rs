//! Telling FBR: a tax event, or what a return comes to. What it takes it takes once, under a key made of what is told.

use canon::{EntityId, Timestamp};
use registry::national::Ntn;
use registry::tax::TaxFiling;
use serde_json::{Value, json};

use super::evidence::Evidence;
use super::verify::Put;
use super::{Answer, Heard, Question, ReturnAsked, Unanswered};
use crate::refused::Refused;
use crate::writes::{Admitted, Writes};
use crate::zone::Zone;

/// What FBR was told, and what it said.
pub(crate) struct Telling {
    question: Question,
    key: String,
    heard: Result<Heard, Unanswered>,
}

/// The same, ready to be kept.
pub(crate) struct Filing {
    evidence: Evidence,
    /// Its reference there, once it took it.
    pub(crate) taken: Option<TaxFiling>,
}

impl Zone {
    /// The number under which FBR verified an entity, while that counts.
    pub(crate) fn ntn_of(&self, id: &EntityId, now: Timestamp) -> Result<Option<Ntn>, Refused> {
        let Some(known) = self.taxpayer_known(id)? else { return Ok(None) };
        if !known.verified || known.expires <= now {
            return Ok(None);
        }
        let kept: Evidence = self.need(super::evidence::EVIDENCE, &known.evidence_id)?.value;
        Ok(kept.ntn())
    }

    /// Tell FBR. Nothing is locked while it is asked.
    pub(crate) fn tell_fbr(&self, asked: ReturnAsked, key: String) -> Telling {
        let question = Question::Return(Box::new(asked));
        // Whoever only rehearses has told nobody anything.
        let heard = match self.rehearses() {
            true => Err(Unanswered::NotAsked(question.system())),
            false => self.ask_national(&question, &key),
        };
        Telling { question, key, heard }
    }

    /// What came of it.
    pub(crate) fn told_fbr(
        &self,
        telling: &Telling,
        entity_id: &EntityId,
        now: Timestamp,
    ) -> Result<Filing, Refused> {
        let Telling { question, key, heard } = telling;
        let Put { evidence, .. } = self.put((question, "", Some(entity_id)), (key, heard), now)?;
        let taken = match heard.as_ref().map(|heard| &heard.answer) {
            Ok(Answer::Return(said)) if said.accepted => Some(TaxFiling {
                at: said.recorded_at,
                reference: said.fbr_reference.clone(),
                evidence_id: evidence.evidence_id.clone(),
            }),
            _ => None,
        };
        Ok(Filing { evidence, taken })
    }
}

impl Filing {
    /// As it is told: *accepted*, *rejected*, or *pending* with the reason.
    pub(crate) fn shown(&self, zone: &Zone) -> Value {
        let status = match self.evidence.outcome.as_str() {
            "verified" => "accepted",
            "not_verified" => "rejected",
            _ => "pending",
        };
        let realm = zone.realm();
        json!({
            "status": status,
            "reason": self.evidence.reason,
            "reference": self.taken.as_ref().map(|taken| &taken.reference),
            "attestation_id": self.evidence.evidence_id,
            "realm": realm,
            "simulated": realm == canon::Realm::Sandbox,
        })
    }
}

impl Writes<'_, Admitted> {
    /// Keep what FBR said.
    pub(crate) fn filed(&mut self, zone: &Zone, filing: &Filing) -> Result<(), Refused> {
        self.adapter_evidence(zone, &filing.evidence, (None, None, None))
    }
}

//! The one path of a write under law: decide, and leave a record whichever way it goes.

use canon::{JurisdictionId, Timestamp};
use law::sanctions::Screening;
use law::{Admission, Blocking, Case, Decision, Domain, Facts, Kind, Refusal, State, admit};
use serde_json::{Value, json};
use store::Building;

use crate::facts::{Gathered, There};
use crate::idempotency::Ask;
use crate::mass::Named;
use crate::refused::{Envelope, Refused};
use crate::writes::{Admitted, Writes};
use crate::zone::Zone;

/// What law was said upon: kept beside its record, where the digests the record carries can be
/// opened and the decision made again. Never told to the subject.
#[derive(Default)]
pub(crate) struct Upon {
    pub(crate) screenings: Vec<Screening>,
    pub(crate) facts: Facts,
    /// What was known of the other end, where its law was asked.
    pub(crate) facts_there: Option<Facts>,
    /// Where the name is that is left out of the facts.
    pub(crate) name_lies: Option<Named>,
}

/// What law said, and upon what.
pub(crate) struct Judged<T> {
    said: T,
    upon: Upon,
}

impl<T> Judged<T> {
    pub(crate) const fn upon(&self) -> &Upon {
        &self.upon
    }
}

impl<T> std::ops::Deref for Judged<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.said
    }
}

/// What is to be decided, and for whom it is recorded.
pub(crate) struct Question<'a> {
    pub(crate) kind: Kind,
    pub(crate) jurisdiction: &'a JurisdictionId,
    pub(crate) by: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) now: Timestamp,
}

impl Zone {
    /// Evaluate a case under the law in force.
    pub(crate) fn decide(
        &self,
        question: &Question<'_>,
        gathered: Gathered,
    ) -> Result<Judged<Admission>, Judged<Refusal>> {
        let Gathered { facts, screenings, there, about, behind: _ } = gathered;
        let mut case = Case {
            kind: question.kind,
            jurisdictions: vec![question.jurisdiction.clone()],
            as_of: question.now.date(),
            known_at: question.now,
            facts,
            there: None,
        };
        if let Some(There { kind, jurisdiction, facts }) = there {
            case = case.and_there(kind, jurisdiction, facts);
        }
        let said = admit(&self.law().rulebook, &case);
        let facts_there = case.there.map(|there| there.facts);
        let came = match &said {
            Ok(admission) => (false, admission.digest()),
            Err(refusal) => (true, refusal.digest()),
        };
        let (facts, name_lies) = self.facts_kept(case.facts, (question, about), came);
        let upon = Upon { screenings, facts, facts_there, name_lies };
        match said {
            Ok(said) => Ok(Judged { said, upon }),
            Err(said) => Err(Judged { said, upon }),
        }
    }

    /// Evaluate, and on refusal write the decision record before anything is told.
    pub(crate) fn admit(
        &self,
        question: &Question<'_>,
        gathered: Gathered,
    ) -> Result<Judged<Admission>, Refused> {
        match self.decide(question, gathered) {
            Ok(admission) => Ok(admission),
            Err(refusal) => {
                let Question { now, by, subject, .. } = *question;
                self.denied(&refusal, (now, by, subject))?.commit()?;
                Err(told(&refusal))
            }
        }
    }
}

/// What a caller is told of a refusal.
pub(crate) fn told(refusal: &Refusal) -> Refused {
    // A screening that could not be made blocks as well, but there the subject can do something.
    let hard =
        |block: &Blocking| block.domain == Domain::Sanctions && block.state == State::NonCompliant;
    let sanctions = refusal.blocking().iter().any(hard);
    Refused::Law {
        detail: refusal.to_string(),
        grounds: Box::new(refusal.grounds()),
        decision: refusal.digest(),
        sanctions,
    }
}

/// The compliance part of an envelope.
pub(crate) fn compliance(decision: &Decision, digest: canon::Digest) -> Value {
    let domains: Vec<Value> = decision
        .cells
        .iter()
        .map(|cell| json!({ "domain": cell.domain, "state": cell.state }))
        .collect();
    json!({
        "outcome": decision.outcome(),
        "kind": decision.kind,
        "realm": decision.realm,
        "as_of": decision.as_of,
        "known_at": decision.known_at,
        "jurisdictions": decision.jurisdictions,
        "there": decision.there.as_ref().map(|there| &there.jurisdictions),
        "domains": domains,
        "unsourced": decision.unsourced,
        "list_age_days": decision.list_age_days,
        "next_expiry": decision.next_expiry,
        "decision_sha256": digest,
    })
}

impl Writes<'_, Admitted> {
    /// Attach the answer and make the write durable.
    pub(crate) fn answer_and_commit(
        mut self,
        ask: &Ask,
        status: u16,
        admission: &Admission,
        told: (Value, Value),
    ) -> Result<Envelope, Refused> {
        let envelope = self.answered(ask, status, admission, told)?;
        self.commit()?;
        Ok(envelope)
    }

    /// The same, and the next may be built while this becomes durable.
    pub(crate) fn answer_and_let_go(
        mut self,
        building: Building<'_>,
        ask: &Ask,
        status: u16,
        admission: &Admission,
        told: (Value, Value),
    ) -> Result<Envelope, Refused> {
        let envelope = self.answered(ask, status, admission, told)?;
        self.commit_and_let_go(building)?;
        Ok(envelope)
    }

    fn answered(
        &mut self,
        ask: &Ask,
        status: u16,
        admission: &Admission,
        (result, credential): (Value, Value),
    ) -> Result<Envelope, Refused> {
        self.readied()?;
        let body = json!({
            "result": result,
            "compliance": compliance(admission.decision(), admission.digest()),
            "credential": credential,
            "receipt": {
                "stream": crate::journal::DECISIONS,
                "sequence": self.sequence,
                "root": self.root,
            },
        });
        let at = admission.decision().known_at.unix();
        self.answer(ask.put(status, self.kept_answer(&body)?.as_ref(), at));
        Ok(Envelope { body, status, replayed: false })
    }
}

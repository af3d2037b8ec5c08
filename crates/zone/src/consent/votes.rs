//! What happens to an open proposal: votes, delegations, and that it is called off.

use canon::{RecordId, Timestamp};
use registry::{Consent, IllegalConsent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::open::line;
use super::shown::shown;
use super::used::refused;
use super::{KIND, subject};
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A request to call a proposal off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelConsent {
    /// Why.
    pub reason: String,
}

impl Zone {
    fn step_consent(
        &self,
        ask: &Ask,
        (id, event): (&RecordId, &'static str),
        step: impl FnOnce(Consent, Timestamp) -> Result<Consent, IllegalConsent>,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let kept: Loaded<Consent> = self.need(KIND, id.as_str())?;
        let after = step(kept.value, now).map_err(|e| refused(&e))?;
        let by = ask.caller.principal().as_str();
        let admission = self.admit_consent(&after, event, (now, by))?;
        let subject = subject(id);
        let credential = self.attest(&admission, &subject, now)?;
        let kept = Loaded { rev: kept.rev, value: after };
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.consent(&kept)?;
        let result = shown(&kept.value, now);
        writes.answer_and_let_go(building, ask, 200, &admission, (result, credential))
    }

    /// Take a vote signed by its voter.
    ///
    /// # Errors
    /// `bad-ballot`, `not-in-electorate`, `voted`, `consent-closed`; see [`Refused`].
    pub fn vote(&self, ask: &Ask, id: &RecordId, ballot: &Value) -> Result<Envelope, Refused> {
        self.step_consent(ask, (id, "vote"), |consent, at| consent.vote(ballot, at))
    }

    /// Take a signed word that somebody else votes.
    ///
    /// # Errors
    /// As [`Zone::vote`], and `bad-delegation`.
    pub fn delegate_vote(
        &self,
        ask: &Ask,
        id: &RecordId,
        delegation: &Value,
    ) -> Result<Envelope, Refused> {
        self.step_consent(ask, (id, "delegate"), |consent, at| consent.delegate(delegation, at))
    }

    /// Call a proposal off while it is open.
    ///
    /// # Errors
    /// `consent-closed`; see [`Refused`].
    pub fn cancel_consent(
        &self,
        ask: &Ask,
        id: &RecordId,
        why: &CancelConsent,
    ) -> Result<Envelope, Refused> {
        let reason = line("/reason", &why.reason)?;
        self.step_consent(ask, (id, "cancel"), |consent, at| consent.cancel(reason, at))
    }
}

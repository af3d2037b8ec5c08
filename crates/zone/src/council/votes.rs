//! What happens to an open proposal of the council: votes, delegations, and that it is called off.

use canon::{RecordId, Timestamp};
use registry::{Consent, IllegalConsent};
use serde_json::Value;

use super::{KIND, subject};
use crate::consent::{CancelConsent, line, refused, shown};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

impl Zone {
    fn step_council(
        &self,
        ask: &Ask,
        id: &RecordId,
        step: impl FnOnce(Consent, Timestamp) -> Result<Consent, IllegalConsent>,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Council, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let kept: Loaded<Consent> = self.need(KIND, id.as_str())?;
        let after = step(kept.value, now).map_err(|e| refused(&e))?;
        let mut writes = self.on_duty(&duty, now, &subject(id))?;
        writes.state(KIND, id.as_str(), kept.rev, &after)?;
        let body = shown(&after, now);
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// Take a vote signed by a member of the council; who hands it in does not matter.
    ///
    /// # Errors
    /// `bad-ballot`, `not-in-electorate`, `voted`, `consent-closed`; see [`Refused`].
    pub fn vote_in_council(
        &self,
        ask: &Ask,
        id: &RecordId,
        ballot: &Value,
    ) -> Result<Envelope, Refused> {
        self.step_council(ask, id, |consent, at| consent.vote(ballot, at))
    }

    /// Take a member's signed word that somebody else votes.
    ///
    /// # Errors
    /// As [`Zone::vote_in_council`], and `bad-delegation`.
    pub fn delegate_in_council(
        &self,
        ask: &Ask,
        id: &RecordId,
        delegation: &Value,
    ) -> Result<Envelope, Refused> {
        self.step_council(ask, id, |consent, at| consent.delegate(delegation, at))
    }

    /// Call a proposal of the council off while it is open.
    ///
    /// # Errors
    /// `consent-closed`; see [`Refused`].
    pub fn cancel_council(
        &self,
        ask: &Ask,
        id: &RecordId,
        why: &CancelConsent,
    ) -> Result<Envelope, Refused> {
        let reason = line("/reason", &why.reason)?;
        self.step_council(ask, id, |consent, at| consent.cancel(reason, at))
    }
}

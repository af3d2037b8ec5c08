//! Resuming: both parties sign one credential that lists every open halt and opens the next epoch.

use canon::{CorridorId, Timestamp};
use corridor::messages::{ResumeOffer, ResumeType, Taken};
use corridor::{Resume, State, TransitionKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::context::Open;
use super::halt::stated;
use super::lane::Say;
use super::peer::{PeerMessage, said};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::writes::Writes;
use crate::zone::Zone;

/// Why a corridor may go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeAsk {
    /// Why.
    pub reason: String,
}

impl Zone {
    /// Offer to resume, or consent to the peer's offer.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn resume_corridor(
        &self,
        ask: &Ask,
        id: &CorridorId,
        resume: &ResumeAsk,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::HaltResume, &ask.caller)?;
        stated("/reason", &resume.reason)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let mut open = self.open_corridor(id)?;
        if !matches!(open.record.value.state, State::Halted | State::Suspended) {
            let state = open.record.value.state;
            let detail = format!("a corridor in state {state} cannot resume");
            return Err(Refused::conflict("illegal-transition", detail));
        }
        self.no_fork_open(&open)?;
        let now = self.now();
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        match self.offer_there(&open)? {
            Some(offer) => self.consent(&mut writes, &mut open, offer, now)?,
            None => {
                let subject = Resume {
                    corridor_id: id.clone(),
                    epoch: open.lane_here.value.epoch().max(open.lane_there.value.epoch()) + 1,
                    lifts: open.halts(),
                    reason: resume.reason.clone(),
                };
                let assertion = self.keys.assertion.as_ref();
                let offer = subject.open(&self.here, now, assertion);
                let offer = offer.map_err(|e| Refused::unsigned("resume-refused", e))?;
                open.record.value.resume_offer = Some(offer.into());
                writes.handshake_job("resume", id, now);
            }
        }
        writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        let body = self.corridor_shown(&open.record.value)?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// Countersign the peer's offer, and write it in our lane.
    fn consent<W>(
        &self,
        writes: &mut Writes<'_, W>,
        open: &mut Open,
        offer: Value,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let complete = Resume::countersign(offer, now, self.keys.assertion.as_ref());
        let payload = complete.map_err(|e| Refused::unsigned("resume-refused", e))?;
        let kind = TransitionKind::Resume;
        let say = Say { kind, payload, decision_commitment: None, ack: None };
        let (written, item) = self.write_here(open, say, now)?;
        writes.wrote(open, (&written, &item), now)?;
        open.record.value.resume_offer = None;
        open.lane_here.value = written.lane;
        open.follow(now, written.receipt.next_root)?;
        Ok(())
    }

    /// The peer's offer, if one waits and covers exactly the halts open here.
    pub(super) fn offer_there(&self, open: &Open) -> Result<Option<Value>, Refused> {
        let Some(offer) = &open.record.value.resume_offer else { return Ok(None) };
        let (id, offer) = (&open.terms.corridor_id, offer.value());
        let read = Resume::read(&offer, id, open.since(self));
        let read = read.map_err(|e| Refused::conflict("resume-refused", e))?;
        let of_peer = read.signers == [open.there.did().clone()];
        let covers = read.credential.subject.lifts == open.halts();
        Ok((of_peer && covers).then_some(offer))
    }

    /// Our offer; `None` once it was taken up, or gave way to the peer's.
    pub(super) fn resume_message(&self, id: &CorridorId) -> Result<Option<Value>, Refused> {
        let open = self.open_corridor(id)?;
        let Some(offer) = &open.record.value.resume_offer else { return Ok(None) };
        let offer = offer.value();
        let read = Resume::read(&offer, id, open.since(self)).map_err(Refused::host)?;
        let ours = read.signers == [self.did().clone()];
        let offer = ours.then(|| ResumeOffer {
            kind: ResumeType::Only,
            to: open.there.did().clone(),
            corridor_id: id.clone(),
            resume: offer,
        });
        offer.map(said).transpose()
    }

    /// Keep the peer's offer until the operator consents. Where ours is on its way and opens the same
    /// epoch by lifting the same stops, the operator has consented: of the two, both zones sign that of
    /// the zone whose id comes first, so that both lanes hold one.
    pub(super) fn receive_resume(
        &self,
        message: &PeerMessage,
        body: &Value,
    ) -> Result<Value, Refused> {
        let sent: ResumeOffer = message.read(body)?;
        let mut open = self.open_corridor(&sent.corridor_id)?;
        message.signed_by(&open.there)?;
        let read = Resume::read(&sent.resume, &sent.corridor_id, open.since(self));
        let read = read.map_err(|e| Refused::peer("resume-refused", e))?;
        if read.signers != [open.there.did().clone()] {
            return Err(Refused::peer("resume-refused", "the offer is not the peer's own"));
        }
        let now = self.now();
        let ours = open.record.value.resume_offer.as_ref();
        let ours = ours.and_then(|offer| {
            let read = Resume::read(&offer.value(), &sent.corridor_id, open.since(self)).ok()?;
            (read.signers == [self.did().clone()]).then_some(read.credential.subject)
        });
        let theirs = &read.credential.subject;
        let cross = ours
            .is_some_and(|ours| ours.epoch == theirs.epoch && ours.lifts == theirs.lifts)
            && theirs.lifts == open.halts()
            && self.no_fork_open(&open).is_ok();
        let duty = Duty::of_peer(Task::HaltResume, open.there.did());
        let id = sent.corridor_id;
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        match (cross, open.there.zone() < self.zone_id()) {
            (true, true) => self.consent(&mut writes, &mut open, sent.resume, now)?,
            // The peer takes up ours.
            (true, false) => {}
            (false, _) => open.record.value.resume_offer = Some(sent.resume.into()),
        }
        writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        writes.answer(message.used(now));
        writes.commit()?;
        said(Taken { corridor_id: id, state: open.record.value.state })
    }
}

//! Accepting a proposal: the operator pins the peer, signs the definition and its own agreement.

use canon::{CorridorId, Did};
use corridor::handshake::{Agreement, Definition};
use corridor::messages::{Acceptance, AcceptanceType, Taken};
use corridor::{State, Terms};
use serde_json::Value;

use super::demands::code;
use super::document::Document;
use super::peer::{PeerMessage, said};
use super::record::{CorridorRecord, Role};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

impl Zone {
    /// Accept a pending proposal of exactly this peer.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn accept_corridor(
        &self,
        ask: &Ask,
        id: &CorridorId,
        did_there: &Did,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let drawn = self.drawn(id)?;
        let mut record = drawn.record;
        if record.value.did_there != *did_there {
            let detail = format!("the proposal is of `{}`", record.value.did_there);
            return Err(Refused::conflict("peer-not-pinned", detail));
        }
        let ours = record.value.role == Role::Responder && record.value.state == State::Pending;
        if !ours || record.value.agreement_here.is_some() {
            let detail =
                format!("the corridor is {} and waits for no acceptance here", record.value.state);
            return Err(Refused::conflict("nothing-to-accept", detail));
        }
        let now = self.now();
        let assertion = self.keys.assertion.as_ref();
        let handshake = |e| Refused::unsigned("handshake-refused", e);
        let agreement_there = Document::value_of(record.value.agreement_there.as_ref());
        let theirs = Agreement::read(&agreement_there, &drawn.there, drawn.definition_sha256);
        let dates = theirs.map_err(handshake)?.credential.subject.activation;
        let definition = record.value.definition.value();
        let definition = Definition::countersign(definition, now, assertion).map_err(handshake)?;
        let payload = drawn.definition_sha256;
        let packs = self.packs_for(&drawn.there);
        let agreement = Agreement::consent(&self.here, id, payload, dates, packs, (now, assertion));
        let agreement = agreement.map_err(handshake)?;
        self.would_agree(&drawn.there, &definition, [&agreement, &agreement_there])?;
        record.value.definition = definition.into();
        record.value.agreement_here = Some(agreement.into());
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), record.rev, &record.value)?;
        writes.handshake_job("accept", id, now);
        let body = self.corridor_shown(&record.value)?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    pub(super) fn acceptance_message(&self, record: &CorridorRecord) -> Result<Value, Refused> {
        let agreement = record.agreement_here.as_ref().map(Document::value);
        said(Acceptance {
            kind: AcceptanceType::Only,
            to: record.did_there.clone(),
            corridor_id: record.corridor_id.clone(),
            rotations: self.untold(record)?.to_vec(),
            definition: record.definition.value(),
            agreement: agreement.ok_or_else(|| Refused::host("no agreement to accept with"))?,
        })
    }

    /// Take the acceptance of a proposal made here; the activation is drawn up and sent.
    pub(super) fn receive_acceptance(
        &self,
        message: &PeerMessage,
        body: &Value,
    ) -> Result<Value, Refused> {
        let sent: Acceptance = message.read(body)?;
        let id = sent.corridor_id;
        let drawn = self.drawn_from(message, &id, &sent.rotations)?;
        let mut record = drawn.record;
        if record.value.role != Role::Proposer {
            return Err(Refused::peer("nothing-to-accept", "this zone did not propose it"));
        }
        if record.value.activation.is_some() {
            return said(Taken { corridor_id: id, state: record.value.state });
        }
        let refused = |e| Refused::peer("handshake-refused", e);
        let accepted = Definition::read(&sent.definition, &self.here, &drawn.there);
        if accepted.map_err(refused)?.payload_sha256 != drawn.definition_sha256 {
            return Err(Refused::peer("handshake-refused", "another definition was accepted"));
        }
        let mine = Document::value_of(record.value.agreement_here.as_ref());
        let agreements = [(&self.here, &mine), (&drawn.there, &sent.agreement)];
        let parties = [&self.here, &drawn.there];
        let terms = Terms::derive(&sent.definition, &agreements, parties);
        let terms = terms.map_err(|e| Refused::peer(code(&e), e))?;
        let now = self.now();
        let assertion = self.keys.assertion.as_ref();
        let activation = corridor::Activation::open(&self.here, &terms, now, assertion);
        record.value.definition = sent.definition.into();
        record.value.agreement_there = Some(sent.agreement.into());
        record.value.activation = Some(activation.map_err(refused)?.into());
        // The answer may come before our own proposal job noticed its delivery.
        if record.value.state == State::Draft {
            let event = corridor::lifecycle::Event::Submit;
            record.value.apply(event, now, drawn.definition_sha256).map_err(Refused::host)?;
        }
        let duty = Duty::of_peer(Task::Handshake, drawn.there.did());
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), record.rev, &record.value)?;
        writes.job_done("propose", &id);
        if !record.value.url_there.is_empty() {
            writes.handshake_job("activate", &id, now);
        }
        writes.answer(message.used(now));
        writes.commit()?;
        said(Taken { corridor_id: id, state: record.value.state })
    }
}

//! The handshake without a network: each message as a file under the sender's assertion key, carried by whoever will.
//!
//! A file is as old as its way is long, so nothing is asked of its freshness: every message of a handshake says the same
//! whenever it is taken, and what was agreed since refuses what was said before.

use canon::{Canonical, CorridorId, Timestamp};
use corridor::handshake::claimed;
use corridor::messages::{
    Acceptance, Activated, ActivationOffer, AmendmentOffer, Carried, CarriedType, HandshakeCall,
    Proposal,
};
use corridor::{Party, State};
use proof::integrity::{ProofOptions, resolve_did_key, sign_document, verify_document};
use proof::{KeyHistory, Purpose};
use serde_json::{Value, json};

use super::document::Document;
use super::peer::{PeerCall, PeerMessage, said};
use super::record::{CorridorRecord, Role};
use crate::caller::Scope;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

impl Zone {
    /// What this zone has to say next in the handshake of a corridor, as a file for its peer.
    ///
    /// # Errors
    /// See [`Refused`]; `nothing-to-tell` where the peer is to speak, or all is said.
    pub fn handshake_file(&self, ask: &Ask, id: &CorridorId) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let mut drawn = self.drawn(id)?;
        let amends = match drawn.record.value.state {
            State::Draft | State::Pending => None,
            _ => self.amendment_message(id, true)?,
        };
        let (call, message) = match amends {
            Some(message) => (HandshakeCall::Amend, message),
            None => self.next_word(&drawn.record.value)?,
        };
        let known = &mut drawn.record.value;
        let carried = Carried {
            call,
            from: self.did().clone(),
            kind: CarriedType::Only,
            message,
            proof: None,
            to: known.did_there.clone(),
        };
        let assertion = self.keys.assertion.as_ref();
        let options = ProofOptions::assertion(now, assertion);
        let signed = sign_document(said(carried)?, &options, assertion);
        let body = signed.map_err(|e| Refused::unsigned("handshake-refused", e))?;
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        // A proposal that was handed out is out, like one that was delivered.
        if known.state == State::Draft {
            let submitted =
                known.apply(corridor::lifecycle::Event::Submit, now, drawn.definition_sha256);
            submitted.map_err(Refused::host)?;
            writes.state("corridor", id.as_str(), drawn.record.rev, known)?;
        }
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    fn next_word(&self, known: &CorridorRecord) -> Result<(HandshakeCall, Value), Refused> {
        let nothing = |why: &str| Err(Refused::conflict("nothing-to-tell", why));
        let pending = matches!(known.state, State::Draft | State::Pending);
        match (known.role, pending) {
            (Role::Proposer, true) if known.activation.is_some() => {
                Ok((HandshakeCall::Activate, self.activation_message(known)?))
            }
            (Role::Proposer, true) => Ok((HandshakeCall::Propose, self.proposal_message(known)?)),
            (Role::Proposer, false) => nothing("the corridor is activated on both sides"),
            (Role::Responder, true) if known.agreement_here.is_none() => {
                nothing("the proposal waits to be accepted here")
            }
            (Role::Responder, true) => Ok((HandshakeCall::Accept, self.acceptance_message(known)?)),
            (Role::Responder, false) => {
                let activation = known.activation.as_ref().map(Document::value);
                let activation =
                    activation.ok_or_else(|| Refused::host("no activation is kept"))?;
                let corridor_id = known.corridor_id.clone();
                Ok((HandshakeCall::Activated, said(Activated { corridor_id, activation })?))
            }
        }
    }

    /// Take a file of a peer's handshake, whoever brings it.
    ///
    /// # Errors
    /// As the message itself, over the wire; `handshake-refused` for a file of another zone, or to another.
    pub fn take_handshake(&self, ask: &Ask, file: &Value) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Operator])?;
        let read = Canonical::of_value(file)?.read::<Carried>();
        let carried = read.map_err(|e| Refused::invalid("bad-handshake-file", e))?;
        if carried.to != *self.did() {
            let detail = format!("the file is for `{}`, this is `{}`", carried.to, self.did());
            return Err(Refused::peer("peer-misaddressed", detail));
        }
        let _writing = self.writing();
        let there = self.sender(&carried)?;
        let proofs = verify_document(file, &resolve_did_key)
            .map_err(|e| Refused::invalid("bad-handshake-file", e))?;
        let assertion = there.keys().key(Purpose::Assertion);
        if !matches!(proofs.as_slice(), [only] if only.key == *assertion) {
            let detail =
                format!("the file is not signed by the assertion key of `{}`", there.did());
            return Err(Refused::peer("peer-unknown", detail));
        }
        let now = self.now();
        self.hear(&carried, &there, now)?;
        let body = json!({ "from": carried.from, "taken": carried.call });
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// Whose file it is: of a proposal its own inception tells, of anything else the corridor that is known.
    fn sender(&self, carried: &Carried) -> Result<Party, Refused> {
        let unknown = |e| Refused::peer("peer-unknown", e);
        let malformed = |e| Refused::peer("peer-malformed", e);
        let message = Canonical::of_value(&carried.message)?;
        let id = match carried.call {
            HandshakeCall::Propose => {
                let sent: Proposal = message.read().map_err(malformed)?;
                let refused = |e| Refused::peer("handshake-refused", e);
                let participants = claimed(&sent.definition).map_err(refused)?.participants;
                if participants.iter().all(|one| one.did != carried.from) {
                    let detail = format!("the definition does not name `{}`", carried.from);
                    return Err(Refused::peer("handshake-refused", detail));
                }
                let keys = KeyHistory::verify(&sent.inception, &sent.rotations, &carried.from);
                return keys.map(Party::with).map_err(unknown);
            }
            HandshakeCall::Accept => message.read::<Acceptance>().map(|it| it.corridor_id),
            HandshakeCall::Activate => message.read::<ActivationOffer>().map(|it| it.corridor_id),
            HandshakeCall::Activated => message.read::<Activated>().map(|it| it.corridor_id),
            HandshakeCall::Amend => message.read::<AmendmentOffer>().map(|it| it.corridor_id),
        };
        let there = self.drawn(&id.map_err(malformed)?)?.there;
        match *there.did() == carried.from {
            true => Ok(Party::clone(&there)),
            false => Err(Refused::peer("peer-unknown", "the corridor is with another zone")),
        }
    }

    /// The same as over the wire.
    fn hear(&self, carried: &Carried, there: &Party, now: Timestamp) -> Result<(), Refused> {
        let canonical = Canonical::of_value(&carried.message)?;
        let message = |call| PeerMessage {
            call,
            key: there.http().clone(),
            created: now,
            nonce: format!("file-{}", canonical.digest()),
            body: canonical.bytes().to_vec(),
        };
        let body = &carried.message;
        match carried.call {
            HandshakeCall::Propose => {
                self.receive_proposal(&message(PeerCall::Propose), body).map(drop)
            }
            HandshakeCall::Accept => {
                self.receive_acceptance(&message(PeerCall::Accept), body).map(drop)
            }
            HandshakeCall::Activate => {
                self.receive_activation(&message(PeerCall::Activate), body).map(drop)
            }
            HandshakeCall::Activated => {
                let read = canonical.read::<Activated>();
                let sent = read.map_err(|e| Refused::peer("peer-malformed", e))?;
                self.activated(&sent.corridor_id, sent.activation)
            }
            HandshakeCall::Amend => {
                self.receive_amendment(&message(PeerCall::Amend), body).map(drop)
            }
        }
    }

    /// Try at once whatever waits to be told to the peer of a corridor.
    ///
    /// # Errors
    /// See [`Refused`]; `nothing-to-tell` where nothing waits.
    pub fn tell_now(&self, ask: &Ask, id: &CorridorId) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let record = self.corridor_record(id)?;
        let known = &record.value;
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        match self.next_word(known) {
            Ok((HandshakeCall::Propose, _)) => writes.handshake_job("propose", id, now),
            Ok((HandshakeCall::Accept, _)) => writes.handshake_job("accept", id, now),
            Ok((HandshakeCall::Activate, _)) => writes.handshake_job("activate", id, now),
            Ok((HandshakeCall::Activated | HandshakeCall::Amend, _)) => writes.deliver(id, now),
            Err(refused) => return Err(refused),
        }
        let body = self.corridor_shown(known)?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }
}

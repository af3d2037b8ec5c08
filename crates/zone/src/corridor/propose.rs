//! Proposing a corridor to a pinned peer, and taking a proposal until the operator decides.

use canon::{CorridorId, Did};
use corridor::handshake::{ActivationTerms, Agreement, Definition, Drawing, Rules, claimed};
use corridor::messages::{Proposal as Proposed, ProposalType, Taken};
use corridor::{Party, State};
use proof::KeyHistory;
use proof::integrity::payload_digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::demands::{Demands, code};
use super::document::Document;
use super::generation::Place;
use super::memory::Held;
use super::peer::{PeerMessage, said};
use super::record::{CorridorRecord, Role};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::PENDING_CORRIDORS_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A peer to propose to, pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Base URL of the peer.
    pub url: String,
    /// The DID its inception must have.
    pub did: Did,
    /// Who is to choose between histories where both zones signed two: a did:key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork_authority: Option<Did>,
}

impl Zone {
    /// Propose a corridor. The peer's inception is fetched and must verify under the pinned DID.
    /// Proposing again to the same peer answers the corridor there is.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn propose_corridor(&self, ask: &Ask, proposal: &Proposal) -> Result<Envelope, Refused> {
        self.propose_under(ask, proposal, &Demands::default(), None)
    }

    /// The same with demands of its own, to a peer that is reached unless its inception document and rotations are
    /// given.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn propose_under(
        &self,
        ask: &Ask,
        proposal: &Proposal,
        demands: &Demands,
        known: Option<(Value, Vec<Value>)>,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let known = match known {
            Some(known) => known,
            None => (self.fetch_inception(&proposal.url)?, self.fetch_rotations(&proposal.url)),
        };
        self.propose_to(ask, &duty, (proposal, demands), known)
    }

    /// Draw a corridor up for a peer that cannot be reached: its inception document and rotations are given, its URL
    /// may be told later by proposing again. The handshake goes by [`Zone::handshake_file`].
    ///
    /// # Errors
    /// As [`Zone::propose_corridor`].
    pub fn draw_corridor(
        &self,
        ask: &Ask,
        proposal: &Proposal,
        known: (Value, Vec<Value>),
    ) -> Result<Envelope, Refused> {
        self.propose_under(ask, proposal, &Demands::default(), Some(known))
    }

    fn propose_to(
        &self,
        ask: &Ask,
        duty: &Duty,
        (proposal, demands): (&Proposal, &Demands),
        (there_document, rotations_there): (Value, Vec<Value>),
    ) -> Result<Envelope, Refused> {
        let there = KeyHistory::verify(&there_document, &rotations_there, &proposal.did);
        let there = Party::with(there.map_err(|e| Refused::peer("peer-not-pinned", e))?);
        let _writing = self.writing();
        let Place { id, known, after } = self.place(&there)?;
        if let Some(known) = &known {
            if known.value.did_there == proposal.did {
                return self.propose_again(duty, known, &proposal.url);
            }
            let detail = format!("corridor `{id}` is held with `{}`", known.value.did_there);
            return Err(Refused::conflict("corridor-exists", detail));
        }
        let now = self.now();
        let assertion = self.keys.assertion.as_ref();
        let handshake = |e| Refused::unsigned("handshake-refused", e);
        let mut dates = ActivationTerms {
            fork_authority: proposal.fork_authority.clone(),
            ..ActivationTerms::both_zones(now).map_err(handshake)?
        };
        demands.stated(&mut dates);
        let compatibility = demands.lawpack_compatibility.clone();
        let rules = self.rules_with(&there, &dates)?;
        let drawing = Drawing { compatibility, rules, after };
        let definition = Definition::draw_up(&self.here, &there, drawing, (now, assertion))
            .map_err(|error| Refused::unsigned(code(&error), error))?;
        let payload = payload_digest(&definition).map_err(Refused::host)?;
        let packs = self.packs_for(&there);
        let agreement =
            Agreement::consent(&self.here, &id, payload, dates, packs, (now, assertion));
        let record = CorridorRecord {
            type_: CorridorRecord::TYPE.to_owned(),
            corridor_id: id.clone(),
            state: State::Draft,
            role: Role::Proposer,
            url_there: proposal.url.trim_end_matches('/').to_owned(),
            did_there: proposal.did.clone(),
            zone_there: there.zone().clone(),
            inception_there: there_document.into(),
            rotations_there: Document::each(rotations_there),
            definition: definition.into(),
            agreement_here: Some(agreement.map_err(handshake)?.into()),
            agreement_there: None,
            activation: None,
            resume_offer: None,
            delivered: 0,
            told: 0,
            transitions: Vec::new(),
            amendment_offer: None,
            amendments: Vec::new(),
            sealed: false,
            payload_key_there: None,
        };
        let mut writes = self.on_duty(duty, now, &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), None, &record)?;
        if !record.url_there.is_empty() {
            writes.handshake_job("propose", &id, now);
        }
        let body = self.corridor_shown(&Held::of(record))?;
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    /// The same peer, perhaps under another address: keep where it is, and tell it where we are.
    fn propose_again(
        &self,
        duty: &Duty,
        known: &Loaded<CorridorRecord>,
        url: &str,
    ) -> Result<Envelope, Refused> {
        let mut record = known.value.clone();
        url.trim_end_matches('/').clone_into(&mut record.url_there);
        let (now, id) = (self.now(), record.corridor_id.clone());
        let mut writes = self.on_duty(duty, now, &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), known.rev, &record)?;
        if record.role == Role::Proposer && !record.url_there.is_empty() {
            writes.handshake_job("propose", &id, now);
        }
        writes.commit()?;
        let body = self.corridor_shown(&Held::of(record))?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    fn fetch_inception(&self, url: &str) -> Result<Value, Refused> {
        let bytes = self.wire.fetch(url, "/.well-known/mez/inception.json");
        let bytes = bytes.map_err(|e| Refused::peer("peer-unreachable", e))?;
        Ok(canon::parse_value(&bytes)?)
    }

    /// The rotations a peer serves. One that serves none is taken to have none: its messages will not
    /// verify if it has.
    fn fetch_rotations(&self, url: &str) -> Vec<Value> {
        let bytes = self.wire.fetch(url, "/.well-known/mez/keys.json").ok();
        let document = bytes.and_then(|bytes| canon::parse_value(&bytes).ok());
        let rotations = document.and_then(|document| document.get("rotations").cloned());
        rotations.and_then(|rotations| serde_json::from_value(rotations).ok()).unwrap_or_default()
    }

    pub(super) fn proposal_message(&self, record: &CorridorRecord) -> Result<Value, Refused> {
        let agreement = record.agreement_here.as_ref().map(Document::value);
        said(Proposed {
            kind: ProposalType::Only,
            to: record.did_there.clone(),
            url: self.public_url.clone(),
            inception: self.inception_document.clone(),
            rotations: self.rotations.clone(),
            definition: record.definition.value(),
            agreement: agreement.ok_or_else(|| Refused::host("no agreement to propose"))?,
        })
    }

    /// Take a proposal: verified, kept as PENDING, and nothing more until the operator accepts.
    pub(super) fn receive_proposal(
        &self,
        message: &PeerMessage,
        body: &Value,
    ) -> Result<Value, Refused> {
        let sent: Proposed = message.read(body)?;
        let refused = |e| Refused::peer("handshake-refused", e);
        let participants = claimed(&sent.definition).map_err(refused)?.participants;
        let theirs = participants.into_iter().find(|p| p.did != *self.did());
        let nobody = || Refused::peer("handshake-refused", "it names no other zone");
        let theirs = theirs.ok_or_else(nobody)?;
        let there = KeyHistory::verify(&sent.inception, &sent.rotations, &theirs.did);
        let there = Party::with(there.map_err(|e| Refused::peer("peer-unknown", e))?);
        message.signed_by(&there)?;
        let definition = self.read_proposed(&sent, &there)?;
        let id: CorridorId = definition.credential.subject.corridor_id.clone();
        let known: Option<Loaded<CorridorRecord>> = self.load("corridor", id.as_str())?;
        let crossing = known.as_ref().is_some_and(|known| self.gives_way(&known.value, &there));
        if let Some(known) = known.as_ref().filter(|_| !crossing) {
            let known_sha256 = payload_digest(&known.value.definition.value()).ok();
            if known_sha256 == Some(definition.payload_sha256) {
                self.peer_moved(message, known, &sent.url)?;
                return said(Taken { corridor_id: id, state: known.value.state });
            }
            // What is known of a peer is never overwritten by a message.
            self.follows(&there, &definition.credential.subject)?;
            let detail = format!("`{id}` has another definition");
            return Err(Refused::conflict("corridor-exists", detail));
        }
        self.follows(&there, &definition.credential.subject)?;
        self.room_for_proposal()?;
        let now = self.now();
        let mut record = CorridorRecord {
            type_: CorridorRecord::TYPE.to_owned(),
            corridor_id: id.clone(),
            state: State::Draft,
            role: Role::Responder,
            url_there: sent.url.trim_end_matches('/').to_owned(),
            did_there: there.did().clone(),
            zone_there: there.zone().clone(),
            inception_there: sent.inception.into(),
            rotations_there: Document::each(sent.rotations),
            definition: sent.definition.into(),
            agreement_here: None,
            agreement_there: Some(sent.agreement.into()),
            activation: None,
            resume_offer: None,
            delivered: 0,
            told: 0,
            transitions: Vec::new(),
            amendment_offer: None,
            amendments: Vec::new(),
            sealed: false,
            payload_key_there: None,
        };
        let submitted = corridor::lifecycle::Event::Submit;
        record.apply(submitted, now, definition.payload_sha256).map_err(Refused::host)?;
        let duty = Duty::of_peer(Task::Handshake, there.did());
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), known.and_then(|k| k.rev), &record)?;
        if crossing {
            writes.job_done("propose", &id);
        }
        writes.answer(message.used(now));
        writes.commit()?;
        said(Taken { corridor_id: id, state: record.state })
    }

    /// The definition a peer proposes, its agreement and its demands sound.
    fn read_proposed(
        &self,
        sent: &Proposed,
        there: &Party,
    ) -> Result<corridor::Signed<Definition>, Refused> {
        let refused = |e| Refused::peer(code(&e), e);
        let definition = Definition::read(&sent.definition, &self.here, there).map_err(refused)?;
        let agreement = Agreement::read(&sent.agreement, there, definition.payload_sha256);
        let asked = agreement.map_err(refused)?.credential.subject.activation;
        let rules = Rules::of(&asked, [self.did(), there.did()]);
        let sound = rules.and_then(|rules| definition.credential.subject.check_rules(&rules));
        sound.map_err(refused)?;
        Ok(definition)
    }

    /// Two proposals cross: the zone that sorts later gives way, to the very peer its own operator
    /// pinned and before anything was agreed. Its operator still accepts.
    fn gives_way(&self, known: &CorridorRecord, there: &Party) -> bool {
        known.role == Role::Proposer
            && matches!(known.state, State::Draft | State::Pending)
            && known.agreement_there.is_none()
            && known.did_there == *there.did()
            && known.zone_there == *there.zone()
            && self.zone_id() > there.zone()
    }

    /// A peer we know tells us, signed by its key, that it is reached elsewhere now.
    fn peer_moved(
        &self,
        message: &PeerMessage,
        known: &Loaded<CorridorRecord>,
        url: &str,
    ) -> Result<(), Refused> {
        let url = url.trim_end_matches('/');
        if known.value.url_there == url {
            return Ok(());
        }
        let mut record = known.value.clone();
        url.clone_into(&mut record.url_there);
        let (now, id) = (self.now(), record.corridor_id.clone());
        let duty = Duty::of_peer(Task::Handshake, &record.did_there);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), known.rev, &record)?;
        // What waited for the old address goes out at once.
        if record.activation.is_some() {
            writes.deliver(&id, now);
        }
        writes.answer(message.used(now));
        writes.commit()
    }

    fn room_for_proposal(&self) -> Result<(), Refused> {
        let records = self.store.records("corridor", None, store::PAGE_MAX)?;
        let pending = records
            .iter()
            .filter_map(|(_, r)| serde_json::from_slice::<CorridorRecord>(&r.body).ok())
            .filter(|r| r.state == State::Pending && r.role == Role::Responder)
            .count();
        if pending < PENDING_CORRIDORS_MAX {
            return Ok(());
        }
        Err(Refused::conflict("too-many-proposals", "decide the pending proposals first"))
    }
}

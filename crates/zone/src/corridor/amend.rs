//! Amending a corridor: one zone offers new terms, the operator of the other accepts exactly these, both lanes go over.
//!
//! An accepted amendment waits for its day; then our lane goes over with a receipt, and the peer's answers it with its
//! own. Invariant: terms change in the commit of our receipt, never before it.

use canon::{CorridorId, Digest, Timestamp};
use corridor::amendment::PartyPacks;
use corridor::handshake::{
    ActivationTerms, HandshakeError, Packs, RoleHolders, Threshold, rulesets,
};
use corridor::messages::{AmendmentOffer, AmendmentType, Taken};
use corridor::{Amendment, AmendmentError, Party, Since, State, Terms, TransitionKind};
use proof::integrity::payload_digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::context::Open;
use super::demands::code;
use super::document::Document;
use super::halt::stated;
use super::lane::Say;
use super::peer::{PeerMessage, said};
use super::record::CorridorRecord;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::AMENDMENTS_MAX;
use crate::refused::{Envelope, Refused};
use crate::writes::Writes;
use crate::zone::Zone;

/// What is to change; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendAsk {
    /// Why.
    pub reason: String,
    /// From when on; at once, unless given.
    pub effective_from: Option<Timestamp>,
    /// Until when the corridor is in effect.
    pub effective_until: Option<Timestamp>,
    /// Beside the writer's signature, by role and class.
    pub thresholds: Option<Vec<Threshold>>,
    /// Who has which role; with `thresholds`.
    pub holders: Vec<RoleHolders>,
}

fn refusal(error: AmendmentError) -> Refused {
    match &error {
        AmendmentError::Terms(terms) => Refused::conflict(code(terms), error),
        _ => Refused::unsigned("amendment-refused", error),
    }
}

impl Zone {
    /// Offer new terms to the peer: this zone's packs of law as they are now, the transition types of this version, and
    /// whatever else is named.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn amend_corridor(
        &self,
        ask: &Ask,
        id: &CorridorId,
        wanted: &AmendAsk,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        stated("/reason", &wanted.reason)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let mut open = self.open_corridor(id)?;
        amendable(&open)?;
        let now = self.now();
        let amendment = self.amendment(&open, wanted, now)?;
        let demand = open.terms.compatibility.as_ref();
        let assertion = self.keys.assertion.as_ref();
        let offer = amendment.open(&self.here, &open.there, demand, (now, assertion));
        open.record.value.amendment_offer = Some(offer.map_err(refusal)?.into());
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        if !open.record.value.url_there.is_empty() {
            writes.handshake_job("amend", id, now);
        }
        writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        let body = self.corridor_shown(&open.record.value)?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    fn amendment(
        &self,
        open: &Open,
        wanted: &AmendAsk,
        now: Timestamp,
    ) -> Result<Amendment, Refused> {
        let terms = &open.terms;
        let known = &open.record.value;
        let mut activation = known.activation_terms(&self.here)?;
        activation.effective_until = wanted.effective_until.unwrap_or(activation.effective_until);
        if let Some(thresholds) = &wanted.thresholds {
            activation.thresholds.truncate(1);
            activation.thresholds.extend(thresholds.iter().cloned());
            activation.holders.clone_from(&wanted.holders);
        }
        let there = open.there.did().clone();
        let (mine, theirs) = (self.packs_for(&open.there), known.packs_there(&open.there)?);
        let mut lawpacks = vec![said_of(self.did().clone(), mine), said_of(there, theirs)];
        lawpacks.sort_by(|a, b| a.party.cmp(&b.party));
        let rules = self.rules_with(&open.there, &activation)?;
        Ok(Amendment {
            corridor_id: terms.corridor_id.clone(),
            epoch: open.lane_here.value.epoch().max(open.lane_there.value.epoch()) + 1,
            amends: open.lane_here.value.amended(),
            effective_from: wanted.effective_from.unwrap_or(now),
            activation,
            lawpacks,
            ruleset_digest_set: rulesets(&rules),
            reason: wanted.reason.clone(),
        })
    }

    /// The amendments our lane went over to, oldest first, and the one that waits.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn amendments(&self, id: &CorridorId) -> Result<Value, Refused> {
        let known = self.corridor_record(id)?.value;
        let (amendments, offered) = (&known.amendments, &known.amendment_offer);
        Ok(json!({ "corridor_id": id, "amendments": amendments, "offered": offered }))
    }

    /// Accept the peer's offer of exactly this digest. Our lane goes over to it at once, or when its day has come.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn accept_amendment(
        &self,
        ask: &Ask,
        id: &CorridorId,
        amendment_sha256: &Digest,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let mut open = self.open_corridor(id)?;
        amendable(&open)?;
        let offer = self.amendment_there(&open)?;
        let offer = offer.filter(|offer| payload_digest(offer).ok() == Some(*amendment_sha256));
        let offer = offer.ok_or_else(|| {
            Refused::conflict("nothing-to-accept", "the peer offers no amendment of this digest")
        })?;
        let now = self.now();
        let complete = Amendment::countersign(offer, now, self.keys.assertion.as_ref());
        let complete = complete.map_err(refusal)?;
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        self.go_over(&mut writes, &mut open, complete, now)?;
        writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        let body = self.corridor_shown(&open.record.value)?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// Our lane goes over to an amendment both signed; before its day it is kept until then.
    fn go_over<W>(
        &self,
        writes: &mut Writes<'_, W>,
        open: &mut Open,
        complete: Value,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let id = open.terms.corridor_id.clone();
        let demand = open.terms.compatibility.clone();
        let read = Amendment::read_complete(&complete, &id, demand.as_ref(), open.since(self));
        let amendment = read.map_err(refusal)?.credential.subject;
        open.terms
            .amended(&amendment, open.parties(self))
            .map_err(|e| Refused::conflict(code(&e), e))?;
        if now < amendment.effective_from {
            open.record.value.amendment_offer = Some(complete.into());
            writes.handshake_job("amended", &id, amendment.effective_from);
            return Ok(());
        }
        let say = Say {
            kind: TransitionKind::Amend,
            payload: complete.clone(),
            decision_commitment: None,
            ack: None,
        };
        let (written, item) = self.write_here(open, say, now)?;
        writes.wrote(open, (&written, &item), now)?;
        writes.job_done("amended", &id);
        open.lane_here.value = written.lane;
        self.gone_over(open, complete)
    }

    /// The record after our lane has gone over.
    pub(super) fn gone_over(&self, open: &mut Open, complete: Value) -> Result<(), Refused> {
        let known = &mut open.record.value;
        has_room(known)?;
        known.amendment_offer = None;
        known.amendments.push(complete.into());
        Ok(())
    }

    /// The day of an accepted amendment has come.
    pub(super) fn run_amended(&self, id: &CorridorId) -> Result<(), Refused> {
        let _writing = self.writing();
        let mut open = self.open_corridor(id)?;
        let now = self.now();
        let waiting = self.amendment_waiting(&open, 2)?;
        let duty = Duty::of_zone(Task::Handshake);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        match waiting {
            Some(complete) if amendable(&open).is_ok() => {
                self.go_over(&mut writes, &mut open, complete, now)?;
                writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
            }
            _ => writes.job_done("amended", id),
        }
        writes.commit()
    }

    /// The amendment that waits, where so many signed it and it still follows.
    fn amendment_waiting(&self, open: &Open, signers: usize) -> Result<Option<Value>, Refused> {
        let Some(offer) = &open.record.value.amendment_offer else { return Ok(None) };
        let offer = offer.value();
        let read = self.read_amendment(open, &offer);
        let read = read.map_err(|e| Refused::conflict("amendment-refused", e))?;
        let said = &read.credential.subject;
        let lane = &open.lane_here.value;
        let follows = said.epoch == lane.epoch() + 1 && said.amends == lane.amended();
        Ok((read.signers.len() == signers && follows).then_some(offer))
    }

    fn amendment_there(&self, open: &Open) -> Result<Option<Value>, Refused> {
        let Some(offer) = self.amendment_waiting(open, 1)? else { return Ok(None) };
        let read = self.read_amendment(open, &offer).map_err(refusal)?;
        Ok((read.signers == [open.there.did().clone()]).then_some(offer))
    }

    fn read_amendment(
        &self,
        open: &Open,
        document: &Value,
    ) -> Result<corridor::Signed<Amendment>, AmendmentError> {
        let demand = open.terms.compatibility.as_ref();
        Amendment::read(document, &open.terms.corridor_id, demand, open.since(self))
    }

    /// Our offer, or what both signed where the peer cannot know of it yet; nothing where there is none.
    pub(super) fn amendment_message(
        &self,
        id: &CorridorId,
        carried: bool,
    ) -> Result<Option<Value>, Refused> {
        let open = self.open_corridor(id)?;
        let known = &open.record.value;
        let ours = match &known.amendment_offer {
            Some(offer) => {
                let offer = offer.value();
                let signers = self.read_amendment(&open, &offer).map_err(Refused::host)?.signers;
                (signers == [self.did().clone()] || signers.len() > 1 && carried).then_some(offer)
            }
            // The peer's lane shows that it has gone over.
            None if carried
                && open.lane_there.value.amended() != open.lane_here.value.amended() =>
            {
                known.amendments.last().map(Document::value)
            }
            None => None,
        };
        let offer = ours.map(|amendment| AmendmentOffer {
            kind: AmendmentType::Only,
            to: open.there.did().clone(),
            corridor_id: id.clone(),
            amendment,
        });
        offer.map(said).transpose()
    }

    /// Keep the peer's offer until the operator decides; take what both signed at once, for it is what we offered. Of
    /// two offers that cross, that of the zone whose id comes first is kept at both ends.
    pub(super) fn receive_amendment(
        &self,
        message: &PeerMessage,
        body: &Value,
    ) -> Result<Value, Refused> {
        let sent: AmendmentOffer = message.read(body)?;
        let id = sent.corridor_id;
        let mut open = self.open_corridor(&id)?;
        message.signed_by(&open.there)?;
        let stated = |e: AmendmentError| match &e {
            AmendmentError::Terms(terms) => Refused::peer(code(terms), e),
            _ => Refused::peer("amendment-refused", e),
        };
        amendable(&open)?;
        let read = self.read_amendment(&open, &sent.amendment).map_err(stated)?;
        let now = self.now();
        let duty = Duty::of_peer(Task::Handshake, open.there.did());
        let taken = |open: &Open| Taken { corridor_id: id.clone(), state: open.record.value.state };
        if open.lane_here.value.amended() == Some(read.payload_sha256) {
            return said(taken(&open));
        }
        let lane = &open.lane_here.value;
        if read.credential.subject.epoch != lane.epoch() + 1
            || read.credential.subject.amends != lane.amended()
        {
            return Err(Refused::peer("amendment-refused", "it does not follow from our lane"));
        }
        let ours = self.amendment_waiting(&open, 1)?;
        let ours = ours.filter(|_| self.amendment_there(&open).is_ok_and(|there| there.is_none()));
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        match (read.signers.len(), ours) {
            (2, Some(ours)) if payload_digest(&ours).ok() == Some(read.payload_sha256) => {
                self.go_over(&mut writes, &mut open, sent.amendment, now)?;
            }
            (1, ours) if read.signers == [open.there.did().clone()] => {
                if ours.is_none() || open.there.zone() < self.zone_id() {
                    open.record.value.amendment_offer = Some(sent.amendment.into());
                }
            }
            _ => return Err(Refused::peer("amendment-refused", "the offer is not the peer's own")),
        }
        writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        writes.answer(message.used(now));
        writes.commit()?;
        said(taken(&open))
    }

    /// Terms as the amendments our lane went over to leave them.
    pub(super) fn terms_amended(
        &self,
        terms: Terms,
        known: &CorridorRecord,
        there: &Party,
    ) -> Result<Terms, Refused> {
        let parties = [&self.here, there];
        known.amendments.iter().try_fold(terms, |terms, document| {
            // Judged by the lane when it went over; keys may have rotated since.
            let signers = parties.map(|party| Since(party, None));
            let demand = terms.compatibility.as_ref();
            let read =
                Amendment::read_complete(&document.value(), &known.corridor_id, demand, signers);
            let said = read.map_err(Refused::host)?.credential.subject;
            terms.amended(&said, parties).map_err(Refused::host)
        })
    }
}

/// Told before anything is offered: a corridor that cannot go over any more is begun anew.
fn has_room(known: &CorridorRecord) -> Result<(), Refused> {
    if known.amendments.len() < AMENDMENTS_MAX {
        return Ok(());
    }
    Err(Refused::conflict("too-many-amendments", "deprecate, and begin anew"))
}

/// What ended is not amended.
fn amendable(open: &Open) -> Result<(), Refused> {
    has_room(&open.record.value)?;
    match open.record.value.state {
        State::Active | State::Halted | State::Suspended => Ok(()),
        state => {
            let detail = format!("a corridor in state {state} is not amended");
            Err(Refused::conflict("illegal-transition", detail))
        }
    }
}

fn said_of(party: canon::Did, packs: Packs) -> PartyPacks {
    let Packs { mut pinned, mut held } = packs;
    for set in [&mut pinned, &mut held] {
        set.sort();
        set.dedup();
    }
    PartyPacks { party, pinned_lawpacks: pinned, held_lawpacks: held }
}

impl CorridorRecord {
    /// The terms as last agreed.
    fn activation_terms(&self, here: &Party) -> Result<ActivationTerms, Refused> {
        let of = |document: &Document| {
            let said = document.at("/credentialSubject/activation").unwrap_or_default();
            serde_json::from_value(said).map_err(Refused::host)
        };
        match (self.amendments.last(), &self.agreement_here) {
            (Some(last), _) => of(last),
            (None, Some(agreement)) => of(agreement),
            (None, None) => Err(Refused::host(format!("`{}` has not agreed", here.did()))),
        }
    }

    /// What the peer last said of law.
    fn packs_there(&self, there: &Party) -> Result<Packs, Refused> {
        let missing = || Refused::host(HandshakeError::PeerTerms("pinned_lawpacks"));
        let read = |said: &Value, name: &str| {
            let said = said.get(name).cloned().unwrap_or_else(|| Value::Array(Vec::new()));
            serde_json::from_value(said).map_err(Refused::host)
        };
        let said = match self.amendments.last() {
            Some(last) => {
                let of =
                    |packs: &Value| packs.get("party") == Some(&Value::from(there.did().as_str()));
                match last.at("/credentialSubject/lawpacks") {
                    Some(Value::Array(all)) => all.into_iter().find(of),
                    _ => None,
                }
            }
            None => self.agreement_there.as_ref().and_then(|a| a.at("/credentialSubject")),
        };
        let said = said.ok_or_else(missing)?;
        Ok(Packs { pinned: read(&said, "pinned_lawpacks")?, held: read(&said, "held_lawpacks")? })
    }
}

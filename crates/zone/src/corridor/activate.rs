//! Activation: both parties state the genesis; the lanes begin.

use canon::{CorridorId, Timestamp};
use corridor::lifecycle::Event;
use corridor::messages::{Activated, ActivationOffer, ActivationType};
use corridor::{Activation, Lane, State, Terms};
use proof::integrity::payload_digest;
use serde_json::Value;

use super::context::Drawn;
use super::document::Document;
use super::peer::{PeerMessage, said};
use super::record::{self, CorridorRecord};
use crate::duty::{Duty, Task};
use crate::refused::Refused;
use crate::writes::{OnDuty, Writes};
use crate::zone::Zone;

impl Zone {
    pub(super) fn activation_message(&self, record: &CorridorRecord) -> Result<Value, Refused> {
        let activation = record.activation.as_ref().map(Document::value);
        said(ActivationOffer {
            kind: ActivationType::Only,
            to: record.did_there.clone(),
            corridor_id: record.corridor_id.clone(),
            rotations: self.untold(record)?.to_vec(),
            activation: activation.ok_or_else(|| Refused::host("nothing to activate"))?,
        })
    }

    fn terms(&self, drawn: &Drawn) -> Result<Terms, Refused> {
        let known = &drawn.record.value;
        let (Some(mine), Some(theirs)) = (&known.agreement_here, &known.agreement_there) else {
            return Err(Refused::conflict("not-agreed", "an agreement is missing"));
        };
        let (mine, theirs) = (mine.value(), theirs.value());
        let agreements = [(&self.here, &mine), (&drawn.there, &theirs)];
        Terms::derive(&known.definition.value(), &agreements, [&self.here, &drawn.there])
            .map_err(|e| Refused::conflict("handshake-refused", e))
    }

    /// Countersign an activation of terms this zone derived itself, and begin the lanes.
    pub(super) fn receive_activation(
        &self,
        message: &PeerMessage,
        body: &Value,
    ) -> Result<Value, Refused> {
        let sent: ActivationOffer = message.read(body)?;
        let id = sent.corridor_id;
        let drawn = self.drawn_from(message, &id, &sent.rotations)?;
        if drawn.record.value.state != State::Pending {
            // A repeated request gets the document both signed.
            let known = drawn.record.value.activation.as_ref().map(Document::value);
            let known = known.ok_or_else(|| Refused::conflict("not-agreed", "accept it first"))?;
            return said(Activated { corridor_id: id, activation: known });
        }
        let terms = self.terms(&drawn)?;
        let parties = [&self.here, &drawn.there];
        Activation::read(&sent.activation, &terms, parties)
            .map_err(|e| Refused::peer("handshake-refused", e))?;
        let now = self.now();
        let assertion = self.keys.assertion.as_ref();
        let complete = Activation::countersign(sent.activation, now, assertion)
            .map_err(|e| Refused::peer("handshake-refused", e))?;
        let duty = Duty::of_peer(Task::Handshake, drawn.there.did());
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.begin_lanes(self, drawn, &terms, complete.clone(), now)?;
        // Whoever activates has heard the acceptance.
        writes.job_done("accept", &id);
        writes.answer(message.used(now));
        writes.commit()?;
        said(Activated { corridor_id: id, activation: complete })
    }

    /// Take the countersigned activation back, and begin the lanes.
    pub(super) fn activated(&self, id: &CorridorId, complete: Value) -> Result<(), Refused> {
        let drawn = self.drawn(id)?;
        if drawn.record.value.state != State::Pending {
            let duty = Duty::of_zone(Task::Job);
            let mut writes = self.on_duty(&duty, self.now(), &format!("corridor:{id}"))?;
            writes.job_done("activate", id);
            return writes.commit();
        }
        let terms = self.terms(&drawn)?;
        Activation::read_complete(&complete, &terms, [&self.here, &drawn.there])
            .map_err(|e| Refused::peer("handshake-refused", e))?;
        let now = self.now();
        let duty = Duty::of_zone(Task::Handshake);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.begin_lanes(self, drawn, &terms, complete, now)?;
        writes.job_done("activate", id);
        writes.commit()
    }
}

impl Writes<'_, OnDuty> {
    fn begin_lanes(
        &mut self,
        zone: &Zone,
        drawn: Drawn,
        terms: &Terms,
        activation: Value,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let evidence = payload_digest(&activation).map_err(Refused::host)?;
        let mut known = drawn.record.value;
        known.apply(Event::Activate, now, evidence).map_err(Refused::host)?;
        known.activation = Some(activation.into());
        let id = &terms.corridor_id;
        let begin = |zone_id| Lane::genesis(terms, zone_id).map_err(Refused::host);
        let (here, there) = (begin(zone.zone_id())?, begin(drawn.there.zone())?);
        self.state("corridor", id.as_str(), drawn.record.rev, &known)?;
        self.state("lane", &record::lane_here(id), None, &here)?;
        self.state("lane", &record::lane_there(id), None, &there)
    }
}

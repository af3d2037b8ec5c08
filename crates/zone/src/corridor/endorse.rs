//! Who else stands for what this zone writes, where its corridor's thresholds ask for them.

use canon::{CorridorId, Digest, Timestamp};
use corridor::TransitionKind;
use corridor::endorsement::Endorsement;
use corridor::handshake::Role;
use corridor::lane::{Class, Payload};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::context::Open;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::ENDORSEMENTS_KEPT_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// What was given for one corridor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    documents: Vec<Value>,
}

/// What this zone is asked to stand for in its peer's lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndorseAsk {
    /// Transitions of which class.
    pub class: Class,
    /// Until when.
    pub until: Timestamp,
    /// Of one payload alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_commitment: Option<Digest>,
}

impl Zone {
    /// Endorsements the next receipt of this lane carries.
    pub(super) fn endorsements(
        &self,
        open: &Open,
        (kind, payload): (TransitionKind, &Payload),
        now: Timestamp,
    ) -> Result<Vec<Value>, Refused> {
        let lane = &open.lane_here.value;
        if lane.rules().is_empty() {
            return Ok(Vec::new());
        }
        let given: Option<Loaded<Given>> = self.load("endorsement", lane.corridor_id().as_str())?;
        let given = given.map(|given| given.value.documents).unwrap_or_default();
        let commitment = payload.commitment().map_err(Refused::host)?;
        let at = (kind, commitment, now.max(lane.timestamp()));
        Ok(lane.rules().choose((lane.corridor_id(), lane.owner()), at, &given))
    }

    /// Keep what somebody signed for transitions of this zone, until it ends.
    ///
    /// # Errors
    /// See [`Refused`]; `endorsement-refused` where the corridor would not count it.
    pub fn take_endorsement(
        &self,
        ask: &Ask,
        id: &CorridorId,
        document: &Value,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let open = self.open_corridor(id)?;
        let refused = |e: &dyn std::fmt::Display| Refused::invalid("endorsement-refused", e);
        let (said, issuer, [_, until]) = Endorsement::claimed(document).map_err(|e| refused(&e))?;
        if said.role != Role::Zone {
            Endorsement::read(document).map_err(|e| refused(&e))?;
        }
        let lane = &open.lane_here.value;
        let counts = said.corridor_id == *id
            && said.lane == *lane.owner()
            && until > now
            && lane.rules().asks(said.class, said.role, &issuer);
        if !counts {
            let why = "it is over, of another lane, or in a role its issuer does not hold here";
            return Err(refused(&why));
        }
        let held: Option<Loaded<Given>> = self.load("endorsement", id.as_str())?;
        let rev = held.as_ref().and_then(|held| held.rev);
        let mut given = held.map(|held| held.value).unwrap_or_default();
        let goes_on =
            |kept: &Value| Endorsement::claimed(kept).is_ok_and(|(_, _, [_, until])| until > now);
        given.documents.retain(|kept| goes_on(kept) && kept != document);
        if given.documents.len() >= ENDORSEMENTS_KEPT_MAX {
            return Err(Refused::conflict("too-many-endorsements", "those held must end first"));
        }
        given.documents.push(document.clone());
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.state("endorsement", id.as_str(), rev, &given)?;
        let body =
            json!({ "corridor_id": id, "issuer": issuer, "role": said.role, "until": until });
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// Stand, as the other zone, for transitions of the peer.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn endorse(
        &self,
        ask: &Ask,
        id: &CorridorId,
        wanted: &EndorseAsk,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let open = self.open_corridor(id)?;
        let endorsement = Endorsement {
            corridor_id: id.clone(),
            lane: open.there.zone().clone(),
            role: Role::Zone,
            class: wanted.class,
            payload_commitment: wanted.payload_commitment,
        };
        let assertion = self.keys.assertion.as_ref();
        let body = endorsement.sign(self.did(), (now, wanted.until), assertion);
        let body = body.map_err(|e| Refused::unsigned("endorsement-refused", e))?;
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }
}

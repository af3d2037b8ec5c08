//! The corridor record: documents of the handshake, state, and how far the peer has our lane.

use canon::{CorridorId, Did, Digest, Timestamp, ZoneId};
use corridor::lifecycle::{AnyCorridor, Event};
use corridor::{IllegalTransition, State};
use serde::{Deserialize, Serialize};

use super::document::Document;

/// Which side drew the corridor up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// This zone.
    Proposer,
    /// The peer.
    Responder,
}

/// One transition of the corridor's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transitioned {
    pub(crate) from: State,
    pub(crate) to: State,
    pub(crate) at: Timestamp,
    /// Digest of the document that justifies it.
    pub(crate) evidence_sha256: Digest,
}

/// A corridor at rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorridorRecord {
    #[serde(rename = "type")]
    pub(crate) type_: String,
    pub(crate) corridor_id: CorridorId,
    pub(crate) state: State,
    pub(crate) role: Role,
    pub(crate) url_there: String,
    pub(crate) did_there: Did,
    pub(crate) zone_there: ZoneId,
    pub(crate) inception_there: Document,
    /// The rotations of the peer's keys it has told us.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rotations_there: Vec<Document>,
    /// Signed by the proposer, then by both.
    pub(crate) definition: Document,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agreement_here: Option<Document>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agreement_there: Option<Document>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) activation: Option<Document>,
    /// A resume waiting for the second signature, and who signed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resume_offer: Option<Document>,
    /// An amendment waiting for the second signature, or for its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amendment_offer: Option<Document>,
    /// Amendments our lane went over to, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) amendments: Vec<Document>,
    /// What we send is encrypted to the peer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) sealed: bool,
    /// The key the peer states for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payload_key_there: Option<Digest>,
    /// How far the peer had our lane, in data from before that had a record of its own ([`Progress`]).
    #[serde(default, skip_serializing_if = "is_none")]
    pub(super) delivered: u64,
    /// The same of our rotations.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(super) told: u64,
    pub(crate) transitions: Vec<Transitioned>,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// How far a peer has what is written here. It moves with every delivery, and the record of the corridor, which holds
/// all its documents, with none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    /// Receipts of our lane the peer has confirmed.
    pub(crate) delivered: u64,
    /// Rotations of our keys the peer has confirmed.
    pub(crate) told: u64,
}

impl CorridorRecord {
    pub(crate) const TYPE: &'static str = "MEZCorridor";

    /// What data from before say of the peer's progress.
    pub(crate) const fn progress(&self) -> Progress {
        Progress { delivered: self.delivered, told: self.told }
    }

    /// Apply an event of the lifecycle, with the document that justifies it.
    pub(crate) fn apply(
        &mut self,
        event: Event,
        at: Timestamp,
        evidence_sha256: Digest,
    ) -> Result<(), IllegalTransition> {
        let from = self.state;
        let to = AnyCorridor::from(from).apply(event)?.state();
        if from != to {
            self.transitions.push(Transitioned { from, to, at, evidence_sha256 });
            self.state = to;
        }
        Ok(())
    }
}

/// Stream of the lane written here; also its name in the signer's cell.
pub(crate) fn stream_here(id: &CorridorId) -> String {
    format!("lane/here/{id}")
}

/// Stream of the lane mirrored from there.
pub(crate) fn stream_there(id: &CorridorId) -> String {
    format!("lane/there/{id}")
}

/// Record of the lane written here.
pub(crate) fn lane_here(id: &CorridorId) -> String {
    format!("{id}/here")
}

/// Record of the lane mirrored from there.
pub(crate) fn lane_there(id: &CorridorId) -> String {
    format!("{id}/there")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{CorridorRecord, Progress};

    #[test]
    fn data_from_before_keep_how_far_the_peer_was() {
        let mut of_before = json!({
            "type": CorridorRecord::TYPE,
            "corridor_id": "org.momentum.mez.corridor.hk--sg",
            "state": "ACTIVE",
            "role": "proposer",
            "url_there": "http://127.0.0.1:9",
            "did_there": "did:key:z6Mk",
            "zone_there": "org.momentum.mez.zone.hk",
            "inception_there": {},
            "definition": {},
            "delivered": 7,
            "told": 2,
            "transitions": [],
        });
        let read = |value: &serde_json::Value| {
            serde_json::from_value::<CorridorRecord>(value.clone()).unwrap()
        };
        assert_eq!(read(&of_before).progress(), Progress { delivered: 7, told: 2 });
        let members = of_before.as_object_mut().unwrap();
        members.remove("delivered");
        members.remove("told");
        assert_eq!(read(&of_before).progress(), Progress::default());
    }
}

//! Rotations of keys in corridors: taking the peer's, telling ours, and stating ours in our lanes.
//!
//! A rotation travels with any message of its zone and is learned before the message's own signature is
//! judged; it proves itself. Invariant: what is known of a peer's keys only grows, and a rotation that
//! would change whose receipts are held is refused.

use std::sync::atomic::Ordering;

use canon::{Canonical, CorridorId, Refusal};
use corridor::evidence::other_rotation;
use corridor::lane::KeyNotice;
use corridor::{Lane, Party, State, TransitionKind};
use proof::rotation::{HistoryError, RotationError};
use proof::{KeyHistory, Verified};
use serde_json::Value;

use super::context::Drawn;
use super::document::Document;
use super::lane::Say;
use super::peer::PeerMessage;
use super::record::{CorridorRecord, lane_there};
use crate::duty::{Duty, Task};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// The code of a peer with two chains of keys.
const CONTRADICT: &str = "keys-contradict";

impl CorridorRecord {
    /// The peer, under every rotation it has told us.
    pub(crate) fn party_there(&self) -> Result<Party, HistoryError> {
        let rotations = Document::values(&self.rotations_there);
        let keys = KeyHistory::verify(&self.inception_there.value(), &rotations, &self.did_there);
        Ok(Party::with(keys?))
    }

    /// The document of its keys over time.
    pub(crate) fn keys_there(&self) -> Result<Canonical, Refusal> {
        let rotations = Document::values(&self.rotations_there);
        KeyHistory::document(&self.inception_there.value(), &rotations)
    }
}

/// What the peer tells of its keys beyond what is known: the history with it, and what is new.
fn learned(
    known: &Verified<KeyHistory>,
    told: &[Value],
) -> Result<(Verified<KeyHistory>, Vec<Value>), Refused> {
    let (mut keys, mut new) = (known.clone(), Vec::new());
    for document in told {
        match keys.extend(document) {
            Ok(next) => {
                keys = next;
                new.push(document.clone());
            }
            Err(RotationError::Number { expected, found }) if found < expected => {
                // A copy of what is known is no news; another of its number is a second history.
                if let Ok(two) = keys.contradicts(document) {
                    let detail = format!(
                        "rotation {} is held as {}, told as {}",
                        two.number, two.held, two.other
                    );
                    return Err(Refused::peer(CONTRADICT, detail));
                }
            }
            Err(other) => return Err(Refused::peer("rotation-refused", other)),
        }
    }
    Ok((keys, new))
}

impl Zone {
    /// The corridor a message is about, its sender's rotations learned and its signature verified.
    pub(super) fn drawn_from(
        &self,
        message: &PeerMessage,
        id: &CorridorId,
        told: &[Value],
    ) -> Result<Drawn, Refused> {
        let mut drawn = self.drawn(id)?;
        let (keys, new) = match learned(drawn.there.keys(), told) {
            Err(refused) if refused.code() == CONTRADICT => {
                return Err(self.second_chain(id, told, refused)?);
            }
            learned => learned?,
        };
        if new.is_empty() {
            message.signed_by(&drawn.there)?;
            return Ok(drawn);
        }
        let there = Party::with(keys);
        message.signed_by(&there)?;
        let lane: Option<Loaded<Lane>> = self.load("lane", &lane_there(id))?;
        if let Some(last) = lane.and_then(|lane| lane.value.size().checked_sub(1)) {
            let [before, after] = [&drawn.there, &there].map(|party| party.lane_key(id, last).0);
            if before != after {
                let detail = format!("receipt {last} is held under the key before it");
                return Err(Refused::peer("rotation-behind", detail));
            }
        }
        drawn.record.value.rotations_there.extend(Document::each(new));
        let duty = Duty::of_peer(Task::KeyRotation, there.did());
        let mut writes = self.on_duty(&duty, self.now(), &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), drawn.record.rev, &drawn.record.value)?;
        writes.commit()?;
        self.drawn(id)
    }

    /// Keep the proof that the peer told two chains of keys, where its corridor runs; it stops.
    fn second_chain(
        &self,
        id: &CorridorId,
        told: &[Value],
        refused: Refused,
    ) -> Result<Refused, Refused> {
        let Ok(open) = self.open_corridor(id) else { return Ok(refused) };
        let keys = self.corridor_keys(id)?;
        let mut proven =
            told.iter().filter_map(|document| other_rotation(keys.clone(), document.clone()).ok());
        let Some(file) = proven.next() else { return Ok(refused) };
        let digest = file.digest();
        let kept = self.equivocated(None, open, &file, "the peer told two chains of keys")?;
        drop(kept);
        Ok(Refused::peer(CONTRADICT, format!("{refused}; evidence {digest}")))
    }

    /// The keys of the peer of a corridor over time, as it told them.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn corridor_keys(&self, id: &CorridorId) -> Result<Value, Refused> {
        let known = self.corridor_record(id)?.value;
        let keys = known.keys_there();
        Ok(keys.map_err(Refused::host)?.value())
    }

    /// Our rotations the peer is not known to hold.
    pub(super) fn untold(&self, record: &CorridorRecord) -> Result<&[Value], Refused> {
        let told = usize::try_from(self.progress(record)?.value.told).unwrap_or(usize::MAX);
        Ok(self.rotations.get(told..).unwrap_or_default())
    }

    /// State our last rotation in every lane it begins in, and have it told to every peer. Done once
    /// after a start, before anything else is written in a lane.
    ///
    /// # Errors
    /// [`Refused::NotSigning`], or the store; what is left is done by the next call.
    pub fn state_rotations(&self) -> Result<(), Refused> {
        if self.rotations.is_empty() || self.stated.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let rows = self.store.records("corridor", after.as_deref(), store::PAGE_MAX)?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (_, row) in &rows {
                let known: CorridorRecord =
                    serde_json::from_slice(&row.body).map_err(Refused::host)?;
                if !matches!(known.state, State::Draft | State::Pending) {
                    self.state_rotation(&known.corridor_id)?;
                }
            }
        }
        self.stated.store(true, Ordering::Release);
        Ok(())
    }

    fn state_rotation(&self, id: &CorridorId) -> Result<(), Refused> {
        let _writing = self.writing();
        let open = self.open_corridor(id)?;
        let due = self.here.stated_at(id, open.lane_here.value.size());
        if due.is_none() && self.untold(&open.record.value)?.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let duty = Duty::of_zone(Task::KeyRotation);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        match due {
            Some(due) => {
                let kind = TransitionKind::KeyRotate;
                let payload = Canonical::of(&KeyNotice::of(due)).map_err(Refused::host)?.value();
                let say = Say { kind, payload, decision_commitment: None, ack: None };
                let (written, item) = self.write_here(&open, say, now)?;
                writes.wrote(&open, (&written, &item), now)?;
            }
            None => writes.deliver(id, now),
        }
        writes.commit()
    }
}

//! Cuts: proposed over what both lanes hold here, countersigned by the peer.

use canon::{CorridorId, Digest, Timestamp, ZoneId};
use corridor::Cut;
use corridor::cut::HeldLane;
use corridor::limits::HISTORY_CUTS_MAX;
use corridor::messages::{CutOffer, CutSigned, CutType};
use proof::integrity::payload_digest;
use proof::merkle::Tree;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::context::Open;
use super::peer::{PeerMessage, said};
use super::record::{stream_here, stream_there};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A co-signed cut, as kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CutRecord {
    #[serde(rename = "type")]
    type_: String,
    pub(crate) cut: Value,
}

const CUTS_MAX: usize = 1_000;

impl Zone {
    /// The co-signed cuts of a corridor, oldest first.
    ///
    /// # Errors
    /// The store.
    pub fn cuts(&self, id: &CorridorId) -> Result<Value, Refused> {
        let cuts: Vec<Value> = self.cut_records(id)?.into_iter().map(|record| record.cut).collect();
        Ok(json!({ "corridor_id": id, "cuts": cuts }))
    }

    pub(crate) fn cut_records(&self, id: &CorridorId) -> Result<Vec<CutRecord>, Refused> {
        let prefix = format!("{id}/");
        let rows = self.store.records("cut", Some(&prefix), CUTS_MAX)?;
        let ours = rows.into_iter().take_while(|(key, _)| key.starts_with(&prefix));
        ours.map(|(_, row)| serde_json::from_slice(&row.body).map_err(Refused::host)).collect()
    }

    fn note(&self, stream: &str, size: u64) -> Result<Vec<u8>, Refused> {
        let last = size.checked_sub(1);
        let last = last.ok_or_else(|| Refused::conflict("cut-refused", "a lane is empty"))?;
        let items = self.items(stream, last, 1)?;
        let item = items.into_iter().next();
        let item = item.ok_or_else(|| Refused::host("a lane ends before its size"))?;
        Ok(item.checkpoint.into_bytes())
    }

    fn draw_cut(&self, open: &Open, now: Timestamp) -> Result<Value, Refused> {
        let id = &open.terms.corridor_id;
        let (here, there) = (stream_here(id), stream_there(id));
        let (lane_here, lane_there) = (&open.lane_here.value, &open.lane_there.value);
        let tree_here = self.with_tree(&here, Tree::clone)?;
        let tree_there = self.with_tree(&there, Tree::clone)?;
        let note_here = self.note(&here, lane_here.size())?;
        let note_there = self.note(&there, lane_there.size())?;
        let previous = self.cut_records(id)?.last().map(|r| payload_digest(&r.cut)).transpose();
        let previous: Vec<Digest> = previous.map_err(Refused::host)?.into_iter().collect();
        let one = HeldLane { lane: lane_here, tree: &tree_here, note: &note_here };
        let other = HeldLane { lane: lane_there, tree: &tree_there, note: &note_there };
        let assertion = self.keys.assertion.as_ref();
        Cut::propose(&open.terms, [&one, &other], previous, now, assertion)
            .map_err(|e| Refused::unsigned("cut-refused", e))
    }

    /// Propose a cut over everything held of both lanes and have the peer sign it.
    ///
    /// # Errors
    /// See [`Refused`]; `cut-behind` while the peer does not hold all of our lane yet.
    pub fn cut_corridor(&self, ask: &Ask, id: &CorridorId) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Cut, &ask.caller)?;
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let (record, message, proposed) = {
            let _writing = self.writing();
            let open = self.open_corridor(id)?;
            let cut = self.draw_cut(&open, self.now())?;
            let proposed = payload_digest(&cut).map_err(Refused::host)?;
            let to = open.there.did().clone();
            let kind = CutType::Only;
            let message = said(CutOffer { kind, to, corridor_id: id.clone(), cut })?;
            (open.record.value, message, proposed)
        };
        // The lock is not held while the peer is asked: it may be asking us.
        let CutSigned { cut: document, .. } = self.post_to(&record, "cut", &message)?;
        let _writing = self.writing();
        let open = self.open_corridor(id)?;
        let parties = open.parties(self);
        let refused = |e| Refused::peer("cut-refused", e);
        let cut = Cut::read(&document, &open.terms).map_err(refused)?;
        Cut::verify_signers(&document, parties, &parties).map_err(refused)?;
        if payload_digest(&document).map_err(Refused::host)? != proposed {
            return Err(Refused::peer("cut-refused", "the peer signed another cut"));
        }
        let now = self.now();
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        let body = json!({ "corridor_id": id, "cut": document });
        let record = CutRecord { type_: "MEZCut".to_owned(), cut: document };
        let key = cut_key(id, &cut);
        let known: Option<Loaded<CutRecord>> = self.load("cut", &key)?;
        writes.state("cut", &key, known.and_then(|k| k.rev), &record)?;
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    /// Countersign a cut that states both lanes exactly as they are held here.
    pub(super) fn receive_cut(
        &self,
        message: &PeerMessage,
        body: &Value,
    ) -> Result<Value, Refused> {
        let sent: CutOffer = message.read(body)?;
        let id = sent.corridor_id;
        let open = self.open_corridor(&id)?;
        message.signed_by(&open.there)?;
        let parties = open.parties(self);
        let refused = |e| Refused::peer("cut-refused", e);
        let cut = Cut::read(&sent.cut, &open.terms).map_err(refused)?;
        Cut::verify_signers(&sent.cut, parties, &[&open.there]).map_err(refused)?;
        let (here, there) = (&open.lane_here.value, &open.lane_there.value);
        let holds = |lane: &corridor::Lane| size_in(&cut, lane.owner()) == Some(lane.size());
        if !holds(here) || !holds(there) {
            let detail = format!("this zone holds {} and {} receipts", here.size(), there.size());
            return Err(Refused::conflict("cut-behind", detail));
        }
        let note_here = self.note(&stream_here(&id), here.size())?;
        let note_there = self.note(&stream_there(&id), there.size())?;
        cut.check_against([here, there], [&note_here, &note_there], parties).map_err(refused)?;
        for earlier in self.cut_records(&id)? {
            let earlier = Cut::read(&earlier.cut, &open.terms).map_err(Refused::host)?;
            if !cut.dominates(&earlier) {
                return Err(Refused::peer("cut-refused", corridor::CutError::Dominance));
            }
        }
        let now = self.now();
        let assertion = self.keys.assertion.as_ref();
        let document = Cut::countersign(sent.cut, now, assertion).map_err(refused)?;
        let duty = Duty::of_peer(Task::Cut, open.there.did());
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        let key = cut_key(&id, &cut);
        let known: Option<Loaded<CutRecord>> = self.load("cut", &key)?;
        let record = CutRecord { type_: "MEZCut".to_owned(), cut: document.clone() };
        writes.state("cut", &key, known.and_then(|k| k.rev), &record)?;
        writes.answer(message.used(now));
        writes.commit()?;
        said(CutSigned { corridor_id: id, cut: document })
    }
}

impl Zone {
    /// Cuts for one that was put back: those over no more of our lane and of the peer's than told, from the last one on
    /// that covers less than `from` of the peer's.
    pub(super) fn cuts_between(
        &self,
        open: &Open,
        from: u64,
        (to_here, to_there): (u64, u64),
    ) -> Result<Vec<Value>, Refused> {
        let (mut cuts, mut first) = (Vec::new(), 0);
        for CutRecord { cut: document, .. } in self.cut_records(&open.terms.corridor_id)? {
            let cut = Cut::read(&document, &open.terms).map_err(Refused::host)?;
            let size = |lane: &corridor::Lane| size_in(&cut, lane.owner()).unwrap_or(u64::MAX);
            let [here, there] = [&open.lane_here.value, &open.lane_there.value].map(size);
            if here > to_here || there > to_there {
                break;
            }
            if there < from {
                first = cuts.len();
            }
            cuts.push(document);
        }
        Ok(cuts.split_off(first.max(cuts.len().saturating_sub(HISTORY_CUTS_MAX))))
    }

    /// Cuts taken up again: each carries our signature, and the peer's.
    pub(super) fn adopt_cuts(
        &self,
        duty: &Duty,
        open: &Open,
        cuts: Vec<Value>,
    ) -> Result<(), Refused> {
        if cuts.len() > HISTORY_CUTS_MAX {
            return Err(Refused::peer("cut-refused", "more cuts than receipts"));
        }
        let id = &open.terms.corridor_id;
        let parties = open.parties(self);
        let refused = |e| Refused::peer("cut-refused", e);
        for document in cuts {
            let cut = Cut::read(&document, &open.terms).map_err(refused)?;
            Cut::verify_signers(&document, parties, &parties).map_err(refused)?;
            let key = cut_key(id, &cut);
            let known: Option<Loaded<CutRecord>> = self.load("cut", &key)?;
            if known.as_ref().is_some_and(|known| known.value.cut == document) {
                continue;
            }
            for earlier in self.cut_records(id)? {
                let other = Cut::read(&earlier.cut, &open.terms).map_err(Refused::host)?;
                if !cut.dominates(&other) && !other.dominates(&cut) {
                    return Err(refused(corridor::CutError::Dominance));
                }
            }
            let subject = format!("corridor:{id} cut");
            let mut writes = self.adopting(duty, self.now(), &subject, Value::Null)?;
            let record = CutRecord { type_: "MEZCut".to_owned(), cut: document };
            writes.state("cut", &key, known.and_then(|known| known.rev), &record)?;
            writes.commit()?;
        }
        Ok(())
    }
}

/// How much of a lane a cut covers.
fn size_in(cut: &Cut, zone: &ZoneId) -> Option<u64> {
    cut.lanes.iter().find(|lane| lane.zone_id == *zone).map(|lane| lane.size)
}

/// Cuts dominate each other, so their total sizes order them.
fn cut_key(id: &CorridorId, cut: &Cut) -> String {
    let total: u64 = cut.lanes.iter().map(|lane| lane.size).fold(0, u64::saturating_add);
    format!("{id}/{total:016}")
}

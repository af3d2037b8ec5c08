//! A peer that signed two histories: the proof is kept, and the corridor stops.
//!
//! Invariant: evidence, halt receipt and state are one commit; a file is kept only if its judge
//! finds it proven, so an honest peer is never accused. What is held is never replaced.

use canon::{Canonical, CorridorId, Digest, RecordId};
use corridor::evidence::{By, two_notes, two_receipts};
use corridor::fork::found;
use corridor::lane::LaneReceipt;
use corridor::messages::Item;
use corridor::seeded::bug;
use corridor::{HaltNotice, Stop, TransitionKind};
use proof::merkle::Tree;
use proof::{Checkpoint, Verified};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::IdempotencyPut;

use super::context::Open;
use super::lane::Say;
use super::record::stream_there;
use crate::duty::{Duty, Task};
use crate::limits::EVIDENCE_FILES_MAX;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

const KIND: &str = "equivocation";

/// A proof, as kept beside its corridor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(rename = "type")]
    type_: String,
    /// The evidence file (`MEZEquivocationEvidence`).
    evidence: Value,
}

fn key(id: &CorridorId, digest: &Digest) -> String {
    format!("{id}/{digest}")
}

impl Zone {
    /// A receipt below what is held must be the one that is held, and so must its note.
    pub(super) fn same_as_held(
        &self,
        nonce: &mut Option<IdempotencyPut>,
        open: Open,
        (receipt, item): (&LaneReceipt, &Item),
    ) -> Result<(), Refused> {
        let stream = stream_there(&open.terms.corridor_id);
        let held = self.items(&stream, receipt.sequence, 1)?.pop();
        let held = held.ok_or_else(|| Refused::host(format!("`{stream}` lacks an entry")))?;
        if held.read().map_err(Refused::host)?.next_root == receipt.next_root && !bug(9) {
            return self.same_note(nonce, open, item);
        }
        // Only what its lane key signed is held against the peer.
        let file = two_receipts(accused(&open), held.receipt, item.receipt.clone());
        let file = file.map_err(|judged| {
            let why = judged.reasons.first().map_or("nothing", |reason| reason.detail.as_str());
            Refused::peer("receipt-refused", format!("another receipt is held, and {why}"))
        })?;
        let about = format!("another receipt {} is held of this lane", receipt.sequence);
        Err(self.equivocated(nonce.take(), open, &file, &about)?)
    }

    /// A note of a size that is held must state the root that is held.
    pub(super) fn same_note(
        &self,
        nonce: &mut Option<IdempotencyPut>,
        open: Open,
        item: &Item,
    ) -> Result<(), Refused> {
        let id = &open.terms.corridor_id;
        let stream = stream_there(id);
        let note = item.checkpoint.as_bytes();
        let origin = open.there.lane_origin(id);
        let note: Verified<Checkpoint> = match open.there.checkpoint(note, &origin) {
            Ok(note) => note,
            Err(error) => return Err(Refused::peer("checkpoint-refused", error)),
        };
        let root = self.with_tree(&stream, |tree: &Tree| tree.root_at(note.size()).ok())?;
        let last = note.size().checked_sub(1).filter(|_| root != Some(note.root()));
        let held = last.map(|last| self.items(&stream, last, 1)).transpose()?;
        let Some(held) = held.and_then(|mut items| items.pop()) else { return Ok(()) };
        let file = two_notes(accused(&open), &held.checkpoint, &item.checkpoint);
        let file = file.map_err(|_| Refused::host("two notes that differ prove nothing"))?;
        let about = format!("another root of size {} is held of this lane", note.size());
        Err(self.equivocated(nonce.take(), open, &file, &about)?)
    }

    /// Keep the proof and halt the corridor, once; the refusal that names it.
    pub(crate) fn equivocated(
        &self,
        nonce: Option<IdempotencyPut>,
        mut open: Open,
        file: &Canonical,
        about: &str,
    ) -> Result<Refused, Refused> {
        let (id, digest) = (open.terms.corridor_id.clone(), file.digest());
        let refusal = Refused::peer("equivocation", format!("{about}; evidence {digest}"));
        let known: Option<Loaded<Kept>> = self.load(KIND, &key(&id, &digest))?;
        if known.is_some() || self.evidence_rows(&id)?.len() >= EVIDENCE_FILES_MAX {
            return Ok(refusal);
        }
        let now = self.now();
        let alarm = self.alarm(&open, file, now)?;
        let duty = Duty::of_peer(Task::Fork, open.there.did());
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id} evidence:{digest}"))?;
        writes.answer(nonce);
        let kept = Kept { type_: "MEZEvidenceKept".to_owned(), evidence: file.value() };
        writes.state(KIND, &key(&id, &digest), None, &kept)?;
        // A file about a fork that is resolved moves nothing.
        let ended = alarm.is_none() && found_in(file, &open);
        if open.record.value.state.admits(TransitionKind::Halt) && !ended {
            let name = format!("{}:{}", self.zone_id(), open.lane_here.value.size());
            let halt_id = RecordId::parse(&name).map_err(Refused::host)?;
            let reason = format!("equivocation: evidence {digest}");
            let authority = format!("evidence {digest}");
            let notice = HaltNotice::new(Stop::Halt, &id, halt_id, &reason, &authority);
            let mut notice = notice.map_err(Refused::host)?;
            if let Some((fork, raised)) = alarm {
                writes.alarmed(self, (&id, &fork), raised.clone())?;
                notice.alarm = Some(raised);
            }
            let payload = serde_json::to_value(notice).map_err(Refused::host)?;
            let kind = TransitionKind::Halt;
            let say = Say { kind, payload, decision_commitment: None, ack: None };
            let (written, item) = self.write_here(&open, say, now)?;
            writes.wrote(&open, (&written, &item), now)?;
            open.lane_here.value = written.lane;
            open.follow(now, digest)?;
            writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        }
        writes.commit()?;
        Ok(refusal)
    }

    pub(super) fn evidence_rows(&self, id: &CorridorId) -> Result<Vec<(Digest, Value)>, Refused> {
        let prefix = format!("{id}/");
        let rows = self.store.records(KIND, Some(&prefix), EVIDENCE_FILES_MAX)?;
        let ours = rows.into_iter().take_while(|(key, _)| key.starts_with(&prefix));
        let read = |(_, row): (String, store::Record)| {
            let kept: Kept = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            Ok((Canonical::of_value(&kept.evidence)?.digest(), kept.evidence))
        };
        ours.map(read).collect()
    }

    /// Digests of the proofs kept against the peer of a corridor.
    pub(super) fn evidence_digests(&self, id: &CorridorId) -> Result<Vec<Digest>, Refused> {
        Ok(self.evidence_rows(id)?.into_iter().map(|(digest, _)| digest).collect())
    }

    /// The proofs of equivocation kept against the peer of a corridor, whole.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn corridor_evidence(&self, id: &CorridorId) -> Result<Value, Refused> {
        self.corridor_record(id)?;
        let shown = |(digest, file)| json!({ "sha256": digest, "evidence": file });
        let files: Vec<Value> = self.evidence_rows(id)?.into_iter().map(shown).collect();
        Ok(json!({ "corridor_id": id, "evidence": files }))
    }

    /// One proof, byte for byte.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn evidence_file(&self, id: &CorridorId, digest: &Digest) -> Result<Vec<u8>, Refused> {
        let kept: Loaded<Kept> = self.need(KIND, &key(id, digest))?;
        Ok(Canonical::of_value(&kept.value.evidence)?.bytes().to_vec())
    }
}

/// Whether a file is about a lane of this corridor.
fn found_in(file: &Canonical, open: &Open) -> bool {
    let evidence = file.read().ok();
    let id = &open.terms.corridor_id;
    evidence.is_some_and(|evidence| found(&evidence, id, &open.there).is_some())
}

fn accused(open: &Open) -> By {
    let known = &open.record.value;
    let keys = known.keys_there().ok();
    match keys.filter(|_| !known.rotations_there.is_empty()) {
        Some(keys) => By::Keys(keys.value()),
        None => By::Inception(known.inception_there.value()),
    }
}

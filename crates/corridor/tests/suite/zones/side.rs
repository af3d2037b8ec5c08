//! One zone: its pens, its own lane, and the other lane as it holds it.

use canon::{Digest, RecordId};
use corridor::halt::{HaltNotice, Stop};
use corridor::lane::Appended;
use corridor::lane::{Ack, Draft, LaneReceipt, Refused, TransitionKind};
use corridor::verify::LaneItem;
use corridor::{AppendError, Lane, Party, Terms};
use proof::SecretKey;
use proof::integrity::{ProofOptions, sign_document};
use proof::merkle::Tree;
use serde_json::{Value, json};

use super::{at, draft};

/// A lane as one side keeps it.
pub struct Kept {
    /// `prefixes[n]` is the lane after n receipts.
    pub prefixes: Vec<Lane>,
    /// The tree of all its receipts.
    pub tree: Tree,
    /// The receipts as sent.
    pub items: Vec<LaneItem>,
}

impl Kept {
    fn new(lane: Lane) -> Self {
        Self { prefixes: vec![lane], tree: Tree::new(), items: Vec::new() }
    }

    /// The lane now.
    pub fn lane(&self) -> &Lane {
        self.prefixes.last().unwrap()
    }

    /// Receipts held.
    pub fn size(&self) -> u64 {
        self.lane().size()
    }

    /// The lane after `size` receipts.
    pub fn prefix(&self, size: u64) -> &Lane {
        &self.prefixes[usize::try_from(size).unwrap()]
    }

    /// The lane after `size` receipts, and its note.
    pub fn at(&self, size: u64) -> (&Lane, &[u8]) {
        let size = usize::try_from(size).unwrap();
        (&self.prefixes[size], &self.items[size - 1].checkpoint)
    }

    fn push(&mut self, lane: Lane, item: LaneItem) {
        self.tree.push(lane.last_root()).unwrap();
        self.prefixes.push(lane);
        self.items.push(item);
    }
}

/// A zone with what it holds of one corridor.
pub struct Side {
    /// Itself.
    pub party: Party,
    /// The other zone.
    pub peer: Party,
    /// Its inception document.
    pub inception: Value,
    /// The rotations of its keys.
    pub rotations: Vec<Value>,
    /// Its assertion key.
    pub pen: SecretKey,
    /// Its log key.
    pub log: SecretKey,
    /// Its own lane.
    pub here: Kept,
    /// The other's lane.
    pub there: Kept,
    /// Seconds since the start.
    pub clock: i64,
}

impl Side {
    pub fn new(
        party: Party,
        peer: Party,
        inception: Value,
        pen: SecretKey,
        log: SecretKey,
        terms: &Terms,
    ) -> Self {
        let kept = |party: &Party| Kept::new(Lane::genesis(terms, party.zone()).unwrap());
        let (here, there) = (kept(&party), kept(&peer));
        Self { party, peer, inception, rotations: Vec::new(), pen, log, here, there, clock: 10 }
    }

    pub fn parties(&self) -> [&Party; 2] {
        [&self.party, &self.peer]
    }

    /// The key of the next receipt of its lane.
    pub fn log_key(&self) -> &proof::PublicKey {
        self.party.lane_key(self.here.lane().corridor_id(), self.here.size()).0
    }

    /// Write with whatever is seen now.
    pub fn write(&mut self, draft: Draft) -> Result<LaneReceipt, AppendError> {
        let seen = self.there.lane().as_seen();
        self.write_exactly(Draft { seen, ..draft })
    }

    /// Write the draft as it stands.
    pub fn write_exactly(&mut self, draft: Draft) -> Result<LaneReceipt, AppendError> {
        self.clock += 1;
        let payload = Some(draft.payload.clone());
        let (lane, other, now) = (self.here.lane(), self.there.lane(), at(self.clock));
        let written = lane.write(draft, now, &self.log, other, self.parties())?;
        let receipt = written.receipt.canonical().unwrap().bytes().to_vec();
        let item = LaneItem { receipt, payload, checkpoint: written.checkpoint };
        self.here.push(written.lane, item);
        Ok(written.receipt)
    }

    /// Say that the first `size` receipts of the other lane are decided.
    pub fn ack(&mut self, size: u64, refused: &[u64]) -> Result<LaneReceipt, AppendError> {
        let ack = self.ack_of(size, refused);
        self.write(Draft { ack: Some(ack), ..draft(TransitionKind::Ack, json!({})) })
    }

    pub fn ack_of(&self, size: u64, refused: &[u64]) -> Ack {
        let refused = refused.iter().map(|sequence| Refused {
            sequence: *sequence,
            reason_code: "law-refused".to_owned(),
            decision_sha256: Digest::of_blob(b"why"),
        });
        let root = self.there.tree.root_at(size.min(self.there.size())).unwrap();
        Ack { lane: self.peer.zone().clone(), size, root, refused: refused.collect() }
    }

    /// Stop the corridor.
    pub fn halt(&mut self, id: &str) -> Result<LaneReceipt, AppendError> {
        self.stop(Stop::Halt, id)
    }

    pub fn stop(&mut self, stop: Stop, id: &str) -> Result<LaneReceipt, AppendError> {
        self.write(draft(stop.kind(), self.notice(stop, id)))
    }

    pub fn notice(&self, stop: Stop, id: &str) -> Value {
        let id = RecordId::parse(id).unwrap();
        let corridor_id = self.here.lane().corridor_id();
        let notice = HaltNotice::new(stop, corridor_id, id, "order", "central bank").unwrap();
        canon::Canonical::of(&notice).unwrap().value()
    }

    /// Take a receipt of the other side, with every check a zone makes.
    pub fn receive(&mut self, item: &LaneItem) -> Result<Appended, AppendError> {
        let receipt = LaneReceipt::read(&item.receipt)?;
        let mut lane = self.there.lane().clone();
        let (payload, other) = (item.payload.as_ref(), self.here.lane());
        let appended = lane.append(&receipt, payload, other, self.parties())?;
        receipt.check_views(|size| self.here.tree.root_at(size).ok())?;
        let origin = self.peer.lane_origin(lane.corridor_id());
        let note = self.peer.checkpoint(&item.checkpoint, &origin).unwrap();
        assert_eq!((note.size(), note.root()), (lane.size(), lane.root()));
        self.there.push(lane, item.clone());
        Ok(appended)
    }

    /// The next receipt of this side's lane, changed by `edit` and signed again with its log key.
    pub fn forged(&self, draft: Draft, edit: impl FnOnce(&mut LaneReceipt)) -> LaneReceipt {
        let (lane, other) = (self.here.lane(), self.there.lane());
        let draft = Draft { seen: draft.seen.clone().or_else(|| other.as_seen()), ..draft };
        let written = lane.write(draft, at(self.clock), &self.log, other, self.parties());
        let mut receipt = written.unwrap().receipt;
        edit(&mut receipt);
        resealed(receipt, &self.log)
    }
}

/// A receipt with its root derived and its signature made anew.
pub fn resealed(mut receipt: LaneReceipt, log: &SecretKey) -> LaneReceipt {
    receipt.proof = None;
    receipt.next_root = receipt.derived_root().unwrap();
    let options = ProofOptions::assertion(receipt.timestamp, log);
    let document = receipt.canonical().unwrap().value();
    receipt.proof = sign_document(document, &options, log).unwrap().get("proof").cloned();
    receipt
}

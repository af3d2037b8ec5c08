//! A lane: every receipt read, linked and verified, its payload, its note, and the tree over all.

use canon::{Canonical, CorridorId, Digest};
use corridor::messages::Item;
use corridor::{Lane, LaneReceipt, Party};
use proof::merkle::Peaks;
use store::{Entry, StoreError};

use super::{HERE, Seen, Walk};
use crate::corridor::{CorridorRecord, lane_here, lane_there};

/// Whose lane it is.
struct Owner {
    party: Party,
    origin: String,
}

impl Walk<'_> {
    /// Root of the tree over a lane.
    pub(super) fn lane(&mut self, stream: &str, id: &CorridorId) -> Result<Digest, StoreError> {
        let here = stream.starts_with(HERE);
        let party = if here { Some(Party::with(self.keys.clone())) } else { self.there(id)? };
        let origin = |party: Party| Owner { origin: party.lane_origin(id), party };
        let owner = party.map(origin);
        if owner.is_none() {
            let detail = "the corridor's record does not say whose lane it is".to_owned();
            self.report.fault(("record", stream), None, detail);
        }
        let (mut peaks, mut before) = (Peaks::new(), None);
        self.entries(stream, |walk, seen| {
            let entry = match seen {
                Seen::Whole(entry) => entry,
                // Signed checkpoints of later receipts stand over its root.
                Seen::Kept(kept) => {
                    let _ = peaks.push(kept.root);
                    before = Some(kept.root);
                    return kept.root;
                }
            };
            let at = (stream, entry.seq);
            let receipt = match read(entry) {
                Ok(receipt) => receipt,
                Err((code, detail)) => {
                    walk.fault(at, code, detail);
                    let _ = peaks.push(entry.root);
                    before = Some(entry.root);
                    return entry.root;
                }
            };
            let (item, receipt) = receipt;
            let root = receipt.next_root;
            if root != entry.root {
                walk.fault(at, "root", "the root kept beside the receipt is another");
            }
            if receipt.sequence != entry.seq || before.is_some_and(|b| b != receipt.prev_root) {
                walk.fault(at, "link", "the receipt does not follow the one before");
            }
            let _ = peaks.push(root);
            before = Some(root);
            if let Some((code, detail)) =
                owner.as_ref().and_then(|o| o.signed(&item, &receipt, &peaks))
            {
                walk.fault(at, code, detail);
            }
            root
        })?;
        self.kept(stream, id, here, &peaks)?;
        Ok(peaks.root())
    }

    fn there(&self, id: &CorridorId) -> Result<Option<Party>, StoreError> {
        let record = self.store.record("corridor", id.as_str())?;
        let known: Option<CorridorRecord> =
            record.and_then(|record| serde_json::from_slice(&record.body).ok());
        Ok(known.and_then(|known| known.party_there().ok()))
    }

    /// The lane as it is kept beside its journal.
    fn kept(
        &mut self,
        stream: &str,
        id: &CorridorId,
        here: bool,
        peaks: &Peaks,
    ) -> Result<(), StoreError> {
        let key = if here { lane_here(id) } else { lane_there(id) };
        let record = self.store.record("lane", &key)?;
        let lane: Option<Lane> = record.and_then(|record| {
            Canonical::exact(&record.body).and_then(|canonical| canonical.read()).ok()
        });
        let same = lane.is_some_and(|l| l.size() == peaks.size() && l.root() == peaks.root());
        if !same {
            let detail = "the lane kept beside the journal is not of its entries".to_owned();
            self.report.fault(("lane-record", stream), None, detail);
        }
        Ok(())
    }
}

type Wrong = (&'static str, String);

fn read(entry: &Entry) -> Result<(Item, LaneReceipt), Wrong> {
    let item: Item = Canonical::exact(&entry.body)
        .and_then(|canonical| canonical.read())
        .map_err(|error| ("body", error.to_string()))?;
    let receipt = Canonical::of_value(&item.receipt).map_err(|e| ("receipt", e.to_string()))?;
    let receipt = LaneReceipt::read(receipt.bytes()).map_err(|e| ("receipt", e.to_string()))?;
    if let Some(payload) = &item.payload {
        let commitment = payload.commitment().map_err(|e| ("payload", e.to_string()))?;
        if commitment != receipt.transition.payload_commitment {
            return Err(("payload", "it is not the one the receipt commits to".to_owned()));
        }
    }
    Ok((item, receipt))
}

impl Owner {
    fn signed(&self, item: &Item, receipt: &LaneReceipt, peaks: &Peaks) -> Option<Wrong> {
        let (key, _) = self.party.lane_key(&receipt.corridor_id, receipt.sequence);
        if let Err(error) = receipt.verify_signature(key) {
            return Some(("signature", error.to_string()));
        }
        match self.party.checkpoint(item.checkpoint.as_bytes(), &self.origin) {
            Err(error) => Some(("checkpoint", error.to_string())),
            Ok(note) if note.size() != peaks.size() || note.root() != peaks.root() => {
                Some(("tree", "the signed checkpoint states another root".to_owned()))
            }
            Ok(_) => None,
        }
    }
}

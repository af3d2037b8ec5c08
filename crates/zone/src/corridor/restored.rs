//! Data and signer restored together: alone a zone cannot see it, its peers can.
//!
//! Each peer is asked once, after the start, for the newest receipt it holds of our lane. One that
//! carries our own signature and is not in our journal proves that the journal is an older one.
//!
//! Invariant: only our own signature stops the zone, never a peer's word; once proven it stays
//! proven, in the data that are too old.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use canon::{Canonical, CorridorId, Timestamp};
use corridor::State;
use corridor::lane::LaneReceipt;
use corridor::messages::Delivered;
use serde_json::Value;

use super::record::{CorridorRecord, stream_here};
use crate::refused::Refused;
use crate::startup::Restored;
use crate::zone::Zone;

/// Corridors whose peer answered since the start.
#[derive(Default)]
pub(crate) struct Answered(Mutex<BTreeSet<CorridorId>>);

impl Zone {
    /// Ask each peer that has not answered since the start what it holds of our lane, until a
    /// time. Returns how many have not answered yet.
    ///
    /// # Errors
    /// The store. A peer that does not answer is asked again by the next call.
    pub fn ask_peers(&self, until: Timestamp) -> Result<usize, Refused> {
        let mut left = 0;
        for (_, row) in self.store.records("corridor", None, store::PAGE_MAX)? {
            let Ok(known) = serde_json::from_slice::<CorridorRecord>(&row.body) else { continue };
            let id = known.corridor_id;
            let open = !matches!(known.state, State::Draft | State::Pending);
            if !open || self.answered(|ids| ids.contains(&id)) {
                continue;
            }
            if self.stopped().is_some() {
                return Ok(0);
            }
            let asked = self.now() < until && self.ask_peer(&id).is_ok();
            if asked {
                self.answered(|ids| ids.insert(id.clone()));
            } else {
                left += 1;
            }
        }
        Ok(left)
    }

    fn answered<T>(&self, with: impl FnOnce(&mut BTreeSet<CorridorId>) -> T) -> T {
        with(&mut self.answered.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ask one peer, with a delivery of nothing.
    pub(super) fn ask_peer(&self, id: &CorridorId) -> Result<(), Refused> {
        let open = self.open_corridor(id)?;
        let message = self.delivery(&open, open.lane_here.value.size(), Vec::new())?;
        match self.post_to::<Delivered>(&open.record.value, "receipts", &message) {
            Ok(answer) => self.is_ours_still(id, answer.last.as_ref()),
            // It holds less than we wrote.
            Err(Refused::PeerGap { .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// What was signed since these data were copied is here again. Each peer is asked anew.
    pub(super) fn signs_again(&self) -> Result<(), Refused> {
        if let Some(restored) = Restored::standing(self.store.as_ref())? {
            restored.end(self.store.as_ref()).map_err(|error| self.commit_refused(error))?;
        }
        self.answered(BTreeSet::clear);
        self.doubt_is_over();
        Ok(())
    }

    /// A receipt we signed must stand in our journal; otherwise nothing more is signed.
    pub(super) fn is_ours_still(
        &self,
        id: &CorridorId,
        last: Option<&Value>,
    ) -> Result<(), Refused> {
        let Some(last) = last else { return Ok(()) };
        let malformed = |error: &dyn std::fmt::Display| Refused::peer("peer-malformed", error);
        let bytes = Canonical::of_value(last)?;
        let receipt = LaneReceipt::read(bytes.bytes()).map_err(|e| malformed(&e))?;
        let (key, _) = self.here.lane_key(&receipt.corridor_id, receipt.sequence);
        receipt.verify_signature(key).map_err(|e| malformed(&e))?;
        if receipt.corridor_id != *id || receipt.lane != *self.zone_id() {
            return Err(malformed(&"the receipt is not of this lane"));
        }
        let _writing = self.writing();
        self.settle()?;
        let held = self.store.journal(&stream_here(id), receipt.sequence, 1)?;
        let held = held.first().filter(|entry| entry.seq == receipt.sequence);
        if held.is_some_and(|entry| entry.root == receipt.next_root) {
            return Ok(());
        }
        let how = if held.is_some() { "another" } else { "no" };
        let why = format!(
            "the peer of corridor `{id}` holds receipt {} of our lane, signed here, and this journal \
             has {how} receipt {0}: the data directory and its signer were restored from a backup",
            receipt.sequence
        );
        // Not kept, it is found out again at the next start.
        let _ = Restored::keep(self.store.as_ref(), &why);
        self.stop_signing(&why);
        Err(Refused::NotSigning(why))
    }
}

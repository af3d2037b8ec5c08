//! Delivering our lane: from what the peer has confirmed, in order, until it has all.

use canon::{CorridorId, Timestamp};
use corridor::limits::DELIVERY_RECEIPTS_MAX;
use corridor::messages::{Delivery, DeliveryType, Item};
use serde_json::Value;

use super::context::Open;
use super::peer::said;
use super::record::{CorridorRecord, Progress, stream_here};
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

impl Zone {
    /// How far the peer of a corridor has what is written here.
    pub(crate) fn progress(&self, known: &CorridorRecord) -> Result<Loaded<Progress>, Refused> {
        let kept = self.load("delivery", known.corridor_id.as_str())?;
        Ok(kept.unwrap_or(Loaded { rev: None, value: known.progress() }))
    }

    /// The next run of receipts for the peer; `None` when it has them all.
    pub(super) fn delivery_message(&self, id: &CorridorId) -> Result<Option<Value>, Refused> {
        let open = self.open_corridor(id)?;
        let from = self.progress(&open.record.value)?.value.delivered;
        let untold = !self.untold(&open.record.value)?.is_empty();
        if from >= open.lane_here.value.size() && !untold {
            return Ok(None);
        }
        // An empty run asks for the key that what follows is encrypted to.
        let most = if Self::lacks_payload_key(&open) { 0 } else { DELIVERY_RECEIPTS_MAX };
        let items = match most {
            0 => Vec::new(),
            most => self.sealed(&open, self.items(&stream_here(id), from, most)?)?,
        };
        self.delivery(&open, from, items).map(Some)
    }

    /// A run of our lane from a sequence on, and the rotations the peer is not known to hold.
    pub(super) fn delivery(
        &self,
        open: &Open,
        from: u64,
        items: Vec<Item>,
    ) -> Result<Value, Refused> {
        said(Delivery {
            kind: DeliveryType::Only,
            to: open.there.did().clone(),
            corridor_id: open.terms.corridor_id.clone(),
            lane: self.zone_id().clone(),
            from,
            rotations: self.untold(&open.record.value)?.to_vec(),
            items,
        })
    }
}

impl<W> Writes<'_, W> {
    /// Put the delivery of a lane in the outbox; one job per corridor, whatever waits.
    pub(crate) fn deliver(&mut self, id: &CorridorId, now: Timestamp) {
        self.outbox("deliver", id, now, 0);
    }
}

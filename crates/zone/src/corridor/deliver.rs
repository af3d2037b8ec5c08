//! Delivering our lane: from what the peer has confirmed, in order, until it has all.

use canon::{CorridorId, Did, Timestamp, ZoneId};
use corridor::limits::DELIVERY_RECEIPTS_MAX;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lane::Item;
use super::record::stream_here;
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::Zone;

/// A run of receipts as sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryMessage {
    #[serde(rename = "type")]
    pub(crate) type_: String,
    pub(crate) to: Did,
    pub(crate) corridor_id: CorridorId,
    pub(crate) lane: ZoneId,
    pub(crate) from: u64,
    pub(crate) items: Vec<Item>,
}

/// How far the receiver holds the lane now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeliveryAnswer {
    pub(crate) size: u64,
    /// The newest receipt held, where the sender did not name it: whoever signed it and does not
    /// hold it knows then that its data are older than its signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<Value>,
}

pub(super) const TYPE: &str = "MEZCorridorDelivery";

impl Zone {
    /// The next run of receipts for the peer; `None` when it has them all.
    pub(super) fn delivery_message(&self, id: &CorridorId) -> Result<Option<Value>, Refused> {
        let open = self.open_corridor(id)?;
        let from = open.record.value.delivered;
        if from >= open.lane_here.value.size() {
            return Ok(None);
        }
        let items = self.items(&stream_here(id), from, DELIVERY_RECEIPTS_MAX)?;
        Ok(Some(json!({
            "type": TYPE,
            "to": open.there.did(),
            "corridor_id": id,
            "lane": self.zone_id(),
            "from": from,
            "items": items,
        })))
    }
}

impl<W> Writes<'_, W> {
    /// Put the delivery of a lane in the outbox; one job per corridor, whatever waits.
    pub(crate) fn deliver(&mut self, id: &CorridorId, now: Timestamp) {
        self.outbox("deliver", id, now, 0);
    }
}

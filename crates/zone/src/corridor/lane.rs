//! Lanes in the journal: the item of one receipt, and writing the next receipt here.

use canon::{Canonical, Digest, Timestamp};
use corridor::lane::{Draft, Payload, Written};
use corridor::messages::Item;
use corridor::{Ack, AppendError, LaneReceipt, TransitionKind};
use serde_json::Value;
use store::PAGE_MAX;

use super::context::Open;
use super::record;
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

/// What the next receipt here says.
pub(crate) struct Say {
    pub(crate) kind: TransitionKind,
    pub(crate) payload: Value,
    pub(crate) decision_commitment: Option<Digest>,
    pub(crate) ack: Option<Ack>,
}

impl Zone {
    /// Build and sign the next receipt of the lane here; `seen` is what is held of the other.
    pub(crate) fn write_here(
        &self,
        open: &Open,
        say: Say,
        now: Timestamp,
    ) -> Result<(Written, Item), Refused> {
        let payload = Payload { payload: say.payload, salt: self.salt()? };
        let endorsements = self.endorsements(open, (say.kind, &payload), now)?;
        let draft = Draft {
            endorsements,
            kind: say.kind,
            payload: payload.clone(),
            decision_commitment: say.decision_commitment,
            seen: open.lane_there.value.as_seen(),
            ack: say.ack,
        };
        let lane_there = &open.lane_there.value;
        let log = self.keys.log.as_ref();
        let written = open.lane_here.value.write(draft, now, log, lane_there, open.parties(self));
        let written = written.map_err(|e| match e {
            AppendError::Threshold(unmet) => Refused::conflict("threshold-unmet", unmet),
            e => Refused::unsigned("receipt-refused", e),
        })?;
        let receipt = written.receipt.canonical().map_err(Refused::host)?.value();
        let checkpoint = String::from_utf8(written.checkpoint.clone()).map_err(Refused::host)?;
        Ok((written, Item { receipt, payload: Some(payload), sealed: None, checkpoint }))
    }

    /// All items of a lane from a sequence on, at most `limit`.
    pub(crate) fn items(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Item>, Refused> {
        let entries = self.store.journal(stream, from, limit)?;
        let read = |entry: &store::Entry| {
            Canonical::exact(&entry.body).and_then(|c| c.read()).map_err(Refused::host)
        };
        entries.iter().map(read).collect()
    }

    /// Every item of a lane.
    pub(crate) fn all_items(&self, stream: &str) -> Result<Vec<Item>, Refused> {
        let mut all = Vec::new();
        loop {
            let from = u64::try_from(all.len()).map_err(Refused::host)?;
            let page = self.items(stream, from, PAGE_MAX)?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
}

impl<W> Writes<'_, W> {
    /// Journal a receipt written here, keep the lane, and put its delivery in the outbox.
    pub(crate) fn wrote(
        &mut self,
        open: &Open,
        (written, item): (&Written, &Item),
        now: Timestamp,
    ) -> Result<(), Refused> {
        let id = &open.terms.corridor_id;
        let stream = record::stream_here(id);
        self.lane_here(
            &stream,
            &stream,
            written,
            item.canonical().map_err(Refused::host)?.bytes().to_vec(),
        );
        let lane = Loaded { rev: open.lane_here.rev, value: written.lane.clone() };
        self.state("lane", &record::lane_here(id), lane.rev, &lane.value)?;
        if written.receipt.transition.kind.is_decided() {
            self.decides(&written.receipt);
        }
        self.deliver(id, now);
        Ok(())
    }

    /// Journal a receipt mirrored from there and keep the lane.
    pub(crate) fn mirrored(
        &mut self,
        open: &Open,
        (receipt, item, lane): (&LaneReceipt, &Item, &corridor::Lane),
    ) -> Result<(), Refused> {
        let id = &open.terms.corridor_id;
        let body = item.canonical().map_err(Refused::host)?.bytes().to_vec();
        self.lane_there(&record::stream_there(id), receipt, body);
        self.state("lane", &record::lane_there(id), open.lane_there.rev, lane)
    }
}

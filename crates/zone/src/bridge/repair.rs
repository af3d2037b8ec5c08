//! Asking again: what the peers hold of both lanes, what is left to do here. Nothing is decided by it.

use canon::{CorridorId, PaymentId};
use corridor::Lane;
use corridor::bridge::Hop;
use corridor::messages::{History, HistoryAsked, HistoryType};
use serde_json::{Value, json};

use super::{HOP, subject};
use crate::corridor::Progress;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::BRIDGE_PULLS_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

impl Zone {
    /// Ask the zones beside this one what they hold, take what is missing here, deliver what is missing there,
    /// and put what is left to do in the queue again; then say what a payment still waits for.
    ///
    /// A lock whose other zone is silent stays in doubt: nothing here ends one.
    ///
    /// # Errors
    /// [`Refused::NotFound`], the caller's scope, or the store. A peer that is away is told of in the answer.
    pub fn repair_bridged(&self, ask: &Ask, id: &PaymentId) -> Result<Envelope, Refused> {
        let duty = Duty::of_bank(Task::Bridge, &ask.caller)?;
        {
            let _writing = self.writing();
            if let Some(replay) = self.replay(ask)? {
                return Ok(replay);
            }
        }
        let hop: Loaded<Hop> = self.need(HOP, id.as_str())?;
        let before = hop.value.before.as_ref().map(|lock| lock.prepare.corridor_id.clone());
        let after = hop.value.after.as_ref().map(|lock| lock.prepare.corridor_id.clone());
        let mut asked = Vec::new();
        for corridor in before.into_iter().chain(after) {
            let told = match self.pull(&corridor) {
                Ok(taken) => json!({ "corridor_id": corridor, "answered": true, "taken": taken }),
                Err(error) => json!({
                    "corridor_id": corridor, "answered": false, "code": error.code(),
                    "detail": error.to_string(),
                }),
            };
            asked.push(told);
        }
        let _writing = self.writing();
        let now = self.now();
        let hop: Loaded<Hop> = self.need(HOP, id.as_str())?;
        let body = json!({ "result": self.hop_shown(&hop.value, now), "asked": asked });
        let mut writes = self.on_duty(&duty, now, &subject(id))?;
        if hop.value.due().is_some() {
            writes.bridge_job(id, 0, now);
        }
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// Take what the peer of a corridor holds of its own lane and this zone does not, and queue the delivery of
    /// what it lacks of ours. How many receipts were taken.
    fn pull(&self, id: &CorridorId) -> Result<usize, Refused> {
        let mut taken = 0;
        for _ in 0..BRIDGE_PULLS_MAX {
            let open = self.open_corridor(id)?;
            let sizes = [&open.lane_here.value, &open.lane_there.value].map(Lane::size);
            let message = serde_json::to_value(HistoryAsked {
                kind: HistoryType::Only,
                to: open.there.did().clone(),
                corridor_id: id.clone(),
                here: sizes[0],
                there: sizes[1],
            });
            let message: Value = message.map_err(Refused::host)?;
            let told: History = self.post_to(&open.record.value, "history", &message)?;
            // Nobody is waited for under the lock of writing.
            let _writing = self.writing();
            for item in &told.there {
                let open = self.open_corridor(id)?;
                let held = open.lane_there.value.size();
                self.receive_item(&mut None, open, item)?;
                taken += usize::from(self.open_corridor(id)?.lane_there.value.size() > held);
            }
            self.deliver_from(id, told.size_here)?;
            if told.there.is_empty() {
                break;
            }
        }
        Ok(taken)
    }

    fn deliver_from(&self, id: &CorridorId, held_there: u64) -> Result<(), Refused> {
        let open = self.open_corridor(id)?;
        if held_there >= open.lane_here.value.size() {
            return Ok(());
        }
        let now = self.now();
        let progress = self.progress(&open.record.value)?;
        let reached = progress.value.delivered.min(held_there);
        let reached = Progress { delivered: reached, ..progress.value };
        let duty = Duty::of_zone(Task::Job);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.state("delivery", id.as_str(), progress.rev, &reached)?;
        writes.deliver(id, now);
        writes.commit()
    }
}

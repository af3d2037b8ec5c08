//! Payments over a chain of corridors, all of it or none of it: this zone as payer's, as one on the way, as
//! payee's. The protocol is `spec/bridge.md`; the state machine is [`corridor::bridge::Hop`].
//!
//! Invariant: a record of a payment moves only in the commit that holds the receipt which moves it, written
//! here or mirrored from there; what is left to do is a job of the same commit. So a crash finds either both
//! or neither, at every zone, and nobody ends a lock on a guess.

mod again;
mod begin;
mod ended;
mod facts;
mod follow;
mod invoice;
mod onward;
mod paid;
mod prepare;
mod repair;
mod show;
mod ways;
mod work;

use canon::{CorridorId, PaymentId, Timestamp};
use corridor::bridge::{Hop, ReceiptAt};
use corridor::lane::Written;
use serde_json::json;

use crate::corridor::Follow;
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

pub(crate) use again::HopAgain;
pub use begin::BridgeAsk;
pub use invoice::InvoiceAsk;
pub use ways::KNOWN_CORRIDORS;
pub(crate) use ways::Ways;

/// Kind of the records of payments, by transfer id.
const HOP: &str = "bridge-hop";
/// Queue of what is left to do of payments.
const QUEUE: &str = "bridge";

fn subject(id: &PaymentId) -> String {
    format!("bridge:{id}")
}

fn job(id: &PaymentId) -> String {
    format!("bridge/{id}")
}

/// Where a receipt written here stands.
fn written_at(written: &Written) -> ReceiptAt {
    let receipt = &written.receipt;
    let (corridor_id, lane) = (receipt.corridor_id.clone(), receipt.lane.clone());
    ReceiptAt { corridor_id, lane, sequence: receipt.sequence }
}

impl Zone {
    fn hop(&self, id: &PaymentId) -> Result<Option<Loaded<Hop>>, Refused> {
        self.load(HOP, id.as_str())
    }
}

impl<W> Writes<'_, W> {
    /// Keep a payment as it now is, with a job for what is left to do of it.
    fn hop(&mut self, hop: &Loaded<Hop>, now: Timestamp) -> Result<(), Refused> {
        let id = &hop.value.paid.transfer_id;
        if hop.value.due().is_some() {
            self.bridge_job(id, 0, now);
        }
        self.state(HOP, id.as_str(), hop.rev, &hop.value)
    }

    fn bridge_job(&mut self, id: &PaymentId, attempts: u32, at: Timestamp) {
        let body = json!({ "transfer_id": id, "attempts": attempts });
        self.job(job(id), QUEUE, at, &body);
    }

    /// Wait for the verdict on a receipt of ours that is part of a payment.
    fn part_of(&mut self, id: &PaymentId, at: (&CorridorId, u64)) -> Result<(), Refused> {
        self.follow(Follow::Bridge, at, id.as_str())
    }
}

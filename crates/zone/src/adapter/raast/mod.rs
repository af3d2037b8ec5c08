//! Payments over SBP Raast, to accounts at banks outside the zone.
//!
//! | file | what |
//! |---|---|
//! | `ask` | a request, read once |
//! | `message` | the `pacs.008` of a payment: always the same bytes, so that sending it again is the same question |
//! | `instruct` | admitted, withheld of, debited and handed to the outbox in one commit |
//! | `outbox` | sending it until Raast has answered, and what an answer comes to |
//! | `back` | what Raast rejected goes back to its payer, under law |
//! | `shown` | how a payment stands with Raast |
//!
//! Invariant: a payment settles, or comes back, upon an answer of Raast that counts and upon nothing else. Without one
//! it is *sent*, with the reason, however long that lasts (ADR 078).

mod ask;
mod back;
mod instruct;
mod message;
mod outbox;
mod shown;

pub use ask::{RaastAsk, RaastPayeeAsk};

use canon::PaymentId;
use registry::fiscal::Rail;
use registry::{Course, Payment};

use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// The system, as payments name it.
const SYSTEM: &str = "pk-raast";
/// The queue of what waits for Raast.
const QUEUE: &str = "rail";
/// What is kept of the sending of one payment.
const DELIVERY: &str = "rail-delivery";
/// On whose behalf it is sent.
const BY: &str = "zone";

impl Zone {
    /// A payment over Raast.
    fn rail_payment(&self, id: &PaymentId) -> Result<Loaded<Payment>, Refused> {
        let payment: Loaded<Payment> = self.need("payment", id.as_str())?;
        if rail(&payment.value).is_none() {
            return Err(Refused::absent("payment over Raast", id));
        }
        Ok(payment)
    }
}

/// What is instructed, where the payment goes over a payment system.
fn rail(payment: &Payment) -> Option<&Rail> {
    match payment.course() {
        Course::Rail(rail) => Some(rail),
        _ => None,
    }
}

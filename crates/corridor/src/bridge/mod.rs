//! A payment over a chain of corridors, all of it or none of it.
//!
//! The payee's zone asks for it with an [`Invoice`] that carries a condition: the SHA-256 of a preimage
//! only that zone knows. Each zone on the way locks the payment for the next with a [`Prepare`]; the
//! payee's zone alone decides, in one receipt: a [`Commit`] that tells the preimage, or a refusal. Either
//! travels back, zone by zone. [`Hop`] is what one zone knows of one such payment, as a state machine.
//!
//! Invariant: who wrote a lock never lets it go by a clock of its own; only a receipt of the zone it was
//! written for ends it. A lock whose other zone is silent stays in doubt, and is shown as that.

mod hop;
mod invoice;
mod known;
mod messages;

pub use hop::{
    After, Answer, Before, Due, Event, Hop, HopError, Outcome, Paid, Phase, ReceiptAt, Returned,
    Said, Verdict,
};
pub use invoice::{Invoice, InvoiceDraft, InvoiceError, ReadInvoice};
pub use known::{KnownCorridor, KnownCorridors};
pub use messages::{BridgeError, Commit, Onward, Prepare, ReadPrepare, Release, expires_first};

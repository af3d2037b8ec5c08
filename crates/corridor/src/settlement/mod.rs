//! Settlement of a plan: zones consent to it, legs are instructed, confirmed or fail; all of it in their lanes.
//!
//! A plan is in force when every zone that owes or is owed in it has consented. From then on its legs and what it
//! defers are what is owed, and nothing else of the obligations it was drawn up from (novation). A leg is told by its
//! payer when the bank has been instructed, and by its payee when the money is there; only the payee's word books it.
//!
//! **Invariants:** consent is never taken back, a zone that has not consented may refuse; a leg is confirmed or failed,
//! never both; for each zone and currency, what is moved off its corridors by consent sums to nothing.

mod message;
mod position;
mod state;

pub use message::{Confirmation, Consent, Failure, Instruction, MessageError};
pub use position::{Here, Move};
pub use state::{Leg, Settlement, SettlementError, Stage};

//! What happened in the zone, told to whoever asks: a page of events, a stream, and what is sent to receivers.
//!
//! An event is a view of one entry of the decision journal, never a record beside it: what was written has an event, what
//! has an event was written, and the journal is all that is needed to tell it again. A cursor is a position there.
//! Events carry ids and digests; who is allowed to know more asks for it (ADR 076).
//!
//! Invariant: nothing is told that has not reached the signer's cell; an event of one position is the same for ever.

mod act;
mod attempt;
mod deliver;
mod filter;
mod page;
mod schedule;
mod told;
mod types;
mod webhook;

pub(crate) use webhook::slowest_cursor;

pub(crate) use deliver::Memory;

pub use act::WebhookAsk;
pub use attempt::{Outcome, Parcel};
pub use page::{EventQuery, Events};
pub use types::event_types;

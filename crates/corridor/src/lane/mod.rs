//! A lane: one participant's own signed chain of receipts, committed twice, by hash link and by
//! RFC 9162 tree.

mod ack;
mod amend;
mod append;
mod kind;
mod receipt;
mod rotate;
mod shown;
mod step;
mod transition;
mod write;

pub use ack::{Ack, AckError, Refused, Seen};
pub(crate) use append::check_agreed;
pub use append::{AppendError, Appended, Lane, OpenHalt};
pub use kind::{Class, TransitionKind, UnknownKind};
pub(crate) use receipt::check_digest_set;
pub use receipt::{LaneReceipt, RECEIPT_TYPE, ReceiptError};
pub use rotate::{KeyNotice, KeyNoticeError};
pub(crate) use step::{Standing, Step};
pub(crate) use transition::ENVELOPE_TYPE;
pub use transition::{Payload, Transition};
pub use write::{Draft, Written};

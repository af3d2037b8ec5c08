//! The channel between two zones: handshake, lanes, acknowledgements, cuts, halts, and the offline
//! verification of all of it.
//!
//! Each participant writes its own signed lane; nobody shares a pen. What one side has seen and
//! decided of the other's lane is said in its own lane. A cut signed by both fixes a common point.
//!
//! **Architecture Invariant:** no network, no database, no clock; every variable says whose side it
//! is on (`_here`, `_there`).

pub mod amendment;
pub mod anchor;
pub mod asset;
pub mod attachment;
pub mod binding;
pub mod bridge;
pub mod certificate;
pub mod cut;
mod documents;
pub mod endorsement;
pub mod evidence;
pub mod finality;
pub mod fork;
pub mod halt;
pub mod handshake;
pub mod iso20022;
pub mod lane;
pub mod lifecycle;
pub mod limits;
pub mod messages;
pub mod netting;
pub mod party;
pub mod payment;
pub mod sealed;
pub mod seeded;
pub mod settlement;
pub mod statement;
pub mod trade;
pub mod transition_types;
pub mod verify;
pub mod watcher;

pub use amendment::{Amendment, AmendmentError};
pub use cut::{Cut, CutError, CutLane};
pub use documents::{Credential, DocumentError, Signed, Since, Subject};
pub use halt::{HaltId, HaltNotice, Resume, Stop};
pub use handshake::{Activation, Agreement, Definition, HandshakeError, Terms};
pub use lane::{Ack, AppendError, Lane, LaneReceipt, Refused, Seen, Transition, TransitionKind};
pub use lifecycle::{AnyCorridor, Corridor, IllegalTransition, State};
pub use party::Party;

//! Corridors as this zone holds them: what is written here, what is mirrored from there.

mod accept;
mod activate;
mod context;
mod credit;
mod cut;
mod deliver;
mod equivocation;
mod export;
mod finality;
mod halt;
mod health;
mod jobs;
mod keys;
mod lane;
mod memory;
mod peer;
mod propose;
mod receive;
mod record;
mod refund;
mod restored;
mod resume;
mod returned;
mod send;
mod there;
mod verdict;
mod view;

pub use halt::HaltAsk;
pub(crate) use memory::Memory;
pub use peer::{PeerCall, PeerMessage};
pub use propose::Proposal;
pub(crate) use record::{CorridorRecord, lane_here, lane_there};
pub(crate) use restored::Answered;
pub use resume::ResumeAsk;
pub(crate) use verdict::Verdict;

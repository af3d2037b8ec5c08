//! The witness bundle of a corridor: assembled by a party, judged offline by anyone.
//!
//! Nothing in a bundle is believed because the bundle says so: keys come from inception documents
//! under DIDs the verifier pins, sizes and roots from signed checkpoints, positions from the
//! receipts' own sequences.

mod alone;
mod assemble;
mod attachments;
pub mod chain;
mod container;
mod history;
mod judge;
mod lanes;
mod layout;
mod listed;
mod opened;

pub use alone::{Alone, Known, judge_cut, judge_receipt};
pub use assemble::{AssembleError, assemble};
pub use attachments::{AttachmentSummary, Attachments};
pub use history::{CutItem, History, LaneHistory, LaneItem};
pub use judge::{LaneSummary, Report, judge, judge_from};
pub use layout::{Attestation, LanePart, Manifest, ManifestEntry, lane_part};
pub(crate) use layout::{DEFINITION, agreement as layout_of_agreement, layout_of_keys};
pub use opened::{Opened, open};

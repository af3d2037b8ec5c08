//! Giving up what was put away, once nobody may ask for it any more: written in the journal before anything goes.
//!
//! Invariant: a stream that something is folded from, or that others are shown whole, is not given up: compliance and
//! figures come from all decisions, acknowledgements from all views, a bundle holds whole lanes, and the documents of
//! the zone log name its heads.

use canon::Digest;
use serde::Serialize;
use serde_json::json;

use crate::audit::AUDIT;
use crate::duty::{Duty, Task};
use crate::limits::SEGMENTS_DROPPED_MAX;
use crate::pipeline::Upon;
use crate::refused::Refused;
use crate::zone::Zone;

/// A file that is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRef {
    /// Sequence of its first entry.
    pub first: u64,
    /// The file.
    pub file_sha256: Digest,
}

/// Segments of a stream whose retention has ended, and what asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// The stream.
    pub stream: String,
    /// How long each was kept.
    pub years: u32,
    /// The act that asks for that.
    pub act: String,
    /// Its section.
    pub section: String,
    /// Their files, in order.
    pub files: Vec<FileRef>,
}

/// Whether segments of a stream may be given up at all.
#[must_use]
pub fn may_be_dropped(stream: &str) -> bool {
    stream == AUDIT
}

impl Zone {
    /// Write down what is about to be given up; durable and signed when this returns. Whoever has the host asks.
    ///
    /// # Errors
    /// A stream that stays, more than [`SEGMENTS_DROPPED_MAX`] segments, a zone that signs nothing, or the store.
    pub fn archive_dropped(&self, ended: &Ended) -> Result<(), Refused> {
        if !may_be_dropped(&ended.stream) || ended.files.len() > SEGMENTS_DROPPED_MAX {
            return Err(Refused::conflict("not-droppable", "these segments are not given up"));
        }
        let duty = Duty::of_zone(Task::Archive);
        let _writing = self.writing();
        let (subject, said) = (format!("archive:{}", ended.stream), json!({ "dropped": ended }));
        let writes =
            self.on_duty_saying(&duty, (self.now(), &subject), Some(said), &Upon::default())?;
        writes.commit()
    }
}

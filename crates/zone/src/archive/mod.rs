//! What of a stopped zone's journal may be put away, and whether what is to go is what was written.
//!
//! An entry goes only with its whole segment, and only if the zone log that names it is signed as far as the signer's
//! cell says, if what follows it fills at least another segment, and if no work is open on it: a receipt of either lane
//! until the other side has decided it, a decision until every webhook in force has had it. Reading goes through the
//! archive all the same (`store::archive`); this keeps what runs from waiting for it.
//!
//! Invariant: nothing goes whose chain was not derived again from its bodies just before.

mod dropped;
mod judge;
mod needed;

use canon::Timestamp;
use store::archive::{SEGMENT_ENTRIES, Segment, SegmentError, SegmentFile};
use store::{PAGE_MAX, Store, StoreError};

use crate::journal::DECISIONS;
use crate::log::LOG;

pub use dropped::{Ended, FileRef, may_be_dropped};
pub use needed::archivable;

/// A stream, and how far of it may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archivable {
    /// The stream.
    pub stream: String,
    /// First entry that is still in the store.
    pub from: u64,
    /// End of the last whole segment that may go; `from` where none may.
    pub end: u64,
    /// Sequence after the last entry.
    pub size: u64,
    /// What keeps the entry at `end`, where something does.
    pub kept_by: Option<&'static str>,
}

/// Why a segment does not go.
#[derive(Debug, thiserror::Error)]
pub enum NotSound {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It makes no file.
    #[error(transparent)]
    File(#[from] SegmentError),
    /// An entry is not what its root says: `mez fsck` names all of them.
    #[error("entry {seq} of `{stream}` is damaged: {why}")]
    Damaged {
        /// The stream.
        stream: String,
        /// The entry.
        seq: u64,
        /// What is wrong.
        why: String,
    },
}

/// The segment of a stream that begins at an entry, read and derived again.
///
/// # Errors
/// See [`NotSound`].
pub fn segment_of(store: &dyn Store, stream: &str, first: u64) -> Result<SegmentFile, NotSound> {
    let zone = store.meta("zone")?.unwrap_or_default();
    let before = match first.checked_sub(1) {
        None => None,
        Some(last) => {
            let found = store.roots(stream, last, 1)?;
            found.first().filter(|(seq, _)| *seq == last).map(|(_, root)| *root)
        }
    };
    let end = first.saturating_add(SEGMENT_ENTRIES);
    let (mut entries, mut next) = (Vec::new(), first);
    while next < end {
        let page = store.journal(stream, next, PAGE_MAX)?;
        let page: Vec<_> = page.into_iter().take_while(|entry| entry.seq < end).collect();
        if page.first().is_none_or(|entry| entry.seq != next) {
            return Err(SegmentError::NotWhole.into());
        }
        next = page.last().map_or(end, |entry| entry.seq.saturating_add(1));
        entries.extend(page);
    }
    let file = SegmentFile { zone, stream: stream.to_owned(), before, entries };
    judge::sound(&file)?;
    Ok(file)
}

/// When the last entry of a segment was made. One of the zone log has no moment of its own: that of the last decision
/// it names counts.
///
/// # Errors
/// The store, or its archive.
pub fn made_at(store: &dyn Store, file: &SegmentFile) -> Result<Option<Timestamp>, StoreError> {
    if file.stream != LOG {
        return Ok(file.entries.last().and_then(judge::moment));
    }
    let named = file.entries.iter().rev().find_map(|entry| judge::names(entry, DECISIONS));
    let Some(seq) = named else { return Ok(None) };
    let found = store.journal(DECISIONS, seq, 1)?;
    Ok(found.first().filter(|entry| entry.seq == seq).and_then(judge::moment))
}

/// The segments of a stream that were put away, in order.
///
/// # Errors
/// The store.
pub fn put_away(store: &dyn Store, stream: &str) -> Result<Vec<Segment>, StoreError> {
    let (mut found, mut next) = (Vec::new(), 0);
    while let Some(segment) = store.segment(stream, next)? {
        next = segment.end();
        found.push(segment);
    }
    Ok(found)
}

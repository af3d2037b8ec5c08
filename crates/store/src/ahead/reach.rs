//! A thread that may not wait: how far it reached, and what it saw.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

/// The records that were seen in memory, each durable, with their revisions.
#[derive(Debug)]
pub struct Seen {
    records: Vec<(String, String, u64)>,
    /// Number of the last batch queued when they were found to be so still.
    at: AtomicU64,
}

impl Seen {
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.records.iter().map(|(kind, id, rev)| (kind.as_str(), id.as_str(), *rev))
    }

    pub(super) fn was_so_at(&self, last: u64) -> bool {
        self.at.load(Ordering::Relaxed) == last
    }

    pub(super) fn is_so_at(&self, last: u64) {
        self.at.store(last, Ordering::Relaxed);
    }
}

/// What a thread that may not wait has come to.
struct Reached {
    beyond: bool,
    seen: Vec<(String, String, u64)>,
}

thread_local! {
    /// `None` on a thread that may wait.
    static REACH: RefCell<Option<Reached>> = const { RefCell::new(None) };
}

/// This thread may not wait, until this is dropped.
pub(super) struct Reach;

impl Reach {
    pub(super) fn begin() -> Self {
        REACH.set(Some(Reached { beyond: false, seen: Vec::new() }));
        Self
    }

    /// What was seen; `None` where something beyond memory was wanted.
    pub(super) fn end(self) -> Option<Seen> {
        let reached = REACH.take().filter(|reached| !reached.beyond)?;
        // No batch has this number: the first question looks at every record.
        Some(Seen { records: reached.seen, at: AtomicU64::new(u64::MAX) })
    }
}

impl Drop for Reach {
    fn drop(&mut self) {
        REACH.set(None);
    }
}

/// Whether what is beyond memory may not be reached for; that it was wanted is remembered.
pub(super) fn is_out_of_reach() -> bool {
    let wanted = |reached: &mut Reached| reached.beyond = true;
    REACH.with_borrow_mut(|reach| reach.as_mut().map(wanted)).is_some()
}

/// A record was told from memory.
pub(super) fn saw(kind: &str, id: &str, rev: u64) {
    REACH.with_borrow_mut(|reach| {
        if let Some(reached) = reach {
            reached.seen.push((kind.to_owned(), id.to_owned(), rev));
        }
    });
}

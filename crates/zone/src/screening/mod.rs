//! Sanctions screening as the zone keeps it: the lists in force, what everybody was found to be under
//! them, and what officers decided about hits.
//!
//! **Invariants.** Lists come into force whole, in the commit that moves the head of the law, so that
//! no write is admitted under one list and committed under another; whoever asks meanwhile is answered
//! from the lists before. After that everybody is screened again, and an outcome that differs from the
//! one on record is written, always.

mod disposition;
mod known;
mod lists;
mod persons;
mod record;
mod status;
mod sweep;

use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::Digest;

pub use disposition::DispositionAsk;
pub(crate) use known::Known;
pub use lists::ListsError;
pub(crate) use record::Screened;
pub use sweep::Rescreened;

/// What a running zone remembers of its screening; all of it can be found out again.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The lists under which everybody is known to be screened.
    covered: Mutex<Option<Digest>>,
    /// Why newer lists were not put in force.
    refused: Mutex<Option<String>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    fn covered(&self) -> Option<Digest> {
        *held(&self.covered)
    }

    fn cover(&self, lists: Digest) {
        *held(&self.covered) = Some(lists);
    }

    pub(crate) fn refused(&self) -> Option<String> {
        held(&self.refused).clone()
    }

    fn refuse(&self, why: Option<String>) {
        *held(&self.refused) = why;
    }
}

//! What came out for a subject, while the same lists are in force: who writes often is compared with them once a day.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use law::sanctions::{Query, Screener, Screening};

use crate::limits::SCREENINGS_KNOWN_MAX;

/// Screenings without hits, by what was asked; a hit is looked at again each time.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<BTreeMap<Query, Screening>>);

impl Known {
    /// What `screener` says; it is always the same one.
    pub(crate) fn screen(&self, screener: &Screener, query: &Query) -> Screening {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(screening) = known().get(query) {
            return screening.clone();
        }
        let screening = screener.screen(query);
        if screening.hits.is_empty() {
            let mut known = known();
            if known.len() >= SCREENINGS_KNOWN_MAX {
                known.clear();
            }
            known.insert(query.clone(), screening.clone());
        }
        screening
    }
}

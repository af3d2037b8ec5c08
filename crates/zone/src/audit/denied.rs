//! Refusals at the door, and powers used without a write: each principal has a few entries a minute, and the rest are
//! counted in the next one, so that nobody fills the log by being refused.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use canon::Timestamp;

use super::Heard;
use super::chain::Outcome;
use crate::duty::{Duty, Task};
use crate::limits::{AUDIT_PRINCIPALS_MAX, AUDIT_REFUSALS_MAX, AUDIT_WINDOW_SECS};
use crate::refused::Refused;
use crate::zone::Zone;

/// Who is told of where nobody was recognised.
const UNKNOWN: &str = "unknown";

/// What became of a request for which nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwritten {
    /// It was refused, with this code.
    Refused(String),
    /// It was let in and answered; nothing was to be written.
    Unchanged,
}

/// How many entries a principal has had lately.
#[derive(Clone, Copy, Debug)]
struct Window {
    began: Timestamp,
    told: usize,
    left_out: u64,
}

/// By principal.
#[derive(Default)]
pub(crate) struct Counted(Mutex<BTreeMap<String, Window>>);

impl Counted {
    /// Whether there is room for an entry of this principal: then with how many were left out before it.
    fn room(&self, principal: &str, now: Timestamp) -> Option<u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over =
            |window: &Window| now.unix().saturating_sub(window.began.unix()) >= AUDIT_WINDOW_SECS;
        if !all.contains_key(principal) && all.len() >= AUDIT_PRINCIPALS_MAX {
            all.retain(|_, window| !over(window) || window.left_out > 0);
        }
        // Principals are those of tokens, and few; should they be many, the last share one window.
        let full = !all.contains_key(principal) && all.len() >= AUDIT_PRINCIPALS_MAX;
        let key = if full { UNKNOWN } else { principal };
        let fresh = Window { began: now, told: 0, left_out: 0 };
        let window = all.entry(key.to_owned()).or_insert(fresh);
        if over(window) {
            (window.began, window.told) = (now, 0);
        }
        if window.told >= AUDIT_REFUSALS_MAX {
            window.left_out = window.left_out.saturating_add(1);
            return None;
        }
        window.told += 1;
        Some(std::mem::take(&mut window.left_out))
    }

    fn give_back(&self, principal: &str, left_out: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = all.get_mut(principal) {
            window.left_out = window.left_out.saturating_add(left_out).saturating_add(1);
        }
    }
}

impl Zone {
    /// Tell the audit log of a request for which nothing was written. A log that cannot be written to just now keeps the
    /// number, and changes no answer.
    pub fn audit_unwritten(&self, heard: Heard, what: Unwritten) {
        let by = heard.principal.as_ref().map_or(UNKNOWN.to_owned(), ToString::to_string);
        let Some(left_out) = self.refusals.room(&by, self.now()) else { return };
        let (outcome, code) = match what {
            Unwritten::Refused(code) => ("refused", Some(code)),
            Unwritten::Unchanged => ("unchanged", None),
        };
        let uncounted = (left_out > 0).then_some(left_out);
        let outcome = outcome.to_owned();
        let (decision, approval) = (None, None);
        let came = Outcome { by: by.clone(), outcome, code, decision, approval, uncounted };
        let told: Result<(), Refused> = self.audit_alone(&Duty::of_zone(Task::Audit), heard, came);
        if told.is_err() {
            self.refusals.give_back(&by, left_out);
        }
    }
}

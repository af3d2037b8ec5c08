//! The audit log as those read it who may.

use serde_json::json;

use super::AUDIT;
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Page, Zone};

impl Zone {
    /// A page of the audit log in order, each entry with its root. `after` is the sequence of the last one seen.
    ///
    /// # Errors
    /// The store.
    pub fn audit(&self, after: Option<u64>, limit: usize) -> Result<Page, Refused> {
        let limit = limit.clamp(1, PAGE_MAX);
        let from = after.map_or(0, |after| after.saturating_add(1));
        let entries = self.store.journal(AUDIT, from, limit.saturating_add(1))?;
        // Large entries may cut a page short of its number.
        let last = self.store.head(AUDIT)?.map(|head| head.seq);
        let mut items = Vec::new();
        let mut end = None;
        for entry in entries.into_iter().take(limit) {
            let document = canon::parse_value(&entry.body).map_err(Refused::host)?;
            items.push(json!({ "entry": document, "root": entry.root }));
            end = Some(entry.seq);
        }
        let next = end.filter(|end| last.is_some_and(|last| *end < last));
        Ok(Page { items, next: next.map(|sequence| sequence.to_string()) })
    }
}

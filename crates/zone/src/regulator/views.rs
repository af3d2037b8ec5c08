//! The log of what regulators were shown: one entry for each answer, written before the answer is given.
//!
//! The digests are chained (`proof::chain`), so that no entry can be changed or left out later; the zone log pins the
//! chain. Each regulator reads their own entries alone, and those of others as digests.

use canon::{Digest, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::caller::{Caller, Scope};
use crate::duty::{Duty, Task};
use crate::journal::VIEWS;
use crate::limits::{PAGE_MAX, VIEWS_SCANNED_MAX};
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// Type of an entry about an answer.
pub(super) const VIEW: &str = "MEZRegulatorView";

/// What somebody was answered.
#[derive(Clone, Copy, Debug)]
pub struct Viewed<'a> {
    /// How it was asked, such as `GET`.
    pub method: &'a str,
    /// What was asked, the path.
    pub path: &'a str,
    /// And its query.
    pub query: &'a BTreeMap<String, String>,
    /// The status of the answer.
    pub status: u16,
    /// How many records it shows.
    pub records: usize,
    /// Digest of the bytes of the answer.
    pub answer_sha256: Digest,
}

impl Viewed<'_> {
    fn entry(&self, sequence: u64, (at, by): (Timestamp, &Caller), salt: Digest) -> Value {
        json!({
            "type": VIEW,
            "sequence": sequence,
            "at": at,
            "by": by.principal(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "records": self.records,
            "answer_sha256": self.answer_sha256,
            "salt": salt,
        })
    }
}

impl Zone {
    /// Log what a caller with scope `regulator` is about to be answered. Whoever cannot log it does not answer.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody else; a zone that signs nothing, or the store.
    pub fn keep_view(&self, caller: &Caller, viewed: &Viewed<'_>) -> Result<(), Refused> {
        let duty = Duty::of_regulator(Task::Views, caller)?;
        let (now, salt) = (self.now(), self.salt()?);
        self.append_view(&duty, |at| viewed.entry(at, (now, caller), salt), |_, _| None)?;
        Ok(())
    }

    /// A page of the caller's own log in order. It may be short of its limit where few of many entries are theirs;
    /// `next` then goes on behind what was looked at.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, or the store.
    pub fn views(
        &self,
        caller: &Caller,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page, Refused> {
        caller.demand(&[Scope::Regulator])?;
        let limit = limit.clamp(1, PAGE_MAX);
        let mut from = after.map_or(0, |after| after.saturating_add(1));
        let (mut items, mut scanned) = (Vec::new(), 0usize);
        while scanned < VIEWS_SCANNED_MAX {
            let entries = self.store.journal(VIEWS, from, store::PAGE_MAX)?;
            if entries.is_empty() {
                return Ok(Page { items, next: None });
            }
            for entry in entries {
                scanned += 1;
                from = entry.seq.saturating_add(1);
                let mut document = canon::parse_value(&entry.body).map_err(Refused::host)?;
                if is_of(&document, caller) {
                    if let Value::Object(members) = &mut document {
                        members.insert("root".to_owned(), json!(entry.root));
                    }
                    items.push(document);
                }
                if items.len() == limit {
                    return Ok(Page { items, next: Some(entry.seq.to_string()) });
                }
            }
        }
        Ok(Page { items, next: from.checked_sub(1).map(|seq| seq.to_string()) })
    }
}

/// Whether an entry is about what this caller was shown, or did.
pub(super) fn is_of(entry: &Value, caller: &Caller) -> bool {
    entry.get("by").and_then(Value::as_str) == Some(caller.principal().as_str())
}

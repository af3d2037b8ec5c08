//! The check of a zone's own data: every stream derived again from its raw entries.
//!
//! Bodies are hashed, signatures verified, trees grown from nothing; what the store says of roots,
//! peaks, heads and lanes is compared with that. Each fault names stream and sequence.
//!
//! Invariant: reads only; one damaged row gives faults about that row, not about all after it.

mod decisions;
mod lane;
mod log;

use std::collections::BTreeMap;

use canon::{CorridorId, Digest};
use proof::{KeyHistory, Verified};
use serde::Serialize;
use store::cell::Cell;
use store::{Entry, Head, PAGE_MAX, Store, StoreError};

use crate::journal::{DECISIONS, DECISIONS_LANE};
use crate::log::LOG;

/// Most faults told; the count goes on.
pub const FAULTS_MAX: usize = 1_000;
const HERE: &str = "lane/here/";
const THERE: &str = "lane/there/";

/// Something that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Stable code.
    pub code: &'static str,
    /// The stream.
    pub stream: String,
    /// The entry, from 0; absent for the stream as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// In words.
    pub detail: String,
}

/// One stream as it was derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The stream.
    pub stream: String,
    /// Entries read.
    pub entries: u64,
    /// Root of the tree over them; of the decision journal the end of its chain.
    pub root: Option<Digest>,
}

/// The whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Each stream.
    pub streams: Vec<Checked>,
    /// What is wrong, at most [`FAULTS_MAX`].
    pub faults: Vec<Fault>,
    /// How many faults there are in all.
    pub found: usize,
}

/// What a walk found out so far.
struct Walk<'a> {
    store: &'a dyn Store,
    keys: &'a Verified<KeyHistory>,
    report: Report,
    /// The derived root of every entry, by stream.
    roots: BTreeMap<String, Vec<Digest>>,
}

/// Check the data of a stopped zone, and its signer's cell where one is given.
///
/// # Errors
/// The store cannot be read at all.
pub fn fsck(
    store: &dyn Store,
    keys: &Verified<KeyHistory>,
    cell: Option<&Cell>,
) -> Result<Report, StoreError> {
    let report = Report::default();
    let mut walk = Walk { store, keys, report, roots: BTreeMap::new() };
    let heads: BTreeMap<String, Head> = store.heads("")?.into_iter().collect();
    let mut lanes = BTreeMap::new();
    for stream in heads.keys() {
        let id = [HERE, THERE].iter().find_map(|kind| stream.strip_prefix(kind));
        if let Some(Ok(id)) = id.map(CorridorId::parse) {
            let end = walk.lane(stream, &id)?;
            lanes.insert(stream.clone(), end);
        }
    }
    let chain = walk.decisions()?;
    let log = walk.log(&heads, cell)?;
    let known = |stream: &String| stream == LOG || walk.roots.contains_key(stream);
    for (stream, head) in heads.iter().filter(|(stream, _)| known(stream)) {
        let roots = walk.roots.get(stream).cloned().unwrap_or_default();
        let size = head.seq.saturating_add(1);
        let ends = roots.last() == Some(&head.root);
        if u64::try_from(roots.len()) != Ok(size) || !ends {
            let detail = format!("the head says {size} entries, ending in {}", head.root);
            walk.report.fault(("head", stream), None, detail);
        }
        if let Some(cell) = cell.filter(|_| stream != LOG) {
            let name = if stream == DECISIONS { DECISIONS_LANE } else { stream };
            let signed = cell.last(name);
            let at = signed.and_then(|s| usize::try_from(s.sequence).ok());
            let same =
                |last: store::cell::Last| at.and_then(|at| roots.get(at)) == Some(&last.next_root);
            if let Some(last) = signed.filter(|last| !same(*last)) {
                let detail = format!("the signer's cell holds another root, {}", last.next_root);
                walk.report.fault(("cell", stream), Some(last.sequence), detail);
            }
        }
    }
    let count = |stream: &str| walk.roots.get(stream).map_or(0, Vec::len);
    let shown = |stream: &str, root| {
        let entries = u64::try_from(count(stream)).unwrap_or(u64::MAX);
        Checked { stream: stream.to_owned(), entries, root }
    };
    let mut streams = vec![shown(DECISIONS, chain), shown(LOG, log)];
    streams.extend(lanes.into_iter().map(|(stream, root)| shown(&stream, Some(root))));
    Ok(Report { streams, ..walk.report })
}

impl Report {
    fn fault(&mut self, (code, stream): (&'static str, &str), at: Option<u64>, detail: String) {
        self.found = self.found.saturating_add(1);
        if self.faults.len() < FAULTS_MAX {
            let stream = stream.to_owned();
            self.faults.push(Fault { code, stream, sequence: at, detail });
        }
    }
}

impl Walk<'_> {
    fn fault(&mut self, at: (&str, u64), code: &'static str, detail: impl std::fmt::Display) {
        self.report.fault((code, at.0), Some(at.1), detail.to_string());
    }

    /// Every entry of a stream in order; stops, with a fault, where one is missing.
    fn entries(
        &mut self,
        stream: &str,
        mut each: impl FnMut(&mut Self, &Entry) -> Digest,
    ) -> Result<(), StoreError> {
        let mut roots = Vec::new();
        let mut next = 0;
        loop {
            let page = self.store.journal(stream, next, PAGE_MAX)?;
            if page.is_empty() {
                self.roots.insert(stream.to_owned(), roots);
                return Ok(());
            }
            for entry in page {
                if entry.seq != next {
                    let detail = format!("the next entry is {}", entry.seq);
                    self.fault((stream, next), "missing", detail);
                    next = entry.seq;
                }
                let root = each(self, &entry);
                roots.push(root);
                next = next.saturating_add(1);
            }
        }
    }
}

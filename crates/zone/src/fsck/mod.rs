//! The check of a zone's own data: every stream derived again from its raw entries.
//!
//! Bodies are hashed, signatures verified, trees grown from nothing; what the store says of roots,
//! peaks, heads and lanes is compared with that. Each fault names stream and sequence.
//!
//! Invariant: reads only; one damaged row gives faults about that row, not about all after it.

mod audit;
mod decisions;
mod lane;
mod log;

use std::collections::BTreeMap;

use canon::{CorridorId, Digest};
use proof::chain::{DECISIONS_TAG, VIEWS_TAG};
use proof::{KeyHistory, Verified};
use serde::Serialize;
use store::archive::Segment;
use store::cell::Cell;
use store::{Entry, Head, PAGE_MAX, Store, StoreError};

use crate::audit::AUDIT;
use crate::journal::{DECISIONS, DECISIONS_LANE, VIEWS};
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
    /// Root of the tree over them; of the decision journal and the audit log the end of the chain.
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
    let chain = walk.chain(DECISIONS, DECISIONS_TAG)?;
    let asked = walk.audit()?;
    let views = walk.chain(VIEWS, VIEWS_TAG)?;
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
    streams.extend(asked.map(|root| shown(AUDIT, Some(root))));
    streams.extend(views.map(|root| shown(VIEWS, Some(root))));
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

/// What the store keeps of an entry whose body lies elsewhere.
struct Kept {
    seq: u64,
    root: Digest,
    body: Digest,
}

/// An entry as it can be read.
#[derive(Clone, Copy)]
enum Seen<'a> {
    Whole(&'a Entry),
    Kept(&'a Kept),
}

impl Walk<'_> {
    /// The segment whose file is not to be had. That its retention has ended is no fault; anything else is one, told
    /// once for all of its entries.
    fn without(&mut self, stream: &str, at: u64, error: StoreError) -> Result<Segment, StoreError> {
        let code = match &error {
            StoreError::Dropped { .. } => None,
            StoreError::InArchive { .. } => Some("archive-missing"),
            StoreError::ArchiveGone { .. } => Some("archive-gone"),
            StoreError::ArchiveAltered { .. } => Some("archive-altered"),
            _ => return Err(error),
        };
        let segment = self.store.segment(stream, at)?.filter(|segment| segment.first == at);
        let segment = segment.ok_or_else(|| error.clone())?;
        if let Some(code) = code {
            self.fault((stream, at), code, error);
        }
        Ok(segment)
    }

    fn fault(&mut self, at: (&str, u64), code: &'static str, detail: impl std::fmt::Display) {
        self.report.fault((code, at.0), Some(at.1), detail.to_string());
    }

    /// Every entry of a stream in order; stops, with a fault, where one is missing. Of what was put away and is not to
    /// be had, `without` hears root and digest of the body.
    fn entries(
        &mut self,
        stream: &str,
        mut each: impl FnMut(&mut Self, Seen<'_>) -> Digest,
    ) -> Result<(), StoreError> {
        let mut roots = Vec::new();
        let mut next = 0;
        loop {
            let page = match self.store.journal(stream, next, PAGE_MAX) {
                Ok(page) => page,
                Err(error) => {
                    let segment = self.without(stream, next, error)?;
                    for (root, body) in segment.roots.iter().zip(&segment.bodies) {
                        let kept = Kept { seq: next, root: *root, body: *body };
                        roots.push(each(self, Seen::Kept(&kept)));
                        next = next.saturating_add(1);
                    }
                    continue;
                }
            };
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
                let root = each(self, Seen::Whole(&entry));
                roots.push(root);
                next = next.saturating_add(1);
            }
        }
    }
}

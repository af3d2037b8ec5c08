//! The zone log: one RFC 9162 tree whose entries are the heads of this zone's streams.
//!
//! Whoever moves a head appends here in the same commit, so a witness that cosigns one log per zone
//! pins every lane, the law in force and the decision journal at once (`spec/zone-log.md`).
//!
//! **Architecture Invariant:** a row is written only beside the head it names; a checkpoint is signed
//! only after the signer's cell holds its size and root, and the cell never goes back.

mod disputes;
mod read;
mod watched;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::{Canonical, Digest};
use corridor::Party;
use proof::merkle::{Peaks, Tree};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::cell::LastSigned;
use store::{Batch, Entry, Head, HeadSwap, Store, StoreError};

use crate::audit::AUDIT;
use crate::journal::{DECISIONS, KEYS, LAW, VIEWS};

pub(crate) use watched::Watched;
pub use watched::{Standing, Submission};

/// The stream of the log, and its name in the signer's cell.
pub(crate) const LOG: &str = "zone/log";

/// Origin of a zone's log: `<zone-host>/zone/<zone_id>`.
#[must_use]
pub fn log_origin(party: &Party) -> String {
    format!("{}/zone/{}", party.participant.zone_host, party.zone())
}

/// One row: the document whose digest is the entry; the last of a commit with the peaks after it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) entry: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) peaks: Option<Peaks>,
}

/// What is kept in memory to answer readers; all of it can be rebuilt from the store.
#[derive(Default)]
pub(crate) struct Shown {
    /// The note signed last, with the size it is of.
    note: Mutex<Option<(u64, Vec<u8>)>>,
    /// Trees of the streams that were asked for.
    trees: Mutex<BTreeMap<String, Tree>>,
}

impl Shown {
    fn note(&self) -> MutexGuard<'_, Option<(u64, Vec<u8>)>> {
        self.note.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The note signed last.
    fn signed(&self) -> Option<(u64, Vec<u8>)> {
        self.note().clone()
    }
}

fn doubt(what: impl std::fmt::Display) -> StoreError {
    StoreError::Doubt { detail: format!("the zone log: {what}") }
}

fn kind_of(stream: &str) -> &'static str {
    match stream {
        DECISIONS => "journal",
        LAW => "law",
        KEYS => "keys",
        AUDIT => "audit",
        VIEWS => "views",
        _ if stream.starts_with("lane/") => "lane",
        _ => "other",
    }
}

fn document(stream: &str, head: Head) -> Value {
    json!({
        "type": "MEZZoneLogEntry",
        "kind": kind_of(stream),
        "stream": stream,
        "sequence": head.seq,
        "root": head.root,
    })
}

fn row_at(store: &dyn Store, seq: u64) -> Result<Option<(Row, Digest)>, StoreError> {
    let found = store.journal(LOG, seq, 1)?;
    let Some(found) = found.first().filter(|entry| entry.seq == seq) else { return Ok(None) };
    let row: Row = Canonical::exact(&found.body).and_then(|c| c.read()).map_err(doubt)?;
    let digest = Canonical::of_value(&row.entry).map_err(doubt)?.digest();
    if digest != found.root {
        return Err(doubt(format!("entry {seq} is not the digest of its document")));
    }
    Ok(Some((row, digest)))
}

/// The peaks after `seq`, where a commit ended there.
fn peaks_at(store: &dyn Store, seq: u64) -> Result<Option<Peaks>, StoreError> {
    let peaks = row_at(store, seq)?.and_then(|(row, _)| row.peaks);
    Ok(peaks.filter(|peaks| peaks.size() == seq.saturating_add(1)))
}

/// Head and peaks of the log as it stands; `None` before its first entry.
pub(crate) fn standing(store: &dyn Store) -> Result<Option<(Head, Peaks)>, StoreError> {
    let Some(head) = store.head(LOG)? else { return Ok(None) };
    let peaks = peaks_at(store, head.seq)?;
    Ok(Some((head, peaks.ok_or_else(|| doubt("the last entry carries no peaks"))?)))
}

/// Append to a batch one entry for each head it moves.
pub(crate) fn extend(store: &dyn Store, batch: &mut Batch) -> Result<(), StoreError> {
    let moved = batch.heads.iter().filter(|swap| swap.old != Some(swap.new));
    let moved: Vec<(String, Head)> = moved.map(|swap| (swap.stream.clone(), swap.new)).collect();
    append(store, batch, &moved)
}

fn append(
    store: &dyn Store,
    batch: &mut Batch,
    moved: &[(String, Head)],
) -> Result<(), StoreError> {
    let (old, mut peaks) = match standing(store)? {
        Some((head, peaks)) => (Some(head), peaks),
        None => (None, Peaks::new()),
    };
    let mut new = None;
    for (position, (stream, head)) in moved.iter().enumerate() {
        let entry = document(stream, *head);
        let root = Canonical::of_value(&entry).map_err(doubt)?.digest();
        let seq = peaks.push(root).map_err(doubt)?;
        let last = position + 1 == moved.len();
        let row = Row { entry, peaks: last.then(|| peaks.clone()) };
        let body = Canonical::of(&row).map_err(doubt)?.bytes().to_vec();
        batch.journal.push(Entry { stream: LOG.to_owned(), seq, body, root });
        new = Some(Head { seq, root });
    }
    if let Some(new) = new {
        batch.heads.push(HeadSwap { stream: LOG.to_owned(), old, new });
    }
    Ok(())
}

/// The first commit of a log beside data older than it: every head as it stands.
pub(crate) fn beginning(store: &dyn Store) -> Result<Option<Batch>, StoreError> {
    if store.head(LOG)?.is_some() {
        return Ok(None);
    }
    let heads = store.heads("")?;
    let mut batch = Batch::default();
    append(store, &mut batch, &heads)?;
    // A head that moved meanwhile refuses the commit.
    let same = |(stream, head): (String, Head)| HeadSwap { stream, old: Some(head), new: head };
    batch.heads.extend(heads.into_iter().map(same));
    Ok((!batch.journal.is_empty()).then_some(batch))
}

/// Compare the log with what the signer's cell says was signed of it: `Some(why)` forbids signing.
pub(crate) fn behind_cell(
    store: &dyn Store,
    cell: &dyn LastSigned,
) -> Result<Option<String>, StoreError> {
    let Some(signed) = cell.last(LOG) else { return Ok(None) };
    let peaks = peaks_at(store, signed.sequence)?;
    let same = peaks.is_some_and(|peaks| peaks.root() == signed.next_root);
    Ok((!same).then(|| {
        format!(
            "the zone log does not hold entry {} as it was signed: the data directory is older \
             than the signer's cell, or of another history",
            signed.sequence
        )
    }))
}

#[cfg(test)]
mod tests;

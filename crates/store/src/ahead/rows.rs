//! The rows of queued batches, and of some written a moment ago, as the builder reads them.
//!
//! Invariant: a row that is queued is never forgotten before its batch has ended; one that is durable may be at any
//! time.

use std::collections::BTreeMap;

use crate::batch::{Batch, Entry, Head, RecordPut};
use crate::contract::{PAGE_MAX, Record};

/// Most bytes of bodies kept beyond what is queued.
const KEPT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A row and the number of the batch that wrote it; zero for one that was read.
type Row<T> = (u64, T);

/// See the module.
#[derive(Default)]
pub(super) struct Rows {
    /// Number of the last batch queued.
    last: u64,
    /// Number of the last that is known to be durable.
    durable: u64,
    bytes: usize,
    heads: BTreeMap<String, Row<Head>>,
    records: BTreeMap<(String, String), Row<Record>>,
    entries: BTreeMap<(String, u64), Row<Entry>>,
    answers: BTreeMap<(String, String), Row<()>>,
}

/// Entries of a stream as far as they are here.
pub(super) enum Page {
    /// All that was asked for.
    Here(Vec<Entry>),
    /// Some are queued, others only in the store.
    Partly,
    /// None is queued.
    Elsewhere,
}

impl Rows {
    /// Take up a batch; its number.
    pub(super) fn put(&mut self, batch: &Batch) -> u64 {
        self.last = self.last.saturating_add(1);
        let number = self.last;
        self.bytes = self.bytes.saturating_add(batch.weight());
        for swap in &batch.heads {
            self.heads.insert(swap.stream.clone(), (number, swap.new));
        }
        for entry in &batch.journal {
            let place = (entry.stream.clone(), entry.seq);
            self.entries.insert(place, (number, entry.clone()));
        }
        for RecordPut { kind, id, old_rev, body } in &batch.records {
            let rev = old_rev.unwrap_or(0).saturating_add(1);
            let record = Record { rev, body: body.clone() };
            self.records.insert((kind.clone(), id.clone()), (number, record));
        }
        if let Some(put) = &batch.idempotency {
            self.answers.insert((put.principal.clone(), put.key.clone()), (number, ()));
        }
        number
    }

    /// Number of the last batch taken up.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// Keep what was read of the store.
    pub(super) fn keep(&mut self, kind: &str, id: &str, record: &Record) {
        self.bytes = self.bytes.saturating_add(record.body.len());
        self.records.insert((kind.to_owned(), id.to_owned()), (0, record.clone()));
        self.shrink();
    }

    /// Everything up to this batch is durable.
    pub(super) fn durable(&mut self, number: u64) {
        self.durable = self.durable.max(number);
        let durable = self.durable;
        self.answers.retain(|_, (number, ())| *number > durable);
        self.shrink();
    }

    /// A batch was not written: whatever is here may be wrong.
    pub(super) fn forget(&mut self) {
        *self = Self { last: self.last, durable: self.last, ..Self::default() };
    }

    fn shrink(&mut self) {
        if self.bytes <= KEPT_BYTES_MAX {
            return;
        }
        let durable = self.durable;
        self.heads.retain(|_, (number, _)| *number > durable);
        self.records.retain(|_, (number, _)| *number > durable);
        self.entries.retain(|_, (number, _)| *number > durable);
        let records = self.records.values().map(|(_, record)| record.body.len());
        let entries = self.entries.values().map(|(_, entry)| entry.body.len());
        self.bytes = records.chain(entries).fold(0, usize::saturating_add);
    }

    pub(super) fn head(&self, stream: &str) -> Option<Head> {
        self.heads.get(stream).map(|(_, head)| *head)
    }

    pub(super) fn record(&self, kind: &str, id: &str) -> Option<Record> {
        self.records.get(&(kind.to_owned(), id.to_owned())).map(|(_, record)| record.clone())
    }

    /// Whether the answer to a key is queued.
    pub(super) fn answers(&self, principal: &str, key: &str) -> bool {
        self.answers.contains_key(&(principal.to_owned(), key.to_owned()))
    }

    pub(super) fn journal(&self, stream: &str, from: u64, limit: usize) -> Page {
        let range = (stream.to_owned(), from)..=(stream.to_owned(), u64::MAX);
        let (mut page, mut next, mut gap, mut queued) = (Vec::new(), from, false, false);
        for ((_, seq), (number, entry)) in self.entries.range(range) {
            queued |= *number > self.durable;
            gap |= *seq != next;
            next = next.saturating_add(1);
            if page.len() < limit.min(PAGE_MAX) && !gap {
                page.push(entry.clone());
            }
        }
        match (gap, queued) {
            (true, true) => Page::Partly,
            (true, false) => Page::Elsewhere,
            (false, _) if page.is_empty() => Page::Elsewhere,
            (false, _) => Page::Here(page),
        }
    }
}

//! The rows of queued batches, and of some written or read a moment ago: the builder reads all of them, everybody else
//! those that are durable.
//!
//! Invariant: a row that is queued is never forgotten before its batch has ended; one that is durable may be at any
//! time.

use std::collections::{BTreeMap, BTreeSet};

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
    /// What is queued of each sort: number of the last batch with something of it.
    sorts: BTreeMap<Sort, u64>,
    /// Number of the last batch queued that puts a job.
    job_put: u64,
    /// By queue of jobs: before when nothing is due in it, what is queued counted in.
    quiet: BTreeMap<String, i64>,
    /// What was found, by kind: forgotten when anything of that kind is queued.
    found: BTreeMap<String, BTreeMap<Search, Vec<String>>>,
}

/// What was looked for: index, value, after which id, how many.
pub(super) type Search = (String, String, Option<String>, usize);

/// A sort of rows that are read many at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// Records of a kind, and what they are found by.
    Records(String),
    Heads,
    Blobs,
    Jobs,
}

/// A record as far as it is here.
pub(super) enum Known {
    /// It is.
    Here(Record),
    /// What is here is not durable.
    Queued,
    /// It is not; the last batch that was taken up by then.
    Elsewhere(u64),
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
        for put in &batch.jobs {
            self.job_put = number;
            if let Some(until) = self.quiet.get_mut(&put.queue) {
                *until = put.not_before.min(*until);
            }
        }
        if let Some(put) = &batch.idempotency {
            self.answers.insert((put.principal.clone(), put.key.clone()), (number, ()));
        }
        for sort in sorts(batch) {
            if let Sort::Records(kind) = &sort {
                self.found.remove(kind);
            }
            self.sorts.insert(sort, number);
        }
        number
    }

    /// Keep what was found in the store, nothing of its kind being queued.
    pub(super) fn keep_found(&mut self, kind: &str, search: Search, ids: &[String]) {
        let weight = ids
            .iter()
            .map(String::len)
            .fold(search.0.len() + search.1.len(), usize::saturating_add);
        self.bytes = self.bytes.saturating_add(weight);
        self.found.entry(kind.to_owned()).or_default().insert(search, ids.to_vec());
        self.shrink();
    }

    /// What was found a moment ago.
    pub(super) fn found(&self, kind: &str, search: &Search) -> Option<Vec<String>> {
        self.found.get(kind)?.get(search).cloned()
    }

    /// Whether something of a sort is queued.
    pub(super) fn queued(&self, sort: &Sort) -> bool {
        self.sorts.get(sort).is_some_and(|number| *number > self.durable)
    }

    /// Number of the last batch that puts a job.
    pub(super) const fn job_put(&self) -> u64 {
        self.job_put
    }

    /// Whether nothing is due in a queue, as far as is known.
    pub(super) fn is_quiet(&self, queue: &str, now: i64) -> bool {
        self.quiet.get(queue).is_some_and(|until| now < *until || *until == i64::MAX)
    }

    /// Number of the last batch that puts a job, once it is durable.
    pub(super) fn jobs_settled(&self) -> Option<u64> {
        (self.job_put <= self.durable).then_some(self.job_put)
    }

    /// Keep before when nothing is due in a queue, as the store told after `settled`, if that is still so.
    pub(super) fn keep_quiet(&mut self, queue: &str, until: i64, settled: Option<u64>) {
        if settled == Some(self.job_put) {
            self.quiet.insert(queue.to_owned(), until);
        }
    }

    /// Number of the last batch taken up.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// Keep what was read of the store when this record was not here, if nothing was queued since.
    pub(super) fn keep(&mut self, kind: &str, id: &str, record: &Record, last: u64) {
        if self.last != last {
            return;
        }
        self.bytes = self.bytes.saturating_add(record.body.len());
        self.records.insert((kind.to_owned(), id.to_owned()), (0, record.clone()));
        self.shrink();
    }

    /// Everything up to this batch is durable.
    pub(super) fn durable(&mut self, number: u64) {
        self.durable = self.durable.max(number);
        let durable = self.durable;
        self.answers.retain(|_, (number, ())| *number > durable);
        self.sorts.retain(|_, number| *number > durable);
        self.shrink();
    }

    /// A batch was not written: whatever is here may be wrong.
    pub(super) fn forget(&mut self) {
        let Self { last, job_put, .. } = *self;
        *self = Self { last, job_put, durable: last, ..Self::default() };
    }

    fn shrink(&mut self) {
        if self.bytes <= KEPT_BYTES_MAX {
            return;
        }
        let durable = self.durable;
        self.heads.retain(|_, (number, _)| *number > durable);
        self.records.retain(|_, (number, _)| *number > durable);
        self.entries.retain(|_, (number, _)| *number > durable);
        self.found.clear();
        let records = self.records.values().map(|(_, record)| record.body.len());
        let entries = self.entries.values().map(|(_, entry)| entry.body.len());
        self.bytes = records.chain(entries).fold(0, usize::saturating_add);
    }

    pub(super) fn head(&self, stream: &str) -> Option<Head> {
        self.heads.get(stream).map(|(_, head)| *head)
    }

    /// A record, to the builder as it is queued, to everybody else as it is durable.
    pub(super) fn record(&self, kind: &str, id: &str, builds: bool) -> Known {
        match self.records.get(&(kind.to_owned(), id.to_owned())) {
            Some((number, record)) if builds || *number <= self.durable => {
                Known::Here(record.clone())
            }
            Some(_) => Known::Queued,
            None => Known::Elsewhere(self.last),
        }
    }

    /// The revision of a record whose newest is here and durable.
    pub(super) fn durable_rev(&self, kind: &str, id: &str) -> Option<u64> {
        let (number, record) = self.records.get(&(kind.to_owned(), id.to_owned()))?;
        (*number <= self.durable).then_some(record.rev)
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

/// What a batch has rows of.
fn sorts(batch: &Batch) -> BTreeSet<Sort> {
    let records = batch.records.iter().map(|put| &put.kind);
    let keys = batch.keys.iter().map(|put| &put.kind);
    let mut sorts: BTreeSet<Sort> =
        records.chain(keys).map(|kind| Sort::Records(kind.clone())).collect();
    let others = [
        (!batch.heads.is_empty(), Sort::Heads),
        (!batch.blobs.is_empty(), Sort::Blobs),
        (!batch.jobs.is_empty() || !batch.jobs_done.is_empty(), Sort::Jobs),
    ];
    sorts.extend(others.into_iter().filter(|(any, _)| *any).map(|(_, sort)| sort));
    sorts
}

//! Building on what is queued.
//!
//! The commits of one zone are built one at a time, each on the heads the one before left. To become durable takes
//! an fsync, which many can share. In between, whoever holds [`Ahead::build`] reads what is queued, and everybody
//! else what is durable; so the next is built while the one before is written.
//!
//! Nobody else writes to the store, so what was read of it a moment ago is read here again.
//!
//! Invariant: nobody but the builder sees a batch before it is durable. A batch that fails takes all queued after
//! it along: each moves a head the one before moved, so the store refuses it. Nothing new is built before all of
//! them are dealt with and what the builder saw of them is forgotten. Whoever was building meanwhile has seen them:
//! what they queue is refused here, or the next would build on it, and so on.

mod reach;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use canon::Digest;

use crate::archive::{Segment, Space};
use crate::batch::{Batch, Entry, Head};
use crate::contract::{Committed, Health, IdempotencyRow, Job, Next, Pending, Record, Store};
use crate::error::{CommitError, StoreError};
pub use reach::Seen;
use reach::{Reach, is_out_of_reach, saw};
use rows::{Known, Rows, Sort};

/// A store with one builder ahead of its disk.
pub struct Ahead {
    inner: Arc<dyn Store>,
    /// How many wait for a turn.
    wanting: AtomicUsize,
    /// How many turns there were.
    turn: Mutex<u64>,
    builder: Mutex<Option<Builder>>,
    rehearsing: Mutex<Vec<ThreadId>>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// Who builds, and how often the rows had been forgotten when it began.
#[derive(Clone, Copy)]
struct Builder {
    thread: ThreadId,
    turn: u64,
    forgotten: u64,
}

#[derive(Default)]
struct Queue {
    /// Batches queued whose outcome nobody took yet.
    waiting: usize,
    /// Batches that are not dealt with: see [`Queued`].
    open: BTreeSet<u64>,
    /// One of them was not written.
    failed: bool,
    /// How often the rows were forgotten.
    forgotten: u64,
    /// How many wait for any of this to change.
    asleep: usize,
    rows: Rows,
}

/// The right to build: one at a time.
pub struct Building<'a> {
    ahead: &'a Ahead,
    _turn: MutexGuard<'a, u64>,
}

impl Drop for Building<'_> {
    fn drop(&mut self) {
        *held(&self.ahead.builder) = None;
    }
}

/// A batch of the builder's that is queued. Dropping it says that it is dealt with, for those who wait for that.
pub struct Queued<A: Deref<Target = Ahead>> {
    ahead: A,
    /// `None`: it was built on what had failed, or rehearsed, and is not in the queue.
    number: Option<u64>,
    pending: Option<Pending>,
    rehearsed: bool,
}

/// A thread that rehearses, until this is dropped.
struct Rehearsal<'a>(&'a Ahead, ThreadId);

impl Drop for Rehearsal<'_> {
    fn drop(&mut self) {
        held(&self.0.rehearsing).retain(|thread| *thread != self.1);
    }
}

impl<A: Deref<Target = Ahead>> Queued<A> {
    /// Nothing of it is written, whatever [`Queued::wait`] answers.
    pub const fn rehearsed(&self) -> bool {
        self.rehearsed
    }

    /// Whether [`Queued::wait`] has an answer by now.
    pub fn is_known(&mut self) -> bool {
        self.pending.as_mut().is_none_or(Pending::is_known)
    }

    /// Waits until it has.
    pub fn until_known(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.until_known();
        }
    }

    /// Waits until it is durable, and with it all that was queued before.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub fn wait(&mut self) -> Result<Committed, CommitError> {
        let Some(pending) = self.pending.take() else { return Err(StoreError::Closed.into()) };
        let outcome = pending.wait();
        if let Some(number) = self.number {
            self.ahead.ended(number, outcome.is_ok());
        }
        outcome
    }
}

impl<A: Deref<Target = Ahead>> Drop for Queued<A> {
    fn drop(&mut self) {
        // Whoever does not ask is not told; the queue has to know all the same.
        let _ = self.wait();
        if let Some(number) = self.number {
            self.ahead.closed(number);
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ahead {
    /// On a store nobody else writes to.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            wanting: AtomicUsize::new(0),
            turn: Mutex::default(),
            builder: Mutex::default(),
            rehearsing: Mutex::default(),
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Waits for one's turn to build.
    pub fn build(&self) -> Building<'_> {
        self.wanting.fetch_add(1, Ordering::Relaxed);
        let mut turn = held(&self.turn);
        self.wanting.fetch_sub(1, Ordering::Relaxed);
        *turn = turn.saturating_add(1);
        self.begin(*turn);
        Building { ahead: self, _turn: turn }
    }

    /// The thread that calls builds on what is queued, once nothing of that has failed.
    fn begin(&self, turn: u64) {
        let forgotten = self.until(|queue| !queue.failed).forgotten;
        *held(&self.builder) =
            Some(Builder { thread: std::thread::current().id(), turn, forgotten });
    }

    /// Does everything but write: what this thread queues meanwhile is taken for written, and thrown away.
    pub fn rehearse<T>(&self, doing: impl FnOnce() -> T) -> T {
        let thread = std::thread::current().id();
        held(&self.rehearsing).push(thread);
        let _rehearsal = Rehearsal(self, thread);
        doing()
    }

    /// Queues a batch built under [`Ahead::build`].
    pub fn queue(&self, batch: Batch) -> Queued<&Ahead> {
        let (number, pending, rehearsed) = self.numbered(batch);
        Queued { ahead: self, number, pending: Some(pending), rehearsed }
    }

    /// The same, for whoever lets another thread wait for it.
    pub fn queue_shared(self: &Arc<Self>, batch: Batch) -> Queued<Arc<Ahead>> {
        let (number, pending, rehearsed) = self.numbered(batch);
        Queued { ahead: Arc::clone(self), number, pending: Some(pending), rehearsed }
    }

    fn numbered(&self, batch: Batch) -> (Option<u64>, Pending, bool) {
        if held(&self.rehearsing).contains(&std::thread::current().id()) {
            let written = Pending::known(Ok(Committed { transaction: 0, shared: 0 }));
            return (None, written, true);
        }
        let mut queue = held(&self.queue);
        let builder = *held(&self.builder);
        if builder.is_some_and(|builder| builder.forgotten != queue.forgotten) {
            let moved =
                batch.heads.first().map_or(CommitError::Store(StoreError::Closed), |swap| {
                    CommitError::HeadMoved { stream: swap.stream.clone(), found: None }
                });
            return (None, Pending::known(Err(moved)), false);
        }
        let number = queue.rows.put(&batch);
        queue.waiting = queue.waiting.saturating_add(1);
        queue.open.insert(number);
        // Under the lock: what is numbered first is queued first.
        let next = match self.wanting.load(Ordering::Relaxed) {
            0 => Next::Unknown,
            _ => Next::Coming,
        };
        (Some(number), self.inner.submit(batch, next), false)
    }

    /// Changes whenever a job is queued.
    pub fn jobs_put(&self) -> u64 {
        held(&self.queue).rows.job_put()
    }

    /// How often what was queued failed: whoever read of it before that number changed has read what never was.
    pub fn failures(&self) -> u64 {
        let queue = held(&self.queue);
        queue.forgotten.saturating_add(u64::from(queue.failed))
    }

    /// Waits until everything queued so far is dealt with.
    pub fn dealt_with(&self) {
        if is_out_of_reach() {
            return;
        }
        let last = held(&self.queue).rows.last();
        drop(self.until(|queue| queue.open.first().is_none_or(|first| *first > last)));
    }

    /// Waits until the outcome of everything queued is known.
    fn drained(&self) {
        if is_out_of_reach() {
            return;
        }
        drop(self.until(|queue| queue.waiting == 0));
    }

    fn until(&self, holds: impl Fn(&Queue) -> bool) -> MutexGuard<'_, Queue> {
        let mut queue = held(&self.queue);
        while !holds(&queue) {
            queue.asleep = queue.asleep.saturating_add(1);
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.asleep = queue.asleep.saturating_sub(1);
        }
        queue
    }

    /// Lets go of the queue, and wakes who waits for a change of it.
    fn change(&self, queue: MutexGuard<'_, Queue>) {
        let asleep = queue.asleep > 0;
        drop(queue);
        if asleep {
            self.changed.notify_all();
        }
    }

    /// Does what needs no more than is in memory, on a thread that may not wait, and tells what it saw there; `None`
    /// where it needs more, and all of it has to be done again.
    pub fn at_hand<T>(&self, doing: impl FnOnce() -> T) -> Option<(T, Seen)> {
        let reach = Reach::begin();
        let done = doing();
        Some((done, reach.end()?))
    }

    /// Whether who looks now sees the same: every record is known, durable, and of the revision that was seen.
    pub fn still(&self, seen: &Seen) -> bool {
        let queue = held(&self.queue);
        let last = queue.rows.last();
        if seen.was_so_at(last) {
            return true;
        }
        let same = seen.all().all(|(kind, id, rev)| queue.rows.durable_rev(kind, id) == Some(rev));
        if same {
            seen.is_so_at(last);
        }
        same
    }

    /// What is not in memory comes from here.
    fn fetch(&self) -> Result<&dyn Store, StoreError> {
        // It has to be asked again on a thread that may wait, and is no news to an operator.
        if is_out_of_reach() { Err(StoreError::Busy) } else { Ok(self.inner.as_ref()) }
    }

    /// The store as it is beneath what is queued.
    pub fn beneath(&self) -> &dyn Store {
        self.inner.as_ref()
    }

    /// The outcome of a batch is known.
    fn ended(&self, number: u64, written: bool) {
        let mut queue = held(&self.queue);
        queue.waiting = queue.waiting.saturating_sub(1);
        if written {
            queue.rows.durable(number);
        }
        queue.failed |= !written;
        self.change(queue);
    }

    /// A batch is dealt with. After one that failed, what was queued is forgotten once all are, and until then
    /// nothing is built: whoever still has to find out what became of theirs finds nothing newer in its place.
    fn closed(&self, number: u64) {
        let mut queue = held(&self.queue);
        queue.open.remove(&number);
        if queue.failed && queue.open.is_empty() {
            queue.rows.forget();
            queue.forgotten = queue.forgotten.saturating_add(1);
            queue.failed = false;
        }
        self.change(queue);
        if let Some(turn) = self.turn() {
            self.begin(turn);
        }
    }

    /// The rows of the queue, for the builder alone.
    fn own(&self) -> Option<MutexGuard<'_, Queue>> {
        self.builds().then(|| held(&self.queue))
    }

    /// Whether the thread that calls is the builder.
    fn builds(&self) -> bool {
        self.turn().is_some()
    }

    /// Which turn the thread that calls builds in, if it is the builder: until that ends, nobody else changes what it
    /// reads here.
    pub fn turn(&self) -> Option<u64> {
        let builder = *held(&self.builder);
        builder.filter(|it| it.thread == std::thread::current().id()).map(|it| it.turn)
    }

    /// Entries of a stream as the builder has them here; where only some are, the rest is written first.
    fn queued_page(&self, stream: &str, from: u64, limit: usize) -> Option<Vec<Entry>> {
        let found = self.own()?.rows.journal(stream, from, limit);
        match found {
            rows::Page::Here(entries) => return Some(entries),
            rows::Page::Partly => self.drained(),
            rows::Page::Elsewhere => {}
        }
        None
    }

    /// For reads of many rows: what is queued of their sort is written first.
    fn level(&self, sort: &Sort) {
        if self.own().is_some_and(|queue| queue.rows.queued(sort)) {
            self.drained();
        }
    }
}

impl Store for Ahead {
    fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.queue(batch).wait()
    }

    fn head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        if let Some(found) = self.own().and_then(|queue| queue.rows.head(stream)) {
            return Ok(Some(found));
        }
        self.fetch()?.head(stream)
    }

    fn heads(&self, prefix: &str) -> Result<Vec<(String, Head)>, StoreError> {
        self.level(&Sort::Heads);
        self.fetch()?.heads(prefix)
    }

    fn journal(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        match self.queued_page(stream, from, limit) {
            Some(entries) => Ok(entries),
            None => self.fetch()?.journal(stream, from, limit),
        }
    }

    fn roots(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Digest)>, StoreError> {
        match self.queued_page(stream, from, limit) {
            Some(entries) => Ok(entries.iter().map(|entry| (entry.seq, entry.root)).collect()),
            None => self.fetch()?.roots(stream, from, limit),
        }
    }

    fn segment(&self, stream: &str, seq: u64) -> Result<Option<Segment>, StoreError> {
        self.fetch()?.segment(stream, seq)
    }

    fn put_away(&self, segment: &Segment) -> Result<(), StoreError> {
        self.inner.put_away(segment)
    }

    fn give_up(&self, stream: &str, first: u64, at: i64) -> Result<(), StoreError> {
        self.inner.give_up(stream, first, at)
    }

    fn space(&self, give_back: u64) -> Result<Space, StoreError> {
        self.fetch()?.space(give_back)
    }

    fn record(&self, kind: &str, id: &str) -> Result<Option<Record>, StoreError> {
        let builds = self.builds();
        let known = held(&self.queue).rows.record(kind, id, builds);
        let last = match known {
            Known::Here(record) => {
                saw(kind, id, record.rev);
                return Ok(Some(record));
            }
            Known::Queued => return self.fetch()?.record(kind, id),
            Known::Elsewhere(last) => last,
        };
        let found = self.fetch()?.record(kind, id)?;
        if let Some(record) = &found {
            held(&self.queue).rows.keep(kind, id, record, last);
        }
        Ok(found)
    }

    fn records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record)>, StoreError> {
        self.level(&Sort::Records(kind.to_owned()));
        self.fetch()?.records(kind, after, limit)
    }

    fn find(
        &self,
        kind: &str,
        key: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let search = (key.to_owned(), value.to_owned(), after.map(str::to_owned), limit);
        if let Some(found) = self.own().and_then(|queue| queue.rows.found(kind, &search)) {
            return Ok(found);
        }
        self.level(&Sort::Records(kind.to_owned()));
        let found = self.fetch()?.find(kind, key, value, after, limit)?;
        if let Some(mut queue) = self.own() {
            queue.rows.keep_found(kind, search, &found);
        }
        Ok(found)
    }

    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.level(&Sort::Blobs);
        self.fetch()?.blob(digest)
    }

    /// A queue in which nothing is due is not looked at again until something may be.
    fn jobs(&self, queue: &str, now: i64, limit: usize) -> Result<Vec<Job>, StoreError> {
        let settled = {
            let known = held(&self.queue);
            if known.rows.is_quiet(queue, now) {
                return Ok(Vec::new());
            }
            known.rows.jobs_settled()
        };
        self.level(&Sort::Jobs);
        let due = self.fetch()?.jobs(queue, now, limit)?;
        if due.is_empty() && settled.is_some() {
            let next = self.fetch()?.jobs(queue, i64::MAX, 1)?;
            let until = next.first().map_or(i64::MAX, |job| job.not_before);
            held(&self.queue).rows.keep_quiet(queue, until, settled);
        }
        Ok(due)
    }

    /// Of an answer that is queued, the builder hears once it is durable: it may be told to somebody.
    fn idempotency(
        &self,
        principal: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        let queued = self.own().is_some_and(|queue| queue.rows.answers(principal, key));
        if queued {
            self.drained();
        }
        self.fetch()?.idempotency(principal, key)
    }

    fn health(&self) -> Result<Health, StoreError> {
        self.fetch()?.health()
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.fetch()?.meta(key)
    }

    fn set_meta_once(&self, key: &str, value: &str) -> Result<(), CommitError> {
        self.inner.set_meta_once(key, value)
    }
}

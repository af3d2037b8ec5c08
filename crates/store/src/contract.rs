//! The contract: what every backend promises, and nothing else.
//!
//! Writing is one call, [`Store::commit`]: when it returns `Ok`, the whole batch is on disk; when it
//! returns an error, nothing of it is (except as `Doubt` and `OutcomeUnknown` say). Reading sees every
//! commit that was answered. Text is ordered by its UTF-8 bytes on every backend.
//! Calls block; call them from a thread that may.

use std::sync::mpsc::{Receiver, TryRecvError};

use canon::Digest;

use crate::archive::{Segment, Space};
use crate::batch::{Batch, Entry, Head, IdempotencyPut, JobPut};
use crate::error::{CommitError, StoreError};

/// Most rows one read returns; a larger `limit` is cut to it.
pub const PAGE_MAX: usize = 1_000;
/// Most bytes of bodies one page of journal, records or jobs returns (a page has at least one row).
pub const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most heads [`Store::heads`] returns.
pub const HEADS_MAX: usize = 10_000;

/// Proof that a batch is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Which durable transaction of this open store wrote it, from 1.
    pub transaction: u64,
    /// How many batches shared that transaction and its fsync.
    pub shared: u32,
}

/// What a caller knows of the batch after the one it queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another is being built: a fsync that waits for it a moment serves both.
    Coming,
    /// Nothing is known to come.
    Unknown,
}

/// A batch that is queued; what became of it is told by [`Pending::wait`].
#[derive(Debug)]
pub struct Pending(Outcome);

#[derive(Debug)]
enum Outcome {
    Known(Result<Committed, CommitError>),
    Asked(Receiver<Result<Committed, CommitError>>),
}

impl Pending {
    /// One whose outcome is known.
    pub fn known(outcome: Result<Committed, CommitError>) -> Pending {
        Pending(Outcome::Known(outcome))
    }

    /// One whose outcome will be told.
    pub fn asked(answer: Receiver<Result<Committed, CommitError>>) -> Pending {
        Pending(Outcome::Asked(answer))
    }

    /// Whether [`Pending::wait`] would answer at once.
    pub fn is_known(&mut self) -> bool {
        if let Outcome::Asked(answer) = &self.0 {
            match answer.try_recv() {
                Ok(outcome) => self.0 = Outcome::Known(outcome),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => {
                    self.0 = Outcome::Known(Err(StoreError::Closed.into()));
                }
            }
        }
        true
    }

    /// Waits until [`Pending::wait`] would.
    pub fn until_known(&mut self) {
        if let Outcome::Asked(answer) = &self.0 {
            let outcome = answer.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()));
            self.0 = Outcome::Known(outcome);
        }
    }

    /// Waits until it is durable, or known not to be.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub fn wait(self) -> Result<Committed, CommitError> {
        match self.0 {
            Outcome::Known(outcome) => outcome,
            Outcome::Asked(answer) => answer.recv().map_err(|_| StoreError::Closed)?,
        }
    }
}

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its revision, from 1.
    pub rev: u64,
    /// The whole record.
    pub body: Vec<u8>,
}

/// A stored job; same shape as it was put.
pub type Job = JobPut;
/// A remembered answer; same shape as it was put.
pub type IdempotencyRow = IdempotencyPut;

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `sqlite`, `postgres` or `sim`.
    pub backend: &'static str,
    /// Why no writes are taken, if so.
    pub doubt: Option<String>,
    /// The last write found no space.
    pub full: bool,
    /// Durable transactions since opening.
    pub transactions: u64,
    /// Batches written since opening.
    pub batches: u64,
}

impl Health {
    /// Whether a write may be tried.
    pub fn writable(&self) -> bool {
        self.doubt.is_none()
    }
}

/// One zone's memory. See the module for what holds on every backend.
pub trait Store: Send + Sync {
    /// Writes a batch, whole or not at all, and returns when it is durable.
    ///
    /// # Errors
    /// See [`CommitError`].
    fn commit(&self, batch: Batch) -> Result<Committed, CommitError>;

    /// Queues a batch: it is judged after every batch queued before it, and may become durable together with
    /// others. A backend without a queue writes it at once.
    fn submit(&self, batch: Batch, _next: Next) -> Pending {
        Pending::known(self.commit(batch))
    }

    /// Where a stream stands.
    ///
    /// # Errors
    /// [`StoreError`], as for every read below.
    fn head(&self, stream: &str) -> Result<Option<Head>, StoreError>;

    /// Every head whose stream starts with `prefix`, in order; more than [`HEADS_MAX`] is `TooMany`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn heads(&self, prefix: &str) -> Result<Vec<(String, Head)>, StoreError>;

    /// Entries with `seq >= from`, ascending.
    ///
    /// # Errors
    /// `InArchive` where the body of the first lies elsewhere, else [`StoreError`].
    fn journal(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The roots of entries with `seq >= from`, ascending, wherever their bodies lie.
    ///
    /// # Errors
    /// [`StoreError`].
    fn roots(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Digest)>, StoreError> {
        let entries = self.journal(stream, from, limit)?;
        Ok(entries.into_iter().map(|entry| (entry.seq, entry.root)).collect())
    }

    /// What is kept of the segment that holds an entry, where its bodies were put away.
    ///
    /// # Errors
    /// [`StoreError`].
    fn segment(&self, _stream: &str, _seq: u64) -> Result<Option<Segment>, StoreError> {
        Ok(None)
    }

    /// Replaces the bodies of a segment by what is kept of it, in one transaction. One that is put away already, as
    /// it is, is no error. See [`crate::archive::put_away`], which alone should call it.
    ///
    /// # Errors
    /// `NotInJournal` when these entries are not there as they are given, `NoArchive`, else [`StoreError`].
    fn put_away(&self, _segment: &Segment) -> Result<(), StoreError> {
        Err(StoreError::NoArchive)
    }

    /// Notes when the file of a segment was given up; the moment noted first stands.
    ///
    /// # Errors
    /// `NotInJournal` when no such segment was put away, `NoArchive`, else [`StoreError`].
    fn give_up(&self, _stream: &str, _first: u64, _at: i64) -> Result<(), StoreError> {
        Err(StoreError::NoArchive)
    }

    /// How large the store is, after up to `give_back` free bytes of it were given back to the disk.
    ///
    /// # Errors
    /// `NoArchive` where it cannot be told, else [`StoreError`].
    fn space(&self, _give_back: u64) -> Result<Space, StoreError> {
        Err(StoreError::NoArchive)
    }

    /// One record.
    ///
    /// # Errors
    /// [`StoreError`].
    fn record(&self, kind: &str, id: &str) -> Result<Option<Record>, StoreError>;

    /// Records of a kind with `id > after`, ascending.
    ///
    /// # Errors
    /// [`StoreError`].
    fn records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record)>, StoreError>;

    /// Ids `> after` indexed under a value, ascending.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(
        &self,
        kind: &str,
        key: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError>;

    /// The bytes of a digest, hashed again before they are returned.
    ///
    /// # Errors
    /// `Doubt` when they no longer match, else [`StoreError`].
    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError>;

    /// Jobs of a queue due at `now` (seconds since 1970 UTC), by due time, then id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn jobs(&self, queue: &str, now: i64, limit: usize) -> Result<Vec<Job>, StoreError>;

    /// The remembered answer of a key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn idempotency(&self, principal: &str, key: &str)
    -> Result<Option<IdempotencyRow>, StoreError>;

    /// How the store is, after asking it.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be asked.
    fn health(&self) -> Result<Health, StoreError>;

    /// A binding made by [`Store::set_meta_once`].
    ///
    /// # Errors
    /// [`StoreError`].
    fn meta(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// Binds the store to a fact for good (zone, realm, format). The same value again is no error.
    ///
    /// # Errors
    /// `MetaBound` when another value stands, else [`CommitError`].
    fn set_meta_once(&self, key: &str, value: &str) -> Result<(), CommitError>;
}

/// Cuts a page where the limits say: `limit` rows, and bytes unless it would be empty.
pub(crate) struct Page {
    rows: usize,
    bytes: usize,
}

impl Page {
    pub(crate) fn new(limit: usize) -> Page {
        Page { rows: limit.min(PAGE_MAX), bytes: 0 }
    }

    /// Whether a further row of `bytes` belongs to the page.
    pub(crate) fn takes(&mut self, bytes: usize) -> bool {
        let first = self.bytes == 0;
        self.bytes = self.bytes.saturating_add(bytes.max(1));
        if self.rows == 0 || (!first && self.bytes > PAGE_BYTES_MAX) {
            return false;
        }
        self.rows = self.rows.saturating_sub(1);
        true
    }
}

//! What one commit writes: a [`Batch`], all of it or none.
//!
//! Invariant: a batch that passes [`Batch::check`] is storable by every backend (names are short, not
//! empty and NUL-free, bodies bounded, blobs hash to their digests); only a lost race or the host can
//! still refuse it.

use canon::Digest;

use crate::error::CommitError;

/// Longest stream, kind, id, key, value, queue or principal in bytes. Four of them fit one btree row of
/// PostgreSQL (2,704 bytes).
pub const NAME_BYTES_MAX: usize = 512;
/// Longest body of an entry, record, job or answer in bytes; a canonical document has at most as many.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest blob in bytes.
pub const BLOB_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most rows in one batch.
pub const BATCH_ROWS_MAX: usize = 16_384;
/// Most bytes in one batch.
pub const BATCH_BYTES_MAX: usize = 32 * 1024 * 1024;

const _: () = assert!(NAME_BYTES_MAX * 4 < 2_704);
const _: () = assert!(BLOB_BYTES_MAX <= BATCH_BYTES_MAX && BODY_BYTES_MAX <= BATCH_BYTES_MAX);

/// Name of a job.
pub type JobId = String;

/// Where a stream stands: its last sequence and the root that commits to everything up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Head {
    /// Last sequence written.
    pub seq: u64,
    /// Root over the stream up to `seq`.
    pub root: Digest,
}

/// Moves one head by compare-and-swap. `old == Some(new)` moves nothing and is a guard: the batch is
/// written only while that head still stands (packs and lists of an admission).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadSwap {
    /// The stream.
    pub stream: String,
    /// The head the batch was built on; `None`: the stream does not exist yet.
    pub old: Option<Head>,
    /// The head afterwards.
    pub new: Head,
}

/// One journal entry; `(stream, seq)` must not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The stream.
    pub stream: String,
    /// Its sequence.
    pub seq: u64,
    /// Bytes exactly as hashed and signed.
    pub body: Vec<u8>,
    /// The root this entry leads to.
    pub root: Digest,
}

/// Writes a record. Revision 1 when `old_rev` is `None` (it must not exist), else `old_rev + 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPut {
    /// Record kind (`entity`, `account`, …).
    pub kind: String,
    /// Record id.
    pub id: String,
    /// The revision the batch was built on.
    pub old_rev: Option<u64>,
    /// The whole record.
    pub body: Vec<u8>,
}

/// One row of a secondary index. The rows of a batch with the same `(kind, key, id)` replace every
/// earlier row with that triple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPut {
    /// Record kind.
    pub kind: String,
    /// Index name (`owner`, `status`, …).
    pub key: String,
    /// Indexed value.
    pub value: String,
    /// The record found under it.
    pub id: String,
}

/// Content-addressed bytes; writing them again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobPut {
    /// SHA-256 of `body`.
    pub digest: Digest,
    /// The bytes.
    pub body: Vec<u8>,
}

/// A job for later; a job of the same id is replaced (rescheduled).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPut {
    /// Its name, unique over all queues.
    pub id: JobId,
    /// Which worker takes it.
    pub queue: String,
    /// Not before this moment, seconds since 1970 UTC.
    pub not_before: i64,
    /// What to do.
    pub body: Vec<u8>,
}

/// The answer to remember for a repeated request; `(principal, key)` must not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyPut {
    /// Whose key space.
    pub principal: String,
    /// The caller's key.
    pub key: String,
    /// Digest of the request it was first used with.
    pub request: Digest,
    /// Status of the answer.
    pub status: u16,
    /// Body of the answer.
    pub answer: Vec<u8>,
    /// When, seconds since 1970 UTC.
    pub at: i64,
}

/// Everything one commit writes. `jobs_done` is applied before `jobs`; the rest do not overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Compare-and-swaps, in order.
    pub heads: Vec<HeadSwap>,
    /// Journal entries.
    pub journal: Vec<Entry>,
    /// Records, in order.
    pub records: Vec<RecordPut>,
    /// Index rows.
    pub keys: Vec<KeyPut>,
    /// Blobs.
    pub blobs: Vec<BlobPut>,
    /// Jobs to add or replace.
    pub jobs: Vec<JobPut>,
    /// Jobs to remove; one that is gone already is no error.
    pub jobs_done: Vec<JobId>,
    /// The answer to remember.
    pub idempotency: Option<IdempotencyPut>,
}

impl Batch {
    /// Refuses what some backend could not store.
    ///
    /// # Errors
    /// `TooLarge`, `BadName` or `BlobMismatch`; a sequence or revision above `i64::MAX` is `TooLarge`.
    pub fn check(&self) -> Result<(), CommitError> {
        if self.rows() > BATCH_ROWS_MAX {
            return Err(CommitError::TooLarge { what: "rows of a batch", limit: BATCH_ROWS_MAX });
        }
        if self.weight() > BATCH_BYTES_MAX {
            return Err(CommitError::TooLarge { what: "bytes of a batch", limit: BATCH_BYTES_MAX });
        }
        for swap in &self.heads {
            name("stream", &swap.stream)?;
            number("sequence", swap.new.seq)?;
            number("sequence", swap.old.map_or(0, |head| head.seq))?;
        }
        for entry in &self.journal {
            name("stream", &entry.stream)?;
            number("sequence", entry.seq)?;
            body("body of an entry", &entry.body, BODY_BYTES_MAX)?;
        }
        for put in &self.records {
            name("kind", &put.kind)?;
            name("id", &put.id)?;
            number("revision", put.old_rev.map_or(0, |rev| rev.saturating_add(1)))?;
            body("body of a record", &put.body, BODY_BYTES_MAX)?;
        }
        for put in &self.keys {
            name("kind", &put.kind)?;
            name("key", &put.key)?;
            name("value", &put.value)?;
            name("id", &put.id)?;
        }
        self.check_rest()
    }

    fn check_rest(&self) -> Result<(), CommitError> {
        for put in &self.blobs {
            body("blob", &put.body, BLOB_BYTES_MAX)?;
            if Digest::of_blob(&put.body) != put.digest {
                return Err(CommitError::BlobMismatch { digest: put.digest });
            }
        }
        for put in &self.jobs {
            name("job", &put.id)?;
            name("queue", &put.queue)?;
            body("body of a job", &put.body, BODY_BYTES_MAX)?;
        }
        for id in &self.jobs_done {
            name("job", id)?;
        }
        if let Some(put) = &self.idempotency {
            name("principal", &put.principal)?;
            name("idempotency key", &put.key)?;
            body("answer", &put.answer, BODY_BYTES_MAX)?;
        }
        Ok(())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        [
            self.heads.len(),
            self.journal.len(),
            self.records.len(),
            self.keys.len(),
            self.blobs.len(),
            self.jobs.len(),
            self.jobs_done.len(),
            usize::from(self.idempotency.is_some()),
        ]
        .iter()
        .fold(0, |sum: usize, len| sum.saturating_add(*len))
    }

    /// Bytes of all bodies.
    pub fn weight(&self) -> usize {
        let bodies = self.journal.iter().map(|e| e.body.len());
        let bodies = bodies.chain(self.records.iter().map(|r| r.body.len()));
        let bodies = bodies.chain(self.blobs.iter().map(|b| b.body.len()));
        let bodies = bodies.chain(self.jobs.iter().map(|j| j.body.len()));
        let bodies = bodies.chain(self.idempotency.iter().map(|i| i.answer.len()));
        bodies.fold(0, usize::saturating_add)
    }
}

/// Checks a name by the rule every backend shares.
pub(crate) fn name(what: &'static str, text: &str) -> Result<(), CommitError> {
    if text.is_empty() || text.contains('\0') {
        return Err(CommitError::BadName { what });
    }
    if text.len() > NAME_BYTES_MAX {
        return Err(CommitError::TooLarge { what, limit: NAME_BYTES_MAX });
    }
    Ok(())
}

fn number(what: &'static str, value: u64) -> Result<(), CommitError> {
    match i64::try_from(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(CommitError::TooLarge { what, limit: usize::MAX >> 1 }),
    }
}

fn body(what: &'static str, bytes: &[u8], limit: usize) -> Result<(), CommitError> {
    if bytes.len() > limit {
        return Err(CommitError::TooLarge { what, limit });
    }
    Ok(())
}

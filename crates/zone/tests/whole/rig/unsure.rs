//! A store that loses the answer to a commit, with the commit written or not.

use std::sync::Arc;
use std::sync::Mutex;

use canon::Digest;
use store::sim::Sim;
use store::{
    Batch, CommitError, Committed, Entry, Head, Health, IdempotencyRow, Job, Record, Store,
    StoreError,
};

/// What becomes of the next commit, and how many reads fail after it.
#[derive(Clone, Copy)]
pub struct Lose {
    pub written: bool,
    pub reads_down: u32,
}

/// The simulated store behind a line that breaks.
#[derive(Default)]
pub struct Unsure {
    pub sim: Arc<Sim>,
    pub next: Mutex<Option<Lose>>,
    down: Mutex<u32>,
}

impl Unsure {
    fn up(&self) -> Result<&Sim, StoreError> {
        let mut down = self.down.lock().unwrap();
        if *down == 0 {
            return Ok(&self.sim);
        }
        *down -= 1;
        Err(StoreError::Unavailable { detail: "the line is down".to_owned() })
    }
}

impl Store for Unsure {
    fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let Some(lose) = self.next.lock().unwrap().take() else { return self.up()?.commit(batch) };
        if lose.written {
            self.sim.commit(batch)?;
        }
        *self.down.lock().unwrap() = lose.reads_down;
        let detail = "the line broke".to_owned();
        Err(CommitError::Store(StoreError::OutcomeUnknown { detail }))
    }
    fn head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        self.up()?.head(stream)
    }
    fn heads(&self, prefix: &str) -> Result<Vec<(String, Head)>, StoreError> {
        self.up()?.heads(prefix)
    }
    fn journal(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.up()?.journal(stream, from, limit)
    }
    fn record(&self, kind: &str, id: &str) -> Result<Option<Record>, StoreError> {
        self.up()?.record(kind, id)
    }
    fn records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record)>, StoreError> {
        self.up()?.records(kind, after, limit)
    }
    fn find(
        &self,
        kind: &str,
        key: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.up()?.find(kind, key, value, after, limit)
    }
    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.up()?.blob(digest)
    }
    fn jobs(&self, queue: &str, now: i64, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.up()?.jobs(queue, now, limit)
    }
    fn idempotency(&self, by: &str, key: &str) -> Result<Option<IdempotencyRow>, StoreError> {
        self.up()?.idempotency(by, key)
    }
    fn health(&self) -> Result<Health, StoreError> {
        self.up()?.health()
    }
    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.up()?.meta(key)
    }
    fn set_meta_once(&self, key: &str, value: &str) -> Result<(), CommitError> {
        self.up()?.set_meta_once(key, value)
    }
}

//! A store that loses the answer to a commit, with the commit written or not; and one that is slow as well, writes
//! what gathers meanwhile together, and fails every few times.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use canon::Digest;
use store::sim::Sim;
use store::{
    Batch, CommitError, Committed, Entry, Head, Health, IdempotencyRow, Job, Next, Pending, Record,
    Store, StoreError,
};

type Verdict = Result<Committed, CommitError>;
type Queue = Sender<(Batch, SyncSender<Verdict>)>;
/// As long as an fsync of a slow disk.
const SLOW: Duration = Duration::from_millis(5);

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
    queue: Mutex<Option<Queue>>,
}

/// Write group after group; of five, one fails, of one the answer is lost, and of one more nothing is written either.
fn slowly(sim: &Sim, queue: &Receiver<(Batch, SyncSender<Verdict>)>) {
    let mut turn = 0;
    while let Ok(first) = queue.recv() {
        std::thread::sleep(SLOW);
        turn += 1;
        for (batch, answer) in std::iter::once(first).chain(queue.try_iter()) {
            let detail = "the line broke".to_owned();
            let verdict = match turn % 5 {
                2 => Err(StoreError::Unavailable { detail }.into()),
                3 => {
                    let written = sim.commit(batch);
                    written.and(Err(StoreError::OutcomeUnknown { detail }.into()))
                }
                4 => Err(StoreError::OutcomeUnknown { detail }.into()),
                _ => sim.commit(batch),
            };
            let _ = answer.send(verdict);
        }
    }
}

impl Unsure {
    /// From now on it is slow; ends with the store.
    pub fn slow(&self) {
        let (queue, waiting) = channel();
        let sim = Arc::clone(&self.sim);
        std::thread::spawn(move || slowly(&sim, &waiting));
        *self.queue.lock().unwrap() = Some(queue);
    }

    /// And no longer.
    pub fn quick(&self) {
        *self.queue.lock().unwrap() = None;
    }

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
    fn submit(&self, batch: Batch, _next: Next) -> Pending {
        let queue = self.queue.lock().unwrap().clone();
        let Some(queue) = queue else { return Pending::known(self.commit(batch)) };
        let (answer, wait) = sync_channel(1);
        queue.send((batch, answer)).unwrap();
        Pending::asked(wait)
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

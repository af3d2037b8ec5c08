//! The one writer: group commit without timers.
//!
//! Callers queue by [`Writer::submit`] and wait. One thread takes everything that queued while the last fsync
//! ran and hands it to the [`Engine`] as one group, one transaction, one fsync. Under no load a batch
//! waits for nobody. Invariant: after the first `Doubt` no group reaches the engine again.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::batch::{Batch, name};
use crate::contract::{Committed, Health, Next, Pending};
use crate::error::{CommitError, OpenError, StoreError};

/// Most writes that wait; the next is refused as `Busy`.
pub(crate) const QUEUE_MAX: usize = 4_096;
/// Most batches in one transaction.
pub(crate) const GROUP_BATCHES_MAX: usize = 512;
/// Most batches of a group that another is waited for: its fsync is shared well enough by then.
pub(crate) const GROUP_AWAITED_MAX: usize = 16;
/// How long a batch is waited for that is known to come: to build one takes less.
pub(crate) const NEXT_AWAITED: Duration = Duration::from_millis(2);
/// Bytes after which a group takes no further batch.
pub(crate) const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One answer per batch of a group.
pub(crate) type Verdicts = Vec<Result<(), CommitError>>;

/// What a backend does with a group. Called from the writer thread only.
pub(crate) trait Engine: Send + 'static {
    /// Writes the batches as one durable transaction; a refused batch fails alone. An error means
    /// that no batch of the group was written (or `Doubt` / `OutcomeUnknown`).
    fn write(&mut self, group: &[Batch]) -> Result<Verdicts, StoreError>;

    /// Binds `key` to `value` unless it is bound.
    fn bind(&mut self, key: &str, value: &str) -> Result<(), CommitError>;

    /// Housekeeping after the callers have their answers.
    fn settle(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// What the writer and the readers of one store know together.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    doubt: Mutex<Option<String>>,
    full: AtomicBool,
    transactions: AtomicU64,
    batches: AtomicU64,
}

impl Condition {
    pub(crate) fn doubt(&self) -> Option<String> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers a failure that matters beyond one call and passes it on.
    pub(crate) fn note(&self, error: StoreError) -> StoreError {
        match &error {
            StoreError::Doubt { detail } => {
                let mut doubt = self.doubt.lock().unwrap_or_else(PoisonError::into_inner);
                doubt.get_or_insert_with(|| detail.clone());
            }
            StoreError::Full { .. } => self.full.store(true, Ordering::Relaxed),
            _ => {}
        }
        error
    }

    fn durable(&self, batches: usize) -> u64 {
        self.full.store(false, Ordering::Relaxed);
        self.batches.fetch_add(u64::try_from(batches).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.transactions.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    pub(crate) fn health(&self, backend: &'static str) -> Health {
        Health {
            backend,
            doubt: self.doubt(),
            full: self.full.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
            batches: self.batches.load(Ordering::Relaxed),
        }
    }
}

struct Commit {
    batch: Box<Batch>,
    next: Next,
    answer: Answer,
}

enum Work {
    Commit(Commit),
    Bind { key: String, value: String, answer: SyncSender<Result<(), CommitError>> },
}

/// The caller's side of the writer thread. Dropping it writes what is queued and ends the thread.
pub(crate) struct Writer {
    queue: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(
        engine: impl Engine,
        condition: Arc<Condition>,
    ) -> Result<Writer, OpenError> {
        let (queue, work) = sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(engine, &work, &condition))
            .map_err(|e| StoreError::Unavailable { detail: e.to_string() })?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    pub(crate) fn submit(&self, batch: Batch, next: Next) -> Pending {
        let queued = batch.check().and_then(|()| {
            let (answer, wait) = sync_channel(1);
            self.send(Work::Commit(Commit { batch: Box::new(batch), next, answer }))?;
            Ok(wait)
        });
        match queued {
            Ok(wait) => Pending::asked(wait),
            Err(error) => Pending::known(Err(error)),
        }
    }

    pub(crate) fn bind(&self, key: &str, value: &str) -> Result<(), CommitError> {
        name("key", key)?;
        name("value", value)?;
        let (answer, wait) = sync_channel(1);
        self.send(Work::Bind { key: key.to_owned(), value: value.to_owned(), answer })?;
        wait.recv().map_err(|_| StoreError::Closed)?
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(work).map_err(|e| match e {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has already failed its callers with `Closed`.
            let _ = thread.join();
        }
    }
}

type Answer = SyncSender<Result<Committed, CommitError>>;

fn run(mut engine: impl Engine, work: &Receiver<Work>, condition: &Condition) {
    let mut put_off = None;
    while let Some(first) = put_off.take().or_else(|| work.recv().ok()) {
        match first {
            Work::Bind { key, value, answer } => {
                let _ = answer.send(bind(&mut engine, &key, &value, condition));
            }
            Work::Commit(first) => {
                let (group, answers);
                (group, answers, put_off) = gather(first, work);
                write(&mut engine, &group, answers, condition);
            }
        }
    }
}

/// Everything that is queued, and for a moment what is known to come; and the work that is none of the group's.
fn gather(first: Commit, work: &Receiver<Work>) -> (Vec<Batch>, Vec<Answer>, Option<Work>) {
    let (mut group, mut answers) = (Vec::new(), Vec::new());
    let mut weight = 0_usize;
    let mut commit = first;
    loop {
        let next = commit.next;
        weight = weight.saturating_add(commit.batch.weight());
        group.push(*commit.batch);
        answers.push(commit.answer);
        if group.len() >= GROUP_BATCHES_MAX || weight >= GROUP_BYTES_MAX {
            return (group, answers, None);
        }
        let awaited = next == Next::Coming && group.len() < GROUP_AWAITED_MAX;
        let found = match work.try_recv() {
            Err(TryRecvError::Empty) if awaited => work.recv_timeout(NEXT_AWAITED).ok(),
            found => found.ok(),
        };
        match found {
            Some(Work::Commit(another)) => commit = another,
            other => return (group, answers, other),
        }
    }
}

fn bind(
    engine: &mut impl Engine,
    key: &str,
    value: &str,
    condition: &Condition,
) -> Result<(), CommitError> {
    if let Some(detail) = condition.doubt() {
        return Err(StoreError::Doubt { detail }.into());
    }
    engine.bind(key, value).map_err(|error| match error {
        CommitError::Store(error) => CommitError::Store(condition.note(error)),
        other => other,
    })
}

fn write(engine: &mut impl Engine, group: &[Batch], answers: Vec<Answer>, condition: &Condition) {
    let outcome = match condition.doubt() {
        Some(detail) => Err(StoreError::Doubt { detail }),
        None => engine.write(group).map_err(|error| condition.note(error)),
    };
    // A caller that went away does not need its answer: failed sends are ignored below.
    match outcome {
        Err(error) => {
            for answer in answers {
                let _ = answer.send(Err(error.clone().into()));
            }
        }
        Ok(verdicts) => {
            let written = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
            let transaction = if written > 0 { condition.durable(written) } else { 0 };
            let shared = u32::try_from(written).unwrap_or(u32::MAX);
            for (answer, verdict) in answers.iter().zip(verdicts) {
                let _ = answer.send(verdict.map(|()| Committed { transaction, shared }));
            }
            if let Err(error) = engine.settle() {
                condition.note(error);
            }
        }
    }
}

//! The simulated store: in memory, with the faults of a disk.
//!
//! Same contract as the real backends, one fsync per commit. A test may make the n-th fsync fail, make
//! the disk lie about fsync, fill it, take the store away, cut its power, crash it, or put an older
//! copy back. Commits that a lying disk has not synced may be lost from any point on: a database
//! replays its log up to the first frame that is torn or missing, so a torn or reordered write looks
//! like a lost tail ([`Sim::crash_keeping`]).
//! Invariant: without a lie of the disk, whatever was acknowledged survives [`Sim::crash`].

mod cell;
mod power;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canon::Digest;

use crate::batch::{Batch, Entry, Head, IdempotencyPut, JobPut, name};
use crate::contract::{
    Committed, HEADS_MAX, Health, IdempotencyRow, Job, PAGE_MAX, Page, Record, Store,
};
use crate::error::{CommitError, StoreError};
use crate::faults::{self, Point};
use crate::plan::{Plan, Standing};

pub use cell::SimCell;
pub use power::{Moment, Power};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Head(String),
    Entry(String, u64),
    Record(String, String),
    /// kind, key, value, id
    Key(String, String, String, String),
    Blob(Digest),
    Job(String),
    Answer(String, String),
    Meta(String),
}

#[derive(Debug, Clone)]
enum Row {
    Head(Head),
    Entry(Arc<Entry>),
    Record(u64, Arc<[u8]>),
    Key,
    Blob(Arc<[u8]>),
    Job(Arc<JobPut>),
    Answer(Arc<IdempotencyPut>),
    Meta(String),
}

type Data = BTreeMap<Place, Row>;
/// Changes, with what stood before (or, for limbo, with what was to stand).
type Changes = Vec<(Place, Option<Row>)>;

#[derive(Debug, Default)]
struct State {
    live: Data,
    /// What a crash takes back: commits since the last honest fsync, oldest first.
    unsynced: Vec<Changes>,
    /// What a failed fsync may have left on the disk all the same.
    limbo: Changes,
    fail_after: Option<u64>,
    lying: bool,
    unavailable: bool,
    full: bool,
    doubt: Option<String>,
    transactions: u64,
    syncs: u64,
    power: Arc<Power>,
}

/// What the disk held at some moment; see [`Sim::rollback_to`].
#[derive(Debug, Clone)]
pub struct Snapshot(Data);

/// What a crash leaves of a commit whose fsync failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// Nothing: the usual case.
    Nothing,
    /// All of it: the disk had written it and failed to say so.
    Everything,
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct Sim {
    state: Mutex<State>,
}

impl Sim {
    /// An empty store.
    pub fn new() -> Sim {
        Sim::default()
    }

    /// An empty store of a host that may lose its power.
    pub fn powered_by(power: &Arc<Power>) -> Sim {
        let sim = Sim::default();
        sim.state().power = Arc::clone(power);
        sim
    }

    /// The `n`-th fsync from now fails (1: the next).
    pub fn fail_fsync(&self, n: u64) {
        self.state().fail_after = Some(n);
    }

    /// While the disk lies, commits are acknowledged without being durable.
    pub fn lie_about_fsync(&self, lying: bool) {
        self.state().lying = lying;
    }

    /// While the disk is full, commits fail as `Full`.
    pub fn fill(&self, full: bool) {
        self.state().full = full;
    }

    /// While the store is away, everything fails as `Unavailable`.
    pub fn take_away(&self, unavailable: bool) {
        self.state().unavailable = unavailable;
    }

    /// Power goes and comes back: what was not synced is gone, a doubt is settled.
    pub fn crash(&self) {
        self.crash_leaving(Remains::Nothing);
    }

    /// As [`Sim::crash`], and says what becomes of a commit whose fsync failed.
    pub fn crash_leaving(&self, remains: Remains) {
        let limbo = std::mem::take(&mut self.state().limbo);
        self.crash_keeping(0);
        let mut state = self.state();
        if remains == Remains::Everything {
            apply(&mut state.live, limbo);
        }
    }

    /// Power goes and comes back under a disk that lied: of the commits it had not synced, the first
    /// `kept` were on it all the same.
    pub fn crash_keeping(&self, kept: usize) {
        let mut state = self.state();
        let kept = kept.min(state.unsynced.len());
        let lost = state.unsynced.split_off(kept);
        for commit in lost.into_iter().rev() {
            undo(&mut state.live, commit);
        }
        (state.unsynced, state.limbo) = (Vec::new(), Vec::new());
        (state.doubt, state.fail_after) = (None, None);
    }

    /// Commits a crash could lose now.
    pub fn unsynced(&self) -> usize {
        self.state().unsynced.len()
    }

    /// What the disk holds now.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.state();
        let mut data = state.live.clone();
        for commit in state.unsynced.iter().rev() {
            undo(&mut data, commit.clone());
        }
        Snapshot(data)
    }

    /// A copy that somebody else kept of every commit, durable here or not.
    pub fn replica(&self) -> Snapshot {
        Snapshot(self.state().live.clone())
    }

    /// Somebody restores an older copy and starts the store again.
    pub fn rollback_to(&self, snapshot: &Snapshot) {
        let mut state = self.state();
        state.live = snapshot.0.clone();
        (state.unsynced, state.limbo) = (Vec::new(), Vec::new());
        (state.doubt, state.fail_after) = (None, None);
    }

    /// How many fsyncs were asked for.
    pub fn fsyncs(&self) -> u64 {
        self.state().syncs
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.state();
        if state.unavailable {
            return Err(StoreError::Unavailable { detail: "taken away".to_owned() });
        }
        if !state.power.is_on() {
            return Err(dark());
        }
        Ok(state)
    }
}

impl State {
    fn may_write(&self) -> Result<(), StoreError> {
        if let Some(detail) = &self.doubt {
            return Err(StoreError::Doubt { detail: detail.clone() });
        }
        if self.full {
            return Err(StoreError::Full { detail: "filled".to_owned() });
        }
        Ok(())
    }

    fn standing(&self, batch: &Batch) -> Standing {
        let mut standing = Standing::default();
        for swap in &batch.heads {
            if let Some(Row::Head(head)) = self.live.get(&Place::Head(swap.stream.clone())) {
                standing.heads.insert(swap.stream.clone(), *head);
            }
        }
        for entry in &batch.journal {
            if self.live.contains_key(&Place::Entry(entry.stream.clone(), entry.seq)) {
                standing.entries.insert((entry.stream.clone(), entry.seq));
            }
        }
        for put in &batch.records {
            let place = Place::Record(put.kind.clone(), put.id.clone());
            if let Some(Row::Record(rev, _)) = self.live.get(&place) {
                standing.records.insert((put.kind.clone(), put.id.clone()), *rev);
            }
        }
        if let Some(put) = &batch.idempotency {
            let place = Place::Answer(put.principal.clone(), put.key.clone());
            if self.live.contains_key(&place) {
                standing.answers.insert((put.principal.clone(), put.key.clone()));
            }
        }
        standing
    }

    /// The old index rows of `(kind, key, id)`.
    fn key_places(&self, kind: &str, key: &str, id: &str) -> Vec<Place> {
        let first = Place::Key(kind.to_owned(), key.to_owned(), String::new(), String::new());
        let rows = self.live.range(first..).map(|(place, _)| place);
        let same = |p: &&Place| matches!(p, Place::Key(k, n, ..) if k == kind && n == key);
        let of_id = |p: &&Place| matches!(p, Place::Key(_, _, _, i) if i == id);
        rows.take_while(same).filter(of_id).cloned().collect()
    }

    fn changes(&self, plan: &Plan<'_>) -> Changes {
        let mut changes: Changes = Vec::new();
        let mut put = |place, row| changes.push((place, Some(row)));
        for (stream, head) in &plan.heads {
            put(Place::Head((*stream).to_owned()), Row::Head(*head));
        }
        for ((stream, seq), entry) in &plan.entries {
            put(Place::Entry((*stream).to_owned(), *seq), Row::Entry(Arc::new((*entry).clone())));
        }
        for ((kind, id), new) in &plan.records {
            let place = Place::Record((*kind).to_owned(), (*id).to_owned());
            put(place, Row::Record(new.rev, new.body.into()));
        }
        for (digest, body) in &plan.blobs {
            put(Place::Blob(*digest), Row::Blob((*body).into()));
        }
        for ((principal, key), answer) in &plan.answers {
            let place = Place::Answer((*principal).to_owned(), (*key).to_owned());
            put(place, Row::Answer(Arc::new((*answer).clone())));
        }
        for (id, job) in &plan.jobs {
            let row = job.map(|job| Row::Job(Arc::new(job.clone())));
            changes.push((Place::Job((*id).to_owned()), row));
        }
        for ((kind, key, id), values) in &plan.keys {
            let old = self.key_places(kind, key, id).into_iter().map(|place| (place, None));
            changes.extend(old);
            let place = |value: &&str| {
                let value = (*value).to_owned();
                Place::Key((*kind).to_owned(), (*key).to_owned(), value, (*id).to_owned())
            };
            changes.extend(values.iter().map(|value| (place(value), Some(Row::Key))));
        }
        changes
    }

    /// Writes and syncs, or undoes the write and falls into doubt.
    fn write(&mut self, changes: Changes) -> Result<u64, StoreError> {
        faults::reached(Point::BeforeFsync);
        if !self.power.survives(Moment::BeforeFsync) {
            return Err(dark());
        }
        let before = apply(&mut self.live, changes.clone());
        self.syncs = self.syncs.saturating_add(1);
        self.fail_after = self.fail_after.map(|n| n.saturating_sub(1));
        if self.fail_after == Some(0) {
            undo(&mut self.live, before);
            self.limbo = changes;
            let detail = "fsync failed".to_owned();
            self.doubt = Some(detail.clone());
            return Err(StoreError::Doubt { detail });
        }
        if self.lying {
            self.unsynced.push(before);
        } else {
            self.unsynced.clear();
        }
        self.transactions = self.transactions.saturating_add(1);
        faults::reached(Point::AfterFsync);
        if !self.power.survives(Moment::AfterFsync) {
            return Err(dark());
        }
        Ok(self.transactions)
    }
}

/// Applies changes and returns what undoes them, oldest first.
fn apply(data: &mut Data, changes: Changes) -> Changes {
    let mut before = Vec::with_capacity(changes.len());
    for (place, row) in changes {
        let old = match row {
            Some(row) => data.insert(place.clone(), row),
            None => data.remove(&place),
        };
        before.push((place, old));
    }
    before
}

fn dark() -> StoreError {
    StoreError::Unavailable { detail: "the power is off".to_owned() }
}

fn undo(data: &mut Data, before: Changes) {
    apply(data, before.into_iter().rev().collect());
}

impl Store for Sim {
    fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        batch.check()?;
        let mut state = self.read()?;
        state.may_write()?;
        let mut plan = Plan::default();
        plan.admit(&state.standing(&batch), &batch)?;
        let changes = state.changes(&plan);
        let transaction = state.write(changes)?;
        Ok(Committed { transaction, shared: 1 })
    }

    fn head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        match self.read()?.live.get(&Place::Head(stream.to_owned())) {
            Some(Row::Head(head)) => Ok(Some(*head)),
            _ => Ok(None),
        }
    }

    fn heads(&self, prefix: &str) -> Result<Vec<(String, Head)>, StoreError> {
        let state = self.read()?;
        let mut found = Vec::new();
        for (place, row) in state.live.range(Place::Head(prefix.to_owned())..) {
            let (Place::Head(stream), Row::Head(head)) = (place, row) else { break };
            if !stream.starts_with(prefix) {
                break;
            }
            if found.len() == HEADS_MAX {
                return Err(StoreError::TooMany { what: "heads", limit: HEADS_MAX });
            }
            found.push((stream.clone(), *head));
        }
        Ok(found)
    }

    fn journal(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let state = self.read()?;
        let (mut found, mut page) = (Vec::new(), Page::new(limit));
        for row in state.live.range(Place::Entry(stream.to_owned(), from)..) {
            match row {
                (Place::Entry(of, _), Row::Entry(entry))
                    if of == stream && page.takes(entry.body.len()) =>
                {
                    found.push((**entry).clone());
                }
                _ => break,
            }
        }
        Ok(found)
    }

    fn record(&self, kind: &str, id: &str) -> Result<Option<Record>, StoreError> {
        match self.read()?.live.get(&Place::Record(kind.to_owned(), id.to_owned())) {
            Some(Row::Record(rev, body)) => Ok(Some(Record { rev: *rev, body: body.to_vec() })),
            _ => Ok(None),
        }
    }

    fn records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record)>, StoreError> {
        let state = self.read()?;
        let (mut found, mut page) = (Vec::new(), Page::new(limit));
        let first = Place::Record(kind.to_owned(), after.unwrap_or("").to_owned());
        for row in state.live.range((Bound::Excluded(first), Bound::Unbounded)) {
            match row {
                (Place::Record(of, id), Row::Record(rev, body))
                    if of == kind && page.takes(body.len()) =>
                {
                    found.push((id.clone(), Record { rev: *rev, body: body.to_vec() }));
                }
                _ => break,
            }
        }
        Ok(found)
    }

    fn find(
        &self,
        kind: &str,
        key: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let state = self.read()?;
        let after = after.unwrap_or("").to_owned();
        let first = Place::Key(kind.to_owned(), key.to_owned(), value.to_owned(), after);
        let rows = state.live.range((Bound::Excluded(first), Bound::Unbounded));
        let found = rows.map_while(|(place, _)| match place {
            Place::Key(k, n, v, id) if k == kind && n == key && v == value => Some(id.clone()),
            _ => None,
        });
        Ok(found.take(limit.min(PAGE_MAX)).collect())
    }

    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        match self.read()?.live.get(&Place::Blob(digest)) {
            Some(Row::Blob(body)) => Ok(Some(body.to_vec())),
            _ => Ok(None),
        }
    }

    fn jobs(&self, queue: &str, now: i64, limit: usize) -> Result<Vec<Job>, StoreError> {
        let state = self.read()?;
        let mut due: BTreeSet<(i64, &str)> = BTreeSet::new();
        let mut bodies: BTreeMap<&str, &Arc<JobPut>> = BTreeMap::new();
        for row in state.live.range(Place::Job(String::new())..) {
            let (Place::Job(id), Row::Job(job)) = row else { break };
            if job.queue == queue && job.not_before <= now {
                due.insert((job.not_before, id));
                bodies.insert(id, job);
            }
        }
        let mut page = Page::new(limit);
        let jobs = due.iter().filter_map(|(_, id)| bodies.get(id));
        Ok(jobs.take_while(|job| page.takes(job.body.len())).map(|job| (***job).clone()).collect())
    }

    fn idempotency(
        &self,
        principal: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        match self.read()?.live.get(&Place::Answer(principal.to_owned(), key.to_owned())) {
            Some(Row::Answer(answer)) => Ok(Some((**answer).clone())),
            _ => Ok(None),
        }
    }

    fn health(&self) -> Result<Health, StoreError> {
        let state = self.read()?;
        let (doubt, full) = (state.doubt.clone(), state.full);
        let transactions = state.transactions;
        Ok(Health { backend: "sim", doubt, full, transactions, batches: transactions })
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        match self.read()?.live.get(&Place::Meta(key.to_owned())) {
            Some(Row::Meta(value)) => Ok(Some(value.clone())),
            _ => Ok(None),
        }
    }

    fn set_meta_once(&self, key: &str, value: &str) -> Result<(), CommitError> {
        name("key", key)?;
        name("value", value)?;
        let mut state = self.read()?;
        match state.live.get(&Place::Meta(key.to_owned())) {
            Some(Row::Meta(found)) if found == value => Ok(()),
            Some(Row::Meta(found)) => {
                Err(CommitError::MetaBound { key: key.to_owned(), found: found.clone() })
            }
            _ => {
                state.may_write()?;
                let row = Row::Meta(value.to_owned());
                state.write(vec![(Place::Meta(key.to_owned()), Some(row))])?;
                Ok(())
            }
        }
    }
}

//! A store that answers when it is told to, and a builder ahead of it.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};

use super::*;
use crate::batch::{HeadSwap, IdempotencyPut, RecordPut};
use crate::sim::Sim;

type Held = (Batch, SyncSender<Result<Committed, CommitError>>);

#[derive(Default)]
struct Slow {
    sim: Sim,
    held: Mutex<VecDeque<Held>>,
}

impl Slow {
    /// Write so many of the batches that wait, in order; the first fails where it is told to.
    fn let_through(&self, count: usize, mut failing: bool) {
        for _ in 0..count {
            let (batch, answer) = held(&self.held).pop_front().unwrap();
            let outcome = match std::mem::take(&mut failing) {
                true => Err(StoreError::Unavailable { detail: "told to".to_owned() }.into()),
                false => self.sim.commit(batch),
            };
            answer.send(outcome).unwrap();
        }
    }
}

impl Store for Slow {
    fn submit(&self, batch: Batch) -> Pending {
        let (answer, wait) = sync_channel(1);
        held(&self.held).push_back((batch, answer));
        Pending::asked(wait)
    }
    fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.sim.commit(batch)
    }
    fn head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        self.sim.head(stream)
    }
    fn heads(&self, prefix: &str) -> Result<Vec<(String, Head)>, StoreError> {
        self.sim.heads(prefix)
    }
    fn journal(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.sim.journal(stream, from, limit)
    }
    fn record(&self, kind: &str, id: &str) -> Result<Option<Record>, StoreError> {
        self.sim.record(kind, id)
    }
    fn records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record)>, StoreError> {
        self.sim.records(kind, after, limit)
    }
    fn find(
        &self,
        kind: &str,
        key: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.sim.find(kind, key, value, after, limit)
    }
    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.sim.blob(digest)
    }
    fn jobs(&self, queue: &str, now: i64, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.sim.jobs(queue, now, limit)
    }
    fn idempotency(
        &self,
        principal: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        self.sim.idempotency(principal, key)
    }
    fn health(&self) -> Result<Health, StoreError> {
        self.sim.health()
    }
    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.sim.meta(key)
    }
    fn set_meta_once(&self, key: &str, value: &str) -> Result<(), CommitError> {
        self.sim.set_meta_once(key, value)
    }
}

fn ahead() -> (Arc<Slow>, Ahead) {
    let slow = Arc::new(Slow::default());
    (Arc::clone(&slow), Ahead::new(slow))
}

/// The next step of stream `s`, with one record that counts and an answer: built on what `store` says.
fn next(store: &dyn Store, record: &str) -> Batch {
    let old = store.head("s").unwrap();
    let seq = old.map_or(0, |head| head.seq + 1);
    let root = Digest::of_blob(format!("{seq} {record}").as_bytes());
    let rev = store.record("count", record).unwrap().map(|found| found.rev);
    let body = seq.to_string().into_bytes();
    Batch {
        heads: vec![HeadSwap { stream: "s".to_owned(), old, new: Head { seq, root } }],
        journal: vec![Entry { stream: "s".to_owned(), seq, body: body.clone(), root }],
        records: vec![RecordPut {
            kind: "count".to_owned(),
            id: record.to_owned(),
            old_rev: rev,
            body: body.clone(),
        }],
        idempotency: Some(IdempotencyPut {
            principal: "p".to_owned(),
            key: seq.to_string(),
            request: root,
            status: 201,
            answer: body,
            at: 0,
        }),
        ..Batch::default()
    }
}

/// What everybody else sees.
fn outside<T: Send>(ahead: &Ahead, read: impl FnOnce(&dyn Store) -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(|| read(ahead)).join().unwrap())
}

#[test]
fn the_builder_reads_what_is_queued_and_others_what_is_durable() {
    let (slow, ahead) = ahead();
    let building = ahead.build();
    let mut queued: Vec<Queued<'_>> = (0..3).map(|_| ahead.queue(next(&ahead, "a"))).collect();
    assert_eq!(ahead.head("s").unwrap().unwrap().seq, 2);
    assert_eq!(ahead.record("count", "a").unwrap().unwrap().rev, 3);
    let seqs = |from, limit| -> Vec<u64> {
        ahead.journal("s", from, limit).unwrap().iter().map(|entry| entry.seq).collect()
    };
    assert_eq!(
        (seqs(0, 9), seqs(1, 1), seqs(2, 9), seqs(3, 9)),
        (vec![0, 1, 2], vec![1], vec![2], vec![])
    );
    let unseen = |store: &dyn Store| {
        let (head, record) = (store.head("s").unwrap(), store.record("count", "a").unwrap());
        (head.is_none(), record.is_none(), store.journal("s", 0, 9).unwrap().len())
    };
    assert_eq!(outside(&ahead, unseen), (true, true, 0));
    slow.let_through(2, false);
    queued.drain(..2).for_each(|mut one| assert!(one.wait().is_ok()));
    let seen = |store: &dyn Store| store.head("s").unwrap().unwrap().seq;
    assert_eq!((outside(&ahead, seen), ahead.head("s").unwrap().unwrap().seq), (1, 2));
    slow.let_through(1, false);
    drop((queued, building));
    assert_eq!(seen(&ahead), 2);
}

#[test]
fn one_that_fails_takes_those_behind_it_along_and_nothing_of_them_is_seen_again() {
    let (slow, ahead) = ahead();
    let building = ahead.build();
    let mut queued: Vec<Queued<'_>> =
        ["a", "b", "c"].iter().map(|record| ahead.queue(next(&ahead, record))).collect();
    drop(building);
    slow.let_through(1, false);
    slow.let_through(2, true);
    let outcomes = std::thread::scope(|scope| {
        let waits: Vec<_> =
            queued.iter_mut().map(|one| scope.spawn(|| one.wait().is_ok())).collect();
        waits.into_iter().map(|wait| wait.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(outcomes, [true, false, false]);
    drop(queued);
    let _building = ahead.build();
    assert_eq!(ahead.head("s").unwrap().unwrap().seq, 0);
    assert_eq!(
        (ahead.record("count", "b").unwrap(), ahead.record("count", "c").unwrap()),
        (None, None)
    );
    let again = ahead.queue(next(&ahead, "b"));
    slow.let_through(1, false);
    drop(again);
    assert_eq!(slow.sim.head("s").unwrap().unwrap().seq, 1);
}

#[test]
fn what_was_built_on_a_batch_that_failed_meanwhile_is_in_nobodys_way() {
    let (slow, ahead) = ahead();
    let building = ahead.build();
    let first = ahead.queue(next(&ahead, "a"));
    drop(building);
    let building = ahead.build();
    let stale = next(&ahead, "a");
    slow.let_through(1, true);
    std::thread::scope(|scope| scope.spawn(|| drop(first)).join().unwrap());
    let mut stale = ahead.queue(stale);
    drop(building);
    let _building = ahead.build();
    assert_eq!(ahead.record("count", "a").unwrap(), None, "nobody builds on it");
    assert!(matches!(stale.wait(), Err(CommitError::HeadMoved { .. })));
    drop(stale);
    let again = ahead.queue(next(&ahead, "a"));
    slow.let_through(1, false);
    drop(again);
    assert_eq!(slow.sim.head("s").unwrap().unwrap().seq, 0);
}

#[test]
fn a_rehearsal_writes_nothing_and_whoever_builds_next_sees_nothing_of_it() {
    let (slow, ahead) = ahead();
    ahead.rehearse(|| {
        let _building = ahead.build();
        let mut queued = ahead.queue(next(&ahead, "a"));
        assert!(queued.rehearsed() && queued.wait().is_ok());
        assert_eq!(ahead.head("s").unwrap(), None);
    });
    assert!(held(&slow.held).is_empty());
    let building = ahead.build();
    let written = ahead.queue(next(&ahead, "a"));
    assert!(!written.rehearsed());
    drop(building);
    slow.let_through(1, false);
    drop(written);
    assert_eq!(slow.sim.head("s").unwrap().unwrap().seq, 0);
}

#[test]
fn reads_of_many_rows_and_of_answers_wait_for_what_is_queued() {
    let (slow, ahead) = ahead();
    let building = ahead.build();
    let mut queued = ahead.queue(next(&ahead, "a"));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| queued.wait().unwrap());
        let slow = &slow;
        scope.spawn(move || {
            // Late enough that a read that does not wait is seen not to.
            std::thread::sleep(std::time::Duration::from_millis(50));
            slow.let_through(1, false);
        });
        assert_eq!(ahead.records("count", None, 9).unwrap().len(), 1);
        assert_eq!(ahead.idempotency("p", "0").unwrap().unwrap().status, 201);
        waiting.join().unwrap();
    });
    drop((queued, building));
}

#[test]
fn what_is_dealt_with_is_waited_for_as_far_as_it_was_queued() {
    let (slow, ahead) = ahead();
    let building = ahead.build();
    let mut first = ahead.queue(next(&ahead, "a"));
    slow.let_through(1, false);
    first.wait().unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| ahead.dealt_with());
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(!waits.is_finished(), "it is durable, and not dealt with");
        drop(first);
        waits.join().unwrap();
    });
    drop(building);
}

/// Batches of many builders, some of which fail: what was answered is there, once each, in one chain.
#[test]
fn many_builders_leave_what_one_at_a_time_would() {
    let (slow, ahead) = ahead();
    let (over, written) = (std::sync::atomic::AtomicBool::new(false), Mutex::new(0_u64));
    std::thread::scope(|scope| {
        let builders: Vec<_> = (0..6)
            .map(|at| {
                let (ahead, written) = (&ahead, &written);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let building = ahead.build();
                        let mut queued = ahead.queue(next(ahead, ["a", "b", "c"][at % 3]));
                        drop(building);
                        if queued.wait().is_ok() {
                            *held(written) += 1;
                        }
                    }
                })
            })
            .collect();
        let (slow, over) = (&slow, &over);
        scope.spawn(move || {
            let mut turn = 0_u64;
            while !over.load(std::sync::atomic::Ordering::SeqCst) {
                let waiting = held(&slow.held).len();
                turn += u64::from(waiting > 0);
                slow.let_through(waiting, waiting > 0 && turn.is_multiple_of(7));
                std::thread::yield_now();
            }
        });
        builders.into_iter().for_each(|builder| builder.join().unwrap());
        over.store(true, std::sync::atomic::Ordering::SeqCst);
    });
    let written = *held(&written);
    assert!(written > 0 && written < 1_200, "{written}");
    assert_eq!(slow.sim.head("s").unwrap().unwrap().seq + 1, written);
    let revs: u64 = slow.sim.records("count", None, 9).unwrap().iter().map(|(_, r)| r.rev).sum();
    assert_eq!(revs, written);
}

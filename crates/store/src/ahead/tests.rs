//! A store that answers when it is told to, and a builder ahead of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use super::*;
use crate::batch::{HeadSwap, IdempotencyPut, RecordPut};
use crate::sim::Sim;

type Held = (Batch, SyncSender<Result<Committed, CommitError>>);

#[derive(Default)]
struct Slow {
    sim: Sim,
    held: Mutex<VecDeque<Held>>,
    /// How often records or jobs were read.
    asked: AtomicU64,
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
    fn submit(&self, batch: Batch, _next: Next) -> Pending {
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
        self.asked.fetch_add(1, Ordering::SeqCst);
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
        self.asked.fetch_add(1, Ordering::SeqCst);
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
    let mut queued: Vec<Queued<&Ahead>> = (0..3).map(|_| ahead.queue(next(&ahead, "a"))).collect();
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
    let mut queued: Vec<Queued<&Ahead>> =
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
        let (slow, over, ahead) = (&slow, &over, &ahead);
        // Others never see less than was durable when they asked, nor more than is when they are told.
        scope.spawn(move || {
            let rev = |store: &dyn Store| store.record("count", "a").unwrap().map_or(0, |r| r.rev);
            while !over.load(std::sync::atomic::Ordering::SeqCst) {
                let before = rev(&slow.sim);
                let seen = rev(ahead);
                let after = rev(&slow.sim);
                assert!((before..=after).contains(&seen), "{before} {seen} {after}");
            }
        });
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

#[test]
fn reads_of_rows_that_nothing_queued_touches_do_not_wait() {
    let (slow, ahead) = ahead();
    let building = ahead.build();
    let queued = ahead.queue(next(&ahead, "a"));
    // Nothing is let through: whoever waited would wait for ever.
    assert_eq!(ahead.records("other", None, 9).unwrap(), vec![]);
    assert_eq!(ahead.find("other", "k", "v", None, 9).unwrap(), Vec::<String>::new());
    assert_eq!(ahead.jobs("out", 0, 9).unwrap(), vec![]);
    assert_eq!(ahead.blob(Digest::of_blob(b"none")).unwrap(), None);
    slow.let_through(1, false);
    drop((queued, building));
}

#[test]
fn what_was_found_is_looked_for_again_once_something_of_its_kind_is_written() {
    let (slow, ahead) = ahead();
    let key = |id: &str| crate::batch::KeyPut {
        kind: "count".to_owned(),
        key: "k".to_owned(),
        value: "v".to_owned(),
        id: id.to_owned(),
    };
    let found = || ahead.find("count", "k", "v", None, 9).unwrap();
    let building = ahead.build();
    assert_eq!(found(), Vec::<String>::new());
    for (id, after) in [("a", vec!["a"]), ("b", vec!["a", "b"])] {
        let mut queued = ahead.queue(Batch { keys: vec![key(id)], ..next(&ahead, id) });
        slow.let_through(1, false);
        queued.wait().unwrap();
        assert_eq!(
            (found(), found()),
            (after.iter().map(|id| (*id).to_owned()).collect(), found())
        );
        drop(queued);
    }
    // One that fails is not found, and those before it still are.
    let failing = ahead.queue(Batch { keys: vec![key("c")], ..next(&ahead, "c") });
    slow.let_through(1, true);
    drop(failing);
    drop(building);
    let _building = ahead.build();
    assert_eq!(found(), ["a", "b"]);
}

#[test]
fn what_others_read_is_read_once_until_it_changes_and_never_before_it_is_durable() {
    let (slow, ahead) = ahead();
    let rev = |ahead: &Ahead| {
        outside(ahead, |store| store.record("count", "a").unwrap().map(|record| record.rev))
    };
    for durable in 1..4 {
        let building = ahead.build();
        let queued = ahead.queue(next(&ahead, "a"));
        drop(building);
        assert_eq!(rev(&ahead), (durable > 1).then_some(durable - 1));
        slow.let_through(1, false);
        drop(queued);
        let asked = slow.asked.load(Ordering::SeqCst);
        assert_eq!((rev(&ahead), rev(&ahead)), (Some(durable), Some(durable)));
        assert_eq!(slow.asked.load(Ordering::SeqCst), asked, "it is here");
    }
}

#[test]
fn what_was_seen_at_hand_is_so_until_anything_of_it_is_queued_or_forgotten() {
    let (slow, ahead) = ahead();
    let write = |record: &str, failing| {
        let building = ahead.build();
        let queued = ahead.queue(next(&ahead, record));
        drop(building);
        (queued, failing)
    };
    let through = |(queued, failing): (Queued<&Ahead>, bool)| {
        slow.let_through(1, failing);
        drop(queued);
    };
    let look = |record: &str| ahead.at_hand(|| ahead.record("count", record).ok());
    assert!(look("a").is_none(), "it is not in memory");
    through(write("a", false));
    let (record, seen) = look("a").unwrap();
    assert_eq!(record.flatten().unwrap().rev, 1);
    assert!(ahead.still(&seen) && ahead.still(&seen));
    // Another record moves, and this one is what it was, before that is durable and after.
    let other = write("b", false);
    assert!(ahead.still(&seen));
    through(other);
    assert!(ahead.still(&seen));
    let two = || ["a", "b"].map(|record| ahead.record("count", record).is_ok());
    let (_, both) = ahead.at_hand(two).unwrap();
    let changed = write("a", false);
    assert!(!ahead.still(&seen), "it may be read in the store by now");
    through(changed);
    assert!(!ahead.still(&seen) && !ahead.still(&both));
    let (_, seen) = look("a").unwrap();
    assert!(ahead.still(&seen));
    through(write("b", true));
    assert!(!ahead.still(&seen), "what was queued failed, and everything was forgotten");
}

#[test]
fn a_queue_in_which_nothing_is_due_is_looked_at_again_when_something_is_put_into_it_or_comes_due() {
    let (slow, ahead) = ahead();
    let due = |now: i64| ahead.jobs("out", now, 9).unwrap().len();
    let put = |id: &str, queue: &str, not_before: i64| {
        let (id, queue) = (id.to_owned(), queue.to_owned());
        let job = crate::batch::JobPut { id, queue, not_before, body: Vec::new() };
        ahead.queue(Batch { jobs: vec![job], ..Batch::default() })
    };
    assert_eq!((due(5), due(i64::MAX)), (0, 0));
    let asked = || slow.asked.load(Ordering::SeqCst);
    let before = asked();
    assert_eq!((due(6), due(i64::MAX), asked()), (0, 0, before), "nothing is there at all");

    let queued = put("late", "out", 10);
    // Not durable: what the store says of the queue now says nothing of later.
    assert_eq!(due(10), 0);
    slow.let_through(1, false);
    drop(queued);
    assert_eq!((due(9), due(10)), (0, 1));
    let queued = put("soon", "out", 3);
    slow.let_through(1, false);
    drop(queued);
    assert_eq!((due(2), due(3), due(10)), (0, 1, 2));
    let before = asked();
    assert_eq!((due(2), asked()), (0, before), "the first is due at 3");

    let done = Batch { jobs_done: vec!["soon".to_owned()], ..Batch::default() };
    let queued = ahead.queue(done);
    slow.let_through(1, false);
    drop(queued);
    assert_eq!((due(3), due(9), due(10)), (0, 0, 1));
    let queued = put("elsewhere", "other", 1);
    slow.let_through(1, false);
    drop(queued);
    let before = asked();
    assert_eq!((due(9), asked()), (0, before), "another queue");
}

#[test]
fn a_turn_is_the_builders_and_goes_on_over_a_failure_and_the_next_is_another() {
    let (slow, ahead) = ahead();
    let others = || std::thread::scope(|scope| scope.spawn(|| ahead.turn()).join().unwrap());
    assert_eq!((ahead.turn(), others()), (None, None));
    let building = ahead.build();
    let first = ahead.turn();
    assert!(first.is_some() && others().is_none());
    let queued = ahead.queue(next(&ahead, "a"));
    slow.let_through(1, true);
    drop(queued);
    assert_eq!(ahead.turn(), first, "it builds on, upon what is durable");
    drop(building);
    assert_eq!(ahead.turn(), None);
    let building = ahead.build();
    assert!(ahead.turn() > first);
    drop(building);
}

//! One suite for every backend: each case takes a fresh store and the contract's promises.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod archive;
pub mod backup;
pub mod like_sim;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use canon::Digest;
use store::{
    BATCH_ROWS_MAX, BODY_BYTES_MAX, Batch, BlobPut, CommitError, Entry, Head, HeadSwap,
    IdempotencyPut, JobPut, KeyPut, NAME_BYTES_MAX, Next, RecordPut, Store,
};

pub fn root(n: u64) -> Digest {
    Digest::of_blob(&n.to_be_bytes())
}

pub fn head(seq: u64) -> Head {
    Head { seq, root: root(seq) }
}

pub fn swap(stream: &str, old: Option<u64>, new: u64) -> HeadSwap {
    HeadSwap { stream: stream.into(), old: old.map(head), new: head(new) }
}

pub fn entry(stream: &str, seq: u64) -> Entry {
    // Most are alike and long, as decisions are; some are short.
    let said = if seq.is_multiple_of(7) { String::new() } else { "the same again, ".repeat(90) };
    let body = format!("{stream} {seq} {said}{}", root(seq)).into();
    Entry { stream: stream.into(), seq, body, root: root(seq) }
}

pub fn record(id: &str, old_rev: Option<u64>, body: &str) -> RecordPut {
    RecordPut { kind: "entity".into(), id: id.into(), old_rev, body: body.into() }
}

pub fn key(key: &str, value: &str, id: &str) -> KeyPut {
    KeyPut { kind: "entity".into(), key: key.into(), value: value.into(), id: id.into() }
}

pub fn job(id: &str, not_before: i64) -> JobPut {
    JobPut { id: id.into(), queue: "out".into(), not_before, body: id.into() }
}

pub fn answer(key: &str, request: u64) -> IdempotencyPut {
    IdempotencyPut {
        principal: "alice".into(),
        key: key.into(),
        request: root(request),
        status: 201,
        answer: b"{}".to_vec(),
        at: 1_790_000_000,
    }
}

/// One step of a stream, with everything a write touches: entry `seq` and head `seq - 1 -> seq`.
pub fn step(stream: &str, seq: u64) -> Batch {
    let old = (seq > 1).then(|| seq - 1);
    Batch {
        heads: vec![swap(stream, old, seq)],
        journal: vec![entry(stream, seq)],
        records: vec![record(stream, old, &format!("rev {seq}"))],
        keys: vec![key("parity", if seq.is_multiple_of(2) { "even" } else { "odd" }, stream)],
        ..Batch::default()
    }
}

/// Asserts that a stream written by [`step`] is whole up to its head, and returns that.
pub fn whole_prefix(store: &dyn Store, stream: &str) -> u64 {
    let Some(found) = store.head(stream).unwrap() else {
        assert_eq!(store.journal(stream, 0, 10).unwrap(), vec![]);
        assert_eq!(store.record("entity", stream).unwrap(), None);
        return 0;
    };
    assert_eq!(found, head(found.seq));
    let mut next = 1;
    while next <= found.seq {
        let page = store.journal(stream, next, 1_000).unwrap();
        assert!(!page.is_empty(), "entry {next} of {} is missing", found.seq);
        for have in page {
            assert_eq!(have, entry(stream, next));
            next += 1;
        }
    }
    assert_eq!(next, found.seq + 1, "an entry above the head");
    let record = store.record("entity", stream).unwrap().unwrap();
    assert_eq!(record.rev, found.seq);
    assert_eq!(record.body, format!("rev {}", found.seq).into_bytes());
    let parity = if found.seq % 2 == 0 { "even" } else { "odd" };
    assert_eq!(store.find("entity", "parity", parity, None, 10).unwrap(), vec![stream]);
    found.seq
}

pub fn a_head_moves_only_by_compare_and_swap(store: &dyn Store) {
    let put = |s| store.commit(Batch { heads: vec![s], ..Batch::default() });
    assert_eq!(store.head("lane/a").unwrap(), None);
    put(swap("lane/a", None, 1)).unwrap();
    let stream = "lane/a".to_owned();
    let moved = CommitError::HeadMoved { stream: stream.clone(), found: Some(head(1)) };
    assert_eq!(put(swap("lane/a", None, 1)), Err(moved.clone()));
    assert_eq!(put(swap("lane/a", Some(2), 3)), Err(moved.clone()));
    let other_root = HeadSwap { stream, old: Some(Head { seq: 1, root: root(9) }), new: head(2) };
    assert_eq!(put(other_root), Err(moved));
    put(swap("lane/a", Some(1), 2)).unwrap();
    put(swap("lane/a", Some(2), 2)).unwrap();
    assert_eq!(store.head("lane/a").unwrap(), Some(head(2)));
    let none = CommitError::HeadMoved { stream: "lane/zz".into(), found: None };
    assert_eq!(put(swap("lane/zz", Some(1), 2)), Err(none));
    put(swap("lane/b", None, 5)).unwrap();
    put(swap("lanf", None, 6)).unwrap();
    put(swap("lan%", None, 7)).unwrap();
    let lanes = vec![("lane/a".to_owned(), head(2)), ("lane/b".to_owned(), head(5))];
    assert_eq!(store.heads("lane/").unwrap(), lanes);
    assert_eq!(store.heads("lan%").unwrap(), vec![("lan%".to_owned(), head(7))]);
    assert_eq!(store.heads("").unwrap().len(), 4);
    assert_eq!(store.heads("nothing").unwrap(), vec![]);
}

pub fn a_batch_is_written_whole_or_not_at_all(store: &dyn Store) {
    store.commit(Batch { records: vec![record("held", None, "1")], ..Batch::default() }).unwrap();
    let blob = BlobPut { digest: Digest::of_blob(b"x"), body: b"x".to_vec() };
    let batch = Batch {
        heads: vec![swap("s", None, 1)],
        journal: vec![entry("s", 1)],
        records: vec![record("new", None, "1"), record("held", Some(7), "2")],
        keys: vec![key("k", "v", "new")],
        blobs: vec![blob.clone()],
        jobs: vec![job("j", 0)],
        jobs_done: vec![],
        idempotency: Some(answer("once", 1)),
    };
    let (kind, id) = ("entity".to_owned(), "held".to_owned());
    let moved = CommitError::RecordMoved { kind, id, found: Some(1) };
    assert_eq!(store.commit(batch.clone()), Err(moved));
    assert_eq!(store.head("s").unwrap(), None);
    assert_eq!(store.journal("s", 0, 10).unwrap(), vec![]);
    assert_eq!(store.record("entity", "new").unwrap(), None);
    assert_eq!(store.find("entity", "k", "v", None, 10).unwrap(), Vec::<String>::new());
    assert_eq!(store.blob(blob.digest).unwrap(), None);
    assert_eq!(store.jobs("out", 10, 10).unwrap(), vec![]);
    assert_eq!(store.idempotency("alice", "once").unwrap(), None);
    let mut right = batch;
    right.records[1].old_rev = Some(1);
    store.commit(right).unwrap();
    assert_eq!(store.head("s").unwrap(), Some(head(1)));
    assert_eq!(store.journal("s", 0, 10).unwrap(), vec![entry("s", 1)]);
    assert_eq!(store.record("entity", "held").unwrap().unwrap().rev, 2);
    assert_eq!(store.find("entity", "k", "v", None, 10).unwrap(), vec!["new"]);
    assert_eq!(store.blob(blob.digest).unwrap(), Some(blob.body));
    assert_eq!(store.jobs("out", 10, 10).unwrap(), vec![job("j", 0)]);
    assert_eq!(store.idempotency("alice", "once").unwrap(), Some(answer("once", 1)));
}

pub fn a_journal_entry_is_written_once_and_read_in_order(store: &dyn Store) {
    let journal = (1..=10).rev().map(|seq| entry("s", seq)).collect();
    store.commit(Batch { journal, ..Batch::default() }).unwrap();
    let again = store.commit(Batch { journal: vec![entry("s", 4)], ..Batch::default() });
    assert_eq!(again, Err(CommitError::EntryExists { stream: "s".into(), seq: 4 }));
    let twice = Batch { journal: vec![entry("s", 11), entry("s", 11)], ..Batch::default() };
    let exists = CommitError::EntryExists { stream: "s".into(), seq: 11 };
    assert_eq!(store.commit(twice), Err(exists));
    let seqs = |from, limit| -> Vec<u64> {
        store.journal("s", from, limit).unwrap().iter().map(|e| e.seq).collect()
    };
    assert_eq!(seqs(0, 3), vec![1, 2, 3]);
    assert_eq!(seqs(9, 100), vec![9, 10]);
    assert_eq!(seqs(11, 100), Vec::<u64>::new());
    assert_eq!(seqs(u64::MAX, 100), Vec::<u64>::new());
    assert_eq!(seqs(0, 0), Vec::<u64>::new());
    assert_eq!(store.journal("t", 0, 10).unwrap(), vec![]);
}

pub fn a_record_has_revisions(store: &dyn Store) {
    let put = |r| store.commit(Batch { records: vec![r], ..Batch::default() });
    let moved = |id: &str, found| {
        Err(CommitError::RecordMoved { kind: "entity".into(), id: id.into(), found })
    };
    assert_eq!(put(record("a", Some(1), "x")), moved("a", None));
    put(record("a", None, "one")).unwrap();
    assert_eq!(put(record("a", None, "x")), moved("a", Some(1)));
    put(record("a", Some(1), "two")).unwrap();
    assert_eq!(put(record("a", Some(1), "x")), moved("a", Some(2)));
    let found = store.record("entity", "a").unwrap().unwrap();
    assert_eq!((found.rev, found.body), (2, b"two".to_vec()));
    assert_eq!(store.record("account", "a").unwrap(), None);
    let twice = vec![record("b", None, "1"), record("b", Some(1), "2")];
    store.commit(Batch { records: twice, ..Batch::default() }).unwrap();
    assert_eq!(store.record("entity", "b").unwrap().unwrap().rev, 2);
}

pub fn pages_follow_the_bytes_of_their_names(store: &dyn Store) {
    let ids = ["B", "a", "a-", "a/", "aa", "b", "z", "é", "日"];
    let records = ids.iter().rev().map(|id| record(id, None, id)).collect();
    let keys = ids.iter().map(|id| key("all", "1", id)).collect();
    store.commit(Batch { records, keys, ..Batch::default() }).unwrap();
    let page = |after: Option<&str>, limit| -> Vec<String> {
        store.records("entity", after, limit).unwrap().into_iter().map(|r| r.0).collect()
    };
    assert_eq!(page(None, 100), ids);
    assert_eq!(page(Some("a/"), 2), ["aa", "b"]);
    assert_eq!(page(Some("日"), 2), Vec::<String>::new());
    assert_eq!(store.find("entity", "all", "1", None, 100).unwrap(), ids);
    assert_eq!(store.find("entity", "all", "1", Some("b"), 2).unwrap(), ["z", "é"]);
    assert_eq!(store.records("other", None, 10).unwrap(), vec![]);
}

pub fn index_rows_of_a_record_are_replaced_together(store: &dyn Store) {
    let put = |keys| store.commit(Batch { keys, ..Batch::default() }).unwrap();
    let find = |name: &str, value: &str| store.find("entity", name, value, None, 10).unwrap();
    put(vec![key("owner", "x", "1"), key("owner", "y", "1"), key("owner", "x", "2")]);
    put(vec![key("status", "x", "1"), key("status", "x", "1")]);
    assert_eq!(find("owner", "x"), ["1", "2"]);
    assert_eq!(find("owner", "y"), ["1"]);
    put(vec![key("owner", "z", "1"), key("owner", "y", "1")]);
    assert_eq!(find("owner", "x"), ["2"]);
    assert_eq!(find("owner", "y"), ["1"]);
    assert_eq!(find("owner", "z"), ["1"]);
    assert_eq!(find("status", "x"), ["1"]);
}

pub fn a_blob_is_named_by_its_digest(store: &dyn Store) {
    let (body, empty) = (vec![0_u8, 255, 10], Vec::new());
    let puts = [&body, &empty].map(|b| BlobPut { digest: Digest::of_blob(b), body: b.clone() });
    for _ in 0..2 {
        store.commit(Batch { blobs: puts.to_vec(), ..Batch::default() }).unwrap();
    }
    assert_eq!(store.blob(Digest::of_blob(&body)).unwrap(), Some(body));
    assert_eq!(store.blob(Digest::of_blob(&empty)).unwrap(), Some(empty));
    assert_eq!(store.blob(root(1)).unwrap(), None);
    let blobs = vec![BlobPut { digest: root(1), body: b"other".to_vec() }];
    let refused = store.commit(Batch { blobs, ..Batch::default() });
    assert_eq!(refused, Err(CommitError::BlobMismatch { digest: root(1) }));
}

pub fn jobs_come_when_due_and_go_when_done(store: &dyn Store) {
    let jobs = vec![job("late", 30), job("b", 10), job("a", 10), job("now", -5)];
    store.commit(Batch { jobs, ..Batch::default() }).unwrap();
    let due = |now| -> Vec<String> {
        store.jobs("out", now, 10).unwrap().into_iter().map(|j| j.id).collect()
    };
    assert_eq!(due(10), ["now", "a", "b"]);
    assert_eq!(due(-6), Vec::<String>::new());
    assert_eq!(store.jobs("out", 99, 2).unwrap(), vec![job("now", -5), job("a", 10)]);
    assert_eq!(store.jobs("in", 99, 2).unwrap(), vec![]);
    let (jobs, jobs_done) = (vec![job("a", 20), job("b", 40)], vec!["now".into(), "b".into()]);
    store.commit(Batch { jobs, jobs_done, ..Batch::default() }).unwrap();
    assert_eq!(due(99), ["a", "late", "b"]);
    let jobs_done = vec!["a".into(), "never was".into()];
    store.commit(Batch { jobs_done, ..Batch::default() }).unwrap();
    assert_eq!(due(99), ["late", "b"]);
}

pub fn an_idempotency_key_is_used_once(store: &dyn Store) {
    let put = |a| store.commit(Batch { idempotency: Some(a), ..Batch::default() });
    put(answer("k", 1)).unwrap();
    let (principal, key) = ("alice".to_owned(), "k".to_owned());
    let taken = Err(CommitError::IdempotencyTaken { principal, key });
    assert_eq!(put(answer("k", 1)), taken);
    assert_eq!(put(answer("k", 2)), taken);
    put(IdempotencyPut { principal: "bob".into(), ..answer("k", 2) }).unwrap();
    assert_eq!(store.idempotency("alice", "k").unwrap(), Some(answer("k", 1)));
    assert_eq!(store.idempotency("carol", "k").unwrap(), None);
}

pub fn a_binding_is_made_once(store: &dyn Store) {
    assert_eq!(store.meta("zone").unwrap(), None);
    store.set_meta_once("zone", "sg").unwrap();
    store.set_meta_once("zone", "sg").unwrap();
    let (key, found) = ("zone".to_owned(), "sg".to_owned());
    assert_eq!(store.set_meta_once("zone", "pk"), Err(CommitError::MetaBound { key, found }));
    assert_eq!(store.meta("zone").unwrap().as_deref(), Some("sg"));
    assert!(matches!(store.set_meta_once("", "x"), Err(CommitError::BadName { .. })));
}

pub fn what_no_backend_could_hold_is_refused(store: &dyn Store) {
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    for bad in ["", "a\0b", &long] {
        let refused = store.commit(Batch { heads: vec![swap(bad, None, 1)], ..Batch::default() });
        let named =
            matches!(refused, Err(CommitError::BadName { .. } | CommitError::TooLarge { .. }));
        assert!(named, "{refused:?}");
    }
    let big = vec![Entry { body: vec![0; BODY_BYTES_MAX + 1], ..entry("s", 1) }];
    let many = vec!["j".to_owned(); BATCH_ROWS_MAX + 1];
    for batch in [
        Batch { heads: vec![swap("s", None, u64::MAX)], ..Batch::default() },
        Batch { journal: big, ..Batch::default() },
        Batch { jobs_done: many, ..Batch::default() },
    ] {
        assert!(matches!(store.commit(batch), Err(CommitError::TooLarge { .. })));
    }
    let wide = "w".repeat(NAME_BYTES_MAX);
    let keys =
        vec![KeyPut { kind: wide.clone(), key: wide.clone(), value: wide.clone(), id: wide }];
    store.commit(Batch { keys, ..Batch::default() }).unwrap();
    store.commit(Batch::default()).unwrap();
    assert!(store.health().unwrap().writable());
}

pub fn of_several_batches_the_wrong_one_fails_alone(store: &dyn Store) {
    let stale = Batch { records: vec![record("r", Some(7), "2")], ..step("a", 2) };
    let moved = CommitError::RecordMoved {
        kind: stale.records[0].kind.clone(),
        id: "r".into(),
        found: None,
    };
    let queued = [step("a", 1), stale, step("b", 1)].map(|batch| store.submit(batch, Next::Coming));
    let written = queued.map(|queued| queued.wait().map(|_| ()));
    assert_eq!(written, [Ok(()), Err(moved), Ok(())]);
    assert_eq!(store.heads("").unwrap().len(), 2);
    assert_eq!(store.journal("a", 0, 10).unwrap(), step("a", 1).journal);
}

pub fn what_is_known_to_come_is_waited_for(store: &dyn Store) {
    // A thread that is not let run comes too late now and then; one round in time is enough.
    let in_time = (1..=50).any(|seq| {
        let first = store.submit(step("a", seq), Next::Coming);
        std::thread::sleep(Duration::from_micros(600));
        let second = store.submit(step("b", seq), Next::Unknown);
        let (first, second) = (first.wait().unwrap(), second.wait().unwrap());
        (first.transaction, first.shared) == (second.transaction, 2)
    });
    assert_eq!(in_time, store.health().unwrap().backend != "sim");
    // What does not come was not needed.
    store.submit(step("c", 1), Next::Coming).wait().unwrap();
}

pub fn writers_that_race_write_each_step_once(store: &dyn Store) {
    const THREADS: u64 = 6;
    const STEPS: u64 = 20;
    let lost = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let lost = &lost;
            scope.spawn(move || {
                let own = format!("own/{thread}");
                for seq in 1..=STEPS {
                    store.commit(step(&own, seq)).unwrap();
                    loop {
                        let now = store.head("shared").unwrap().map_or(0, |h| h.seq);
                        match store.commit(step("shared", now + 1)) {
                            Ok(_) => break,
                            Err(CommitError::HeadMoved { .. }) => {
                                lost.fetch_add(1, Ordering::Relaxed)
                            }
                            Err(other) => panic!("{other}"),
                        };
                    }
                }
            });
        }
    });
    // The index row of `step` is shared by all streams here, so only heads and journals are compared.
    assert_eq!(store.head("shared").unwrap(), Some(head(THREADS * STEPS)));
    assert_eq!(store.journal("shared", 0, 1_000).unwrap().len() as u64, THREADS * STEPS);
    for thread in 0..THREADS {
        let own = format!("own/{thread}");
        assert_eq!(store.head(&own).unwrap(), Some(head(STEPS)));
        assert_eq!(store.journal(&own, 0, 1_000).unwrap().len() as u64, STEPS);
    }
    println!("lost races: {}", lost.load(Ordering::Relaxed));
    let health = store.health().unwrap();
    assert_eq!(health.batches, 2 * THREADS * STEPS);
    assert!(health.transactions <= health.batches);
}

/// Makes one test per case; `$open` gives something that derefs to a fresh store.
#[macro_export]
macro_rules! conformance {
    ($open:expr => $($case:ident),+ $(,)?) => {
        $(#[test] fn $case() {
            let opened = $open(stringify!($case));
            $crate::conformance::$case(&**opened.store());
        })+
    };
    ($open:expr) => {
        $crate::conformance!($open =>
            a_head_moves_only_by_compare_and_swap,
            a_batch_is_written_whole_or_not_at_all,
            a_journal_entry_is_written_once_and_read_in_order,
            a_record_has_revisions,
            pages_follow_the_bytes_of_their_names,
            index_rows_of_a_record_are_replaced_together,
            a_blob_is_named_by_its_digest,
            jobs_come_when_due_and_go_when_done,
            an_idempotency_key_is_used_once,
            a_binding_is_made_once,
            what_no_backend_could_hold_is_refused,
            writers_that_race_write_each_step_once,
            of_several_batches_the_wrong_one_fails_alone,
            what_is_known_to_come_is_waited_for,
        );
        #[test] fn it_answers_like_the_simulated_store() {
            let opened = $open("like-sim");
            $crate::conformance::like_sim::compare(&**opened.store());
        }
    };
}

/// What a test opens: the store, and whatever must be cleaned up after it.
pub trait Opened {
    fn store(&self) -> &Arc<dyn Store>;
}

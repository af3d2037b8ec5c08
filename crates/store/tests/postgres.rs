//! PostgreSQL: the conformance suite, and what happens when the connection is cut.
//!
//! Needs a server; `MEZ_TEST_POSTGRES` names it. Each test keeps to a schema of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod conformance;
mod proxy;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use canon::Digest;
use conformance::{Opened, archive, backup, step, whole_prefix};
use proxy::Proxy;
use store::postgres::{Lease, Postgres, SILENCE_MS, Turn};
use store::{Batch, CommitError, Entry, Head, HeadSwap, OpenError, Store, StoreError};

#[expect(clippy::disallowed_methods, reason = "the server under test is named by the caller")]
fn server() -> String {
    std::env::var("MEZ_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "MEZ_TEST_POSTGRES is not set. Run `cargo xtask test`, which starts a server, or: \
             MEZ_TEST_POSTGRES=postgres://USER@127.0.0.1:PORT/postgres cargo test -p store"
        )
    })
}

/// A schema of its own, dropped afterwards.
struct InSchema {
    store: Arc<dyn Store>,
    url: String,
    schema: String,
}

impl InSchema {
    fn new() -> InSchema {
        InSchema::through(&server())
    }

    fn through(url: &str) -> InSchema {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("t{}_{n}", std::process::id());
        let url = format!("{url}?schema={schema}");
        InSchema { store: store::open(&url).unwrap(), url, schema }
    }

    fn sql(sql: &str) {
        let mut client = postgres::Client::connect(&server(), postgres::NoTls).unwrap();
        client.batch_execute(sql).unwrap();
    }
}

impl Opened for InSchema {
    fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
}

impl Drop for InSchema {
    fn drop(&mut self) {
        let sql = format!("drop schema if exists {} cascade", self.schema);
        if let Ok(mut client) = postgres::Client::connect(&server(), postgres::NoTls) {
            let _ = client.batch_execute(&sql);
        }
    }
}

conformance!(|_| InSchema::new());

#[test]
fn two_replicas_share_one_truth() {
    let here = InSchema::new();
    let there = store::open(&here.url).unwrap();
    std::thread::scope(|scope| {
        for store in [&here.store, &there] {
            scope.spawn(move || {
                for _ in 0..30 {
                    loop {
                        let now = store.head("s").unwrap().map_or(0, |h| h.seq);
                        match store.commit(step("s", now + 1)) {
                            Ok(_) => break,
                            Err(CommitError::HeadMoved { .. }) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(whole_prefix(&*there, "s"), 60);
}

#[test]
fn connections_ended_by_the_server_are_replaced_unnoticed() {
    let opened = InSchema::new();
    let store = store::open(&format!("{}&application_name={}", opened.url, opened.schema)).unwrap();
    for seq in 1..=5 {
        store.commit(step("s", seq)).unwrap();
        assert_eq!(whole_prefix(&*store, "s"), seq);
        InSchema::sql(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where application_name = '{}'",
            opened.schema
        ));
    }
    assert_eq!(whole_prefix(&*store, "s"), 5);
}

#[test]
fn a_server_that_is_gone_is_unavailable_and_comes_back_by_itself() {
    let proxy = Proxy::to(&server());
    let opened = InSchema::through(&proxy.url());
    let store = &opened.store;
    store.commit(step("s", 1)).unwrap();
    proxy.close();
    for _ in 0..3 {
        let refused = store.commit(step("s", 2));
        let gone = matches!(refused, Err(CommitError::Store(StoreError::Unavailable { .. })));
        assert!(gone, "{refused:?}");
        assert!(matches!(store.head("s"), Err(StoreError::Unavailable { .. })));
        assert!(matches!(store.health(), Err(StoreError::Unavailable { .. })));
    }
    proxy.reopen();
    store.commit(step("s", 2)).unwrap();
    assert_eq!(whole_prefix(&**store, "s"), 2);
    assert!(store.health().unwrap().writable());
}

#[test]
fn a_commit_whose_answer_is_lost_is_found_again() {
    let proxy = Proxy::to(&server());
    let opened = InSchema::through(&proxy.url());
    let store = &opened.store;
    for seq in 1..=10 {
        if seq % 2 == 0 {
            proxy.swallow_next_commit_answer();
        }
        store.commit(step("s", seq)).unwrap();
        assert_eq!(whole_prefix(&**store, "s"), seq);
    }
    assert_eq!(proxy.swallowed(), 5, "the answers were really lost");
}

#[test]
fn a_commit_that_never_arrived_is_made_again() {
    let proxy = Proxy::to(&server());
    let opened = InSchema::through(&proxy.url());
    let store = &opened.store;
    for seq in 1..=10 {
        if seq % 2 == 0 {
            proxy.swallow_next_commit();
        }
        store.commit(step("s", seq)).unwrap();
        assert_eq!(whole_prefix(&**store, "s"), seq);
    }
    assert_eq!(proxy.swallowed(), 5, "the commits were really lost");
}

#[test]
fn a_commit_whose_fate_cannot_be_asked_is_an_unknown_outcome() {
    let proxy = Proxy::to(&server());
    let opened = InSchema::through(&proxy.url());
    let store = &opened.store;
    store.commit(step("s", 1)).unwrap();
    proxy.swallow_next_commit_answer();
    proxy.close_after_swallowing();
    let outcome = store.commit(step("s", 2));
    let unknown = matches!(outcome, Err(CommitError::Store(StoreError::OutcomeUnknown { .. })));
    assert!(unknown, "{outcome:?}");
    proxy.reopen();
    assert_eq!(whole_prefix(&**store, "s"), 2, "it took place");
    assert!(matches!(store.commit(step("s", 2)), Err(CommitError::HeadMoved { .. })));
    store.commit(step("s", 3)).unwrap();
}

#[test]
fn a_newer_format_and_a_bad_address_are_refused() {
    let opened = InSchema::new();
    let schema = &opened.schema;
    InSchema::sql(&format!("insert into {schema}.migration (version) values (99)"));
    let newer = OpenError::FormatNewer { found: 99, known: 5 };
    assert_eq!(Postgres::open(&opened.url).err(), Some(newer));
    for url in ["postgres://h:x/", "postgres://u@h/d?schema=A;b", "postgres://u@h/d?nonsense=1"] {
        assert!(matches!(Postgres::open(url), Err(OpenError::BadUrl { .. })), "{url}");
    }
    let nobody = Postgres::open("postgres://mez@127.0.0.1:1/postgres");
    let gone = matches!(nobody, Err(OpenError::Store(StoreError::Unavailable { .. })));
    assert!(gone);
}

#[test]
fn a_holder_that_hangs_in_the_middle_of_a_commit_keeps_nobody_from_writing() {
    let opened = InSchema::new();
    let (mut first, _here) = takes_part(&opened, "first");
    let (mut second, there) = takes_part(&opened, "second");
    assert_eq!(first.step(), Ok(Turn::Mine { anew: true }));
    let schema = &opened.schema;
    // What a commit holds from its first statement on.
    let mut hung = postgres::Client::connect(&server(), postgres::NoTls).unwrap();
    hung.batch_execute(&format!(
        "set search_path to {schema}; begin; \
         select pg_advisory_xact_lock(5063003, hashtext(current_schema()))"
    ))
    .unwrap();
    let past = SILENCE_MS + 1_000;
    InSchema::sql(&format!(
        "update {schema}.lease set at = clock_timestamp() - interval '{past} milliseconds'"
    ));
    assert_eq!(second.step(), Ok(Turn::Theirs { holder: "first".to_owned() }));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = tell.send((its_turn(&mut second), second));
    });
    let (turn, _second) = told.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert_eq!(turn, Turn::Mine { anew: true });
    there.commit(step("s", 1)).unwrap();
    assert!(hung.batch_execute("commit").is_err(), "its connection is ended");
}

/// A process that takes part, and its store.
fn takes_part(opened: &InSchema, name: &str) -> (Lease, Arc<dyn Store>) {
    let lease = Lease::open(&opened.url, name).unwrap();
    let store = lease.store().unwrap();
    (lease, store)
}

/// Its turn, as soon as the server has missed whoever held the lease before.
fn its_turn(lease: &mut Lease) -> Turn {
    for _ in 0..400 {
        match lease.step().unwrap() {
            Turn::Theirs { .. } => std::thread::sleep(std::time::Duration::from_millis(25)),
            turn @ Turn::Mine { .. } => return turn,
        }
    }
    panic!("the server never misses whoever is gone");
}

fn is_deposed(store: &dyn Store, seq: u64) {
    let refused = store.commit(step("s", seq));
    let deposed = matches!(refused, Err(CommitError::Store(StoreError::Deposed)));
    assert!(deposed, "{refused:?}");
}

#[test]
fn one_process_writes_and_the_next_when_it_is_gone() {
    let opened = InSchema::new();
    let (mut first, here) = takes_part(&opened, "first");
    let (mut second, there) = takes_part(&opened, "second");
    is_deposed(&*here, 1);
    assert_eq!(first.step(), Ok(Turn::Mine { anew: true }));
    assert_eq!(first.step(), Ok(Turn::Mine { anew: false }));
    assert_eq!(second.step(), Ok(Turn::Theirs { holder: "first".to_owned() }));
    here.commit(step("s", 1)).unwrap();
    is_deposed(&*there, 2);
    drop(first);
    assert_eq!(its_turn(&mut second), Turn::Mine { anew: true });
    there.commit(step("s", 2)).unwrap();
    is_deposed(&*here, 3);
    assert_eq!(whole_prefix(&*there, "s"), 2);
}

#[test]
fn a_holder_whose_connection_ends_goes_on_unless_somebody_wrote_in_between() {
    let opened = InSchema::new();
    let named = format!("{}&application_name={}", opened.url, opened.schema);
    let mut first = Lease::open(&named, "first").unwrap();
    let here = first.store().unwrap();
    let end = || {
        InSchema::sql(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where application_name = '{}'",
            opened.schema
        ));
    };
    assert_eq!(first.step(), Ok(Turn::Mine { anew: true }));
    here.commit(step("s", 1)).unwrap();
    end();
    assert!(matches!(first.step(), Err(StoreError::Unavailable { .. })));
    is_deposed(&*here, 2);
    assert_eq!(its_turn(&mut first), Turn::Mine { anew: false });
    here.commit(step("s", 2)).unwrap();
    end();
    let (mut second, there) = takes_part(&opened, "second");
    assert_eq!(its_turn(&mut second), Turn::Mine { anew: true });
    there.commit(step("s", 3)).unwrap();
    is_deposed(&*here, 4);
    assert!(matches!(first.step(), Err(StoreError::Unavailable { .. })));
    assert_eq!(first.step(), Ok(Turn::Theirs { holder: "second".to_owned() }));
    drop(second);
    assert_eq!(its_turn(&mut first), Turn::Mine { anew: true });
    here.commit(step("s", 4)).unwrap();
}

#[test]
fn a_holder_that_hangs_is_deposed_and_what_it_still_sends_is_refused() {
    let opened = InSchema::new();
    let (mut first, here) = takes_part(&opened, "first");
    let (mut second, there) = takes_part(&opened, "second");
    assert_eq!(first.step(), Ok(Turn::Mine { anew: true }));
    here.commit(step("s", 1)).unwrap();
    let past = SILENCE_MS + 1_000;
    let schema = &opened.schema;
    InSchema::sql(&format!(
        "update {schema}.lease set at = clock_timestamp() - interval '{past} milliseconds'"
    ));
    assert_eq!(second.step(), Ok(Turn::Theirs { holder: "first".to_owned() }));
    assert_eq!(its_turn(&mut second), Turn::Mine { anew: true });
    // It was never told, and is refused all the same.
    is_deposed(&*here, 2);
    there.commit(step("s", 2)).unwrap();
}

#[test]
fn no_commit_of_two_who_take_turns_is_lost_or_doubled() {
    let opened = InSchema::new();
    let (done, mut turns) = (AtomicU64::new(0), Vec::new());
    std::thread::scope(|scope| {
        let works = |name: &'static str| {
            let (opened, done) = (&opened, &done);
            scope.spawn(move || {
                let mut terms = 0;
                while done.load(Ordering::SeqCst) < 200 {
                    let (mut lease, store) = takes_part(opened, name);
                    if !matches!(lease.step(), Ok(Turn::Mine { .. })) {
                        continue;
                    }
                    terms += 1;
                    for _ in 0..7 {
                        let next = store.head("s").unwrap().map_or(1, |head| head.seq + 1);
                        store.commit(step("s", next)).unwrap();
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                }
                terms
            })
        };
        let threads = ["first", "second", "third"].map(works);
        turns.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    });
    assert_eq!(whole_prefix(&*opened.store, "s"), done.load(Ordering::SeqCst), "{turns:?}");
}

#[test]
fn a_backup_crosses_from_one_kind_of_store_to_the_other_and_back() {
    let (from, into) = (InSchema::new(), InSchema::new());
    backup::fill(&*from.store);
    backup::comes_back(&from.url, &into.url);
    let path = std::env::temp_dir().join(format!("mez-crossed-{}.db", std::process::id()));
    let file = format!("sqlite:{}", path.display());
    let (bytes, copied) = backup::taken(&from.url);
    assert_eq!(store::backup::restore(&file, bytes.as_slice()).unwrap(), copied);
    assert_eq!(backup::taken(&file).0, bytes, "the same bytes from either");
    let _ = std::fs::remove_file(path);
    let empty = InSchema::new();
    backup::damaged_is_refused(&bytes, &empty.url, 9_001);
}

#[test]
fn segments_leave_and_are_read_through() {
    let cases: [fn(&Arc<dyn Store>); 4] = [
        archive::what_was_put_away_is_read_through,
        archive::only_what_is_there_is_put_away,
        archive::an_archive_that_is_gone_or_altered_is_told,
        archive::any_call_may_fail,
    ];
    for case in cases {
        case(&InSchema::new().store);
    }
    let (from, into) = (InSchema::new(), InSchema::new());
    archive::a_backup_keeps_the_way_to_the_archive(&from.store, &from.url, &into.url);
}

/// Tables of the journal, in the order of their ranges.
fn ranges(opened: &InSchema) -> Vec<String> {
    let mut client = postgres::Client::connect(&server(), postgres::NoTls).unwrap();
    let sql = "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid \
               where i.inhparent = to_regclass($1) order by c.relname";
    let rows = client.query(sql, &[&format!("{}.journal", opened.schema)]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

const RANGE: u64 = 262_144;

/// A stream that begins where others end, as after years.
fn far(store: &dyn Store, stream: &str, first: u64) {
    let head = |seq| Head { seq, root: Digest::of_blob(&u64::to_be_bytes(seq)) };
    let entry = |seq: u64| Entry {
        stream: stream.to_owned(),
        seq,
        body: format!("{stream} {seq}").into_bytes(),
        root: head(seq).root,
    };
    let swap = HeadSwap { stream: stream.to_owned(), old: None, new: head(first + 9) };
    let journal = (first..first + 10).map(entry).collect();
    store.commit(Batch { heads: vec![swap], journal, ..Batch::default() }).unwrap();
}

#[test]
fn a_range_that_long_streams_have_left_is_dropped_and_short_ones_keep_their_rows() {
    let opened = InSchema::new();
    assert_eq!(ranges(&opened).len(), 6, "five ranges and the rest: {:?}", ranges(&opened));
    let store = &opened.store;
    archive::fill(&**store, "s");
    far(&**store, "long", 2 * RANGE);
    // Beyond what was made ahead.
    far(&**store, "longest", 9 * RANGE);
    let before = store.space(0).unwrap();
    let files = Arc::new(archive::Files::default());
    for number in 0..archive::SEGMENTS {
        let file = archive::file("s", number);
        store::archive::put_away(&**store, files.as_ref(), &file).unwrap();
    }
    let after = store.space(u64::MAX).unwrap();
    assert!(after.bytes < before.bytes, "{after:?} {before:?}");
    assert_eq!(ranges(&opened), ["journal_rest"], "all that were left");
    let end = archive::SEGMENTS * 256;
    assert_eq!(store.journal("s", end, 100).unwrap().len(), 40);
    assert_eq!(store.journal("long", 0, 100).unwrap().len(), 10);
    assert!(matches!(store.journal("s", end - 1, 1), Err(StoreError::InArchive { .. })));
    // An opening lays what came meanwhile into ranges, and makes none again that was left.
    let again = store::open(&opened.url).unwrap();
    let named: Vec<String> = (9..=13).map(|k| format!("journal_r{k}")).collect();
    let mut now = ranges(&opened);
    now.retain(|name| name != "journal_rest");
    now.sort_by_key(|name| name["journal_r".len()..].parse::<u64>().unwrap());
    assert_eq!(now, named);
    assert_eq!(again.journal("longest", 9 * RANGE, 100).unwrap().len(), 10);
    assert_eq!(again.journal("s", end, 100).unwrap().len(), 40);
    let taken = again.commit(Batch {
        journal: vec![Entry {
            stream: "s".to_owned(),
            seq: end,
            body: b"again".to_vec(),
            root: Digest::of_blob(b""),
        }],
        ..Batch::default()
    });
    assert!(matches!(taken, Err(CommitError::EntryExists { .. })), "{taken:?}");
}

/// As the program before this one left it.
#[test]
fn a_journal_without_ranges_becomes_the_lowest_of_them() {
    let opened = InSchema::new();
    let older = format!(
        "set search_path = {};
         drop table journal; drop table segment; delete from migration where version > 2;
         create table journal (stream text collate \"C\" not null, seq int8 not null,
           root bytea not null, body bytea not null, primary key (stream, seq));",
        opened.schema
    );
    InSchema::sql(&older);
    let filled = format!(
        "insert into {0}.journal select 's', n, sha256(n::text::bytea), 'x' \
         from generate_series(0, 300000) n;
         insert into {0}.head values ('s', 300000, sha256('300000'::bytea))",
        opened.schema
    );
    InSchema::sql(&filled);
    let format = store::format(&opened.url).unwrap();
    assert_eq!((format.found, format.known, format.steps.len()), (2, 5, 3));
    let store = store::open(&opened.url).unwrap();
    let mut now = ranges(&opened);
    now.sort();
    assert_eq!(now[0], "journal_older");
    assert_eq!(now.len(), 6, "older, the rest, and what comes next: {now:?}");
    assert_eq!(store.journal("s", 262_100, 1_000).unwrap().len(), 1_000);
    assert_eq!(store.journal("s", 299_990, 1_000).unwrap().len(), 11);
    assert_eq!(store.roots("s", 300_000, 9).unwrap().len(), 1);
    far(&*store, "t", 2 * RANGE);
    let mut again = Vec::new();
    store::backup::back_up(&opened.url, &mut again).unwrap();
    let into = InSchema::new();
    store::backup::restore(&into.url, again.as_slice()).unwrap();
    assert_eq!(into.store.journal("s", 299_990, 1_000).unwrap().len(), 11);
}

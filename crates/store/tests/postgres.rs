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

use conformance::{Opened, step, whole_prefix};
use proxy::Proxy;
use store::postgres::Postgres;
use store::{CommitError, OpenError, Store, StoreError};

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
    let newer = OpenError::FormatNewer { found: 99, known: 1 };
    assert_eq!(Postgres::open(&opened.url).err(), Some(newer));
    for url in ["postgres://h:x/", "postgres://u@h/d?schema=A;b", "postgres://u@h/d?nonsense=1"] {
        assert!(matches!(Postgres::open(url), Err(OpenError::BadUrl { .. })), "{url}");
    }
    let nobody = Postgres::open("postgres://mez@127.0.0.1:1/postgres");
    let gone = matches!(nobody, Err(OpenError::Store(StoreError::Unavailable { .. })));
    assert!(gone);
}

//! A zone whose database goes away for ten seconds while it is asked, and comes back.
//!
//! Needs a Postgres server; `MEZ_TEST_POSTGRES` names it. The zone reaches it through a proxy that can
//! vanish, so that the server itself need not be stopped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    dead_code,
    unused_imports,
    reason = "tests"
)]

#[path = "../src/durable.rs"]
mod durable;
#[path = "../src/founding.rs"]
mod founding;
#[path = "routes/home.rs"]
mod home;
#[path = "../src/layout/mod.rs"]
mod layout;
#[path = "../../store/tests/proxy/mod.rs"]
mod proxy;
#[path = "routes/server.rs"]
mod server;

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use home::{EVIDENCE, Home};
use proxy::Proxy;
use serde_json::{Value, json};
use server::{Server, Told};

const OUTAGE: Duration = Duration::from_secs(10);
/// How soon a zone must work again once its database does.
const RECOVERED_WITHIN: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
/// Writers at once, and what each of them writes.
const WRITERS: usize = 3;
const WRITES_EACH: usize = 6;
/// Of those, how many may be answered before the outage begins.
const WRITES_BEFORE: usize = 2;

fn postgres() -> String {
    std::env::var("MEZ_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "MEZ_TEST_POSTGRES is not set. Run `cargo xtask test \"store on postgres\"`, which starts a \
             server, or: MEZ_TEST_POSTGRES=postgres://USER@127.0.0.1:PORT/postgres \
             cargo test -p mez --test database"
        )
    })
}

/// A schema of its own; where `psql` is at hand it is dropped afterwards.
struct Schema(String);

impl Schema {
    fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Self(format!("door_{}_{}", std::process::id(), now.as_millis()))
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let sql = format!("drop schema if exists {} cascade", self.0);
        let _ = Command::new("psql").args([&postgres(), "-qc", &sql]).output();
    }
}

/// A company with a funded account: the account.
fn account(home: &Home, server: &Server) -> String {
    let formed = server.post("/v1/entities", &home.company("Harbour Tea", "sg", EVIDENCE));
    assert_eq!(formed.status, 201, "{}", formed.text);
    let open = json!({ "entity_id": formed.body["result"]["entity_id"], "currency": "SGD" });
    let opened = server.post("/v1/fiscal/accounts", &open);
    assert_eq!(opened.status, 201, "{}", opened.text);
    opened.body["result"]["account_id"].as_str().unwrap().to_owned()
}

fn fund(server: &Server, account: &str, key: &str) -> Told {
    let body = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" }).to_string();
    let path = format!("/v1/fiscal/accounts/{account}/fund");
    server.send(&path, body.as_bytes(), &[("idempotency-key", key)])
}

fn key(writer: usize, n: usize) -> String {
    format!("fund-{writer}-{n}")
}

fn is_unavailable(told: &Told) {
    assert_eq!(told.code(), (503, "store-unavailable"), "{}", told.text);
    assert!(told.retry_after, "a caller is told when to come again");
    assert!(told.media.starts_with("application/problem+json"), "{}", told.media);
}

/// Writes under one key after another, each again and again until it is answered: the answers, and how
/// often the zone had to refuse.
fn write(server: &Server, account: &str, writer: usize, away: &AtomicBool) -> (Vec<Value>, usize) {
    let (mut answers, mut refused) = (Vec::new(), 0);
    for n in 0..WRITES_EACH {
        while n >= WRITES_BEFORE && refused == 0 && !away.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        loop {
            let told = fund(server, account, &key(writer, n));
            if told.status == 200 {
                answers.push(told.body);
                break;
            }
            is_unavailable(&told);
            refused += 1;
            std::thread::sleep(PAUSE);
        }
    }
    (answers, refused)
}

/// What anybody sees while the database is away; returns after the whole outage.
fn look_on(server: &Server, account: &str, began: Instant) {
    while began.elapsed() < OUTAGE {
        for path in ["/v1/entities", &format!("/v1/fiscal/accounts/{account}"), "/v1/decisions"] {
            is_unavailable(&server.get(path));
        }
        let live = server.ask_as("/health/liveness", None);
        assert_eq!((live.status, live.text.as_str()), (200, "ok"));
        let ready = server.ask_as("/health/readiness", None);
        assert_eq!((ready.status, &ready.body["ready"]), (503, &false.into()), "{}", ready.text);
        let checks = ready.body["checks"].as_array().unwrap();
        let store = checks.iter().find(|check| check["name"] == "store").unwrap();
        assert_eq!(store["ok"], false, "{store}");
        assert!(store["detail"].as_str().unwrap().contains("cannot be reached"), "{store}");
        std::thread::sleep(PAUSE);
    }
}

fn await_ready(server: &Server) {
    let back = Instant::now();
    while server.ask_as("/health/readiness", None).status != 200 {
        assert!(back.elapsed() < RECOVERED_WITHIN, "the zone does not recover by itself");
        std::thread::sleep(PAUSE);
    }
}

/// The books hold what was acknowledged, once each, and nothing else.
fn books_hold(server: &Server, account: &str, funded: usize) {
    let told = server.get(&format!("/v1/fiscal/accounts/{account}"));
    assert_eq!(told.body["balance"], format!("{funded}.00"), "{}", told.text);
    let totals = server.get("/v1/fiscal/totals").body;
    assert_eq!(totals["totals"][0]["sum"], "0.00", "{totals}");
    assert_eq!(server.get("/v1/entities").body["items"].as_array().unwrap().len(), 1);
    let decisions = server.get("/v1/decisions?outcome=allow&limit=200").body;
    let decisions = decisions["items"].as_array().unwrap();
    let decided = decisions.iter().filter(|item| item.to_string().contains("account.fund"));
    assert_eq!(decided.count(), funded, "one decision for each effect");
}

#[test]
fn a_database_gone_for_ten_seconds_is_told_and_leaves_nothing_half_done() {
    let proxy = Proxy::to(&postgres());
    let schema = Schema::new();
    let database = format!("{}?schema={}", proxy.url(), schema.0);
    let extra = ["--listen", "127.0.0.1:0", "--database", &database];
    let home = Home::of("sg", None);
    let server = Server::with(&home, &extra);
    let account = account(&home, &server);
    let away = AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let (server, account, away) = (&server, account.as_str(), &away);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || write(server, account, writer, away)))
            .collect();
        // The server goes with a commit: whoever sent it cannot know what became of it.
        std::thread::sleep(PAUSE);
        proxy.close_after_swallowing();
        proxy.swallow_next_commit_answer();
        away.store(true, Ordering::SeqCst);
        while proxy.swallowed() == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20));
        proxy.close();
        look_on(server, account, Instant::now());
        proxy.reopen();
        await_ready(server);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
    });
    let funded = WRITERS * WRITES_EACH;
    books_hold(&server, &account, funded);
    for (writer, (answers, refused)) in written.iter().enumerate() {
        assert!(*refused > 10, "writer {writer} wrote all through the outage: {refused}");
        for (n, answer) in answers.iter().enumerate() {
            let again = fund(&server, &account, &key(writer, n));
            assert_eq!((again.status, again.replayed, &again.body), (200, true, answer));
        }
    }
    books_hold(&server, &account, funded);
    drop(server);
    // Journal and signer's cell agree: it starts again, and goes on.
    let server = Server::with(&home, &extra);
    assert_eq!(server.ready["ready"], true, "{}", server.ready);
    assert_eq!(fund(&server, &account, "fund-after").status, 200);
    books_hold(&server, &account, funded + 1);
}

/// What `mez fsck` says of a stopped zone's books in the database.
fn fsck(home: &Home, database: &str) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command.args(["--json", "fsck", "--database", database, "--dir"]).arg(home.dir.root());
    let said = command.output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let told = serde_json::from_str(&text);
    (
        said.status.code(),
        told.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&said.stderr))),
    )
}

#[test]
fn books_in_postgres_are_derived_again_and_a_changed_byte_is_located() {
    let schema = Schema::new();
    let database = format!("{}?schema={}", postgres(), schema.0);
    let home = Home::of("sg", None);
    let mut server = Server::with(&home, &["--listen", "127.0.0.1:0", "--database", &database]);
    let account = account(&home, &server);
    assert_eq!(fund(&server, &account, "fund").status, 200);
    server.signal("-TERM");
    let (exit, told) = fsck(&home, &database);
    assert_eq!(
        (exit, &told["sound"], &told["cell"]),
        (Some(0), &true.into(), &true.into()),
        "{told}"
    );
    let entries = |stream: &str| {
        let streams = told["streams"].as_array().unwrap();
        streams.iter().find(|row| row["stream"] == stream).unwrap()["entries"].as_u64().unwrap()
    };
    assert!(entries("decisions") >= 3 && entries("zone/log") >= 3, "{told}");

    // One byte of one entry, and back.
    for stream in ["decisions", "zone/log"] {
        let change = |from: i64| {
            let sql = format!(
                "update {}.journal set body = set_byte(body, 40, (get_byte(body, 40) + {from}) % 256) \
                 where stream = '{stream}' and seq = 1",
                schema.0
            );
            let done = Command::new("psql").args([&postgres(), "-qc", &sql]).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        change(1);
        let (exit, told) = fsck(&home, &database);
        let fault = &told["faults"][0];
        assert_eq!((exit, &told["sound"]), (Some(6), &false.into()), "{told}");
        assert_eq!((&fault["stream"], &fault["sequence"]), (&stream.into(), &1.into()), "{told}");
        change(255);
        assert_eq!(fsck(&home, &database).0, Some(0));
    }
}

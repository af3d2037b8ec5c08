//! Three replicas of one zone on one Postgres: killed, stopped in turn and frozen, while others ask.
//!
//! Needs a Postgres server; `MEZ_TEST_POSTGRES` names it. `MEZ_REPLICAS_SECS` says how long they are killed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs,
    dead_code,
    unused_imports,
    reason = "tests"
)]

#[path = "replicas/away.rs"]
mod away;
#[path = "replicas/balanced.rs"]
mod balanced;
#[path = "../src/durable.rs"]
mod durable;
#[path = "../src/founding.rs"]
mod founding;
#[path = "routes/home.rs"]
mod home;
#[path = "../src/layout/mod.rs"]
mod layout;
#[path = "routes/server.rs"]
mod server;

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use balanced::{Balanced, Counts};
use home::{EVIDENCE, Home};
use serde_json::{Value, json};
use server::Server;

/// How long replicas are killed, unless the environment says otherwise.
const KILLED_SECS: u64 = 20;
/// Time between two kills.
const KILL_EACH: Duration = Duration::from_millis(2_500);
const CLIENTS: usize = 8;
const REPLICAS: usize = 3;
/// Of 1,000 requests, how many may fail, and how long the slowest but ten may take.
const FAILED_MAX: usize = 5;
const P99_MAX: Duration = Duration::from_secs(1);

fn postgres() -> String {
    std::env::var("MEZ_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "MEZ_TEST_POSTGRES is not set. Run `cargo xtask test \"replicas\"`, which starts a server, or: \
             MEZ_TEST_POSTGRES=postgres://USER@127.0.0.1:PORT/postgres cargo test -p mez --test replicas"
        )
    })
}

/// One zone and its replicas, in a schema of its own.
struct Zone {
    home: Home,
    schema: String,
    replicas: Vec<Server>,
    account: String,
}

impl Zone {
    fn new(name: &str) -> Self {
        Self::of(name, REPLICAS)
    }

    fn of(name: &str, replicas: usize) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let schema = format!("{name}_{}_{}", std::process::id(), now.as_millis());
        let home = Home::of("sg", None);
        let mut zone = Self { home, schema, replicas: Vec::new(), account: String::new() };
        for _ in 0..replicas {
            zone.replicas.push(zone.replica());
        }
        let formed = zone.replicas[0]
            .post("/v1/entities", &zone.home.company("Harbour Tea", "sg", EVIDENCE));
        assert_eq!(formed.status, 201, "{}", formed.text);
        let open = json!({ "entity_id": formed.body["result"]["entity_id"], "currency": "SGD" });
        // Whichever is asked: none has to be the one that writes.
        let opened = zone.replicas[replicas - 1].post("/v1/fiscal/accounts", &open);
        assert_eq!(opened.status, 201, "{}", opened.text);
        zone.account = opened.body["result"]["account_id"].as_str().unwrap().to_owned();
        zone
    }

    fn database(&self) -> String {
        format!("{}?schema={}", postgres(), self.schema)
    }

    fn replica(&self) -> Server {
        let database = self.database();
        Server::with(&self.home, &["--listen", "127.0.0.1:0", "--database", &database])
    }

    fn sql(&self, sql: &str) {
        let said = Command::new("psql").args([&postgres(), "-qc", sql]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    /// Fund with the first of them until it is acknowledged.
    fn funded_within(&self, patience: Duration) {
        let path = format!("/v1/fiscal/accounts/{}/fund", self.account);
        let body = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" }).to_string();
        let began = Instant::now();
        let key = [("idempotency-key", "once")];
        loop {
            let told = self.replicas[0].send(&path, body.as_bytes(), &key);
            if told.status == 200 {
                return;
            }
            assert!(began.elapsed() < patience, "{} {}", told.status, told.text);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Which of them writes.
    fn writer(&self) -> Option<usize> {
        self.replicas.iter().position(|server| {
            let told = server.ask_as("/health/readiness", None);
            let checks = told.body["checks"].as_array().cloned().unwrap_or_default();
            !checks.iter().any(|check| check["name"] == "replica")
        })
    }

    fn urls(&self) -> Vec<String> {
        self.replicas.iter().map(|server| server.url.clone()).collect()
    }

    /// The books hold what was acknowledged, once each; the chains verify.
    fn holds(mut self, funded: usize) {
        for server in &self.replicas {
            let told = server.get(&format!("/v1/fiscal/accounts/{}", self.account));
            assert_eq!(told.body["balance"], format!("{funded}.00"), "{}", told.text);
            let totals = server.get("/v1/fiscal/totals").body;
            assert_eq!(totals["totals"][0]["sum"], "0.00", "{totals}");
        }
        for server in &mut self.replicas {
            server.signal("-TERM");
        }
        let mut fsck = Command::new(env!("CARGO_BIN_EXE_mez"));
        fsck.args(["--json", "fsck", "--database", &self.database(), "--dir"]);
        let said = fsck.arg(self.home.dir.root()).output().unwrap();
        let told: Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(
            (&told["sound"], &told["cell"]),
            (&true.into(), &true.into()),
            "journal and signer agree: {told}"
        );
    }
}

impl Drop for Zone {
    fn drop(&mut self) {
        let sql = format!("drop schema if exists {} cascade", self.schema);
        let _ = Command::new("psql").args([&postgres(), "-qc", &sql]).output();
    }
}

/// Says that it is over, whichever way it ends.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Clients that ask whichever replica answers, while `doing` goes on; what they saw.
fn under_load(zone: &mut Zone, doing: impl FnOnce(&mut Zone, &Balanced)) -> Counts {
    let balanced = Balanced::over(zone.urls(), &zone.replicas[0].token);
    let over = AtomicBool::new(false);
    let path = format!("/v1/fiscal/accounts/{}/fund", zone.account);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (balanced, over, path) = (&balanced, &over, path.as_str());
                scope.spawn(move || balanced.fund(client, path, over))
            })
            .collect();
        let ended = Ended(&over);
        doing(zone, &balanced);
        drop(ended);
        let counts = clients.into_iter().map(|client| client.join().unwrap());
        counts.fold(Counts::default(), Counts::and)
    })
}

/// Tells what was seen; the time in which all but one of a hundred were answered.
fn told(counts: &mut Counts) -> Duration {
    let (asked, failed) = (counts.took.len(), counts.refused);
    let [p50, p99, longest] = [50, 99, 100].map(|percent| counts.quantile(percent));
    eprintln!(
        "{asked} requests, {} funded, {failed} refused with 503; p50 {p50:?}, p99 {p99:?}, longest {longest:?}",
        counts.funded,
    );
    p99
}

#[test]
fn replicas_killed_every_few_seconds_lose_nothing_and_double_nothing() {
    let secs = std::env::var("MEZ_REPLICAS_SECS").ok().and_then(|text| text.parse().ok());
    let whole = Duration::from_secs(secs.unwrap_or(KILLED_SECS));
    let mut zone = Zone::new("killed");
    let (mut kills, mut of_writers) = (0, 0);
    let mut counts = under_load(&mut zone, |zone, balanced| {
        let began = Instant::now();
        while began.elapsed() < whole {
            std::thread::sleep(KILL_EACH);
            // In turn, and every other time the one that writes.
            let writer = zone.writer();
            let victim = writer.filter(|_| kills % 2 == 0).unwrap_or(kills % REPLICAS);
            of_writers += usize::from(writer == Some(victim));
            kills += 1;
            zone.replicas[victim].signal("-KILL");
            zone.replicas[victim] = zone.replica();
            balanced.now(zone.urls());
        }
    });
    eprintln!("{kills} kills, {of_writers} of them of the replica that wrote");
    assert!(of_writers * 2 >= kills, "the one that writes is killed");
    let (p99, asked, failed) = (told(&mut counts), counts.took.len(), counts.refused);
    assert!(failed * 1_000 <= asked * FAILED_MAX, "{failed} of {asked} refused");
    assert!(p99 <= P99_MAX, "p99 {p99:?}");
    zone.holds(counts.funded);
}

#[test]
fn replicas_are_replaced_one_by_one_without_a_refused_request() {
    let mut zone = Zone::new("rolled");
    let mut counts = under_load(&mut zone, |zone, balanced| {
        for n in 0..REPLICAS {
            std::thread::sleep(Duration::from_secs(1));
            // As a load balancer is told: first there is another, then nobody asks the old one.
            let new = zone.replica();
            let old = std::mem::replace(&mut zone.replicas[n], new);
            balanced.now(zone.urls());
            let mut old = old;
            old.signal("-TERM");
        }
        std::thread::sleep(Duration::from_secs(1));
    });
    told(&mut counts);
    assert_eq!(counts.refused, 0, "of {}", counts.took.len());
    zone.holds(counts.funded);
}

#[test]
fn a_writer_that_freezes_is_ended_and_another_writes() {
    let mut zone = Zone::new("frozen");
    let counts = under_load(&mut zone, |zone, balanced| {
        std::thread::sleep(Duration::from_secs(1));
        let frozen = zone.writer().unwrap();
        let pid = zone.replicas[frozen].pid().to_string();
        assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
        let mut others = zone.urls();
        let slept = others.remove(frozen);
        balanced.now(others);
        let began = Instant::now();
        let before = balanced.acknowledged();
        while balanced.acknowledged() < before + 2 * CLIENTS {
            assert!(began.elapsed() < Duration::from_secs(25), "nobody follows");
            std::thread::sleep(Duration::from_millis(50));
        }
        eprintln!("another writes after {:?}", began.elapsed());
        // It held the signer's cell, which no process that hangs may keep.
        assert!(zone.replicas[frozen].is_dead(), "{slept} is ended");
        zone.replicas[frozen] = zone.replica();
        balanced.now(zone.urls());
        std::thread::sleep(Duration::from_secs(1));
    });
    zone.holds(counts.funded);
}

#[test]
fn a_lease_regained_without_having_seen_who_wrote_meanwhile_opens_the_zone_again() {
    let zone = Zone::of("regained", 1);
    // Another held it and is gone: its token is newer, and the connection that held the lock before is lost.
    zone.sql(&format!(
        "set search_path to {}; update lease set token = token + 1, holder = 'http://gone'; \
         select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' \
         and classid::int8 = 5063004 and objid = hashtext('{0}')::oid",
        zone.schema
    ));
    zone.funded_within(Duration::from_secs(20));
    zone.holds(1);
}

#[test]
fn a_replica_that_cannot_open_the_zone_lets_another_write() {
    let mut zone = Zone::of("broken", 1);
    let broken = zone.home.dir.root().with_extension("broken");
    let copied = Command::new("cp").arg("-a").arg(zone.home.dir.root()).arg(&broken).status();
    assert!(copied.unwrap().success());
    let broken = layout::ZoneDir::at(broken);
    std::fs::remove_dir_all(broken.signer()).unwrap();
    let database = zone.database();
    let _unable = Server::at(&broken, &["--listen", "127.0.0.1:0", "--database", &database]);
    // It has the lease to itself for a while, and no keys.
    zone.replicas[0].signal("-TERM");
    std::thread::sleep(Duration::from_secs(1));
    zone.replicas[0] = zone.replica();
    zone.funded_within(Duration::from_secs(20));
    zone.replicas[0].signal("-TERM");
    zone.replicas[0] = zone.replica();
    zone.holds(1);
}

//! 256 clients over 64 corridors of one zone on Postgres, beside 32 connections that insert single rows there.
//!
//! The 64 other zones are suspended while it is measured: what counts is the one zone. `MEZ_TEST_POSTGRES` names the
//! server; without it the unit says so and has no row.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use postgres::NoTls;

use crate::harness::{Bench, Reach, Row};

use crate::rig::{Client, Running, folder, signal};

/// Zones that are places, in the order of the catalogue.
pub(super) const PEERS: [&str; 64] = [
    "ae", "ag", "ar", "at", "au", "bb", "bd", "bh", "bm", "bn", "br", "bs", "ca", "ch", "ci", "cl",
    "cm", "cn", "co", "cr", "cy", "de", "dk", "dm", "ee", "eg", "es", "et", "fi", "fj", "fr", "gb",
    "gd", "ge", "gh", "hk", "id", "ie", "iq", "it", "jm", "jo", "jp", "ke", "kh", "kr", "kw", "ky",
    "kz", "la", "lb", "lc", "li", "lk", "lu", "ma", "mm", "mt", "mu", "mx", "my", "ng", "nl", "no",
];
const CLIENTS: usize = 256;
const CONNECTIONS: usize = 32;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(4);
/// Bytes of a row, as one receipt with its checkpoint has.
const ROW_BYTES: usize = 2_000;
const BUSY: Duration = Duration::from_millis(2);

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let Ok(url) = std::env::var("MEZ_TEST_POSTGRES") else {
        println!("clients: not measured, MEZ_TEST_POSTGRES is not set");
        return Vec::new();
    };
    let dir = folder("clients");
    let running = Running::deploy(&dir.join("zones"), "sg", &PEERS, Some(&url));
    let page = running.client().get("/v1/corridors?limit=200");
    let ids = page["items"].as_array().expect("corridors").iter();
    let ids: Vec<String> =
        ids.map(|one| one["corridor_id"].as_str().expect("id").to_owned()).collect();
    assert_eq!(ids.len(), PEERS.len());
    let peers = running.peers();
    peers.iter().for_each(|peer| signal(*peer, "-STOP"));
    let mut plain = postgres::Client::connect(&url, NoTls).expect("a server");
    plain
        .batch_execute("CREATE TABLE plain(n bigserial PRIMARY KEY, body bytea)")
        .expect("a table");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        ours.push(receipts(&running, &ids, round));
        theirs.push(inserts(&url));
    }
    peers.iter().for_each(|peer| signal(*peer, "-CONT"));
    drop(running);
    let _ = fs::remove_dir_all(&dir);
    let unit = "a receipt of 256 clients over 64 corridors beside an INSERT of 32 connections";
    vec![bench.sides(unit, Reach::Faster(2.0), ours, theirs)]
}

/// Works until told to stop; returns the time per piece.
fn measured(threads: usize, work: impl Fn(usize, &AtomicBool) -> u64 + Sync) -> Duration {
    let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for at in 0..threads {
            let (over, done, work) = (&over, &done, &work);
            scope.spawn(move || done.fetch_add(work(at, over), Ordering::SeqCst));
        }
        std::thread::sleep(ROUND);
        over.store(true, Ordering::SeqCst);
    });
    let took = began.elapsed();
    took / u32::try_from(done.load(Ordering::SeqCst).max(1)).expect("few")
}

fn receipts(running: &Running, ids: &[String], round: usize) -> Duration {
    let token = fs::read_to_string(running.dir.join("operator.token")).expect("a token");
    measured(CLIENTS, |at, over| {
        // Three connections are kept for whoever else asks the zone.
        if at + 3 >= CLIENTS {
            return 0;
        }
        let mut client = Client::new(running.port, token.trim());
        let path = format!("/v1/corridors/{}/receipts", ids[at % ids.len()]);
        let mut done = 0;
        let mut n = 0;
        while !over.load(Ordering::Relaxed) {
            match client.post(&path, &format!("{round}-{at}-{n}"), "{}") {
                (201, _) => (done, n) = (done + 1, n + 1),
                (status, body) => {
                    assert!(matches!(status, 429 | 503), "{status} {body}");
                    std::thread::sleep(BUSY);
                }
            }
        }
        done
    })
}

fn inserts(url: &str) -> Duration {
    measured(CONNECTIONS, |_, over| {
        let mut client = postgres::Client::connect(url, NoTls).expect("a connection");
        let insert = client.prepare("INSERT INTO plain(body) VALUES ($1)").expect("prepared");
        let body = vec![7u8; ROW_BYTES];
        let mut done = 0;
        while !over.load(Ordering::Relaxed) {
            done += client.execute(&insert, &[&body]).expect("inserted");
        }
        done
    })
}

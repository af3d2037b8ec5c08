//! A write through the whole pipeline, beside an INSERT of one row of the same bytes, both by 32 connections.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use postgres::NoTls;

use super::load::{Came, Funded};
use crate::harness::{Bench, Reach, Row};
use crate::rig::folder;

const CONNECTIONS: usize = 32;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(5);

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let Ok(url) = std::env::var("MEZ_TEST_POSTGRES") else {
        println!("writes: not measured, MEZ_TEST_POSTGRES is not set");
        return Vec::new();
    };
    let dir = folder("writes");
    let shared = Funded::new(&dir.join("postgres"), Some(&url));
    let own = Funded::new(&dir.join("embedded"), None);
    let mut plain = postgres::Client::connect(&url, NoTls).expect("a server");
    plain.batch_execute("CREATE TABLE plain(n bigserial PRIMARY KEY, body bytea)").expect("made");
    let bytes = shared.bytes_of_one();
    println!("  a row is the decision and the answer of one write, {} bytes", bytes.len());
    let (mut on_postgres, mut embedded, mut inserts) = (Vec::new(), Vec::new(), Vec::new());
    let mut slow = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut came = shared.load(CONNECTIONS, ROUND, &format!("writes-{round}"));
        on_postgres.push(came.each());
        slow.0.push(came.quantile(99));
        let mut raw = inserted(&url, &bytes);
        inserts.push(raw.each());
        slow.1.push(raw.quantile(99));
        embedded.push(own.load(CONNECTIONS, ROUND, &format!("writes-{round}")).each());
    }
    drop((shared, own));
    let _ = fs::remove_dir_all(&dir);
    vec![
        bench.sides(
            "a write on Postgres, 32 connections, beside an INSERT",
            Reach::Faster(0.6),
            on_postgres,
            inserts.clone(),
        ),
        bench.sides("its p99 beside that of the INSERT", Reach::Within(2.0), slow.0, slow.1),
        bench.sides(
            "a write on the embedded store beside the same INSERT",
            Reach::Faster(2.0),
            embedded,
            inserts,
        ),
    ]
}

/// Rows of one write's bytes, each with its number.
fn inserted(url: &str, bytes: &[u8]) -> Came {
    let (over, came) = (AtomicBool::new(false), Mutex::new(Came::default()));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for at in 0..CONNECTIONS {
            let (over, came) = (&over, &came);
            scope.spawn(move || {
                let mut client = postgres::Client::connect(url, NoTls).expect("a connection");
                let insert = client.prepare("INSERT INTO plain(body) VALUES ($1)").expect("sound");
                let (mut took, mut n) = (Vec::new(), 0u64);
                while !over.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let body = [format!("{at}-{n} ").as_bytes(), bytes].concat();
                    n += 1;
                    client.execute(&insert, &[&body]).expect("inserted");
                    took.push(began.elapsed());
                }
                came.lock().expect("no client fails").took.extend(took);
            });
        }
        std::thread::sleep(ROUND);
        over.store(true, Ordering::SeqCst);
    });
    let mut came = came.into_inner().expect("no client fails");
    came.whole = began.elapsed();
    came
}

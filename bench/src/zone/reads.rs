//! A record read through authentication and the store, beside a handler of the same server that answers from memory.

use std::fs;
use std::time::{Duration, Instant};

use super::load::Funded;
use crate::harness::{Bench, Reach, Row};
use crate::rig::{Client, folder};

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 9;
const EACH: usize = 500;

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let dir = folder("reads");
    let zone = Funded::new(&dir.join("zone"), None);
    let account = zone.path.trim_end_matches("/fund").to_owned();
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(read(&zone, &account));
        plain.push(read(&zone, "/health/liveness"));
    }
    drop(zone);
    let _ = fs::remove_dir_all(&dir);
    let unit = "an account read with a token, 8 connections, beside a static handler";
    vec![bench.sides(unit, Reach::Faster(0.85), ours, plain)]
}

/// Time per answer, all connections together.
fn read(zone: &Funded, path: &str) -> Duration {
    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| zone.client()).collect();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for client in &mut clients {
            scope.spawn(move || {
                for _ in 0..EACH {
                    assert!(!client.text(path).is_empty());
                }
            });
        }
    });
    began.elapsed() / u32::try_from(CONNECTIONS * EACH).expect("few")
}

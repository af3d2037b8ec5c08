//! From a proposal to a cut both signed, two zones on loopback, beside the round trips and syncs it is made of.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::harness::{Bench, Reach, Row};

use super::floor::Floor;
use crate::rig::{Client, Running, folder, until};

const SAMPLES: usize = 9;
const TRIPS: usize = 200;
/// Bytes of a commit, measured of receipts: four pages and more of journal, a cell of some lanes.
const JOURNAL_BYTES: u64 = 32 * 1024;
const CELL_BYTES: u64 = 1_024;

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let dir = folder("handshake");
    for zone in ["sg", "hk"] {
        Running::deploy(&dir.join("base"), zone, &[], None).stop();
    }
    let mut floor = Floor::new(&dir, JOURNAL_BYTES, CELL_BYTES);
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    let mut told = String::new();
    for sample in 0..SAMPLES {
        let place = dir.join(format!("sample-{sample}"));
        copy(&dir.join("base"), &place);
        let zones = [Running::serve(&place.join("sg")), Running::serve(&place.join("hk"))];
        let commits =
            |zones: &[Running; 2]| zones.iter().map(|zone| commits(&zone.dir)).sum::<u64>();
        let (before, asked) = (commits(&zones), trips(&zones));
        ours.push(open(&zones));
        let (made, trips) = (commits(&zones) - before, trips(&zones) - asked);
        let trip = trip(&mut zones[0].client());
        let sync = median((0..100).map(|_| floor.write()).collect());
        let (trips, made) = (u32::try_from(trips).expect("few"), u32::try_from(made).expect("few"));
        peer.push(trip * trips + sync * made);
        told = format!("{trips} round trips of {trip:?}, {made} commits of two syncs of {sync:?}");
        zones.into_iter().for_each(Running::stop);
    }
    println!("from a proposal to a cut: {told}");
    let _ = fs::remove_dir_all(&dir);
    let unit = "two zones from a proposal to a cut, beside its round trips and syncs";
    vec![bench.sides(unit, Reach::Within(1.5), ours, peer)]
}

/// Propose, accept, wait until both are ACTIVE, a receipt and its answer, a cut.
fn open(zones: &[Running; 2]) -> Duration {
    let mut clients = [zones[0].client(), zones[1].client()];
    let dids = [did(&mut clients[0]), did(&mut clients[1])];
    let began = Instant::now();
    let url = format!("http://127.0.0.1:{}", zones[1].port);
    let body = json!({ "url": url, "did": dids[1] }).to_string();
    let proposed = asked(clients[0].post("/v1/corridors", "propose", &body));
    let one = format!("/v1/corridors/{}", proposed["corridor_id"].as_str().expect("an id"));
    until(|| clients[1].get(&one)["state"] == "PENDING");
    let body = json!({ "peer_did": dids[0] }).to_string();
    asked(clients[1].post(&format!("{one}/accept"), "accept", &body));
    until(|| clients[0].get(&one)["state"] == "ACTIVE");
    asked(clients[0].post(&format!("{one}/receipts"), "receipt", "{}"));
    until(|| {
        clients[0].get(&one)["lane_here"]["acknowledged"].as_u64() == Some(1)
            || clients[0].get(&one)["lane_there"]["size"].as_u64() == Some(1)
    });
    asked(clients[0].post(&format!("{one}/cuts"), "cut", "{}"));
    began.elapsed()
}

fn asked((status, body): (u16, Value)) -> Value {
    assert!((200..300).contains(&status), "{status} {body}");
    body
}

fn did(client: &mut Client) -> String {
    client.get("/health/readiness")["did"].as_str().expect("a did").to_owned()
}

/// Entries of the journal: one for each commit.
fn commits(dir: &Path) -> u64 {
    let path = dir.join("data/zone.sqlite");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let base = Connection::open_with_flags(path, flags).expect("SQLite");
    let sql = "SELECT count(*) FROM journal WHERE stream = 'decisions'";
    let count: i64 = base.query_row(sql, [], |row| row.get(0)).expect("counted");
    u64::try_from(count).expect("a count")
}

/// Requests answered so far, without those this unit looks with.
fn trips(zones: &[Running; 2]) -> u64 {
    let count = |zone: &Running| -> u64 {
        let text = zone.client().text("/metrics");
        let lines = text.lines().filter_map(|line| line.strip_prefix("mez_http_requests_total"));
        let counted = lines.filter(|line| {
            let looks = ["/health/", "/metrics", "path=\"/v1/corridors/{id}\""];
            !looks.iter().any(|path| line.contains(path))
        });
        counted.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    };
    zones.iter().map(count).sum()
}

fn trip(client: &mut Client) -> Duration {
    let one = || {
        let began = Instant::now();
        client.text("/health/liveness");
        began.elapsed()
    };
    median(std::iter::repeat_with(one).take(TRIPS).collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    fs::set_permissions(to, fs::metadata(from).expect("there").permissions()).expect("a mode");
    for entry in fs::read_dir(from).expect("there").flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("copied")),
        }
    }
}

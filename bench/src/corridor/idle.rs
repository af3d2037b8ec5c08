//! What a corridor costs a zone while nothing happens on it: resident memory with 64 of them, beside none.

use std::fs;
use std::time::Duration;

use crate::harness::{Bench, Row};

use super::clients::PEERS;
use crate::rig::{Running, figure, folder};

const REACH_KIB: u64 = 128;
/// A zone has settled after its start by then.
const SETTLED: Duration = Duration::from_secs(5);

pub(crate) fn rows(_: &Bench) -> Vec<Row> {
    let dir = folder("idle");
    Running::deploy(&dir.join("none"), "sg", &[], None).stop();
    Running::deploy(&dir.join("many"), "sg", &PEERS, None).stop();
    let mut kib = Vec::new();
    for which in ["none", "many"] {
        let mut seen: Vec<u64> = (0..3).map(|_| resident(&dir.join(which).join("sg"))).collect();
        seen.sort_unstable();
        kib.push(seen[1]);
    }
    let _ = fs::remove_dir_all(&dir);
    let each = kib[1].saturating_sub(kib[0]) / PEERS.len() as u64;
    let met = if each <= REACH_KIB { "yes" } else { "no" };
    println!(
        "| idle corridor: resident with {} of them, beside none | {} KiB | {} KiB | {each} KiB each | ≤ {REACH_KIB} KiB | {met} |",
        PEERS.len(),
        kib[1],
        kib[0]
    );
    Vec::new()
}

/// After its start, and after every corridor was shown once.
fn resident(dir: &std::path::Path) -> u64 {
    let running = Running::serve(dir);
    let mut client = running.client();
    client.get("/v1/corridors?limit=200");
    client.get("/v1/corridors/health");
    std::thread::sleep(SETTLED);
    let kib = figure(running.process(dir), "status", "VmRSS:");
    running.stop();
    kib
}

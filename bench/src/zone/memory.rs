//! What the process of a zone holds in memory, after its start and after a load.

use std::fs;
use std::time::Duration;

use super::load::Funded;
use crate::harness::{Bench, Row};
use crate::rig::{figure, folder};

const REACH_KIB: u64 = 64 * 1024;
const CLIENTS: usize = 32;
const LOAD: Duration = Duration::from_secs(5);

pub(crate) fn rows(_: &Bench) -> Vec<Row> {
    let dir = folder("memory");
    let zone = Funded::new(&dir.join("zone"), None);
    let process = zone.running.process(&zone.running.dir);
    let resident = || figure(process, "smaps_rollup", "Pss:");
    let began = resident();
    zone.load(CLIENTS, LOAD, "load");
    let loaded = resident();
    drop(zone);
    let _ = fs::remove_dir_all(&dir);
    let met = if loaded <= REACH_KIB { "yes" } else { "no" };
    println!(
        "| a zone's process after {CLIENTS} clients wrote, beside after its start | {loaded} KiB | {began} KiB | — | ≤ {REACH_KIB} KiB | {met} |"
    );
    Vec::new()
}

//! Ten times as many clients as the peak takes: what still gets done, and that the rest is told when to come again.

use std::fs;
use std::time::Duration;

use super::load::Funded;
use crate::harness::{Bench, Row};
use crate::rig::folder;

const PEAK: usize = 24;
const OVER: usize = 240;
const ROUND: Duration = Duration::from_secs(6);

pub(crate) fn rows(_: &Bench) -> Vec<Row> {
    let dir = folder("overload");
    let zone = Funded::new(&dir.join("zone"), None);
    zone.load(PEAK, ROUND, "warm");
    let peak = zone.load(PEAK, ROUND, "peak");
    let over = zone.load(OVER, ROUND, "over");
    drop(zone);
    let _ = fs::remove_dir_all(&dir);
    let ratio = peak.each().as_secs_f64() / over.each().as_secs_f64();
    let met = if ratio >= 0.9 && over.told_again > 0 { "yes" } else { "no" };
    println!(
        "| goodput of {OVER} clients beside that of {PEAK} ({} told to come again) | {:.2?} | {:.2?} | {ratio:.2}× | ≥ 0.9× | {met} |",
        over.told_again,
        over.each(),
        peak.each(),
    );
    Vec::new()
}

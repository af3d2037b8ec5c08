//! One client writes receipts, each durable and signed before it is answered, beside the two syncs of as many bytes.
//!
//! The peer's process is suspended meanwhile: the zone's outbox then waits in one call, and what is timed is the
//! receipt alone.

use std::fs;
use std::time::{Duration, Instant};

use crate::harness::{Bench, Reach, Row};

use super::floor::Floor;
use crate::rig::{Running, figure, folder, signal};

const RECEIPTS: usize = 400;

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let dir = folder("receipt");
    let running = Running::deploy(&dir.join("zones"), "sg", &["hk"], None);
    let mut client = running.client();
    let id =
        client.get("/v1/corridors")["items"][0]["corridor_id"].as_str().expect("one").to_owned();
    let path = format!("/v1/corridors/{id}/receipts");
    let zone = running.process(&running.dir);
    running.peers().into_iter().for_each(|peer| signal(peer, "-STOP"));
    let mut n = 0;
    let mut receipt = || {
        n += 1;
        let began = Instant::now();
        let (status, body) = client.post(&path, &format!("receipt-{n}"), "{}");
        assert_eq!(status, 201, "{body}");
        began.elapsed()
    };
    let _: Duration = (0..20).map(|_| receipt()).sum();
    let before = figure(zone, "io", "write_bytes:");
    let _: Duration = (0..50).map(|_| receipt()).sum();
    let each = (figure(zone, "io", "write_bytes:") - before) / 50;
    let cell = cell_bytes(&running);
    // Pages: what the kernel counts.
    let journal = each.saturating_sub(cell.next_multiple_of(4096));
    println!("a receipt writes {journal} bytes of journal and a cell of {cell} bytes");
    let mut floor = Floor::new(&dir, journal, cell);
    let (mut ours, mut peer): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    for _ in 0..RECEIPTS {
        ours.push(receipt());
        peer.push(floor.write());
    }
    running.stop();
    let _ = fs::remove_dir_all(&dir);
    vec![bench.sides(
        "durable signed receipt, one client, beside two syncs of its bytes",
        Reach::Within(1.15),
        ours,
        peer,
    )]
}

/// Size of the signer's cell.
fn cell_bytes(running: &Running) -> u64 {
    let mut files = fs::read_dir(running.dir.join("signer")).expect("a signer").flatten();
    let cell = files.find(|file| file.path().extension().is_some_and(|ending| ending == "cell"));
    cell.and_then(|file| file.metadata().ok()).map_or(0, |about| about.len())
}

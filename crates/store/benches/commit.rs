//! Group commit: batches and rows per second for some numbers of callers and rows per batch.
//!
//! `cargo bench -p store` measures SQLite in a temporary directory; a `postgres://…` argument after
//! `--` measures that server instead.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench measures time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use canon::Digest;
use store::{Batch, Entry, Head, HeadSwap, Store};

const TIME: Duration = Duration::from_secs(2);

fn head(seq: u64) -> Head {
    Head { seq, root: Digest::of_blob(&seq.to_be_bytes()) }
}

fn batch(stream: &str, last: u64, rows: u64) -> Batch {
    let old = (last > 0).then(|| head(last));
    let heads = vec![HeadSwap { stream: stream.to_owned(), old, new: head(last + rows) }];
    let entry = |seq| Entry {
        stream: stream.to_owned(),
        seq,
        body: vec![b'x'; 400],
        root: Digest::from_bytes([7; 32]),
    };
    let journal = (last + 1..=last + rows).map(entry).collect();
    Batch { heads, journal, ..Batch::default() }
}

fn measure(store: &Arc<dyn Store>, callers: u64, rows: u64) {
    let before = store.health().unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for caller in 0..callers {
            scope.spawn(move || {
                let stream = format!("{callers}/{rows}/{caller}");
                let mut last = 0;
                while begun.elapsed() < TIME {
                    store.commit(batch(&stream, last, rows)).unwrap();
                    last += rows;
                }
            });
        }
    });
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap().max(1);
    let after = store.health().unwrap();
    let batches = after.batches - before.batches;
    let transactions = (after.transactions - before.transactions).max(1);
    println!(
        "{callers:>4} callers x {rows:>4} rows: {:>7} batches/s {:>8} rows/s, {:>3} batches per fsync",
        batches * 1_000 / ms,
        batches * rows * 1_000 / ms,
        batches / transactions,
    );
}

fn main() {
    let named = std::env::args().find(|a| a.starts_with("postgres://"));
    let directory = std::env::temp_dir().join(format!("mez-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let url = named.unwrap_or_else(|| format!("sqlite:{}/zone.db", directory.display()));
    let store = store::open(&url).unwrap();
    for (callers, rows) in [(1, 1), (8, 1), (64, 1), (1, 100), (8, 100), (1, 1_000)] {
        measure(&store, callers, rows);
    }
    drop(store);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!("peak resident: {}", peak.unwrap_or("unknown"));
    let _ = std::fs::remove_dir_all(&directory);
}

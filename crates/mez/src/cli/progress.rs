//! How far a long command has come, on one line of standard error that is written over.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::watch::Stopwatch;

/// How often the line changes: often enough to be alive, seldom enough to cost nothing.
const EVERY: Duration = Duration::from_millis(200);
/// Characters of the bar.
const WIDTH: u64 = 30;

/// A line that only a terminal sees, and no program that asked for JSON.
pub(crate) struct Bar {
    name: &'static str,
    total: Option<u64>,
    done: u64,
    began: Stopwatch,
    told: Stopwatch,
    shown: bool,
    silent: bool,
}

impl Bar {
    /// A bar over `total` bytes, where that is known.
    pub(crate) fn new(name: &'static str, total: Option<u64>, silent: bool) -> Self {
        let now = Stopwatch::start();
        let silent = silent || !std::io::stderr().is_terminal();
        Self { name, total, done: 0, began: now, told: now, shown: false, silent }
    }

    /// `bytes` more are done.
    pub(crate) fn went_on(&mut self, bytes: u64) {
        self.done += bytes;
        if self.silent || self.told.elapsed() < EVERY {
            return;
        }
        self.told = Stopwatch::start();
        self.shown = true;
        let line = line(self.name, self.done, self.total, self.began.elapsed());
        let _ = write!(std::io::stderr(), "\r\u{1b}[K{line}");
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}

fn line(name: &str, done: u64, total: Option<u64>, took: Duration) -> String {
    let mega = |bytes: u64| bytes / 1_000_000;
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let speed = mega(done.saturating_mul(1000) / millis);
    match total.filter(|total| *total > 0) {
        Some(total) => {
            let full = usize::try_from(WIDTH * done.min(total) / total).unwrap_or(0);
            let rest = usize::try_from(WIDTH).unwrap_or(0).saturating_sub(full);
            let percent = 100 * done.min(total) / total;
            format!(
                "{name} [{}{}] {percent} % of {} MB, {speed} MB/s",
                "#".repeat(full),
                ".".repeat(rest),
                mega(total)
            )
        }
        None => format!("{name} {} MB, {speed} MB/s", mega(done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_and_how_fast() {
        let second = Duration::from_secs(1);
        let half = line("verify", 50_000_000, Some(100_000_000), second);
        assert_eq!(half, "verify [###############...............] 50 % of 100 MB, 50 MB/s");
        assert_eq!(line("verify", 5_000_000, None, second), "verify 5 MB, 5 MB/s");
        assert_eq!(line("x", 9, Some(0), Duration::ZERO), "x 0 MB, 0 MB/s");
        assert!(line("x", 9, Some(3), second).contains("100 %"));
    }
}

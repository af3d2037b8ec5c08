//! What happened, line by line: one hash over all of it, and the last lines for whoever looks.

use std::collections::VecDeque;

use canon::{Digest, sha256_parts};

/// Lines kept to be shown beside a failure.
const KEPT_MAX: usize = 60;

/// The trace of a run.
#[derive(Debug)]
pub struct Trace {
    hash: Digest,
    last: VecDeque<String>,
    lines: u64,
    aloud: bool,
}

impl Trace {
    /// An empty trace; `aloud` prints every line as it comes.
    #[must_use]
    pub fn new(aloud: bool) -> Self {
        Self { hash: Digest::of_blob(b"mez.sim.trace"), last: VecDeque::new(), lines: 0, aloud }
    }

    /// One thing that happened, at a moment of true time.
    pub fn line(&mut self, at_ms: i64, what: &str) {
        let line = format!("{:>9}.{:03} {what}", at_ms / 1_000, at_ms % 1_000);
        if self.aloud {
            println!("{line}");
        }
        self.hash = sha256_parts(&[self.hash.as_bytes(), line.as_bytes()]);
        self.lines = self.lines.saturating_add(1);
        if self.last.len() == KEPT_MAX {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// Over every line so far, in order.
    #[must_use]
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// The newest lines.
    #[must_use]
    pub fn last(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }
}

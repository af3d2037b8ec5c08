//! Whole zones in one process: fixed seeds, a settable clock, real packs, a wire that can be cut.

pub mod law_of;
pub mod net;
pub mod site;
pub mod steady;
pub mod unsure;
pub mod work;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use canon::{Clock, Digest, Entropy, EntropyGone, Timestamp, sha256_parts};

pub use net::Net;
pub use site::Site;

/// When every test begins.
pub const BEGIN: &str = "2026-11-20T09:00:00Z";

/// A clock a test sets.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new() -> Self {
        Self(AtomicI64::new(Timestamp::parse(BEGIN).unwrap().unix()))
    }

    pub fn forward(&self, secs: i64) {
        self.0.fetch_add(secs, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Bytes that only look unpredictable: SHA-256 of seed and counter.
pub struct TestEntropy {
    seed: u64,
    counter: AtomicU64,
}

impl TestEntropy {
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Entropy for TestEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyGone> {
        for chunk in out.chunks_mut(32) {
            let n = self.counter.fetch_add(1, Ordering::SeqCst);
            let block = sha256_parts(&[&self.seed.to_be_bytes(), &n.to_be_bytes()]);
            chunk.copy_from_slice(&block.as_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// 32 bytes from a word.
pub fn seed(word: &str) -> [u8; 32] {
    *Digest::of_blob(word.as_bytes()).as_bytes()
}

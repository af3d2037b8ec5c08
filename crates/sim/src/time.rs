//! Virtual time: one true clock of the world, and each zone's own, which may be wrong.
//!
//! Invariant: true time only grows, and only because the world lets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use canon::{Clock, Timestamp};

/// When every run begins: 2026-11-20T09:00:00Z.
pub const BEGIN: i64 = 1_795_165_200;

/// True time, in milliseconds since [`BEGIN`].
#[derive(Debug, Default)]
pub struct Time(AtomicI64);

impl Time {
    /// Milliseconds since the beginning.
    pub fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Time passes.
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms.max(0), Ordering::SeqCst);
    }
}

/// The clock of one host.
#[derive(Debug)]
pub struct HostClock {
    time: Arc<Time>,
    begin: Timestamp,
    /// How far it is ahead of true time, in milliseconds.
    ahead: AtomicI64,
    /// While it stands: where.
    stands: AtomicI64,
    /// How fast it drifts back: milliseconds a second.
    drift: AtomicI64,
    drifts_from: AtomicI64,
}

const RUNS: i64 = i64::MIN;

impl HostClock {
    /// A clock that is right; `begin` is [`BEGIN`].
    #[must_use]
    pub fn new(time: &Arc<Time>, begin: Timestamp) -> Self {
        Self {
            time: Arc::clone(time),
            begin,
            ahead: AtomicI64::new(0),
            stands: AtomicI64::new(RUNS),
            drift: AtomicI64::new(0),
            drifts_from: AtomicI64::new(0),
        }
    }

    /// It is set ahead of true time by so much, or behind.
    pub fn set_ahead(&self, ms: i64) {
        self.right();
        self.ahead.store(ms, Ordering::SeqCst);
    }

    /// It stands still.
    pub fn freeze(&self) {
        self.stands.store(self.read(), Ordering::SeqCst);
    }

    /// From now on it goes back by so many milliseconds for each that passes.
    pub fn run_backward(&self) {
        self.right();
        self.drifts_from.store(self.time.now_ms(), Ordering::SeqCst);
        self.drift.store(2, Ordering::SeqCst);
    }

    /// It is right again.
    pub fn right(&self) {
        self.ahead.store(0, Ordering::SeqCst);
        self.stands.store(RUNS, Ordering::SeqCst);
        self.drift.store(0, Ordering::SeqCst);
    }

    fn read(&self) -> i64 {
        let stands = self.stands.load(Ordering::SeqCst);
        if stands != RUNS {
            return stands;
        }
        let now = self.time.now_ms();
        let since = now.saturating_sub(self.drifts_from.load(Ordering::SeqCst));
        let back = since.saturating_mul(self.drift.load(Ordering::SeqCst));
        now.saturating_add(self.ahead.load(Ordering::SeqCst)).saturating_sub(back)
    }
}

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        let secs = BEGIN.saturating_add(self.read().div_euclid(1_000));
        Timestamp::from_unix(secs).unwrap_or(self.begin)
    }
}

//! Fault points: where a test may end the process.
//!
//! Without the cargo feature `faults` the two hooks are empty and inlined away. With it, a test arms
//! one point with a count and the process aborts when that point is reached for the n-th time: no
//! destructor runs, no buffer of ours is flushed. `xtask` never builds a release with the feature.

/// A moment in the life of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Rows are written, the commit that makes them durable has not begun.
    BeforeFsync,
    /// The commit is durable, nobody was told.
    AfterFsync,
    /// The journal is durable, the signer's cell does not know yet.
    BeforeCell,
}

/// The zone calls this between a durable journal and `Cell::advance`.
#[inline]
pub fn between_journal_and_cell() {
    reached(Point::BeforeCell);
}

#[cfg(not(feature = "faults"))]
#[inline]
pub(crate) fn reached(_: Point) {}

#[cfg(feature = "faults")]
pub(crate) use armed::reached;
#[cfg(feature = "faults")]
pub use armed::{commits_seen, set_kill_at, set_kill_at_fsync};

#[cfg(feature = "faults")]
mod armed {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Point;

    static BEFORE: AtomicU64 = AtomicU64::new(0);
    static AFTER: AtomicU64 = AtomicU64::new(0);
    static CELL: AtomicU64 = AtomicU64::new(0);
    static SEEN: AtomicU64 = AtomicU64::new(0);

    fn counter(point: Point) -> &'static AtomicU64 {
        match point {
            Point::BeforeFsync => &BEFORE,
            Point::AfterFsync => &AFTER,
            Point::BeforeCell => &CELL,
        }
    }

    /// Aborts this process when `point` is reached for the `n`-th time from now; 0 disarms.
    pub fn set_kill_at(point: Point, n: u64) {
        counter(point).store(n, Ordering::SeqCst);
    }

    /// Aborts this process at the `n`-th commit from now, before its fsync when `n` is odd and after
    /// it when `n` is even, so that a range of `n` covers both; 0 disarms.
    pub fn set_kill_at_fsync(n: u64) {
        let commit = n.div_ceil(2);
        let (before, after) = if n % 2 == 1 { (commit, 0) } else { (0, commit) };
        set_kill_at(Point::BeforeFsync, before);
        set_kill_at(Point::AfterFsync, after);
    }

    /// Durable commits of this process so far.
    pub fn commits_seen() -> u64 {
        SEEN.load(Ordering::SeqCst)
    }

    pub(crate) fn reached(point: Point) {
        if point == Point::AfterFsync {
            SEEN.fetch_add(1, Ordering::SeqCst);
        }
        let counter = counter(point);
        let armed = counter.load(Ordering::SeqCst) > 0;
        if armed && counter.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }
}

//! `--kill-at POINT:N`: where a test makes a witness end. Exists only with the feature `faults`.

use std::sync::atomic::{AtomicU64, Ordering};

/// A moment between a request that is accepted and its answer, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Decided; nothing written.
    BeforeWrite,
    /// Half of the frame is written.
    InWrite,
    /// All of it is written, not durable.
    BeforeFsync,
    /// Durable; nobody was told.
    AfterFsync,
    /// Signed; not sent.
    BeforeAnswer,
}

const POINTS: [(&str, Point); 5] = [
    ("before-write", Point::BeforeWrite),
    ("in-write", Point::InWrite),
    ("before-fsync", Point::BeforeFsync),
    ("after-fsync", Point::AfterFsync),
    ("before-answer", Point::BeforeAnswer),
];

static COUNTS: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];

/// A point, and the how many-th of its moments is the last of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KillAt(Point, u64);

/// Reads `POINT:N`.
pub(super) fn parse(text: &str) -> Result<KillAt, String> {
    let (name, n) = text.split_once(':').ok_or("write POINT:N")?;
    let found = POINTS.iter().find(|(known, _)| *known == name);
    let (_, point) = found.ok_or("no such point")?;
    match n.parse() {
        Ok(n) if n > 0 => Ok(KillAt(*point, n)),
        _ => Err("N is a number from 1".to_owned()),
    }
}

fn counter(point: Point) -> Option<&'static AtomicU64> {
    let at = POINTS.iter().position(|(_, known)| *known == point)?;
    COUNTS.get(at)
}

impl KillAt {
    /// Counted from now on.
    pub(super) fn arm(self) {
        if let Some(counter) = counter(self.0) {
            counter.store(self.1, Ordering::SeqCst);
        }
    }
}

/// A moment has come.
pub(super) fn reached(point: Point) {
    let Some(counter) = counter(point) else { return };
    let armed = counter.load(Ordering::SeqCst) > 0;
    if armed && counter.fetch_sub(1, Ordering::SeqCst) == 1 {
        std::process::abort();
    }
}

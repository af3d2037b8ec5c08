//! Measuring and waiting.

use std::time::Duration;

pub(crate) use link::Stopwatch;

/// Pause between two looks at something that is about to happen.
const PAUSE: Duration = Duration::from_millis(20);

/// A bounded wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    watch: Stopwatch,
    most: Duration,
}

impl Patience {
    /// Wait at most this long.
    pub(crate) fn of(most: Duration) -> Self {
        Self { watch: Stopwatch::start(), most }
    }

    /// Whether it has run out.
    pub(crate) fn is_over(&self) -> bool {
        self.watch.elapsed() >= self.most
    }

    /// A short pause.
    pub(crate) fn pause(&self) {
        std::thread::sleep(PAUSE);
    }
}

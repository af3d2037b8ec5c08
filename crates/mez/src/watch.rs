//! Measuring and waiting: the only place that looks at a monotonic clock.

use std::time::{Duration, Instant};

/// Pause between two looks at something that is about to happen.
const PAUSE: Duration = Duration::from_millis(20);

/// Time passed since it was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Start measuring.
    #[allow(clippy::disallowed_methods, reason = "durations of a run are measured, not recorded")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// `1.23 s`.
    pub(crate) fn text(&self) -> String {
        let ms = self.elapsed().as_millis();
        format!("{}.{:02} s", ms / 1000, ms % 1000 / 10)
    }
}

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

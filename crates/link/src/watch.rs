//! Measuring: the only place that looks at a monotonic clock.

use std::time::{Duration, Instant};

/// Time passed since it was made.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Start measuring.
    #[allow(clippy::disallowed_methods, reason = "durations of a run are measured, not recorded")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// `1.23 s`.
    pub fn text(&self) -> String {
        let ms = self.elapsed().as_millis();
        format!("{}.{:02} s", ms / 1000, ms % 1000 / 10)
    }
}

//! When an adapter is asked, and when it is left alone: closed, open, half open.
//!
//! Pure: moments are arguments, and come from whoever owns a clock.

use canon::Timestamp;
use serde::Serialize;

/// How a circuit decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitPolicy {
    /// Failures in a row that open it; at least one.
    pub failures_max: u32,
    /// First time it stays open, in seconds.
    pub pause_secs: i64,
    /// Longest time it stays open, in seconds; each probe in vain doubles the one before.
    pub pause_secs_max: i64,
    /// After how many seconds a probe of which nothing is heard counts as lost.
    pub probe_secs: i64,
}

/// Where a circuit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CircuitState {
    /// Everything is asked.
    Closed,
    /// Nothing is asked.
    Open,
    /// One question is out; what becomes of it decides.
    HalfOpen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inner {
    Closed,
    Open { until: Timestamp, pause: i64 },
    HalfOpen { until: Timestamp, pause: i64 },
}

/// The circuit of one adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    policy: CircuitPolicy,
    failures: u32,
    inner: Inner,
}

impl Circuit {
    /// A closed one.
    #[must_use]
    pub const fn new(policy: CircuitPolicy) -> Self {
        Self { policy, failures: 0, inner: Inner::Closed }
    }

    /// Whether to ask now. Whoever was let through owes [`Circuit::heard`].
    ///
    /// # Errors
    /// From when on it is worth trying.
    pub fn admit(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        match self.inner {
            Inner::Closed => Ok(()),
            Inner::Open { until, .. } | Inner::HalfOpen { until, .. } if now < until => Err(until),
            Inner::Open { pause, .. } | Inner::HalfOpen { pause, .. } => {
                let until = after(now, self.policy.probe_secs);
                self.inner = Inner::HalfOpen { until, pause };
                Ok(())
            }
        }
    }

    /// What became of a question that was let through.
    pub fn heard(&mut self, well: bool, now: Timestamp) {
        if well {
            self.failures = 0;
            self.inner = Inner::Closed;
            return;
        }
        self.failures = self.failures.saturating_add(1);
        match self.inner {
            Inner::Closed if self.failures < self.policy.failures_max.max(1) => {}
            Inner::Closed => self.open(now, self.policy.pause_secs),
            Inner::HalfOpen { pause, .. } => self.open(now, pause.saturating_mul(2)),
            // One that was under way when it opened: nothing new.
            Inner::Open { .. } => {}
        }
    }

    fn open(&mut self, now: Timestamp, pause: i64) {
        let pause = pause.clamp(1, self.policy.pause_secs_max.max(1));
        self.inner = Inner::Open { until: after(now, pause), pause };
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> CircuitState {
        match self.inner {
            Inner::Closed => CircuitState::Closed,
            Inner::Open { .. } => CircuitState::Open,
            Inner::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }

    /// Failures in a row.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Until when nothing is asked, while it is open.
    #[must_use]
    pub const fn open_until(&self) -> Option<Timestamp> {
        match self.inner {
            Inner::Open { until, .. } => Some(until),
            Inner::Closed | Inner::HalfOpen { .. } => None,
        }
    }
}

/// The end of time where a moment would lie beyond it.
fn after(now: Timestamp, secs: i64) -> Timestamp {
    now.plus_secs(secs).unwrap_or(now)
}

#[cfg(test)]
mod tests;

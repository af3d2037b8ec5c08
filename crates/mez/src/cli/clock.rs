//! The present and the randomness of this machine: the only place that asks for either.

use canon::{BadTime, Clock, Entropy, EntropyGone, Timestamp};

/// The wall clock in whole UTC seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock {
    opened: Timestamp,
}

impl SystemClock {
    /// Looks at the clock once.
    ///
    /// # Errors
    /// A clock outside 1970 to 9999: nothing dated by it could be believed.
    pub(crate) fn open() -> Result<Self, BadTime> {
        Ok(Self { opened: read()? })
    }
}

impl Clock for SystemClock {
    /// Now; should the clock leave its range while we run, the moment at which we started.
    fn now(&self) -> Timestamp {
        read().unwrap_or(self.opened)
    }
}

/// A clock that runs ahead of the machine's: for stories of realm sandbox in which days pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    /// The machine's.
    pub(crate) clock: SystemClock,
    /// By how many seconds.
    pub(crate) secs: i64,
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        now.plus_secs(self.secs).unwrap_or(now)
    }
}

fn read() -> Result<Timestamp, BadTime> {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one door through which real time enters; everything else takes a `Clock`"
    )]
    let now = std::time::SystemTime::now();
    let secs = now.duration_since(std::time::UNIX_EPOCH).map(|since| since.as_secs());
    Timestamp::from_unix(secs.ok().and_then(|secs| i64::try_from(secs).ok()).unwrap_or(-1))
}

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyGone> {
        getrandom::fill(out).map_err(|_| EntropyGone)
    }
}

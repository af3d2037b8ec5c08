//! One line to somebody outside: so many calls at once, so many tries of one call, and nobody asked while they are away.
//!
//! Invariant: no redirect, no proxy; a call ends within the bounds of its [`Pace`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use canon::{Clock, Timestamp};
use ureq::Agent;
use ureq::tls::TlsConfig;
use zone::adapter::{Circuit, Unanswered};
use zone::mass::AtMass;

use super::way::Pace;

/// Tries of one call that may go out twice, all under the same key.
const TRIES_MAX: usize = 2;
/// Pause before a call goes out once more, in milliseconds.
const AGAIN_MS: u64 = 100;

/// A line, and how it stands.
pub(crate) struct Line {
    agent: Agent,
    at_once_max: usize,
    under_way: AtomicUsize,
    circuit: Mutex<Circuit>,
}

/// A call that brought nothing.
pub(crate) enum Stopped<E> {
    /// As many as are let through at once are under way: nobody was asked.
    Busy,
    /// They failed again and again, and nobody is asked before then.
    Open(Timestamp),
    /// They were asked.
    Failed(E),
}

/// How often one call may go out.
#[derive(Clone, Copy)]
pub(crate) enum Tries {
    /// It may have had an effect the first time.
    One,
    /// It has one effect however often it goes out.
    Several,
}

/// What a failed call says of the one who was asked.
pub(crate) trait Failure {
    /// Whether it counts towards leaving them alone.
    fn counts(&self) -> bool;
    /// Whether the same call is worth another try.
    fn again(&self) -> bool;
}

impl Failure for Unanswered {
    fn counts(&self) -> bool {
        self.counts()
    }
    fn again(&self) -> bool {
        self.again()
    }
}

impl Failure for AtMass {
    fn counts(&self) -> bool {
        self.counts()
    }
    fn again(&self) -> bool {
        self.again()
    }
}

/// A place among the calls under way; given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Line {
    /// A line with no connection yet.
    pub(crate) fn new(
        tls: TlsConfig,
        pace: &Pace,
        (at_once_max, idle_max): (usize, usize),
    ) -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .tls_config(tls)
            .timeout_resolve(Some(pace.connect))
            .timeout_connect(Some(pace.connect))
            .timeout_global(Some(pace.call))
            .max_idle_connections(idle_max)
            .max_idle_connections_per_host(idle_max)
            .user_agent(concat!("mez/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.new_agent(),
            at_once_max,
            under_way: AtomicUsize::new(0),
            circuit: Mutex::new(Circuit::new(pace.circuit)),
        }
    }

    /// When nobody is asked.
    pub(crate) fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Have something asked.
    pub(crate) fn ask<T, E: Failure>(
        &self,
        clock: &dyn Clock,
        tries: Tries,
        once: impl Fn(&Agent) -> Result<T, E>,
    ) -> Result<T, Stopped<E>> {
        let _place = self.place().ok_or(Stopped::Busy)?;
        self.circuit().admit(clock.now()).map_err(Stopped::Open)?;
        let mut came = once(&self.agent);
        for _ in 1..TRIES_MAX {
            if matches!(tries, Tries::One) || !came.as_ref().is_err_and(Failure::again) {
                break;
            }
            std::thread::sleep(Duration::from_millis(AGAIN_MS));
            came = once(&self.agent);
        }
        let well = came.as_ref().err().is_none_or(|why| !why.counts());
        self.circuit().heard(well, clock.now());
        came.map_err(Stopped::Failed)
    }

    fn place(&self) -> Option<Place<'_>> {
        let place = |under_way: usize| (under_way < self.at_once_max).then_some(under_way + 1);
        let taken = self.under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, place);
        taken.ok().map(|_| Place(&self.under_way))
    }
}

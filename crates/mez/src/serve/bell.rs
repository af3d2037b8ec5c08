//! What wakes the threads behind a zone.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a thread listens for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ear {
    /// There may be something to do.
    Work,
    /// The same, for one of several that do the same: one of them hears each ring.
    Outbox,
    /// Something was written.
    News,
}

#[derive(Debug, Default)]
struct State {
    /// How often it was rung because there may be something to do.
    rung: u64,
    /// How often something was written.
    written: u64,
    stop: bool,
}

impl State {
    const fn count(&self, ear: Ear) -> u64 {
        match ear {
            Ear::Work | Ear::Outbox => self.rung,
            Ear::News => self.written,
        }
    }
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    work: Condvar,
    outbox: Condvar,
    news: Condvar,
}

/// Rings when something was written, and when there may be something to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bell(Arc<Inner>);

impl Bell {
    fn held(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There may be something to do.
    pub(crate) fn ring(&self) {
        let mut state = self.held();
        state.rung = state.rung.wrapping_add(1);
        drop(state);
        self.0.work.notify_all();
        self.0.outbox.notify_one();
    }

    /// Something was written.
    pub(crate) fn tell(&self) {
        let mut state = self.held();
        state.written = state.written.wrapping_add(1);
        drop(state);
        self.0.news.notify_all();
    }

    /// It is over.
    pub(super) fn stop(&self) {
        self.held().stop = true;
        for ear in [Ear::Work, Ear::Outbox, Ear::News] {
            self.of(ear).notify_all();
        }
    }

    fn of(&self, ear: Ear) -> &Condvar {
        match ear {
            Ear::Work => &self.0.work,
            Ear::Outbox => &self.0.outbox,
            Ear::News => &self.0.news,
        }
    }

    /// Wait for a ring that was not heard yet, or the time; `false` when it is over.
    pub(super) fn wait(&self, ear: Ear, heard: &mut u64, ms: u64) -> bool {
        let known = *heard;
        let state = self.until(ear, ms, |state| state.count(ear) != known);
        *heard = state.count(ear);
        !state.stop
    }

    /// Wait for the time, whoever rings; `false` when it is over.
    pub(super) fn pause(&self, ms: u64) -> bool {
        !self.until(Ear::Work, ms, |_| false).stop
    }

    fn until(&self, ear: Ear, ms: u64, holds: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let pause = Duration::from_millis(ms);
        let goes_on = |state: &mut State| !holds(state) && !state.stop;
        let waited = self.of(ear).wait_timeout_while(self.held(), pause, goes_on);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

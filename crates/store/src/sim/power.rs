//! The power of one simulated host: store and signer's cell go dark at the same moment.
//!
//! Invariant: once it is off, neither remembers anything more, until it is switched on again.

use std::sync::{Mutex, PoisonError};

/// A moment at which power may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The commit was built, nothing of it is on the disk.
    BeforeFsync,
    /// The commit is durable, nobody was told.
    AfterFsync,
    /// The journal is durable, the cell has not moved.
    BeforeCell,
    /// Both are durable, nobody was told.
    AfterCell,
}

#[derive(Debug, Default)]
struct State {
    fails: Option<(Moment, u64)>,
    off: bool,
}

/// Shared by what stands on one host.
#[derive(Debug, Default)]
pub struct Power(Mutex<State>);

impl Power {
    /// It goes when `moment` is reached for the `n`-th time from now (1: the next).
    pub fn fail_at(&self, moment: Moment, n: u64) {
        self.state().fails = Some((moment, n));
    }

    /// It goes now.
    pub fn switch_off(&self) {
        self.state().off = true;
    }

    /// It is back, and nothing is planned.
    pub fn switch_on(&self) {
        *self.state() = State::default();
    }

    /// Whether it is on.
    pub fn is_on(&self) -> bool {
        !self.state().off
    }

    /// Whether a failure is planned that has not come.
    pub fn is_doomed(&self) -> bool {
        self.state().fails.is_some()
    }

    /// Says whether it is still on after this moment.
    pub(super) fn survives(&self, moment: Moment) -> bool {
        let mut state = self.state();
        if let Some((at, left)) = &mut state.fails
            && *at == moment
        {
            *left = left.saturating_sub(1);
            if *left == 0 {
                (state.fails, state.off) = (None, true);
            }
        }
        !state.off
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

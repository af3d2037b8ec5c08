//! The signer's cell in memory: the same rules as the file, and the failures of its host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::power::{Moment, Power};
use crate::cell::{Advance, CellError, Last, LastSigned, move_lane};

type Lanes = BTreeMap<String, Last>;

#[derive(Debug, Default)]
struct State {
    lanes: Lanes,
    /// The next write fails, having happened or not.
    fails: Option<bool>,
    doubt: Option<String>,
}

/// A cell whose file is kept in memory; clones are the same cell.
#[derive(Debug, Clone, Default)]
pub struct SimCell {
    state: Arc<Mutex<State>>,
    power: Arc<Power>,
}

impl SimCell {
    /// An empty cell of a host.
    pub fn powered_by(power: &Arc<Power>) -> Self {
        Self { state: Arc::default(), power: Arc::clone(power) }
    }

    /// The next write fails and leaves the cell in doubt; `written` says what the disk holds then.
    pub fn fail_next(&self, written: bool) {
        self.state().fails = Some(written);
    }

    /// Its process starts again: a doubt is settled by reading the file.
    pub fn restart(&self) {
        let mut state = self.state();
        (state.fails, state.doubt) = (None, None);
    }

    /// Puts an older copy, or none, where it was.
    pub fn put_back(&self, lanes: Lanes) {
        let mut state = self.state();
        *state = State { lanes, ..State::default() };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn dark() -> CellError {
    CellError::Unavailable { detail: "the power is off".to_owned() }
}

impl LastSigned for SimCell {
    fn existed(&self) -> bool {
        !self.state().lanes.is_empty()
    }

    fn last(&self, lane: &str) -> Option<Last> {
        self.state().lanes.get(lane).copied()
    }

    fn lanes(&self) -> Lanes {
        self.state().lanes.clone()
    }

    fn advance_all(&self, steps: &[Advance]) -> Result<(), CellError> {
        if !self.power.survives(Moment::BeforeCell) {
            return Err(dark());
        }
        let mut state = self.state();
        if let Some(detail) = &state.doubt {
            return Err(CellError::Doubt { detail: detail.clone() });
        }
        let mut lanes = state.lanes.clone();
        for step in steps {
            move_lane(&mut lanes, step)?;
        }
        if let Some(written) = state.fails.take() {
            if written {
                state.lanes = lanes;
            }
            let detail = "fsync of the cell failed".to_owned();
            state.doubt = Some(detail.clone());
            return Err(CellError::Doubt { detail });
        }
        state.lanes = lanes;
        if self.power.survives(Moment::AfterCell) { Ok(()) } else { Err(dark()) }
    }
}

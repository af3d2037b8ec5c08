//! What a caller wants to be so before something is written for them.
//!
//! It is asked under the lock of building, so nothing changes between the look and the write: where the zone looks for
//! an earlier answer to the same request (which comes first), and at the latest in the first commit. It is asked once in
//! a turn of building; what was so in a turn before may not be any more.

use std::sync::Arc;

use crate::refused::Refused;
use crate::zone::Zone;

/// Asks the zone, as the thread that calls sees it, and refuses where it is not so.
pub type Precondition = Arc<dyn Fn(&Zone) -> Result<(), Refused> + Send + Sync>;

/// A precondition, and the turn in which it was found to be so.
#[derive(Clone)]
pub(crate) struct Condition {
    asks: Precondition,
    found_in: Option<u64>,
}

impl Zone {
    /// Write for the request that this thread answers only if this is so. Nothing is asked yet, and nothing at all where
    /// no request is answered ([`Zone::attended`]).
    pub fn only_if(&self, asks: Precondition) {
        self.hearings.only_if(Condition { asks, found_in: None });
    }

    /// The same question before anything is built, once this thread builds.
    pub(crate) fn asked_early(&self) -> Result<(), Refused> {
        if self.ahead.turn().is_some() { self.asked_before_writing() } else { Ok(()) }
    }

    /// Something is written for the request that this thread answers. Nothing is asked any more: what is another now was
    /// changed by it.
    pub(crate) fn written(&self) {
        self.hearings.met();
    }

    /// Refuses where what was wanted is not so.
    pub(crate) fn asked_before_writing(&self) -> Result<(), Refused> {
        let Some(Condition { asks, found_in }) = self.hearings.condition() else { return Ok(()) };
        let turn = self.ahead.turn();
        if turn.is_some() && found_in == turn {
            return Ok(());
        }
        asks(self)?;
        self.hearings.only_if(Condition { asks, found_in: turn });
        Ok(())
    }
}

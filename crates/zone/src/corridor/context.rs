//! A corridor in hand: its record, the peer's keys and, once agreed, its terms and lanes.

use std::sync::Arc;

use canon::{CorridorId, Digest, Timestamp};
use corridor::lifecycle::Event;
use corridor::{Lane, Party, Since, State, Terms};

use super::memory::Held;
use super::record::{self, CorridorRecord};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// A corridor before it is agreed.
pub(crate) struct Drawn {
    pub(crate) record: Loaded<Held<CorridorRecord>>,
    pub(crate) there: Arc<Party>,
    pub(crate) definition_sha256: Digest,
}

/// A corridor whose terms are agreed and whose lanes exist.
pub(crate) struct Open {
    pub(crate) record: Loaded<Held<CorridorRecord>>,
    pub(crate) there: Arc<Party>,
    pub(crate) terms: Arc<Terms>,
    pub(crate) lane_here: Loaded<Lane>,
    pub(crate) lane_there: Loaded<Lane>,
}

impl Zone {
    /// The record and the peer it names.
    pub(crate) fn drawn(&self, id: &CorridorId) -> Result<Drawn, Refused> {
        let record = self.corridor_held(id)?;
        let agreed = self.agreed(&record.value)?;
        let definition_sha256 = agreed.definition_sha256;
        Ok(Drawn { record, there: agreed.there.clone(), definition_sha256 })
    }

    /// The corridor with terms and lanes; it must have been activated.
    pub(crate) fn open_corridor(&self, id: &CorridorId) -> Result<Open, Refused> {
        let record = self.corridor_held(id)?;
        let state = record.value.state;
        if matches!(state, State::Draft | State::Pending) {
            return Err(not_active(state));
        }
        let agreed = self.agreed(&record.value)?;
        let terms = agreed.terms.clone();
        let terms =
            terms.ok_or_else(|| Refused::host(format!("`{id}` is {state} without terms")))?;
        let there = agreed.there.clone();
        let lane_here = self.need("lane", &record::lane_here(id))?;
        let lane_there = self.need("lane", &record::lane_there(id))?;
        Ok(Open { record, there, terms, lane_here, lane_there })
    }
}

/// Business on a corridor that is not ACTIVE.
pub(crate) fn not_active(state: State) -> Refused {
    Refused::conflict("corridor-not-active", format!("the corridor is {state}, not ACTIVE"))
}

impl Open {
    /// Both parties, in no particular order.
    pub(crate) fn parties<'a>(&'a self, zone: &'a Zone) -> [&'a Party; 2] {
        [&zone.here, &self.there]
    }

    /// Both parties, as long as their lanes are now.
    pub(crate) fn since<'a>(&'a self, zone: &'a Zone) -> [Since<'a>; 2] {
        let sizes = [self.lane_here.value.size(), self.lane_there.value.size()];
        [Since(&zone.here, Some(sizes[0])), Since(&self.there, Some(sizes[1]))]
    }

    /// The state that what is open in either lane comes to.
    pub(crate) fn state(&self) -> State {
        let lanes = [&self.lane_here.value, &self.lane_there.value];
        let worst = lanes.into_iter().flat_map(Lane::halts).map(|open| open.stop).max();
        worst.map_or(State::Active, corridor::Stop::state)
    }

    /// Let the record follow what is open in the lanes, after a receipt that changed it. Whether there
    /// was something to change.
    pub(crate) fn follow(&mut self, now: Timestamp, evidence: Digest) -> Result<bool, Refused> {
        let known = self.record.value.state;
        let event = match (known, self.state()) {
            // A halt outlives whatever else is open beside it, until all of it is lifted.
            (State::Halted, State::Suspended) | (State::Deprecated, _) => return Ok(false),
            (known, now) if known == now => return Ok(false),
            (_, State::Active) => Event::Resume,
            (_, State::Suspended) => Event::Suspend,
            (_, State::Deprecated) => Event::Deprecate,
            _ => Event::Halt,
        };
        self.record.value.apply(event, now, evidence).map_err(Refused::host)?;
        Ok(true)
    }

    /// Stops open in either lane, by name.
    pub(crate) fn halts(&self) -> Vec<corridor::HaltId> {
        let lanes = [&self.lane_here.value, &self.lane_there.value];
        let mut halts: Vec<_> =
            lanes.into_iter().flat_map(Lane::halts).map(|halt| halt.halt_id.clone()).collect();
        halts.sort();
        halts.dedup();
        halts
    }
}

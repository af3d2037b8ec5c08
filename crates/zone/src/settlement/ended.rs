//! A corridor ended: a zone that has not consented to a plan over it never can, and tells all who wait for it.
//!
//! Whoever has consented stays bound: its consent is heard by all, over a corridor that has ended too.

use canon::CorridorId;

use super::{Kept, OPEN, PLAN, STANDING};
use crate::duty::{Duty, Task};
use crate::limits::PLANS_MAX;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// Why such a plan is refused.
const ENDED: &str = "corridor-ended";

impl Zone {
    /// Refuse every plan over a corridor that has ended, as long as this zone has not consented to it.
    pub(crate) fn refuse_plans_over(&self, id: &CorridorId) -> Result<(), Refused> {
        let _writing = self.writing();
        for plan in self.store.find(PLAN, STANDING, OPEN, None, PLANS_MAX)? {
            let known: Loaded<Kept> = self.need(PLAN, &plan)?;
            let settlement = &known.value.settlement;
            let over = settlement.plan().channels.iter().any(|channel| channel.corridor_id == *id);
            if over && !settlement.has_consented(self.zone_id()) {
                self.refuse_ended(known)?;
            }
        }
        let duty = Duty::of_zone(Task::Job);
        let mut writes = self.on_duty(&duty, self.now(), &format!("corridor:{id}"))?;
        writes.job_done("ended", id);
        writes.commit()
    }

    fn refuse_ended(&self, mut known: Loaded<Kept>) -> Result<(), Refused> {
        let opens = match self.hearing_of(&known.value.settlement) {
            Ok(opens) => opens,
            // It names corridors that are not there or settle nothing: nobody here can consent to it either.
            Err(Refused::NotFound { .. } | Refused::Conflict { .. }) => return Ok(()),
            Err(other) => return Err(other),
        };
        let duty = Duty::of_zone(Task::Settlement);
        let mut writes = self.refusing((&duty, self.now()), &mut known, &opens, ENDED)?;
        writes.plan(&known)?;
        writes.commit()
    }
}

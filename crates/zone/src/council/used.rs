//! An approval of the council on its way to being used.

use canon::{CorridorId, RecordId};
use corridor::Stop;
use registry::Consent;
use registry::consent::{Operation, Whose};

use super::KIND;
use crate::consent::refused;
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

/// What is put to the vote so that a corridor stops like this.
fn stopping(stop: Stop, corridor_id: CorridorId) -> Operation {
    match stop {
        Stop::Halt => Operation::HaltCorridor { corridor_id },
        Stop::Suspend => Operation::SuspendCorridor { corridor_id },
        Stop::Deprecate => Operation::DeprecateCorridor { corridor_id },
    }
}

impl Zone {
    /// Use an approval of the council for stopping a corridor: the proposal as it is written with the stop.
    pub(crate) fn use_council(
        &self,
        id: &RecordId,
        (stop, corridor): (Stop, &CorridorId),
    ) -> Result<Loaded<Consent>, Refused> {
        let kept: Loaded<Consent> = self.need(KIND, id.as_str())?;
        let (council, proposal) = (self.council()?, kept.value.proposal());
        if (&proposal.electorate, proposal.rule) != (&council.electorate, council.rule) {
            let detail = "the council is another by now than the one whose vote the proposal is";
            return Err(Refused::conflict("consent-required", detail));
        }
        let whose = Whose::Zone(self.zone_id().clone());
        let operation = stopping(stop, corridor.clone());
        let used = kept.value.authorise(&whose, &operation, self.now());
        let (value, _) = used.map_err(|e| refused(&e))?;
        Ok(Loaded { rev: kept.rev, value })
    }
}

impl<W> Writes<'_, W> {
    /// Write that a proposal of the council was used, in the commit of what it let through.
    pub(crate) fn council_used(&mut self, used: &Loaded<Consent>) -> Result<(), Refused> {
        self.state(KIND, used.value.id().as_str(), used.rev, &used.value)
    }
}

//! Steps of a zone that was put back from an older copy: taken up again with the receipts that carry them.
//!
//! Law decided then; the step stands, or waits, by our own signature.

use canon::{RecordId, Timestamp};
use corridor::LaneReceipt;
use corridor::messages::Item;
use corridor::trade::{Carried, Step, Taken, TradeTransition, View};

use super::arrive::Arrived;
use super::kept::Kept;
use crate::corridor::Open;
use crate::refused::Refused;
use crate::writes::{Adopted, Writes};
use crate::zone::{Loaded, Zone};

/// A flow with one more step.
pub(crate) struct StepAgain(Loaded<Kept>);

impl StepAgain {
    /// Into the commit of the receipt.
    pub(crate) fn write(&self, writes: &mut Writes<'_, Adopted>) -> Result<(), Refused> {
        writes.flow(&self.0)
    }

    /// The flow.
    pub(crate) fn flow_id(&self) -> &RecordId {
        &self.0.value.view.opening.flow_id
    }
}

impl Zone {
    /// A step of ours: it waits again.
    pub(crate) fn step_taken_again(
        &self,
        receipt: &LaneReceipt,
        item: &Item,
    ) -> Result<Option<StepAgain>, String> {
        if Step::of(receipt.transition.kind).is_none() {
            return Ok(None);
        }
        let payload = item.payload.as_ref().ok_or("the peer does not tell its payload")?;
        let message = TradeTransition::read(&payload.payload).map_err(|e| e.to_string())?;
        let known = self.flow_known(&message.flow_id, None).map_err(|e| e.to_string())?;
        let mut kept = match (known, &message.opening) {
            (Some(kept), _) => kept,
            (None, Some(opening)) => {
                let view = View::open((**opening).clone()).map_err(|e| e.to_string())?;
                Loaded { rev: None, value: Kept::of(view) }
            }
            (None, None) => return Err("the flow it is of is not in these data".to_owned()),
        };
        let view = &mut kept.value.view;
        let flow = view.flow().map_err(|e| e.to_string())?;
        flow.apply(self.zone_id(), &message).map_err(|e| e.to_string())?;
        let carried = Carried { lane: receipt.lane.clone(), sequence: receipt.sequence };
        view.took(Taken { by: self.zone_id().clone(), receipt: Some(carried), message });
        Ok(Some(StepAgain(kept)))
    }

    /// A step of the peer's that our acknowledgement accepted: it stands again.
    pub(crate) fn step_accepted_again(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Option<StepAgain>, Refused> {
        if Step::of(receipt.transition.kind).is_none() {
            return Ok(None);
        }
        let not = |why: &str| {
            let detail =
                format!("step {} of the peer cannot be taken again: {why}", receipt.sequence);
            Refused::conflict("adopt-not-bookable", detail)
        };
        let Arrived { before, taken } = self.arrived(open, receipt, item)?.map_err(not)?;
        let view = before.value.view.receive(self.zone_id(), taken, now);
        let view = view.map_err(|error| not(&error.to_string()))?;
        Ok(Some(StepAgain(Loaded { rev: before.rev, value: Kept::of(view) })))
    }
}

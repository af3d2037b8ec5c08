//! Taking a step here: checked, admitted, attested, and told to the other zone in our lane.

use canon::RecordId;
use corridor::trade::{Act, Carried, Taken};
use serde_json::json;

use super::gather::Asked;
use super::kept::told;
use super::shown::shown;
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

impl Zone {
    /// Take a step of a trade flow.
    ///
    /// Inside this zone it stands at once. Across a corridor it is pending until the other zone decided
    /// it under its own law.
    ///
    /// # Errors
    /// The rule of trade it breaks; law, whose refusal leaves its decision record; the corridor.
    pub fn act_in_flow(&self, ask: &Ask, id: &RecordId, act: Act) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let mut kept = self.flow_kept(id)?;
        let view = &mut kept.value.view;
        let (step, here) = (act.step(), self.zone_id().clone());
        let (message, after) = view.draft(&here, act, now).map_err(|e| told(&e))?;
        let opening = &view.opening;
        let open = opening.corridor_id.as_ref().map(|id| self.for_trade(id, now)).transpose()?;
        if let Some(open) = &open {
            open.has_agreed(step.kind())?;
        }
        let (act, amount) = (Some(&message.transition), after.amount());
        let asked = Asked { opening, side: step.side(), act, amount };
        let (by, subject) = (ask.caller.principal().as_str(), asked.subject());
        let admission = self.admit_step(&asked, open.as_ref(), (now, by, &subject))?;
        let credential = self.attest(&admission, &subject, now)?;
        let payload = serde_json::to_value(&message).map_err(Refused::host)?;
        let written = open.as_ref().map(|open| {
            let say = self.say_decided(step.kind(), payload, admission.decision())?;
            self.write_here(open, say, now)
        });
        let written = written.transpose()?;
        let receipt = written.as_ref().map(|(written, _)| {
            let (lane, sequence) = (written.receipt.lane.clone(), written.receipt.sequence);
            Carried { lane, sequence }
        });
        view.took(Taken { by: here, receipt, message });
        let mut result = json!({ "flow": shown(view)? });
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.flow(&kept)?;
        if let (Some(open), Some((written, item))) = (&open, &written) {
            writes.wrote(open, (written, item), now)?;
            if let Some(members) = result.as_object_mut() {
                members.insert("lane_receipt".to_owned(), item.receipt.clone());
            }
        }
        writes.answer_and_let_go(building, ask, 200, &admission, (result, credential))
    }
}

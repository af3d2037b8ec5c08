//! Halting, suspending, ending: one party's signed receipt, effective at once.

use canon::{CorridorId, RecordId};
use corridor::{HaltNotice, Stop};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lane::Say;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::pipeline::Upon;
use crate::refused::{Envelope, FieldProblem, Refused};
use crate::zone::Zone;

/// Why a corridor is to stop, and on whose authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HaltAsk {
    /// Why.
    pub reason: String,
    /// On whose authority.
    pub authority: String,
}

/// A field that must say something.
pub(super) fn stated(pointer: &str, text: &str) -> Result<(), Refused> {
    if !text.trim().is_empty() {
        return Ok(());
    }
    let (pointer, detail) = (pointer.to_owned(), "says nothing".to_owned());
    Err(Refused::CallerFields(vec![FieldProblem { pointer, detail }]))
}

impl Zone {
    /// Halt a corridor, suspend it, or end it for good.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn stop_corridor(
        &self,
        ask: &Ask,
        id: &CorridorId,
        stop: Stop,
        halt: &HaltAsk,
    ) -> Result<Envelope, Refused> {
        self.stop(ask, (id, stop), halt, None)
    }

    /// The same, upon a vote of the council: its approval of exactly this stop is used up by it.
    ///
    /// # Errors
    /// `consent-required` without such an approval; see [`Refused`].
    pub fn stop_corridor_by_vote(
        &self,
        ask: &Ask,
        id: &CorridorId,
        stop: Stop,
        (halt, vote): (&HaltAsk, &RecordId),
    ) -> Result<Envelope, Refused> {
        self.stop(ask, (id, stop), halt, Some(vote))
    }

    fn stop(
        &self,
        ask: &Ask,
        (id, stop): (&CorridorId, Stop),
        halt: &HaltAsk,
        vote: Option<&RecordId>,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::HaltResume, &ask.caller)?;
        stated("/reason", &halt.reason)?;
        stated("/authority", &halt.authority)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let mut open = self.open_corridor(id)?;
        let state = open.record.value.state;
        if !state.admits(stop.kind()) {
            let detail = format!("a corridor in state {state} admits no `{}`", stop.kind());
            return Err(Refused::conflict("illegal-transition", detail));
        }
        let vote = vote.map(|vote| self.use_council(vote, (stop, id))).transpose()?;
        let now = self.now();
        let name = format!("{}:{}", self.zone_id(), open.lane_here.value.size());
        let halt_id = RecordId::parse(&name).map_err(Refused::host)?;
        let notice = HaltNotice::new(stop, id, halt_id, &halt.reason, &halt.authority)
            .map_err(|e| Refused::invalid("invalid-fields", e))?;
        let say = Say {
            kind: stop.kind(),
            payload: serde_json::to_value(&notice).map_err(Refused::host)?,
            decision_commitment: None,
            ack: None,
        };
        let (written, item) = self.write_here(&open, say, now)?;
        let said = vote.as_ref().map(|used| json!({ "consent_id": used.value.id() }));
        let about = format!("corridor:{id}");
        let mut writes = self.on_duty_saying(&duty, (now, &about), said, &Upon::default())?;
        vote.iter().try_for_each(|used| writes.council_used(used))?;
        writes.wrote(&open, (&written, &item), now)?;
        open.lane_here.value = written.lane;
        open.follow(now, written.receipt.next_root)?;
        writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        writes.if_ended(&open.record.value, now);
        let body = self.corridor_shown(&open.record.value)?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }
}

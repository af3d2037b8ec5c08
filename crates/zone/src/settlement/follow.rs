//! The peer refused what this zone said of a plan: it counts as never said, and is said again where only the corridor, or
//! other plans, were in the way.

use canon::{CorridorId, Timestamp};
use corridor::TransitionKind;
use corridor::lifecycle::State;
use corridor::settlement::{Confirmation, Consent, Failure, Instruction, Stage};
use serde_json::Value;

use super::consent::subject;
use super::{Kept, NO_ROOM, SETTLED};
use crate::corridor::{Follow, Verdict, stream_here};
use crate::duty::{Duty, Task};
use crate::limits::PLAN_AGAIN_SECS;
use crate::refused::Refused;
use crate::writes::{OnDuty, Writes};
use crate::zone::{Loaded, Zone};

/// Refused for what passes, and after how long it is said again: the corridor was stopped when it arrived (a peer of an
/// earlier version says so), other plans took all room, or it was encrypted to a key the peer has no more.
const AGAIN: [(&str, i64); 3] =
    [("corridor-halted", 0), (NO_ROOM, PLAN_AGAIN_SECS), ("payload-unreadable", PLAN_AGAIN_SECS)];

impl Zone {
    /// Our receipt `sequence` about a plan was decided there.
    pub(crate) fn follow_settlement(&self, id: &CorridorId, sequence: u64) -> Result<(), Refused> {
        let _writing = self.writing();
        let now = self.now();
        let verdict: Verdict = self.need("verdict", &Verdict::id(id, sequence))?.value;
        let duty = Duty::of_zone(Task::Settlement);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        if let Some(refusal) = verdict.refusal {
            let item = self.items(&stream_here(id), sequence, 1)?.pop();
            let item = item.ok_or_else(|| Refused::host("a decided receipt is not here"))?;
            let kind = item.read().map_err(Refused::host)?.transition.kind;
            let payload = item.payload.map_or(Value::Null, |payload| payload.payload);
            let reason = refusal.reason_code.as_str();
            match kind {
                TransitionKind::SettleConsent => {
                    self.consent_refused(&mut writes, (id, &payload), (reason, verdict.at), now)?;
                }
                _ => self.word_refused(&mut writes, kind, &payload, now)?,
            }
        }
        writes.followed(Follow::Settlement, id, sequence);
        writes.commit()
    }

    fn consent_refused(
        &self,
        writes: &mut Writes<'_, OnDuty>,
        (id, payload): (&CorridorId, &Value),
        (reason, learned): (&str, Timestamp),
        now: Timestamp,
    ) -> Result<(), Refused> {
        let consent = Consent::read(payload).map_err(Refused::host)?;
        let plan_sha256 = consent.plan.digest().map_err(Refused::host)?;
        let open = self.open_corridor(id)?;
        // A corridor that ended does not go on: it was refused for good.
        let ended = open.record.value.state == State::Deprecated;
        let passes = AGAIN.iter().find(|(why, _)| *why == reason && !ended);
        // Of a plan refused here for such a reason, another zone might still hear that all consented.
        if let Some((why, secs)) = passes {
            // Tried again later, as every job that fails.
            if open.record.value.state != State::Active {
                return Err(Refused::conflict("corridor-not-active", "consent waits"));
            }
            if now < learned.plus_secs(*secs).map_err(Refused::host)? {
                return Err(Refused::conflict(why, "consent waits"));
            }
            let told = (TransitionKind::SettleConsent, &consent);
            return self.tell(writes, (&open, &plan_sha256), told, now);
        }
        let mut known = self.plan_record(&plan_sha256)?;
        let there = open.there.zone();
        if known.value.settlement.is_agreed()
            || known.value.settlement.refuse(there, reason, now).is_err()
        {
            return Ok(());
        }
        for settled in self.freed(&known.value)? {
            let id = settled.value.corridor_id.as_str().to_owned();
            writes.state(SETTLED, &id, settled.rev, &settled.value)?;
        }
        writes.plan(&known)
    }

    fn word_refused(
        &self,
        writes: &mut Writes<'_, OnDuty>,
        kind: TransitionKind,
        payload: &Value,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let (plan_sha256, number, said) = match kind {
            TransitionKind::SettleInstruct => {
                let it = Instruction::read(payload).map_err(Refused::host)?;
                (it.plan_sha256, it.leg, Stage::Instructed)
            }
            TransitionKind::SettleConfirm => {
                let it = Confirmation::read(payload).map_err(Refused::host)?;
                (it.plan_sha256, it.leg, Stage::Confirmed)
            }
            _ => {
                let it = Failure::read(payload).map_err(Refused::host)?;
                let Some(number) = it.leg else { return Ok(()) };
                (it.plan_sha256, number, Stage::Failed)
            }
        };
        let mut known: Loaded<Kept> = self.plan_record(&plan_sha256)?;
        let settlement = &mut known.value.settlement;
        if settlement.take_back(number, said).is_err() {
            return Ok(());
        }
        let (leg, _) = settlement.leg(number).map_err(Refused::host)?;
        match said {
            Stage::Confirmed => {
                let told = format!("{} leg {number} taken back", subject(&plan_sha256));
                writes.settled(&self.settle_leg(leg, true, &told, now)?)?;
            }
            Stage::Failed => {
                let carried = self.carry(settlement, leg, false)?;
                let id = carried.value.corridor_id.as_str().to_owned();
                writes.state(SETTLED, &id, carried.rev, &carried.value)?;
            }
            Stage::Planned | Stage::Instructed => {}
        }
        writes.plan(&known)
    }
}

//! The peer refused what this zone said of a plan: it counts as never said, and is said again where only the corridor, or
//! other plans, were in the way.

use canon::{CorridorId, Timestamp};
use corridor::TransitionKind;
use corridor::lifecycle::State;
use corridor::settlement::{Confirmation, Consent, Failure, Instruction, Stage};
use serde_json::Value;

use super::consent::subject;
use super::{Kept, NO_ROOM};
use crate::corridor::{Follow, Open, Verdict, stream_here};
use crate::duty::{Duty, Task};
use crate::limits::PLAN_AGAIN_SECS;
use crate::refused::Refused;
use crate::writes::{OnDuty, Settles, Writes};
use crate::zone::{Loaded, Zone};

/// Refused for what passes, and after how long it is said again: the corridor was stopped when it arrived (a peer of an
/// earlier version says so), other plans took all room, or it was encrypted to a key the peer has no more.
const AGAIN: [(&str, i64); 3] =
    [("corridor-halted", 0), (NO_ROOM, PLAN_AGAIN_SECS), ("payload-unreadable", PLAN_AGAIN_SECS)];

/// A word of ours about a plan that the peer refused.
pub(super) struct RefusedWord {
    kind: TransitionKind,
    payload: Value,
    reason: String,
    learned: Timestamp,
}

impl RefusedWord {
    /// After how long it is said again, where it is.
    pub(super) fn again_secs(&self) -> Option<i64> {
        let passes = AGAIN.iter().find(|(why, _)| *why == self.reason);
        passes.filter(|_| self.kind == TransitionKind::SettleConsent).map(|(_, secs)| *secs)
    }
}

impl Zone {
    /// Our receipt `sequence` about a plan was decided there.
    pub(crate) fn follow_settlement(&self, id: &CorridorId, sequence: u64) -> Result<(), Refused> {
        let _writing = self.writing();
        let now = self.now();
        let duty = Duty::of_zone(Task::Settlement);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        if let Some(word) = self.refused_word(id, sequence)? {
            let open = self.open_corridor(id)?;
            // A corridor that ended does not go on: it was refused for good.
            let goes_on = open.record.value.state != State::Deprecated;
            match word.again_secs().filter(|_| goes_on) {
                Some(secs) => self.told_again(&mut writes, &open, (&word, secs), now)?,
                None => self.never_said(&mut writes, &open, &word, now)?,
            }
        }
        writes.followed(Follow::Settlement, id, sequence);
        writes.commit()
    }

    /// What the peer refused of our receipt `sequence`.
    pub(super) fn refused_word(
        &self,
        id: &CorridorId,
        sequence: u64,
    ) -> Result<Option<RefusedWord>, Refused> {
        let verdict: Verdict = self.need("verdict", &Verdict::id(id, sequence))?.value;
        let Some(refusal) = verdict.refusal else { return Ok(None) };
        let item = self.items(&stream_here(id), sequence, 1)?.pop();
        let item = item.ok_or_else(|| Refused::host("a decided receipt is not here"))?;
        let kind = item.read().map_err(Refused::host)?.transition.kind;
        let payload = item.payload.map_or(Value::Null, |payload| payload.payload);
        let reason = refusal.reason_code.as_str().to_owned();
        Ok(Some(RefusedWord { kind, payload, reason, learned: verdict.at }))
    }

    /// Of a plan refused here for what passes, another zone might still hear that all consented.
    fn told_again(
        &self,
        writes: &mut Writes<'_, OnDuty>,
        open: &Open,
        (word, secs): (&RefusedWord, i64),
        now: Timestamp,
    ) -> Result<(), Refused> {
        let consent = Consent::read(&word.payload).map_err(Refused::host)?;
        let plan_sha256 = consent.plan.digest().map_err(Refused::host)?;
        // Tried again later, as every job that fails.
        if open.record.value.state != State::Active {
            return Err(Refused::conflict("corridor-not-active", "consent waits"));
        }
        if now < word.learned.plus_secs(secs).map_err(Refused::host)? {
            return Err(Refused::conflict("plan-pending", "consent waits"));
        }
        self.tell(writes, (open, &plan_sha256), (TransitionKind::SettleConsent, &consent), now)
    }

    /// It counts as never said.
    pub(super) fn never_said<W: Settles>(
        &self,
        writes: &mut Writes<'_, W>,
        open: &Open,
        word: &RefusedWord,
        now: Timestamp,
    ) -> Result<(), Refused> {
        match word.kind {
            TransitionKind::SettleConsent => self.consent_refused(writes, open, word, now),
            _ => self.word_refused(writes, word, now),
        }
    }

    fn consent_refused<W: Settles>(
        &self,
        writes: &mut Writes<'_, W>,
        open: &Open,
        word: &RefusedWord,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let consent = Consent::read(&word.payload).map_err(Refused::host)?;
        let plan_sha256 = consent.plan.digest().map_err(Refused::host)?;
        let mut known = self.plan_record(&plan_sha256)?;
        let (there, settlement) = (open.there.zone(), &mut known.value.settlement);
        if settlement.is_agreed() || settlement.refuse(there, &word.reason, now).is_err() {
            return Ok(());
        }
        writes.how_far(&self.freed(&known.value)?)?;
        writes.plan(&known)
    }

    fn word_refused<W: Settles>(
        &self,
        writes: &mut Writes<'_, W>,
        RefusedWord { kind, payload, .. }: &RefusedWord,
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
                writes.how_far(&[self.carry(settlement, leg, false)?])?;
            }
            Stage::Planned | Stage::Instructed => {}
        }
        writes.plan(&known)
    }
}

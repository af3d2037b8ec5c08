//! Plans of a zone that was put back from an older copy: taken up again with the receipts that spoke of them.
//!
//! What a plan is drawn from comes back with them: both lanes, and the cuts both zones signed. Invariant: a consent is
//! booked where every corridor of ours in the plan stands exactly as it stood when it was given.

use canon::{CorridorId, Digest, Timestamp};
use corridor::messages::Item;
use corridor::settlement::{Consent, Settlement};
use corridor::{LaneReceipt, State, TransitionKind};
use serde_json::Value;

use super::consent::{Ahead, subject};
use super::receive::{Heard, Outright, Said};
use super::{Kept, PLAN, refused};
use crate::corridor::{Follow, NotNow, Open, Stand, Standing, never, payload};
use crate::duty::{Duty, Task};
use crate::refused::Refused;
use crate::writes::{Adopted, Writes};
use crate::zone::{Loaded, Zone};

/// A plan after a receipt of a lane.
#[derive(Default)]
pub(crate) struct PlanAgain {
    said: Option<Said>,
    /// Our receipt whose verdict is awaited, and the plan.
    told: Option<((CorridorId, u64), String)>,
    /// Corridors whose peers do not hold our consent.
    untold: Vec<CorridorId>,
}

impl PlanAgain {
    /// Into the commit of the receipt.
    pub(crate) fn write(
        &self,
        writes: &mut Writes<'_, Adopted>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if let Some(said) = &self.said {
            said.put(writes)?;
        }
        let Some(((id, sequence), plan)) = &self.told else { return Ok(()) };
        for other in &self.untold {
            writes.consent_job(other, plan, now);
        }
        writes.follow(Follow::Settlement, (id, *sequence), plan)
    }
}

const fn is_of_plan(kind: TransitionKind) -> bool {
    use TransitionKind::{SettleConfirm, SettleConsent, SettleFail, SettleInstruct};
    matches!(kind, SettleConsent | SettleInstruct | SettleConfirm | SettleFail)
}

impl Zone {
    /// What the peer said of a plan, which our receipt accepted.
    pub(crate) fn plan_heard_again(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Option<PlanAgain>, NotNow> {
        let kind = receipt.transition.kind;
        if !is_of_plan(kind) {
            return Ok(None);
        }
        let (by, payload) = (open.there.zone(), payload(item)?);
        let said = match kind {
            TransitionKind::SettleConsent => taken(self.hear_consent(by, payload, now)?)?,
            _ => {
                self.binds_by_now(kind, payload)?;
                taken(self.word_on_plan(by, kind, (open, payload), now)?)?
            }
        };
        Ok(Some(PlanAgain { said: Some(said), ..PlanAgain::default() }))
    }

    /// What our own receipt said of a plan.
    pub(crate) fn plan_told_again(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        standing: &Standing,
        now: Timestamp,
    ) -> Result<Option<PlanAgain>, NotNow> {
        let kind = receipt.transition.kind;
        if !is_of_plan(kind) {
            return Ok(None);
        }
        let payload = payload(item)?;
        let at = (receipt.corridor_id.clone(), receipt.sequence);
        if kind == TransitionKind::SettleConsent {
            let consent = Consent::read(payload).map_err(never)?;
            return self.consented_again(consent, at, standing, now).map(Some);
        }
        let heard = Heard::read(kind, payload).ok_or_else(|| never("its payload is no word"))?;
        self.binds_by_now(kind, payload)?;
        let said = self.word_on_plan(self.zone_id(), kind, (open, payload), now)?;
        let told = Some((at, heard.plan_sha256().to_string()));
        Ok(Some(PlanAgain { said: Some(taken(said)?), told, untold: Vec::new() }))
    }

    /// A leg is spoken of once all have consented, and a plan once it is told of: perhaps on another corridor.
    fn binds_by_now(&self, kind: TransitionKind, payload: &Value) -> Result<(), NotNow> {
        let heard = Heard::read(kind, payload).ok_or_else(|| never("its payload is no word"))?;
        let known: Option<Loaded<Kept>> = self.load(PLAN, &heard.plan_sha256().to_string())?;
        let known = known.ok_or(NotNow::Waits("the plan it is about"))?;
        match heard.leg().is_some() && !known.value.settlement.is_agreed() {
            true => Err(NotNow::Waits("the consents to its plan")),
            false => Ok(()),
        }
    }

    /// Our consent, written on all our corridors of the plan at once: taken up where each of them stands before it.
    fn consented_again(
        &self,
        consent: Consent,
        at: (CorridorId, u64),
        standing: &Standing,
        now: Timestamp,
    ) -> Result<PlanAgain, NotNow> {
        let plan_sha256 = consent.plan.digest().map_err(never)?;
        let told = Some((at.clone(), plan_sha256.to_string()));
        let known: Option<Loaded<Kept>> = self.load(PLAN, &plan_sha256.to_string())?;
        let mut known = match known {
            Some(known) => known,
            None => {
                let settlement = Settlement::of(consent.plan).map_err(never)?;
                Loaded { rev: None, value: Kept { settlement, here: None } }
            }
        };
        if known.value.settlement.has_consented(self.zone_id()) {
            return Ok(PlanAgain { told, ..PlanAgain::default() });
        }
        let opens = self.own_opens(known.value.settlement.plan())?;
        let mut untold = Vec::new();
        for other in opens.iter().map(|open| &open.terms.corridor_id).filter(|id| **id != at.0) {
            match standing.get(other) {
                Some(Stand::Before(plan)) if *plan == plan_sha256 => {}
                Some(Stand::Over) => untold.push(other.clone()),
                _ => return Err(NotNow::Waits("our other corridors of the plan")),
            }
        }
        let agreed = known.value.settlement.consent(self.zone_id(), now).map_err(refused)?;
        let here = self.here_of(known.value.settlement.plan(), &opens, &Ahead::default())?;
        let (mut in_force, mut settled) = (None, Vec::new());
        match agreed {
            true => in_force = Some(self.come_into_force(&known.value.settlement, &here, now)?),
            false => settled = self.reserved(&plan_sha256, &here)?,
        }
        known.value.here = Some(here);
        let said = Some(Said { in_force, settled, ..Said::only(known, now) });
        Ok(PlanAgain { said, told, untold })
    }

    /// What the peer of a corridor refused of our words about plans, before ours goes on. What is to be said again waits
    /// until this zone signs.
    pub(crate) fn take_back_of_plans(&self, duty: &Duty, id: &CorridorId) -> Result<(), Refused> {
        for sequence in self.verdicts_on_plans(id)? {
            let word = self.refused_word(id, sequence)?;
            if word.as_ref().is_some_and(|word| word.again_secs().is_some()) {
                continue;
            }
            let now = self.now();
            let mut writes = self.adopting(duty, now, &format!("corridor:{id}"), Value::Null)?;
            if let Some(word) = word {
                self.never_said(&mut writes, &self.open_corridor(id)?, &word, now)?;
            }
            writes.followed(Follow::Settlement, id, sequence);
            writes.commit()?;
        }
        Ok(())
    }

    /// A consent of ours that one peer holds and the peer of this corridor never got.
    pub(crate) fn tell_consent_lost(&self, id: &CorridorId, plan: &str) -> Result<(), Refused> {
        let _writing = self.writing();
        let now = self.now();
        let plan_sha256 = Digest::from_hex(plan).map_err(Refused::host)?;
        let known = self.plan_record(&plan_sha256)?.value.settlement;
        let open = self.open_corridor(id)?;
        let duty = Duty::of_zone(Task::Settlement);
        let mut writes = self.on_duty(&duty, now, &subject(&plan_sha256))?;
        // Of a plan that was refused, or over a corridor that has ended, nothing is told any more.
        if !known.is_refused() && open.record.value.state != State::Deprecated {
            open.for_business(now)?;
            let consent = Consent::to(known.plan().clone());
            let told = (TransitionKind::SettleConsent, &consent);
            self.tell(&mut writes, (&open, &plan_sha256), told, now)?;
        }
        writes.consent_told(id, plan);
        writes.commit()
    }
}

/// What was accepted once is accepted again, or cannot be taken up.
fn taken(said: Result<Said, Outright>) -> Result<Said, NotNow> {
    said.map_err(never)
}

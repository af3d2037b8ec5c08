//! What is said of a plan: taken if the plan and its leg stand as they must, else refused by name.

use canon::{CorridorId, Digest, Timestamp, ZoneId};
use corridor::messages::Item;
use corridor::settlement::{Confirmation, Consent, Failure, Instruction, Settlement};
use corridor::{State, TransitionKind};
use serde_json::Value;

use super::book::InForce;
use super::{Kept, NO_ROOM, PLAN, Settled};
use crate::account::Booked;
use crate::corridor::{CorridorRecord, Decided, Effect, Open};
use crate::limits::PLAN_BYTES_MAX;
use crate::refused::Refused;
use crate::writes::{OnDuty, Settles, Writes};
use crate::zone::{Loaded, Zone};

/// The plan after a word about it, and what comes with it.
pub(super) struct Said {
    pub(super) known: Loaded<Kept>,
    pub(super) in_force: Option<InForce>,
    pub(super) booked: Option<Booked>,
    pub(super) settled: Vec<Loaded<Settled>>,
    /// Our corridor of the plan that has ended, where we have not consented and now never can.
    pub(super) ended: Option<CorridorId>,
    pub(super) now: Timestamp,
}

impl Said {
    /// Nothing but the plan as it stands now.
    pub(super) const fn only(known: Loaded<Kept>, now: Timestamp) -> Self {
        Self { ended: None, known, in_force: None, booked: None, settled: Vec::new(), now }
    }

    /// Into the commit of the word.
    pub(super) fn put<W: Settles>(&self, writes: &mut Writes<'_, W>) -> Result<(), Refused> {
        if let Some(in_force) = &self.in_force {
            in_force.write(writes)?;
        }
        if let Some(booked) = &self.booked {
            writes.settled(booked)?;
        }
        writes.how_far(&self.settled)?;
        if let Some(id) = &self.ended {
            writes.ended(id, self.now);
        }
        writes.plan(&self.known)
    }
}

impl Effect<OnDuty> for Said {
    fn write(&self, writes: &mut Writes<'_, OnDuty>) -> Result<(), Refused> {
        self.put(writes)
    }
}

/// Refused before anything is written; the reason is told in the acknowledgement.
pub(super) type Outright = &'static str;

impl Zone {
    /// Decide a receipt about a plan.
    pub(crate) fn decide_settlement(
        &self,
        open: &Open,
        (kind, item): (TransitionKind, &Item),
        now: Timestamp,
    ) -> Result<Decided, Refused> {
        let Some(payload) = &item.payload else {
            return Ok(Decided::RefusedOutright { reason: "payload-withheld" });
        };
        let by = open.there.zone();
        let said = match kind {
            TransitionKind::SettleConsent => self.hear_consent(by, &payload.payload, now)?,
            _ => self.word_on_plan(by, kind, (open, &payload.payload), now)?,
        };
        Ok(match said {
            Ok(said) => Decided::OnDuty(Box::new(said)),
            Err(reason) => Decided::RefusedOutright { reason },
        })
    }

    pub(super) fn hear_consent(
        &self,
        by: &ZoneId,
        payload: &Value,
        now: Timestamp,
    ) -> Result<Result<Said, Outright>, Refused> {
        let Ok(Consent { plan, .. }) = Consent::read(payload) else {
            return Ok(Err("payload-malformed"));
        };
        let canonical = plan.canonical().map_err(Refused::host)?;
        if canonical.bytes().len() > PLAN_BYTES_MAX {
            return Ok(Err("plan-too-large"));
        }
        let known: Option<Loaded<Kept>> = self.load(PLAN, &canonical.digest().to_string())?;
        let mut known = match known {
            Some(known) => known,
            None if self.room_for_plan().is_err() => return Ok(Err(NO_ROOM)),
            None => {
                let Ok(settlement) = Settlement::of(plan) else { return Ok(Err("bad-settlement")) };
                if settlement.strangers().is_some() {
                    return Ok(Err("plan-has-strangers"));
                }
                Loaded { rev: None, value: Kept { settlement, here: None } }
            }
        };
        if !known.value.settlement.zones().contains(self.zone_id()) {
            return Ok(Err("not-in-plan"));
        }
        let Ok(agreed) = known.value.settlement.consent(by, now) else {
            return Ok(Err("plan-state"));
        };
        let in_force = match (&known.value.here, agreed) {
            (Some(here), true) => Some(self.come_into_force(&known.value.settlement, here, now)?),
            _ => None,
        };
        let ended = self.ended_of(&known.value)?;
        Ok(Ok(Said { in_force, ended, ..Said::only(known, now) }))
    }

    /// Our corridor of a plan that has ended, where we have not consented and now never can.
    fn ended_of(&self, kept: &Kept) -> Result<Option<CorridorId>, Refused> {
        if kept.here.is_some() {
            return Ok(None);
        }
        for channel in &kept.settlement.plan().channels {
            let known: Option<Loaded<CorridorRecord>> =
                self.load("corridor", channel.corridor_id.as_str())?;
            if known.is_some_and(|known| known.value.state == State::Deprecated) {
                return Ok(Some(channel.corridor_id.clone()));
            }
        }
        Ok(None)
    }

    /// A word of `by` about a plan that is known: of the peer's, or of our own that is taken up again.
    pub(super) fn word_on_plan(
        &self,
        by: &ZoneId,
        kind: TransitionKind,
        (open, payload): (&Open, &Value),
        now: Timestamp,
    ) -> Result<Result<Said, Outright>, Refused> {
        let Some(heard) = Heard::read(kind, payload) else { return Ok(Err("payload-malformed")) };
        let known: Option<Loaded<Kept>> = self.load(PLAN, &heard.plan_sha256().to_string())?;
        let Some(mut known) = known else { return Ok(Err("plan-unknown")) };
        let settlement = &mut known.value.settlement;
        let Some(number) = heard.leg() else {
            let Heard::Failed(said) = &heard else { return Ok(Err("payload-malformed")) };
            if settlement.refuse(by, &said.reason, now).is_err() {
                return Ok(Err("plan-state"));
            }
            let settled = self.freed(&known.value)?;
            return Ok(Ok(Said { settled, ..Said::only(known, now) }));
        };
        let Ok((leg, _)) = settlement.leg(number) else { return Ok(Err("no-such-leg")) };
        let leg = leg.clone();
        if leg.corridor_id != open.terms.corridor_id {
            return Ok(Err("leg-of-another-corridor"));
        }
        let heard_it = match &heard {
            Heard::Instructed(said) => settlement.instruct(by, said, now),
            Heard::Confirmed(said) => settlement.confirm(by, said, now),
            Heard::Failed(said) => settlement.fail(by, said, now),
        };
        if heard_it.is_err() {
            return Ok(Err("leg-state"));
        }
        let told = format!("leg {number} of plan {}", heard.plan_sha256());
        let (booked, settled) = match &heard {
            Heard::Instructed(_) => (None, Vec::new()),
            Heard::Confirmed(_) => {
                let out = by != self.zone_id();
                (Some(self.settle_leg(&leg, out, &told, now)?), Vec::new())
            }
            Heard::Failed(_) => (None, vec![self.carry(&known.value.settlement, &leg, true)?]),
        };
        Ok(Ok(Said { booked, settled, ..Said::only(known, now) }))
    }

    /// A refused plan reserves nothing any more.
    pub(super) fn freed(&self, kept: &Kept) -> Result<Vec<Loaded<Settled>>, Refused> {
        let plan_sha256 = kept.settlement.plan_sha256();
        let mut all = Vec::new();
        for id in kept.here.iter().flat_map(|here| here.cuts.keys()) {
            let mut settled = self.settled_record(id)?;
            if settled.value.pending == Some(plan_sha256) {
                settled.value.pending = None;
                all.push(settled);
            }
        }
        Ok(all)
    }
}

/// A payload about a plan both zones know.
pub(super) enum Heard {
    Instructed(Instruction),
    Confirmed(Confirmation),
    Failed(Failure),
}

impl Heard {
    pub(super) fn read(kind: TransitionKind, payload: &Value) -> Option<Self> {
        match kind {
            TransitionKind::SettleInstruct => Instruction::read(payload).ok().map(Self::Instructed),
            TransitionKind::SettleConfirm => Confirmation::read(payload).ok().map(Self::Confirmed),
            TransitionKind::SettleFail => Failure::read(payload).ok().map(Self::Failed),
            _ => None,
        }
    }

    pub(super) const fn plan_sha256(&self) -> Digest {
        match self {
            Self::Instructed(said) => said.plan_sha256,
            Self::Confirmed(said) => said.plan_sha256,
            Self::Failed(said) => said.plan_sha256,
        }
    }

    pub(super) const fn leg(&self) -> Option<u64> {
        match self {
            Self::Instructed(said) => Some(said.leg),
            Self::Confirmed(said) => Some(said.leg),
            Self::Failed(said) => said.leg,
        }
    }
}

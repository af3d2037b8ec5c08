//! Consent to a plan, or its refusal: told to every peer in the plan, in our lanes.

use std::collections::BTreeMap;

use canon::{Canonical, CorridorId, Digest, Timestamp};
use corridor::TransitionKind;
use corridor::netting::Plan;
use corridor::settlement::{Consent, Failure, Here, Settlement};
use proof::integrity::payload_digest;
use serde::Serialize;
use serde_json::Value;

use super::owed::{Owed, channel};
use super::{Kept, OPEN, PLAN, STANDING, Settled, refused};
use crate::corridor::{CutRecord, Follow, Open, Say};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::{PLAN_BYTES_MAX, PLANS_MAX};
use crate::refused::{Envelope, Refused};
use crate::writes::{OnDuty, Writes};
use crate::zone::{Loaded, Zone};

/// What corridors owe, read before the lock of writing was taken, with the revision it goes on from.
#[derive(Default)]
pub(super) struct Ahead(BTreeMap<CorridorId, (Option<u64>, Owed)>);

impl Ahead {
    /// What was read of a corridor, if it is of this cut and nothing was settled since.
    fn of(
        &self,
        id: &CorridorId,
        rev: Option<u64>,
        cut: &CutRecord,
    ) -> Result<Option<&Owed>, Refused> {
        let Some((then, owed)) = self.0.get(id) else { return Ok(None) };
        let cut_sha256 = payload_digest(&cut.cut).map_err(Refused::host)?;
        Ok((*then == rev && owed.cut_sha256 == cut_sha256).then_some(owed))
    }
}

impl Zone {
    /// What this zone's corridors owe over the cuts of a plan. Whatever fails is found again under the lock, and told.
    fn read_ahead(&self, load: &impl Fn(&Self) -> Result<Loaded<Kept>, Refused>) -> Ahead {
        let read = || {
            let known = load(self)?;
            let plan = known.value.settlement.plan();
            let opens = self.own_opens(plan)?;
            let cuts = self.cuts_of(&opens, &plan.cuts)?;
            let mut all = Ahead::default();
            for open in &opens {
                let id = &open.terms.corridor_id;
                let Some(cut) = cuts.get(id) else { continue };
                let rev = self.settled_record(id)?.rev;
                all.0.insert(id.clone(), (rev, self.owed(open, cut)?));
            }
            Ok::<_, Refused>(all)
        };
        read().unwrap_or_default()
    }

    /// Consent to a plan as it stands; every peer in it is told, with the plan.
    ///
    /// # Errors
    /// See [`Refused`]; `plan-outdated` where it is of other obligations than this zone holds.
    pub fn consent_to_plan(&self, ask: &Ask, plan: &Value) -> Result<Envelope, Refused> {
        let plan = Plan::read(plan).map_err(|e| Refused::invalid("bad-settlement", e))?;
        let size = plan.canonical().map_err(Refused::host)?.bytes().len();
        if size > PLAN_BYTES_MAX {
            let detail = format!("a plan of {size} bytes is more than {PLAN_BYTES_MAX}");
            return Err(Refused::invalid("plan-too-large", detail));
        }
        self.consent_with(ask, |zone| zone.known_or_new(plan.clone()))
    }

    /// Consent to a plan a peer has told of.
    ///
    /// # Errors
    /// As [`Zone::consent_to_plan`].
    pub fn consent_to_known(&self, ask: &Ask, plan_sha256: &Digest) -> Result<Envelope, Refused> {
        self.consent_with(ask, |zone| zone.plan_record(plan_sha256))
    }

    fn consent_with(
        &self,
        ask: &Ask,
        load: impl Fn(&Self) -> Result<Loaded<Kept>, Refused>,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Settlement, &ask.caller)?;
        // Lanes are read before anybody waits for them; what they owe over a cut changes no more.
        let ahead = self.read_ahead(&load);
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let mut known = load(self)?;
        let opens = self.opens_of(&known.value.settlement, now)?;
        let agreed = known.value.settlement.consent(self.zone_id(), now).map_err(refused)?;
        let here = self.here_of(known.value.settlement.plan(), &opens, &ahead)?;
        let (settlement, here) = (&known.value.settlement, known.value.here.insert(here));
        let plan_sha256 = settlement.plan_sha256();
        let mut writes = self.on_duty(&duty, now, &subject(&plan_sha256))?;
        if agreed {
            self.come_into_force(settlement, here, now)?.write(&mut writes)?;
        } else {
            writes.how_far(&self.reserved(&plan_sha256, here)?)?;
        }
        let consent = Consent::to(settlement.plan().clone());
        for open in &opens {
            let told = (TransitionKind::SettleConsent, &consent);
            self.tell(&mut writes, (open, &plan_sha256), told, now)?;
        }
        self.answer_plan(ask, writes, &known, now)
    }

    /// Refuse a plan this zone has not consented to; nobody is bound by it any more.
    ///
    /// # Errors
    /// See [`Refused`]; consent is not taken back.
    pub fn refuse_plan(
        &self,
        ask: &Ask,
        plan_sha256: &Digest,
        reason: &str,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Settlement, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let mut known = self.plan_record(plan_sha256)?;
        let opens = self.hearing_of(&known.value.settlement)?;
        let writes = self.refusing((&duty, now), &mut known, &opens, reason)?;
        self.answer_plan(ask, writes, &known, now)
    }

    /// Whom a refusal is told: every peer this zone has a corridor of the plan with.
    pub(super) fn hearing_of(&self, settlement: &Settlement) -> Result<Vec<Open>, Refused> {
        let opens = self.own_opens(settlement.plan())?;
        opens.iter().try_for_each(|open| open.has_agreed(TransitionKind::SettleFail))?;
        Ok(opens)
    }

    /// This zone does not consent, and says so.
    pub(super) fn refusing(
        &self,
        (duty, now): (&Duty, Timestamp),
        known: &mut Loaded<Kept>,
        opens: &[Open],
        reason: &str,
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        let settlement = &mut known.value.settlement;
        let plan_sha256 = settlement.plan_sha256();
        let said = failure(None, &plan_sha256, reason)?;
        settlement.refuse(self.zone_id(), &said.reason, now).map_err(refused)?;
        let mut writes = self.on_duty(duty, now, &subject(&plan_sha256))?;
        for open in opens {
            let told = (TransitionKind::SettleFail, &said);
            self.tell(&mut writes, (open, &plan_sha256), told, now)?;
        }
        Ok(writes)
    }

    fn known_or_new(&self, plan: Plan) -> Result<Loaded<Kept>, Refused> {
        let plan_sha256 = plan.digest().map_err(Refused::host)?;
        if let Some(known) = self.load(PLAN, &plan_sha256.to_string())? {
            return Ok(known);
        }
        self.room_for_plan()?;
        let settlement = Settlement::of(plan).map_err(refused)?;
        Ok(Loaded { rev: None, value: Kept { settlement, here: None } })
    }

    /// Ended plans take no room: what is settled does not stand in the way of what is to come.
    pub(super) fn room_for_plan(&self) -> Result<(), Refused> {
        match self.store.find(PLAN, STANDING, OPEN, None, PLANS_MAX)?.len() < PLANS_MAX {
            true => Ok(()),
            false => Err(Refused::conflict("too-many-plans", "no more are kept open at once")),
        }
    }

    /// This zone's corridors in a plan.
    pub(super) fn own_opens(&self, plan: &Plan) -> Result<Vec<Open>, Refused> {
        let ours = plan.channels.iter().filter(|channel| channel.zones.contains(self.zone_id()));
        ours.map(|channel| self.open_corridor(&channel.corridor_id)).collect()
    }

    /// The same, each ACTIVE and as the plan has it; whoever is in the plan has a corridor with everybody else who is.
    fn opens_of(&self, settlement: &Settlement, now: Timestamp) -> Result<Vec<Open>, Refused> {
        have_corridors(settlement)?;
        let plan = settlement.plan();
        let opens = self.own_opens(plan)?;
        for open in &opens {
            open.for_business(now)?;
            open.has_agreed(TransitionKind::SettleConsent)?;
            if !plan.channels.contains(&channel(open)?) {
                let id = &open.terms.corridor_id;
                let detail = format!("corridor `{id}` has other zones than the plan says");
                return Err(Refused::invalid("bad-settlement", detail));
            }
        }
        Ok(opens)
    }

    /// What the plan means here: it is of exactly what this zone's corridors owe over its cuts.
    pub(super) fn here_of(
        &self,
        plan: &Plan,
        opens: &[Open],
        ahead: &Ahead,
    ) -> Result<Here, Refused> {
        let cuts = self.cuts_of(opens, &plan.cuts)?;
        let (mut owed, mut digests) = (Vec::new(), std::collections::BTreeMap::new());
        for open in opens {
            let id = &open.terms.corridor_id;
            let Some(cut) = cuts.get(id) else { continue };
            let settled = self.settled_record(id)?;
            if let Some(pending) = settled.value.pending {
                let detail = format!("plan {pending} over `{id}` is not in force yet");
                return Err(Refused::conflict("plan-pending", detail));
            }
            let (cut_sha256, obligations) = match ahead.of(id, settled.rev, cut)? {
                Some(of) => (of.cut_sha256, of.obligations.clone()),
                None => {
                    let of = self.owed(open, cut)?;
                    (of.cut_sha256, of.obligations)
                }
            };
            owed.extend(obligations);
            digests.insert(id.clone(), cut_sha256);
        }
        Here::of(plan, self.zone_id(), &owed, digests).map_err(refused)
    }

    /// Until the plan is in force or refused, its obligations go into no other.
    pub(super) fn reserved(
        &self,
        plan_sha256: &Digest,
        here: &Here,
    ) -> Result<Vec<Loaded<Settled>>, Refused> {
        let reserved = here.cuts.keys().map(|id| {
            let mut settled = self.settled_record(id)?;
            settled.value.pending = Some(*plan_sha256);
            Ok(settled)
        });
        reserved.collect()
    }

    /// One receipt of ours about a plan; what the peer says of it is followed up.
    pub(super) fn tell<T: Serialize>(
        &self,
        writes: &mut Writes<'_, OnDuty>,
        (open, plan_sha256): (&Open, &Digest),
        (kind, said): (TransitionKind, &T),
        now: Timestamp,
    ) -> Result<(), Refused> {
        let payload = Canonical::of(said).map_err(Refused::host)?.value();
        let say = Say { kind, payload, decision_commitment: None, ack: None };
        let (written, item) = self.write_here(open, say, now)?;
        writes.wrote(open, (&written, &item), now)?;
        let (id, sequence) = (&open.terms.corridor_id, written.receipt.sequence);
        writes.follow(Follow::Settlement, (id, sequence), &plan_sha256.to_string())
    }

    pub(super) fn answer_plan(
        &self,
        ask: &Ask,
        mut writes: Writes<'_, OnDuty>,
        known: &Loaded<Kept>,
        now: Timestamp,
    ) -> Result<Envelope, Refused> {
        writes.plan(known)?;
        let body = self.plan_shown(&known.value);
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }
}

/// All zones of a plan have corridors with each other in it.
pub(super) fn have_corridors(settlement: &Settlement) -> Result<(), Refused> {
    let Some([a, b]) = settlement.strangers() else { return Ok(()) };
    let detail = format!("no corridor of the plan joins `{a}` and `{b}`");
    Err(Refused::conflict("plan-has-strangers", detail))
}

/// What the zone says it works on.
pub(super) fn subject(plan_sha256: &Digest) -> String {
    format!("settlement:{plan_sha256}")
}

/// A leg that is not paid, or a plan that is refused, in checked words.
pub(super) fn failure(
    leg: Option<u64>,
    plan_sha256: &Digest,
    reason: &str,
) -> Result<Failure, Refused> {
    let (type_, plan_sha256) = (Failure::TYPE.to_owned(), *plan_sha256);
    let said = Failure { leg, plan_sha256, reason: reason.trim().to_owned(), type_ };
    let value = serde_json::to_value(&said).map_err(Refused::host)?;
    Failure::read(&value).map_err(|e| Refused::invalid("bad-settlement", e))
}

//! The end of a lock of ours: the preimage, with which this zone owes what it locked and is owed what was locked
//! for it; or a release.

use canon::Timestamp;
use corridor::bridge::{Commit, Due, Event, Hop, HopError, ReceiptAt, Release, Said, Verdict};
use corridor::lane::Written;
use corridor::messages::Item;
use corridor::{LaneReceipt, TransitionKind};
use registry::fiscal::{legs_bridge_paid, legs_bridge_passed};
use registry::{AccountKind, HeldReason, PositiveAmount};
use serde_json::Value;

use super::prepare::outright;
use super::written_at;
use crate::account::Booked;
use crate::corridor::{Decided, Effect, Open, Say, Verdict as Kept};
use crate::refused::Refused;
use crate::writes::{OnDuty, Writes};
use crate::zone::{Loaded, Zone};

/// Our lock was claimed: what it books, and the claim on the lock before.
struct Claimed {
    hop: Loaded<Hop>,
    booked: Booked,
    claim: Option<(Open, Written, Item)>,
    now: Timestamp,
}

/// Our lock was let go.
struct LetGo {
    hop: Loaded<Hop>,
    now: Timestamp,
}

fn reason(error: &HopError) -> &'static str {
    match error {
        HopError::NotOpen(_) => "bridge-not-open",
        HopError::Differs(_) => "bridge-lock-differs",
        HopError::Preimage => "bridge-preimage-wrong",
        HopError::Late { .. } => "bridge-expired",
    }
}

fn at(receipt: &LaneReceipt) -> ReceiptAt {
    let (corridor_id, lane) = (receipt.corridor_id.clone(), receipt.lane.clone());
    ReceiptAt { corridor_id, lane, sequence: receipt.sequence }
}

impl Zone {
    /// Decide a commit: it must meet the condition of a lock of ours on this corridor that was taken.
    pub(crate) fn decide_commit(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Decided, Refused> {
        let Some(payload) = &item.payload else { return Ok(outright("payload-withheld")) };
        let Ok(commit) = Commit::read(&payload.payload) else {
            return Ok(outright("payload-malformed"));
        };
        let Some(hop) = self.locked_here(open, receipt, &commit.transfer_id)? else {
            return Ok(outright("bridge-transfer-unknown"));
        };
        let preimage = commit.preimage;
        let event = Event::Commit { commit, receipt: at(receipt), at: receipt.timestamp };
        let value = match hop.value.apply(event) {
            Ok(value) => value,
            Err(error) => return Ok(outright(reason(&error))),
        };
        let mut hop = Loaded { rev: hop.rev, value };
        let booked = self.claimed(open, &hop.value, now)?;
        // A receipt of ours is of now, whenever the one that it answers was first taken.
        let now = self.now();
        let claim = self.claim(&mut hop, preimage, now)?;
        Ok(Decided::OnDuty(Box::new(Claimed { hop, booked, claim, now })))
    }

    /// Decide a release of a lock of ours.
    pub(crate) fn decide_release(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
    ) -> Result<Decided, Refused> {
        let Some(payload) = &item.payload else { return Ok(outright("payload-withheld")) };
        let Ok(release) = Release::read(&payload.payload) else {
            return Ok(outright("payload-malformed"));
        };
        let Some(hop) = self.locked_here(open, receipt, &release.transfer_id)? else {
            return Ok(outright("bridge-transfer-unknown"));
        };
        match hop.value.apply(Event::Release { release, receipt: at(receipt) }) {
            Ok(value) => {
                let hop = Loaded { rev: hop.rev, value };
                Ok(Decided::OnDuty(Box::new(LetGo { hop, now: self.now() })))
            }
            Err(error) => Ok(outright(reason(&error))),
        }
    }

    /// The payment whose lock of ours is on this corridor, with what the peer decided of it up to and in
    /// this receipt.
    pub(super) fn locked_here(
        &self,
        open: &Open,
        receipt: &LaneReceipt,
        id: &canon::PaymentId,
    ) -> Result<Option<Loaded<Hop>>, Refused> {
        let Some(hop) = self.hop(id)? else { return Ok(None) };
        let lock = hop.value.after.as_ref().map(|after| after.prepare.clone());
        let lock = lock.filter(|lock| lock.corridor_id == open.terms.corridor_id);
        let Some(lock) = lock else { return Ok(None) };
        let kept: Option<Loaded<Kept>> =
            self.load("verdict", &Kept::id(&lock.corridor_id, lock.sequence))?;
        let ack = receipt.ack.as_ref().filter(|ack| ack.size > lock.sequence);
        let verdict = match (kept, ack) {
            (Some(kept), _) => Some(super::follow::heard(&lock.corridor_id, &kept.value)),
            (None, Some(ack)) => {
                let refused = ack.refused.iter().find(|one| one.sequence == lock.sequence);
                let refused = refused.map(|refused| refused.reason_code.clone());
                Some(Verdict { refused, receipt: at(receipt) })
            }
            (None, None) => None,
        };
        let value = match verdict {
            Some(verdict) => hop.value.hear(&lock, verdict),
            None => hop.value,
        };
        Ok(Some(Loaded { rev: hop.rev, value }))
    }

    /// What a claim books: from where the money was locked, to the corridor it went over.
    pub(super) fn claimed(
        &self,
        open: &Open,
        hop: &Hop,
        now: Timestamp,
    ) -> Result<Booked, Refused> {
        let amount = PositiveAmount::try_from(hop.paid.amount).map_err(Refused::host)?;
        let corridor = |id: &canon::CorridorId| {
            let kind = AccountKind::Corridor { corridor_id: id.clone() };
            self.standing(kind, amount.currency(), now)
        };
        let over = &open.terms.corridor_id;
        let to = corridor(over)?;
        let told = format!("bridged payment {}", hop.paid.transfer_id);
        let (from, legs) = match &hop.before {
            None => {
                let held = AccountKind::Held { reason: HeldReason::Bridge };
                let from = self.standing(held, amount.currency(), now)?;
                let legs = legs_bridge_paid(&from.value, &to.value, over, amount);
                (from, legs)
            }
            Some(before) => {
                let from_id = &before.prepare.corridor_id;
                let from = corridor(from_id)?;
                let legs = legs_bridge_passed((&from.value, from_id), (&to.value, over), amount);
                (from, legs)
            }
        };
        self.book(legs.map_err(Refused::host)?.to_vec(), &told, vec![from, to], now)
    }

    /// The claim on the lock of the zone before, written in our lane to it; nothing at the payer's zone.
    pub(super) fn claim(
        &self,
        hop: &mut Loaded<Hop>,
        preimage: canon::Digest,
        now: Timestamp,
    ) -> Result<Option<(Open, Written, Item)>, Refused> {
        if hop.value.due() != Some(Due::Answer(Said::Commit(preimage))) {
            return Ok(None);
        }
        let Some(before) = &hop.value.before else { return Ok(None) };
        let to = self.open_corridor(&before.prepare.corridor_id)?;
        let paid = &hop.value.paid;
        let commit = Commit::of(paid.transfer_id.clone(), paid.amount, preimage);
        let payload: Value = serde_json::to_value(commit).map_err(Refused::host)?;
        let kind = TransitionKind::BridgeCommit;
        let say = Say { kind, payload, decision_commitment: None, ack: None };
        let (written, item) = self.write_here(&to, say, now)?;
        let event = Event::Answer { said: Said::Commit(preimage), receipt: written_at(&written) };
        hop.value = hop.value.clone().apply(event).map_err(Refused::host)?;
        Ok(Some((to, written, item)))
    }
}

impl Effect<OnDuty> for Claimed {
    fn write(&self, writes: &mut Writes<'_, OnDuty>) -> Result<(), Refused> {
        writes.bridged(&self.booked)?;
        if let Some((to, written, item)) = &self.claim {
            writes.wrote(to, (written, item), self.now)?;
            let at = (&to.terms.corridor_id, written.receipt.sequence);
            writes.part_of(&self.hop.value.paid.transfer_id, at)?;
        }
        writes.hop(&self.hop, self.now)
    }
}

impl Effect<OnDuty> for LetGo {
    fn write(&self, writes: &mut Writes<'_, OnDuty>) -> Result<(), Refused> {
        writes.hop(&self.hop, self.now)
    }
}

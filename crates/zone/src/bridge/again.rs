//! Payments over bridges of a zone that was put back from an older copy: taken up again with the receipts that moved them.
//!
//! What one commit wrote on two corridors comes back from two peers, one after the other. So a receipt that rests on one of
//! another corridor waits until that one is here. A zone on the way whose next lock nobody holds lets the one before go:
//! it never left.

use canon::{CorridorId, PaymentId, Timestamp};
use corridor::bridge::{
    After, Answer, Before, Commit, Event, Hop, Paid, Prepare, ReadPrepare, ReceiptAt, Release, Said,
};
use corridor::messages::Item;
use corridor::{LaneReceipt, TransitionKind};
use registry::fiscal::legs_bridge_lock;
use registry::{AccountKind, HeldReason, PositiveAmount};

use super::invoice::Issued;
use super::paid::invoiced;
use crate::account::{Booked, Holding};
use crate::corridor::{Credit, NotNow, Open, never, payload};
use crate::identity::Counted;
use crate::refused::Refused;
use crate::writes::{Adopted, Writes};
use crate::zone::{Loaded, Zone};

/// A payment that moved.
pub(crate) struct HopAgain {
    hop: Loaded<Hop>,
    moved: Option<Moved>,
    /// Our receipt whose verdict it waits for.
    awaits: Option<(CorridorId, u64)>,
    /// What its payer has paid with it.
    counted: Option<Counted>,
}

enum Moved {
    /// The payer was debited, or a claim was booked.
    Booked(Booked),
    /// The payee was paid, upon this invoice.
    Paid(Box<(Credit, Loaded<Issued>)>),
}

fn at(receipt: &LaneReceipt) -> ReceiptAt {
    let (corridor_id, lane) = (receipt.corridor_id.clone(), receipt.lane.clone());
    ReceiptAt { corridor_id, lane, sequence: receipt.sequence }
}

impl HopAgain {
    fn of(rev: Option<u64>, value: Hop) -> Self {
        Self { hop: Loaded { rev, value }, moved: None, awaits: None, counted: None }
    }

    /// The payment.
    pub(crate) fn transfer_id(&self) -> &PaymentId {
        &self.hop.value.paid.transfer_id
    }

    /// Whether money moves with it.
    pub(crate) fn moves_money(&self) -> bool {
        self.moved.is_some()
    }

    /// Into the commit of the receipt.
    pub(crate) fn write(
        &self,
        writes: &mut Writes<'_, Adopted>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let id = self.transfer_id();
        writes.tier_paid(self.counted.as_ref())?;
        match &self.moved {
            None => {}
            Some(Moved::Booked(booked)) => writes.booked(booked)?,
            Some(Moved::Paid(paid)) => {
                writes.credited(&paid.0)?;
                writes.issued(&paid.1, id)?;
            }
        }
        if let Some((corridor, sequence)) = &self.awaits {
            writes.part_of(id, (corridor, *sequence))?;
        }
        writes.hop(&self.hop, now)
    }
}

impl Zone {
    /// A payment that our own receipt moved.
    pub(crate) fn hop_moved_again(
        &self,
        (receipt, item): (&LaneReceipt, &Item),
        accepted: &[HopAgain],
        now: Timestamp,
    ) -> Result<Option<HopAgain>, NotNow> {
        let said = match receipt.transition.kind {
            TransitionKind::BridgePrepare => {
                let read = Prepare::read(payload(item)?).map_err(never)?;
                return self.locked_again(receipt, &read, now).map(Some);
            }
            TransitionKind::BridgeCommit => {
                let commit = Commit::read(payload(item)?).map_err(never)?;
                // The receipt that accepts the lock of the payee's zone is the one that commits.
                if accepted.iter().any(|hop| *hop.transfer_id() == commit.transfer_id) {
                    return Ok(None);
                }
                (commit.transfer_id, Said::Commit(commit.preimage))
            }
            TransitionKind::BridgeRelease => {
                let release = Release::read(payload(item)?).map_err(never)?;
                (release.transfer_id, Said::Release(release.reason_code))
            }
            _ => return Ok(None),
        };
        let (id, said) = said;
        let Some(hop) = self.hop(&id)? else { return Err(NotNow::Waits("the lock it answers")) };
        // What it rested on may be a receipt that nothing of ours had seen: it comes again from there, and finds this said.
        let value = hop.value.answered(said, at(receipt)).map_err(never)?;
        let awaits = Some((receipt.corridor_id.clone(), receipt.sequence));
        Ok(Some(HopAgain { awaits, ..HopAgain::of(hop.rev, value) }))
    }

    /// A lock of ours: the payer's money is held, or a lock of the zone before is passed on.
    fn locked_again(
        &self,
        receipt: &LaneReceipt,
        read: &ReadPrepare,
        now: Timestamp,
    ) -> Result<HopAgain, NotNow> {
        let prepare = &read.prepare;
        let after = After {
            prepare: at(receipt),
            expires_at: prepare.expires_at,
            last: prepare.route.is_empty(),
            accepted: None,
            outcome: None,
        };
        let awaits = Some((receipt.corridor_id.clone(), receipt.sequence));
        let known = self.hop(&prepare.transfer_id)?;
        match known {
            None if prepare.hop == 0 => {
                let hop = Hop::begin(Paid::of(read), receipt.timestamp, None, Some(after));
                let payer = self.holding(&prepare.payer.account_id)?;
                let counted = self.tier_counted(payer.entity.id(), prepare.amount, hop.begun)?;
                let moved = Some(Moved::Booked(self.held_again_for(payer, read, now)?));
                Ok(HopAgain { moved, awaits, counted, ..HopAgain::of(None, hop) })
            }
            None => Err(NotNow::Waits("the lock it passes on")),
            Some(known) if known.value.before.is_some() && known.value.after.is_none() => {
                let hop = Hop { after: Some(after), ..known.value };
                Ok(HopAgain { awaits, ..HopAgain::of(known.rev, hop) })
            }
            Some(_) => Err(never("the payment is known already")),
        }
    }

    /// Payer → held.
    fn held_again_for(
        &self,
        payer: Holding,
        read: &ReadPrepare,
        now: Timestamp,
    ) -> Result<Booked, NotNow> {
        let payer = payer.account;
        let amount = PositiveAmount::try_from(read.prepare.amount).map_err(never)?;
        let held = AccountKind::Held { reason: HeldReason::Bridge };
        let held = self.standing(held, amount.currency(), now)?;
        let legs = legs_bridge_lock(&payer.value, &held.value, amount).map_err(never)?;
        let told = format!("bridged payment {}", read.prepare.transfer_id);
        Ok(self.book(legs.to_vec(), &told, vec![payer, held], now)?)
    }

    /// A payment that the peer's receipt moved, which ours accepted.
    pub(crate) fn hop_accepted_again(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        ours: (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Option<HopAgain>, NotNow> {
        match receipt.transition.kind {
            TransitionKind::BridgePrepare => {
                let read = Prepare::read(payload(item)?).map_err(never)?;
                if self.hop(&read.prepare.transfer_id)?.is_some() {
                    return Err(never("the payment is known already"));
                }
                let expires_at = read.prepare.expires_at;
                let before = Before { prepare: at(receipt), expires_at, answer: None };
                if read.prepare.route.is_empty() {
                    return self.paid_again(open, (receipt, &read), (ours, before), now).map(Some);
                }
                let begun = ours.0.timestamp;
                let hop = Hop::begin(Paid::of(&read), begun, Some(before), None);
                Ok(Some(HopAgain::of(None, hop)))
            }
            TransitionKind::BridgeCommit => {
                let commit = Commit::read(payload(item)?).map_err(never)?;
                let hop = self.locked_here(open, receipt, &commit.transfer_id)?;
                let hop = hop.ok_or(NotNow::Waits("the lock it claims"))?;
                let event = Event::Commit { commit, receipt: at(receipt), at: receipt.timestamp };
                let value = hop.value.apply(event).map_err(never)?;
                let moved = Some(Moved::Booked(self.claimed(open, &value, now)?));
                Ok(Some(HopAgain { moved, ..HopAgain::of(hop.rev, value) }))
            }
            TransitionKind::BridgeRelease => {
                let release = Release::read(payload(item)?).map_err(never)?;
                let hop = self.locked_here(open, receipt, &release.transfer_id)?;
                let hop = hop.ok_or(NotNow::Waits("the lock it lets go"))?;
                let event = Event::Release { release, receipt: at(receipt) };
                let value = hop.value.apply(event).map_err(never)?;
                Ok(Some(HopAgain::of(hop.rev, value)))
            }
            _ => Ok(None),
        }
    }

    /// At the payee's zone: our receipt accepted the lock and told the preimage, which is all that is left of the secret.
    fn paid_again(
        &self,
        open: &Open,
        (receipt, read): (&LaneReceipt, &ReadPrepare),
        ((ours, item), before): ((&LaneReceipt, &Item), Before),
        now: Timestamp,
    ) -> Result<HopAgain, NotNow> {
        let commit = Commit::read(payload(item)?).map_err(never)?;
        let id = &read.prepare.transfer_id;
        let proves = canon::Digest::of_blob(commit.preimage.as_bytes()) == read.prepare.condition;
        if commit.transfer_id != *id || !proves {
            return Err(never("it commits to another payment"));
        }
        let transfer = invoiced(read);
        let holding = self.holding(&transfer.payee.account_id)?;
        let credit = self.credit(open, receipt, holding, &transfer, now)?;
        let credit = credit.ok_or_else(|| never("its amount or a text of it"))?;
        let issued = self.issued_again(read, commit.preimage, at(receipt))?;
        let said = Said::Commit(commit.preimage);
        let answer = Some(Answer { said, receipt: at(ours), verdict: None });
        let before = Some(Before { answer, ..before });
        let hop = Hop::begin(Paid::of(read), ours.timestamp, before, None);
        Ok(HopAgain {
            moved: Some(Moved::Paid(Box::new((credit, issued)))),
            awaits: Some((ours.corridor_id.clone(), ours.sequence)),
            ..HopAgain::of(None, hop)
        })
    }
}

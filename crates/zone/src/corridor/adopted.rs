//! What a receipt of ours books when it is taken up again: what it booked when it was signed.
//!
//! Law decided then, and the decision is gone with the data; the money moved all the same, and the peer
//! has acted on it. So it is booked under no admission, and never in favour of anybody by itself: what an
//! accepted transfer credits was accepted over our own signature, and what a return gives back is held
//! until law is asked again.

use std::collections::BTreeSet;

use canon::{CorridorId, Timestamp};
use corridor::messages::Item;
use corridor::payment::{Return, Transfer};
use corridor::{LaneReceipt, TransitionKind};
use registry::fiscal::{legs_held, legs_send};
use registry::{
    AccountKind, Arrival, Counterparty, HeldReason, LaneRef, Line, Payment, PaymentEvent,
    PositiveAmount, Sending, Slug, Undoing,
};

use super::again::{Standing, in_turn, not_bookable};
use super::context::Open;
use super::credit::Credit;
use super::record::stream_there;
use super::send::BY_RECEIPT;
use super::verdict::Verdict;
use crate::account::{Booked, Holding};
use crate::asset::AssetAgain;
use crate::bridge::HopAgain;
use crate::identity::Counted;
use crate::refused::Refused;
use crate::settlement::PlanAgain;
use crate::trade::StepAgain;
use crate::writes::{Adopted, Writes};
use crate::zone::{Loaded, Zone};

/// Everything one receipt books, in memory.
#[derive(Default)]
pub(super) struct Effects {
    assets: Vec<AssetAgain>,
    credits: Vec<Credit>,
    hops: Vec<HopAgain>,
    plans: Vec<PlanAgain>,
    steps: Vec<StepAgain>,
    moved: Option<Moved>,
}

/// A payment of ours that moved.
struct Moved {
    booked: Booked,
    payment: Loaded<Payment>,
    by_receipt: Option<String>,
    /// The refused receipt whose money is held until law is asked.
    held: Option<u64>,
    /// What its payer has paid with it.
    counted: Option<Counted>,
}

fn at(receipt: &LaneReceipt) -> LaneRef {
    LaneRef { lane: receipt.lane.clone(), sequence: receipt.sequence, next_root: receipt.next_root }
}

impl Zone {
    /// What a receipt of ours books. `before` is how much our lane had acknowledged, `standing` how far other corridors are.
    pub(super) fn effects_here(
        &self,
        open: &Open,
        receipt: &LaneReceipt,
        item: &Item,
        (before, standing): (u64, &Standing),
        now: Timestamp,
    ) -> Result<Effects, Refused> {
        let mut effects = Effects::default();
        let id = &open.terms.corridor_id;
        self.accepted_again(open, (receipt, item), before, now, &mut effects)?;
        let payload = item.payload.as_ref().map(|payload| &payload.payload);
        effects.moved = match (receipt.transition.kind, payload) {
            (TransitionKind::PaymentTransfer, Some(payload)) => {
                let transfer = Transfer::read(payload).map_err(|e| not_bookable(receipt, e))?;
                Some(self.sent_again(open, receipt, &transfer, now)?)
            }
            (TransitionKind::PaymentReturn, Some(payload)) => {
                let undone = Return::read(payload).map_err(|e| not_bookable(receipt, e))?;
                Some(self.held_again(id, receipt, &undone, now)?)
            }
            (TransitionKind::PaymentTransfer | TransitionKind::PaymentReturn, None) => {
                return Err(not_bookable(receipt, "the peer does not tell its payload"));
            }
            _ => None,
        };
        let hop = self.hop_moved_again((receipt, item), &effects.hops, now);
        effects.hops.extend(in_turn(receipt, hop)?);
        let ids: BTreeSet<_> = effects.hops.iter().map(HopAgain::transfer_id).collect();
        if ids.len() < effects.hops.len() {
            return Err(not_bookable(receipt, "it moves one payment twice"));
        }
        let plan = self.plan_told_again(open, (receipt, item), standing, now);
        effects.plans.extend(in_turn(receipt, plan)?);
        if effects.plans.len() > 1 {
            return Err(not_bookable(receipt, "it speaks of two plans"));
        }
        let moved = self.asset_moved_again(open, (receipt, item));
        effects.assets.extend(moved.map_err(|why| not_bookable(receipt, why))?);
        let step = self.step_taken_again(receipt, item);
        effects.steps.extend(step.map_err(|why| not_bookable(receipt, why))?);
        Ok(effects)
    }

    /// What our receipt accepted of the peer's.
    fn accepted_again(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        before: u64,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), Refused> {
        let Some(ack) = &receipt.ack else { return Ok(()) };
        let decided = (before..ack.size)
            .filter(|sequence| ack.refused.iter().all(|refused| refused.sequence != *sequence));
        for sequence in decided {
            let theirs = self.decided_item(open, sequence)?;
            let of = theirs.read().map_err(Refused::host)?;
            let hop = self.hop_accepted_again(open, (&of, &theirs), (receipt, item), now);
            effects.hops.extend(in_turn(&of, hop)?);
            let plan = self.plan_heard_again(open, (&of, &theirs), now);
            effects.plans.extend(in_turn(&of, plan)?);
            let (item, receipt) = (theirs, of);
            effects.credits.extend(self.credit_again(open, (&receipt, &item), now)?);
            effects.steps.extend(self.step_accepted_again(open, (&receipt, &item), now)?);
            effects.assets.extend(self.asset_accepted_again((&receipt, &item), now)?);
        }
        let bridged = effects.hops.iter().filter(|hop| hop.moves_money()).count();
        // Two at once would stand on one balance, or on one plan.
        if effects.credits.len() + bridged + effects.plans.len() > 1 {
            return Err(not_bookable(receipt, "it accepts several payments or words about plans"));
        }
        let flows: BTreeSet<_> = effects.steps.iter().map(StepAgain::flow_id).collect();
        if flows.len() < effects.steps.len() {
            return Err(not_bookable(receipt, "it accepts several steps of one flow"));
        }
        let assets: BTreeSet<_> = effects.assets.iter().map(AssetAgain::asset_id).collect();
        if assets.len() < effects.assets.len() {
            return Err(not_bookable(receipt, "it accepts one asset several times"));
        }
        Ok(())
    }

    /// A receipt of the peer's that our ack decided.
    fn decided_item(&self, open: &Open, sequence: u64) -> Result<Item, Refused> {
        let stream = stream_there(&open.terms.corridor_id);
        let item = self.items(&stream, sequence, 1)?.pop();
        item.ok_or_else(|| Refused::host(format!("`{stream}` lacks an entry")))
    }

    /// The payee's half of a transfer that our ack accepted.
    fn credit_again(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Option<Credit>, Refused> {
        if receipt.transition.kind != TransitionKind::PaymentTransfer {
            return Ok(None);
        }
        let gone = |why: &str| not_bookable(receipt, why);
        let payload = item.payload.as_ref().ok_or_else(|| gone("its payload is withheld"))?;
        let transfer = Transfer::read(&payload.payload).map_err(|e| not_bookable(receipt, e))?;
        let holding = self.holding(&transfer.payee.account_id);
        let holding = holding.map_err(|e| not_bookable(receipt, e))?;
        let credit = self.credit(open, receipt, holding, &transfer, now)?;
        credit.map(Some).ok_or_else(|| gone("its amount or a text of it"))
    }

    /// The payer's half of a transfer of ours.
    fn sent_again(
        &self,
        open: &Open,
        receipt: &LaneReceipt,
        transfer: &Transfer,
        now: Timestamp,
    ) -> Result<Moved, Refused> {
        let id = &open.terms.corridor_id;
        let unfit = |e: &dyn std::fmt::Display| not_bookable(receipt, e);
        let amount = PositiveAmount::try_from(transfer.amount).map_err(|e| unfit(&e))?;
        let Holding { account: payer, entity } =
            self.holding(&transfer.payer.account_id).map_err(|e| unfit(&e))?;
        let counted = self.tier_counted(entity.id(), transfer.amount, receipt.timestamp)?;
        let kind = AccountKind::Corridor { corridor_id: id.clone() };
        let account = self.standing(kind, transfer.amount.currency(), now)?;
        let legs = legs_send(&payer.value, &account.value, id, amount).map_err(|e| unfit(&e))?;
        let told = format!("payment {}", transfer.payment_id);
        let booked = self.book(legs.to_vec(), &told, vec![payer, account], now);
        let booked = booked.map_err(|e| unfit(&e))?;
        let arrival = Arrival::Outbound {
            corridor_id: id.clone(),
            payer: transfer.payer.account_id.clone(),
            payer_name: Line::parse(&transfer.payer.name).ok(),
            payee: Counterparty {
                zone_id: open.there.zone().clone(),
                account_id: transfer.payee.account_id.clone(),
                name: Line::parse(&transfer.payee.name).ok(),
            },
        };
        let purpose = Slug::parse(&transfer.purpose).map_err(|e| unfit(&e))?;
        let reference = Line::parse(&transfer.reference).ok();
        let payment = Payment::initiated(
            transfer.payment_id.clone(),
            amount,
            purpose,
            reference,
            arrival,
            receipt.timestamp,
        );
        let sending = Sending {
            at: receipt.timestamp,
            posting_id: booked.posting.id().clone(),
            receipt: at(receipt),
        };
        let payment = payment.apply(PaymentEvent::Send(sending)).map_err(Refused::host)?;
        let by_receipt = Some(Verdict::id(id, receipt.sequence));
        let payment = Loaded { rev: None, value: payment };
        Ok(Moved { booked, payment, by_receipt, held: None, counted })
    }

    /// The money of a transfer of ours that the peer refused: off the corridor, held until law is asked.
    fn held_again(
        &self,
        id: &CorridorId,
        receipt: &LaneReceipt,
        undone: &Return,
        now: Timestamp,
    ) -> Result<Moved, Refused> {
        let unfit = |e: &dyn std::fmt::Display| not_bookable(receipt, e);
        let by_receipt = Verdict::id(id, undone.refused_sequence);
        let verdict: Loaded<Verdict> = self.need("verdict", &by_receipt)?;
        let refusal = verdict.value.refusal.ok_or_else(|| unfit(&"it was not refused"))?;
        let payment: Loaded<Payment> = self.need("payment", undone.payment_id.as_str())?;
        let currency = payment.value.amount().currency();
        let from =
            self.standing(AccountKind::Corridor { corridor_id: id.clone() }, currency, now)?;
        let held = AccountKind::Held { reason: HeldReason::CreditRefused };
        let to = self.standing(held, currency, now)?;
        let legs = legs_held(&from.value, &to.value, id, payment.value.amount());
        let legs = legs.map_err(|e| unfit(&e))?;
        let account_id = to.value.id().clone();
        let told = format!("payment {} held", payment.value.id());
        let booked = self.book(legs.to_vec(), &told, vec![from, to], now)?;
        let posting_id = booked.posting.id().clone();
        let undoing = Undoing { at: receipt.timestamp, posting_id, receipt: at(receipt), refusal };
        let value = payment.value.apply(PaymentEvent::Hold { undoing, account_id });
        let value = value.map_err(Refused::host)?;
        let payment = Loaded { rev: payment.rev, value };
        let (by_receipt, held) = (None, Some(undone.refused_sequence));
        Ok(Moved { booked, payment, by_receipt, held, counted: None })
    }
}

impl Effects {
    /// Into the commit of the receipt.
    pub(super) fn write(
        &self,
        writes: &mut Writes<'_, Adopted>,
        id: &CorridorId,
        now: Timestamp,
    ) -> Result<(), Refused> {
        for credit in &self.credits {
            writes.credited(credit)?;
        }
        for asset in &self.assets {
            asset.write(writes, id)?;
        }
        for step in &self.steps {
            step.write(writes)?;
        }
        for hop in &self.hops {
            hop.write(writes, now)?;
        }
        for plan in &self.plans {
            plan.write(writes, now)?;
        }
        let Some(moved) = &self.moved else { return Ok(()) };
        let Moved { booked, payment, by_receipt, held, counted } = moved;
        writes.booked(booked)?;
        writes.tier_paid(counted.as_ref())?;
        let name = payment.value.id().as_str();
        writes.update("payment", name, payment)?;
        if let Some(by_receipt) = by_receipt {
            writes.index("payment", BY_RECEIPT, by_receipt, name);
        }
        if let Some(sequence) = held {
            writes.refund_job(id, *sequence, now);
        }
        Ok(())
    }
}

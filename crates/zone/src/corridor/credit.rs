//! A payment that arrives: what can never be credited is refused outright, the rest law decides.

use canon::Timestamp;
use corridor::LaneReceipt;
use corridor::messages::Item;
use corridor::payment::Transfer;
use corridor::seeded::bug;
use law::Kind;
use registry::fiscal::legs_receive;
use registry::{
    AccountKind, Arrival, Counterparty, LaneRef, Line, Payment, PaymentEvent, PositiveAmount, Slug,
};

use super::context::Open;
use super::effect::{Decided, Effect};
use crate::account::{Booked, Holding};
use crate::pipeline::Question;
use crate::refused::Refused;
use crate::writes::{Admitted, MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// The payee's half, booked in memory and not yet written: corridor account → payee.
pub(crate) struct Credit {
    booked: Booked,
    payment: Payment,
}

impl Zone {
    /// Decide a transfer. A peer's message never makes this fail: whatever cannot be credited is
    /// a refusal with a reason, since a lane that cannot go on would stop every payment behind it.
    pub(super) fn decide_transfer(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Decided, Refused> {
        let outright = |reason| Ok(Decided::RefusedOutright { reason });
        if open.terms.in_effect(now).is_err() {
            return outright("corridor-not-in-effect");
        }
        let Some(payload) = &item.payload else { return outright("payload-withheld") };
        let Ok(transfer) = Transfer::read(&payload.payload) else {
            return outright("payload-malformed");
        };
        let holding = match self.holding(&transfer.payee.account_id) {
            Ok(holding) => holding,
            Err(Refused::NotFound { .. }) => return outright("account-unknown"),
            Err(other) => return Err(other),
        };
        let to_us = transfer.payer.jurisdiction_id == open.there.participant.jurisdiction_id
            && transfer.payee.jurisdiction_id == self.here.participant.jurisdiction_id;
        if !to_us || holding.account.value.currency() != transfer.amount.currency() {
            return outright("account-mismatch");
        }
        if holding.may_act().is_err() {
            return outright("payee-not-active");
        }
        if !holding.is_named(&transfer.payee.name) {
            return outright("payee-name-differs");
        }
        let known: Option<Loaded<Payment>> = self.load("payment", transfer.payment_id.as_str())?;
        if known.is_some() {
            return outright("payment-known");
        }
        let entity = holding.entity.clone();
        let Some(credit) = self.credit(open, receipt, holding, &transfer, now)? else {
            return outright("not-bookable");
        };
        let mut gathered = self.gather_receive(&entity, &transfer, true, now)?;
        self.ask_there(&mut gathered, open, Kind::PaymentSend)?;
        let subject = format!("payment:{}", transfer.payment_id);
        let question = Question {
            kind: Kind::PaymentReceive,
            jurisdiction: entity.formation().jurisdiction_id(),
            by: open.there.did().as_str(),
            subject: &subject,
            now,
        };
        Ok(match self.decide(&question, gathered) {
            Ok(admission) => {
                Decided::Accepted { admission: Box::new(admission), effect: Box::new(credit) }
            }
            Err(refusal) => Decided::RefusedByLaw { refusal: Box::new(refusal) },
        })
    }

    /// Book the payee's half in memory; `None` where the amount or a text cannot be booked.
    pub(crate) fn credit(
        &self,
        open: &Open,
        receipt: &LaneReceipt,
        holding: Holding,
        transfer: &Transfer,
        now: Timestamp,
    ) -> Result<Option<Credit>, Refused> {
        let id = &open.terms.corridor_id;
        let kind = AccountKind::Corridor { corridor_id: id.clone() };
        let account = self.standing(kind, transfer.amount.currency(), now)?;
        let payee = holding.account;
        let amount = PositiveAmount::try_from(transfer.amount).ok();
        let purpose = Slug::parse(&transfer.purpose).ok();
        let legs = amount.map(|amount| legs_receive(&account.value, &payee.value, id, amount));
        let (Some(amount), Some(purpose), Some(Ok(legs))) = (amount, purpose, legs) else {
            return Ok(None);
        };
        let arrival = Arrival::Inbound {
            corridor_id: id.clone(),
            payer: Counterparty {
                zone_id: open.there.zone().clone(),
                account_id: transfer.payer.account_id.clone(),
                name: Line::parse(&transfer.payer.name).ok(),
            },
            payee: payee.value.id().clone(),
            origin: LaneRef {
                lane: receipt.lane.clone(),
                sequence: receipt.sequence,
                next_root: receipt.next_root,
            },
        };
        let reference = Line::parse(&transfer.reference).ok();
        let payment_id = transfer.payment_id.clone();
        let told = format!("payment {payment_id}");
        let booked = match self.book(legs.to_vec(), &told, vec![account, payee], now) {
            Ok(booked) => booked,
            Err(Refused::CallerInvalid { .. } | Refused::Conflict { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let payment = Payment::initiated(payment_id, amount, purpose, reference, arrival, now);
        let posting_id = booked.posting.id().clone();
        let payment = payment.apply(PaymentEvent::Settle { at: now, posting_id });
        Ok(Some(Credit { booked, payment: payment.map_err(Refused::host)? }))
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write the payee's half.
    pub(crate) fn credited(&mut self, credit: &Credit) -> Result<(), Refused> {
        self.booked(&credit.booked)?;
        self.record("payment", credit.payment.id().as_str(), None, &credit.payment)
    }
}

impl Effect<Admitted> for Credit {
    fn write(&self, writes: &mut Writes<'_, Admitted>) -> Result<(), Refused> {
        match bug(10) {
            true => Ok(()),
            false => writes.credited(self),
        }
    }
}

//! Money between the zone's own accounts: the postings that are made without an admission.
//!
//! Invariant: no subject's account is among them; each constructor takes accounts of its own kinds and no others.

use canon::Timestamp;
use law::{Kind, Refusal};
use registry::fiscal::{
    Rail, RailAnswer, RailStatus, legs_held, legs_rail_paid, legs_reward, legs_slash,
};
use registry::{
    Account, AccountKind, Course, HeldReason, LaneRef, Leg, Payment, PaymentEvent, PositiveAmount,
    RefusalRef, Undoing,
};
use serde_json::Value;

use super::{Adopted, OnDuty, Writes};
use crate::account::Booked;
use crate::duty::Duty;
use crate::pipeline::{Judged, Upon};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// Refused money that is kept from its payer: the payment, and the accounts it moves between.
pub(crate) struct Withheld {
    pub(crate) payment: Loaded<Payment>,
    /// The corridor's account.
    pub(crate) from: Loaded<Account>,
    /// The held account.
    pub(crate) to: Loaded<Account>,
    /// Our return receipt of the same commit.
    pub(crate) receipt: LaneRef,
    /// The peer's refusal.
    pub(crate) refusal: RefusalRef,
}

impl Zone {
    /// A commit of the zone's own state together with the refusal of a `payment.return` and what
    /// follows from it: corridor account → held account, and the payment from `sent` to `held`.
    ///
    /// The one posting without an admission. No subject's money is given or taken by it: the payer
    /// was debited when it sent, under an admission, and is credited under another or not at all;
    /// both accounts are the zone's own (`legs_held` takes no others), and the amount is the
    /// payment's.
    pub(crate) fn on_duty_holding(
        &self,
        duty: &Duty,
        refusal: &Judged<Refusal>,
        withheld: Withheld,
        (now, by, subject): (Timestamp, &str, &str),
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        if refusal.decision().kind != Kind::PaymentReturn {
            return Err(Refused::host("only a refused return holds money"));
        }
        let Withheld { payment, from, to, receipt, refusal: refused_there } = withheld;
        let Course::Outbound { corridor_id, .. } = payment.value.course() else {
            return Err(Refused::host("only a payment that left is held"));
        };
        let legs = legs_held(&from.value, &to.value, corridor_id, payment.value.amount());
        let legs = legs.map_err(Refused::host)?;
        let account_id = to.value.id().clone();
        let told = format!("payment {} held", payment.value.id());
        let booked = self.book(legs.to_vec(), &told, vec![from, to], now)?;
        let posting_id = booked.posting.id().clone();
        let undoing = Undoing { at: now, posting_id, receipt, refusal: refused_there };
        let held = payment.value.apply(PaymentEvent::Hold { undoing, account_id });
        let held = held.map_err(Refused::host)?;
        let mut writes = self.on_duty_refusing(duty, refusal, (now, by, subject))?;
        writes.between(&booked)?;
        writes.put("payment", held.id().as_str(), payment.rev, &held)?;
        Ok(writes)
    }

    /// A commit of the zone's own state together with what a payment system of the state paid: the account on which the
    /// payment waited → treasury, from which the money left the zone's account at its bank.
    ///
    /// Both accounts are the zone's own (`legs_rail_paid` takes no others), the amount is what was left for the payee,
    /// and the payer was debited under an admission when it was instructed. The system's signed answer is its ground.
    pub(crate) fn on_duty_paid_by_rail(
        &self,
        duty: &Duty,
        payment: Loaded<Payment>,
        answer: RailAnswer,
        now: Timestamp,
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        let (net, id) = (payment.value.net(), payment.value.id().clone());
        let waiting = AccountKind::Held { reason: HeldReason::Rail };
        let waiting = self.standing(waiting, net.currency(), now)?;
        let treasury = self.standing(AccountKind::Treasury {}, net.currency(), now)?;
        let legs = legs_rail_paid(&waiting.value, &treasury.value, net).map_err(Refused::host)?;
        let told = format!("payment {id} paid");
        let booked = self.book(legs.to_vec(), &told, vec![waiting, treasury], now)?;
        let posting_id = booked.posting.id().clone();
        let after = payment.value.apply(PaymentEvent::Confirm { at: now, posting_id, answer });
        let after = after.map_err(Refused::host)?;
        let mut writes = self.on_duty(duty, now, &format!("payment:{id}"))?;
        writes.between(&booked)?;
        writes.put("payment", id.as_str(), payment.rev, &after)?;
        Ok(writes)
    }

    /// A commit of the zone's own state together with a slash: bond → slashed account.
    ///
    /// Both accounts are in the zone's keeping (`legs_slash` takes no others). Whoever brought the bond
    /// agreed to lose it upon evidence, under the admission of that payment.
    pub(crate) fn on_duty_slashing(
        &self,
        duty: &Duty,
        (bond, slashed, lost): (Loaded<Account>, Loaded<Account>, PositiveAmount),
        said: Value,
        at: (Timestamp, &str),
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        let legs = legs_slash(&bond.value, &slashed.value, lost).map_err(Refused::host)?;
        self.on_duty_between(duty, legs.to_vec(), vec![bond, slashed], said, at)
    }

    /// A commit of the zone's own state together with rewards: slashed account → bonds, and no others.
    pub(crate) fn on_duty_rewarding(
        &self,
        duty: &Duty,
        (slashed, bonds): (Loaded<Account>, Vec<(Loaded<Account>, PositiveAmount)>),
        said: Value,
        at: (Timestamp, &str),
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        let shares: Vec<(&Account, PositiveAmount)> =
            bonds.iter().map(|(bond, share)| (&bond.value, *share)).collect();
        let legs = legs_reward(&slashed.value, &shares).map_err(Refused::host)?;
        let accounts = bonds.into_iter().map(|(bond, _)| bond).chain([slashed]).collect();
        self.on_duty_between(duty, legs, accounts, said, at)
    }

    /// Legs that were made for two of the zone's own accounts.
    fn on_duty_between(
        &self,
        duty: &Duty,
        legs: Vec<Leg>,
        accounts: Vec<Loaded<Account>>,
        said: Value,
        (now, subject): (Timestamp, &str),
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        let booked = self.book(legs, subject, accounts, now)?;
        let mut writes = self.on_duty_saying(duty, (now, subject), Some(said), &Upon::default())?;
        writes.between(&booked)?;
        Ok(writes)
    }
}

/// The witnesses under which zones settle with each other.
pub(crate) trait Settles {}
impl Settles for OnDuty {}
impl Settles for Adopted {}

impl<W: Settles> Writes<'_, W> {
    /// A posting between corridor accounts and the treasury: what zones settle with each other. The peers' own
    /// receipts, under plans this zone consented to, are its ground.
    pub(crate) fn settled(&mut self, booked: &Booked) -> Result<(), Refused> {
        let own = |account: &Loaded<Account>| {
            matches!(
                account.value.holder(),
                AccountKind::Corridor { .. } | AccountKind::Treasury {}
            )
        };
        if !booked.accounts().iter().all(own) {
            return Err(Refused::host("zones settle between their own accounts only"));
        }
        self.between(booked)
    }

    fn between(&mut self, booked: &Booked) -> Result<(), Refused> {
        self.put("posting", booked.posting.id().as_str(), None, &booked.posting)?;
        for account in booked.accounts() {
            self.put("account", account.value.id().as_str(), account.rev, &account.value)?;
        }
        self.entries(&booked.entries())
    }
}

impl Writes<'_, OnDuty> {
    /// A posting between corridor accounts and the held account of bridges: a lock that was claimed. The payer
    /// was debited under an admission when it was locked; the claim itself, in the peer's lane, is its ground.
    pub(crate) fn bridged(&mut self, booked: &Booked) -> Result<(), Refused> {
        let own = |account: &Loaded<Account>| {
            matches!(
                account.value.holder(),
                AccountKind::Corridor { .. } | AccountKind::Held { reason: HeldReason::Bridge }
            )
        };
        if !booked.accounts().iter().all(own) {
            return Err(Refused::host("a claim moves between the zone's own accounts only"));
        }
        self.between(booked)
    }

    /// What a payment system of the state rejected is known to be so; nothing moves yet.
    pub(crate) fn rejected_by_rail(
        &mut self,
        rejected: &Payment,
        rev: Option<u64>,
    ) -> Result<(), Refused> {
        let Course::Rail(Rail { status: RailStatus::Rejected { .. }, .. }) = rejected.course()
        else {
            return Err(Refused::host("only what a payment system rejected is so"));
        };
        self.put("payment", rejected.id().as_str(), rev, rejected)
    }
}

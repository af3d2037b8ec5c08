//! Undoing a refused payment: a return receipt in our lane, in the commit that moves the money off
//! the corridor account. It goes to the payer, or to a held account while law forbids that.

use canon::{CorridorId, Timestamp};
use corridor::TransitionKind;
use corridor::lane::Written;
use corridor::messages::Item;
use corridor::payment::Return;
use law::{Admission, Decision, Kind, Refusal};
use registry::fiscal::{OutboundStatus, legs_release, legs_return};
use registry::{
    Account, AccountKind, Course, HeldReason, Payment, PaymentEvent, RefusalRef, Release, Undoing,
};

use super::context::Open;
use super::send::{BY_RECEIPT, written_ref};
use super::verdict::Verdict;
use crate::account::Holding;
use crate::duty::{Duty, Task};
use crate::identity::Counted;
use crate::limits::LAW_RETRY_SECS;
use crate::pipeline::{Judged, Question};
use crate::refused::Refused;
use crate::writes::Withheld;
use crate::zone::{Loaded, Zone};

const BY: &str = "zone";

/// A payment the peer refused, which its payer does not have back yet.
struct Due {
    open: Open,
    payment: Loaded<Payment>,
    refusal: RefusalRef,
    payer: Holding,
    subject: String,
    job: String,
}

fn job(id: &CorridorId, sequence: u64) -> String {
    format!("refund/{id}/{sequence:012}")
}

impl Zone {
    /// Undo the payment our receipt `sequence` carried, if the peer refused it and the payer does
    /// not have it back. Law is asked each time: while it forbids crediting the payer the money is
    /// held, and the same question is asked again later.
    pub(super) fn refund(&self, id: &CorridorId, sequence: u64) -> Result<(), Refused> {
        let _writing = self.writing();
        self.own_hand(&format!("refund {id} {sequence}"))?;
        let now = self.now();
        let Some(due) = self.due(id, sequence)? else {
            let duty = Duty::of_zone(Task::Job);
            let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
            writes.done(job(id, sequence));
            return writes.commit();
        };
        let entity = due.payer.entity.clone();
        let payment = &due.payment.value;
        let mut gathered = self.gather(&entity, now)?;
        gathered.payment(payment.amount().amount(), payment.purpose(), true)?;
        gathered.end("payer", &entity)?;
        let there = due.open.there.participant.jurisdiction_id.as_str();
        gathered.far_end("payee", None, there, true)?;
        let subject = due.subject.clone();
        let question = Question {
            kind: Kind::PaymentReturn,
            jurisdiction: entity.formation().jurisdiction_id(),
            by: BY,
            subject: &subject,
            now,
        };
        if let Some(account) = held_on(payment) {
            let held = self.need("account", account.as_str())?;
            let admission = self.admit(&question, gathered)?;
            return self.release(due, held, &admission, now);
        }
        match self.decide(&question, gathered) {
            Ok(admission) => self.give_back(due, &admission, now),
            Err(refusal) => self.hold(due, &refusal, now),
        }
    }

    fn due(&self, id: &CorridorId, sequence: u64) -> Result<Option<Due>, Refused> {
        let by_receipt = Verdict::id(id, sequence);
        let verdict: Verdict = self.need("verdict", &by_receipt)?.value;
        let found = self.store.find("payment", BY_RECEIPT, &by_receipt, None, 1)?;
        let payment: Option<Loaded<Payment>> =
            found.first().map(|payment| self.need("payment", payment)).transpose()?;
        let payment = payment.filter(|payment| ["sent", "held"].contains(&payment.value.state()));
        let (Some(payment), Some(refusal)) = (payment, verdict.refusal) else { return Ok(None) };
        let Course::Outbound { payer, .. } = payment.value.course() else {
            return Err(Refused::host("a payment that was sent is outbound"));
        };
        let payer = self.holding(payer)?;
        let open = self.open_corridor(id)?;
        let subject = format!("payment:{}", payment.value.id());
        Ok(Some(Due { open, payment, refusal, payer, subject, job: job(id, sequence) }))
    }

    /// Corridor account → payer, with the return receipt.
    fn give_back(
        &self,
        due: Due,
        admission: &Judged<Admission>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let (written, item) = self.write_return(&due, admission.decision(), now)?;
        let Due { open, payment, refusal, payer, subject, job } = due;
        let id = &open.terms.corridor_id;
        let account = self.corridor_account(id, &payment.value, now)?;
        let freed = self.given_back(&payer, &payment.value)?;
        let legs = legs_return(&account.value, &payer.account.value, id, payment.value.amount());
        let legs = legs.map_err(Refused::host)?;
        let told = format!("return of payment {}", payment.value.id());
        let booked = self.book(legs.to_vec(), &told, vec![account, payer.account], now)?;
        let posting_id = booked.posting.id().clone();
        let undoing = Undoing { at: now, posting_id, receipt: written_ref(&written), refusal };
        let changed = payment.value.apply(PaymentEvent::Return(undoing)).map_err(Refused::host)?;
        let mut writes = self.admitted(admission, (now, BY, &subject))?;
        writes.booked(&booked)?;
        writes.record("payment", changed.id().as_str(), payment.rev, &changed)?;
        writes.tier_paid(freed.as_ref())?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.done(job);
        writes.commit()
    }

    /// Corridor account → held account, with the return receipt: the corridor is cleared, whatever
    /// the payer's law says of the payer.
    fn hold(&self, due: Due, refused: &Judged<Refusal>, now: Timestamp) -> Result<(), Refused> {
        let (written, item) = self.write_return(&due, refused.decision(), now)?;
        let Due { open, payment, refusal, subject, .. } = due;
        let id = &open.terms.corridor_id;
        let from = self.corridor_account(id, &payment.value, now)?;
        let kind = AccountKind::Held { reason: HeldReason::CreditRefused };
        let to = self.standing(kind, payment.value.amount().currency(), now)?;
        let sequence = refusal.sequence;
        let withheld = Withheld { payment, from, to, receipt: written_ref(&written), refusal };
        let duty = Duty::of_zone(Task::Job);
        let mut writes = self.on_duty_holding(&duty, refused, withheld, (now, BY, &subject))?;
        writes.wrote(&open, (&written, &item), now)?;
        // Law changes its mind with its facts, not with the minute.
        let later = now.plus_secs(LAW_RETRY_SECS).map_err(Refused::host)?;
        writes.refund_job(id, sequence, later);
        writes.commit()
    }

    /// Held account → payer. Nothing is told to the peer: to it the payment has come back already.
    fn release(
        &self,
        due: Due,
        held: Loaded<Account>,
        admission: &Judged<Admission>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Due { payment, payer, subject, job, .. } = due;
        let freed = self.given_back(&payer, &payment.value)?;
        let legs = legs_release(&held.value, &payer.account.value, payment.value.amount());
        let legs = legs.map_err(Refused::host)?;
        let told = format!("release of payment {}", payment.value.id());
        let booked = self.book(legs.to_vec(), &told, vec![held, payer.account], now)?;
        let release = Release { at: now, posting_id: booked.posting.id().clone() };
        let changed = payment.value.apply(PaymentEvent::Release(release)).map_err(Refused::host)?;
        let mut writes = self.admitted(admission, (now, BY, &subject))?;
        writes.booked(&booked)?;
        writes.record("payment", changed.id().as_str(), payment.rev, &changed)?;
        writes.tier_paid(freed.as_ref())?;
        writes.done(job);
        writes.commit()
    }

    /// What the payer has paid, without the payment that comes back.
    fn given_back(&self, payer: &Holding, payment: &Payment) -> Result<Option<Counted>, Refused> {
        self.tier_freed(payer.entity.id(), payment.amount().amount(), payment.initiated_at())
    }

    fn write_return(
        &self,
        due: &Due,
        decision: &Decision,
        now: Timestamp,
    ) -> Result<(Written, Item), Refused> {
        let undone = Return {
            type_: Return::TYPE.to_owned(),
            payment_id: due.payment.value.id().clone(),
            amount: due.payment.value.amount().amount(),
            refused_sequence: due.refusal.sequence,
            ack_sequence: due.refusal.ack.carried_by.sequence,
            reason_code: due.refusal.reason_code.as_str().to_owned(),
        };
        let payload = serde_json::to_value(&undone).map_err(Refused::host)?;
        let say = self.say_decided(TransitionKind::PaymentReturn, payload, decision)?;
        self.write_here(&due.open, say, now)
    }

    fn corridor_account(
        &self,
        id: &CorridorId,
        payment: &Payment,
        now: Timestamp,
    ) -> Result<Loaded<Account>, Refused> {
        let kind = AccountKind::Corridor { corridor_id: id.clone() };
        self.standing(kind, payment.amount().currency(), now)
    }
}

/// The account a payment is held on, if it is.
fn held_on(payment: &Payment) -> Option<&canon::AccountId> {
    match payment.course() {
        Course::Outbound { status: OutboundStatus::Held { account_id, .. }, .. } => {
            Some(account_id)
        }
        _ => None,
    }
}

//! Undoing a refused payment: a return receipt in our lane, in the commit that credits the payer.

use canon::CorridorId;
use corridor::TransitionKind;
use corridor::payment::Return;
use law::Kind;
use registry::fiscal::legs_return;
use registry::{AccountKind, Course, Payment, PaymentEvent, Undoing};

use super::send::{BY_RECEIPT, written_ref};
use super::verdict::Verdict;
use crate::duty::{Duty, Task};
use crate::pipeline::Question;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

impl Zone {
    /// Return the payment our receipt `sequence` carried, if the peer refused it and it is not
    /// undone yet. Law is asked again: it may forbid crediting the payer, and then the money stays
    /// on the corridor account until it no longer does.
    pub(super) fn refund(&self, id: &CorridorId, sequence: u64) -> Result<(), Refused> {
        let _writing = self.writing();
        let now = self.now();
        let by_receipt = Verdict::id(id, sequence);
        let job = format!("refund/{id}/{sequence:012}");
        let verdict: Verdict = self.need("verdict", &by_receipt)?.value;
        let found = self.store.find("payment", BY_RECEIPT, &by_receipt, None, 1)?;
        let payment: Option<Loaded<Payment>> =
            found.first().map(|payment| self.need("payment", payment)).transpose()?;
        let due = payment.filter(|payment| payment.value.state() == "sent");
        let (Some(payment), Some(refusal)) = (due, verdict.refusal) else {
            let duty = Duty::of_zone(Task::Job);
            let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
            writes.done(job);
            return writes.commit();
        };
        let Course::Outbound { payer, .. } = payment.value.course() else {
            return Err(Refused::host("a payment that was sent is outbound"));
        };
        let open = self.open_corridor(id)?;
        let amount = payment.value.amount();
        let holding = self.holding(payer)?;
        let kind = AccountKind::Corridor { corridor_id: id.clone() };
        let account = self.standing(kind, amount.currency(), now)?;
        let legs = legs_return(&account.value, &holding.account.value, id, amount);
        let legs = legs.map_err(Refused::host)?;
        let mut gathered = self.gather(&holding.entity, now)?;
        gathered.payment(amount.amount(), payment.value.purpose(), true)?;
        gathered.end("payer", &holding.entity)?;
        let there = open.there.participant.jurisdiction_id.as_str();
        gathered.far_end("payee", None, there, true)?;
        let payment_id = payment.value.id().clone();
        let subject = format!("payment:{payment_id}");
        let question = Question {
            kind: Kind::PaymentReturn,
            jurisdiction: holding.entity.formation().jurisdiction_id(),
            by: "zone",
            subject: &subject,
            now,
        };
        let admission = self.admit(&question, gathered)?;
        let undone = Return {
            type_: Return::TYPE.to_owned(),
            payment_id: payment_id.clone(),
            amount: amount.amount(),
            refused_sequence: sequence,
            ack_sequence: refusal.ack.carried_by.sequence,
            reason_code: refusal.reason_code.as_str().to_owned(),
        };
        let payload = serde_json::to_value(&undone).map_err(Refused::host)?;
        let say = self.say_decided(TransitionKind::PaymentReturn, payload, &admission)?;
        let (written, item) = self.write_here(&open, say, now)?;
        let told = format!("return of payment {payment_id}");
        let booked = self.book(legs.to_vec(), &told, vec![account, holding.account], now)?;
        let receipt = written_ref(&written);
        let posting_id = booked.posting.id().clone();
        let undoing = Undoing { at: now, posting_id, receipt, refusal };
        let changed = payment.value.apply(PaymentEvent::Return(undoing)).map_err(Refused::host)?;
        let mut writes = self.admitted(&admission, (now, "zone", &subject))?;
        writes.booked(&booked)?;
        writes.record("payment", payment_id.as_str(), payment.rev, &changed)?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.done(job);
        writes.commit()
    }
}

//! What is left to do of payments that were let go: tell the zone before, give the payer the money back.

use canon::{PaymentId, Timestamp};
use corridor::TransitionKind;
use corridor::bridge::{Due, Event, Hop, Release, Returned, Said};
use law::Kind;
use registry::fiscal::legs_release;
use registry::{AccountKind, HeldReason, PositiveAmount};

use super::{HOP, QUEUE, job, subject, written_at};
use crate::again::Again;
use crate::corridor::Say;
use crate::duty::{Duty, Task};
use crate::pipeline::Question;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

const BY: &str = "zone";

impl Zone {
    /// Do what is due. Called by the zone's clockwork.
    pub(crate) fn run_bridges(&self) -> Result<usize, Refused> {
        self.run_due(QUEUE, |id| self.run_bridge(id), |job, error| self.put_bridge_off(job, error))
    }

    fn run_bridge(&self, id: &PaymentId) -> Result<(), Refused> {
        let _writing = self.writing();
        self.own_hand(&format!("bridge {id}"))?;
        let now = self.now();
        let hop: Loaded<Hop> = self.need(HOP, id.as_str())?;
        match hop.value.due() {
            Some(Due::Answer(Said::Release(reason_code))) => self.let_go(hop, reason_code, now),
            Some(Due::Return) => self.give_payer_back(hop, now),
            // A commit is answered in the commit that takes it; only of a zone put back the answer may be lost.
            Some(Due::Answer(Said::Commit(preimage))) => self.pass_on(hop, preimage, now),
            None => {
                let duty = Duty::of_zone(Task::Bridge);
                let mut writes = self.on_duty(&duty, now, &subject(id))?;
                writes.done(job(id));
                writes.commit()
            }
        }
    }

    /// Claim the lock of the zone before.
    fn pass_on(
        &self,
        mut hop: Loaded<Hop>,
        preimage: canon::Digest,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let id = hop.value.paid.transfer_id.clone();
        let claim = self.claim(&mut hop, preimage, now)?;
        let (open, written, item) = claim.ok_or_else(|| Refused::host("a claim upon nobody"))?;
        let duty = Duty::of_zone(Task::Bridge);
        let mut writes = self.on_duty(&duty, now, &subject(&id))?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.part_of(&id, (&open.terms.corridor_id, written.receipt.sequence))?;
        writes.hop(&hop, now)?;
        writes.done(job(&id));
        writes.commit()
    }

    /// Tell the zone before that its lock is let go.
    fn let_go(&self, hop: Loaded<Hop>, reason: String, now: Timestamp) -> Result<(), Refused> {
        let id = hop.value.paid.transfer_id.clone();
        let before = hop.value.before.as_ref().map(|before| before.prepare.corridor_id.clone());
        let before = before.ok_or_else(|| Refused::host("a release for nobody"))?;
        let open = self.open_corridor(&before)?;
        let release = Release::of(id.clone(), reason.clone());
        let payload = serde_json::to_value(release).map_err(Refused::host)?;
        let kind = TransitionKind::BridgeRelease;
        let say = Say { kind, payload, decision_commitment: None, ack: None };
        let (written, item) = self.write_here(&open, say, now)?;
        let receipt = written_at(&written);
        let event = Event::Answer { said: Said::Release(reason), receipt };
        let value = hop.value.apply(event).map_err(Refused::host)?;
        let duty = Duty::of_zone(Task::Bridge);
        let mut writes = self.on_duty(&duty, now, &subject(&id))?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.part_of(&id, (&before, written.receipt.sequence))?;
        writes.hop(&Loaded { rev: hop.rev, value }, now)?;
        writes.done(job(&id));
        writes.commit()
    }

    /// Held account → payer, as law admits it.
    fn give_payer_back(&self, hop: Loaded<Hop>, now: Timestamp) -> Result<(), Refused> {
        let paid = &hop.value.paid;
        let id = paid.transfer_id.clone();
        let amount = PositiveAmount::try_from(paid.amount).map_err(Refused::host)?;
        let payer = self.holding(&paid.payer.account_id)?;
        let held = AccountKind::Held { reason: HeldReason::Bridge };
        let held = self.standing(held, amount.currency(), now)?;
        let mut gathered = self.gather(&payer.entity, now)?;
        gathered.payment(paid.amount, &paid.purpose, true)?;
        gathered.end("payer", &payer.entity)?;
        gathered.far_end("payee", None, paid.payee.jurisdiction_id.as_str(), true)?;
        let subject = subject(&id);
        let question = Question {
            kind: Kind::PaymentReturn,
            jurisdiction: payer.entity.formation().jurisdiction_id(),
            by: BY,
            subject: &subject,
            now,
        };
        let admission = self.admit(&question, gathered)?;
        let freed = self.tier_freed(payer.entity.id(), paid.amount, hop.value.begun)?;
        let legs = legs_release(&held.value, &payer.account.value, amount);
        let legs = legs.map_err(Refused::host)?;
        let told = format!("bridged payment {id} let go");
        let booked = self.book(legs.to_vec(), &told, vec![held, payer.account], now)?;
        let returned = Returned { at: now, posting_id: booked.posting.id().clone() };
        let value = hop.value.apply(Event::Return(returned)).map_err(Refused::host)?;
        let mut writes = self.admitted(&admission, (now, BY, &subject))?;
        writes.booked(&booked)?;
        writes.tier_paid(freed.as_ref())?;
        writes.hop(&Loaded { rev: hop.rev, value }, now)?;
        writes.done(job(&id));
        writes.commit()
    }

    fn put_bridge_off(&self, job: &Again<PaymentId>, error: &Refused) -> Result<(), Refused> {
        let _writing = self.writing();
        let now = self.now();
        let (at, attempts) = job.next(now, error)?;
        let about = format!("{} put off: {}", subject(&job.transfer_id), error.code());
        let mut writes = self.on_duty(&Duty::of_zone(Task::Bridge), now, &about)?;
        writes.bridge_job(&job.transfer_id, attempts, at);
        writes.commit()
    }
}

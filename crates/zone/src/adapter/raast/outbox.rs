//! The outbox of Raast: each payment is sent until it is answered, always under its own UETR and always the same bytes.

use canon::{PaymentId, Timestamp};
use registry::fiscal::{RailAnswer, RailStatus};
use registry::{Payment, PaymentEvent};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{DELIVERY, QUEUE, message, rail};
use crate::adapter::evidence::{Asked, Came, Evidence, Reason};
use crate::adapter::{Answer, Heard, Question, TransferSaid, Unanswered};
use crate::duty::{Duty, Task};
use crate::limits::{JOBS_MAX, LAW_RETRY_SECS, RETRY_SECS_MAX, RETRY_SECS_MIN};
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

/// Codes of `pacs.002` that say a payment is made.
const PAID: [&str; 2] = ["ACSC", "ACCC"];
/// Codes that say it is not, and will not be.
const NOT_PAID: [&str; 2] = ["RJCT", "CANC"];
/// What is kept as the reason while Raast has a payment and has not decided it.
const UNDECIDED: &str = "rail-undecided";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    payment_id: PaymentId,
    attempts: u32,
}

/// What is kept of the sending of one payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delivery {
    /// How often it was sent or given back in vain.
    attempts: u32,
    /// When it is tried again.
    next_at: Timestamp,
    /// Why it is not decided.
    reason: Reason,
    /// The last question in vain that is kept: one of each run of the same reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence_id: Option<String>,
}

fn job(id: &PaymentId) -> String {
    format!("rail/{id}")
}

impl<W> Writes<'_, W> {
    /// A payment waits to be sent, or to be given back.
    pub(super) fn will_send(&mut self, id: &PaymentId, at: Timestamp, attempts: u32) {
        self.job(job(id), QUEUE, at, &json!({ "payment_id": id, "attempts": attempts }));
    }

    /// It waits no more.
    pub(super) fn sent(&mut self, id: &PaymentId) {
        self.done(job(id));
    }
}

impl Zone {
    /// Send what waits for a payment system of the state, and give back what it rejected. Returns how many payments
    /// were looked at. One thread asks.
    ///
    /// # Errors
    /// The store. What fails is put off, not lost.
    pub fn run_rails(&self) -> Result<usize, Refused> {
        if self.stopped().is_some() {
            return Ok(0);
        }
        let due = self.store.jobs(QUEUE, self.now().unix(), JOBS_MAX)?;
        for row in &due {
            let Ok(job) = serde_json::from_slice::<Job>(&row.body) else { continue };
            if let Err(error) = self.run_rail(&job) {
                self.put_rail_off(&job, &refused(&error), None, &error)?;
            }
        }
        Ok(due.len())
    }

    fn run_rail(&self, job: &Job) -> Result<(), Refused> {
        {
            // Nothing leaves before the commit that holds it has reached the signer's cell.
            let _writing = self.writing();
            self.settle()?;
        }
        let payment = self.rail_payment(&job.payment_id)?;
        match rail(&payment.value).map(|rail| &rail.status) {
            Some(RailStatus::Sent { .. }) => self.send_by_raast(job, &payment.value),
            Some(RailStatus::Rejected { .. }) => self.give_back_by_raast(&job.payment_id),
            _ => self.nothing_waits(&job.payment_id),
        }
    }

    fn nothing_waits(&self, id: &PaymentId) -> Result<(), Refused> {
        let _writing = self.writing();
        let (duty, subject) = (Duty::of_zone(Task::Job), format!("payment:{id}"));
        let mut writes = self.on_duty(&duty, self.now(), &subject)?;
        writes.sent(id);
        writes.commit()
    }

    fn send_by_raast(&self, job: &Job, payment: &Payment) -> Result<(), Refused> {
        let (question, key) = message::question(payment)?;
        let heard = self.ask_national(&question, &key);
        let said = match &heard {
            Ok(Heard { answer: Answer::Transfer(said), .. }) => Ok(said.clone()),
            Ok(_) => return Err(Refused::host("an answer of another kind than its question")),
            Err(why) => Err(Reason::of(why)),
        };
        let decided = |said: &TransferSaid| {
            [&PAID[..], &NOT_PAID[..]].concat().contains(&said.status.as_str())
        };
        let waits = match said {
            Ok(said) if decided(&said) => {
                return self.raast_decided(job, (&question, &key), &heard, said);
            }
            Ok(said) => undecided(&said),
            Err(reason) => reason,
        };
        let evidence = self.rail_evidence((&question, &key), &heard, self.now())?;
        let error = Refused::conflict("rail-undecided", &waits.detail);
        self.put_rail_off(job, &waits, Some(evidence), &error)
    }

    /// Raast has decided: it is booked, or waits to be given back.
    fn raast_decided(
        &self,
        job: &Job,
        question: (&Question, &str),
        heard: &Result<Heard, Unanswered>,
        said: TransferSaid,
    ) -> Result<(), Refused> {
        let _writing = self.writing();
        self.own_hand(&format!("rail {} decided", job.payment_id))?;
        let now = self.now();
        let payment = self.rail_payment(&job.payment_id)?;
        let evidence = self.rail_evidence(question, heard, now)?;
        let evidence_id = evidence.evidence_id.clone();
        let TransferSaid { status, reason } = said;
        let paid = PAID.contains(&status.as_str());
        let answer = RailAnswer { status, reason, evidence_id };
        let duty = Duty::of_zone(Task::Job);
        let mut writes = if paid {
            self.on_duty_paid_by_rail(&duty, payment, answer, now)?
        } else {
            let subject = format!("payment:{}", job.payment_id);
            let after = payment.value.apply(PaymentEvent::Reject { at: now, answer });
            let after = after.map_err(Refused::host)?;
            let mut writes = self.on_duty(&duty, now, &subject)?;
            writes.rejected_by_rail(&after, payment.rev)?;
            writes
        };
        writes.evidence_of_rail(&evidence)?;
        match paid {
            true => writes.sent(&job.payment_id),
            false => writes.will_send(&job.payment_id, now, 0),
        }
        writes.commit()
    }

    /// What is kept of one sending.
    fn rail_evidence(
        &self,
        (question, key): (&Question, &str),
        heard: &Result<Heard, Unanswered>,
        now: Timestamp,
    ) -> Result<Evidence, Refused> {
        let call = question.call(key).map_err(|why| Refused::invalid("message-refused", why))?;
        let realm = self.realm();
        let asked =
            Asked { question, request_sha256: call.digest(), entity_id: None, realm, at: now };
        let paid = |heard: &Heard| match &heard.answer {
            Answer::Transfer(said) => PAID.contains(&said.status.as_str()),
            _ => false,
        };
        // What is paid stays paid: such an answer has no end of its own.
        let came: Came<'_> = match heard {
            Ok(heard) => Ok((heard, paid(heard), heard.signed_at)),
            Err(why) => Err(Reason::of(why)),
        };
        Ok(Evidence::of(self.fresh_id()?, &asked, &came))
    }

    /// Try again later, each time after a longer pause.
    fn put_rail_off(
        &self,
        job: &Job,
        reason: &Reason,
        evidence: Option<Evidence>,
        error: &Refused,
    ) -> Result<(), Refused> {
        let _writing = self.writing();
        let pause = match error {
            // Law changes its mind with its facts, not with the minute; each try is a decision.
            Refused::Law { .. } => LAW_RETRY_SECS,
            _ => (RETRY_SECS_MIN << job.attempts.min(16)).min(RETRY_SECS_MAX),
        };
        let (now, id) = (self.now(), &job.payment_id);
        let next_at = now.plus_secs(pause).map_err(Refused::host)?;
        let known: Option<Loaded<Delivery>> = self.load(DELIVERY, id.as_str())?;
        let same = known.as_ref().is_some_and(|known| known.value.reason.code == reason.code);
        let kept = evidence.filter(|_| !same);
        let before = known.as_ref().and_then(|known| known.value.evidence_id.clone());
        let attempts = job.attempts.saturating_add(1);
        let evidence_id = kept.as_ref().map(|kept| kept.evidence_id.clone()).or(before);
        let delivery = Delivery { attempts, next_at, reason: reason.clone(), evidence_id };
        let subject = format!("payment:{id} waits: {}", reason.code);
        let mut writes = self.on_duty(&Duty::of_zone(Task::Job), now, &subject)?;
        if let Some(kept) = &kept {
            writes.evidence_of_rail(kept)?;
        }
        let rev = known.and_then(|known| known.rev);
        writes.state(DELIVERY, id.as_str(), rev, &delivery)?;
        writes.will_send(id, next_at, attempts);
        writes.commit()
    }

    pub(super) fn rail_delivery(&self, id: &PaymentId) -> Result<Option<Delivery>, Refused> {
        Ok(self.load::<Delivery>(DELIVERY, id.as_str())?.map(|known| known.value))
    }
}

fn undecided(said: &TransferSaid) -> Reason {
    Reason {
        code: UNDECIDED.to_owned(),
        detail: format!("Raast has it and says `{}`", said.status),
        remedy: "nothing is to be done: the zone goes on asking".to_owned(),
    }
}

/// Why something of ours kept it waiting.
fn refused(error: &Refused) -> Reason {
    Reason {
        code: error.code().to_owned(),
        detail: error.to_string(),
        remedy: "the operator looks at the payment; the zone goes on trying".to_owned(),
    }
}

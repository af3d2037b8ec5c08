//! At the payee's zone: the invoice is its own, law admits it, and one commit credits the payee and tells the
//! preimage.

use canon::{Digest, Timestamp};
use corridor::TransitionKind;
use corridor::bridge::{Answer, Before, Commit, Hop, Invoice, Paid, ReadPrepare, ReceiptAt, Said};
use corridor::payment::Transfer;
use law::Kind;
use registry::Payment;
use serde_json::Value;

use super::invoice::{INVOICE, Issued};
use super::prepare::{Arriving, outright};
use super::subject;
use crate::account::Holding;
use crate::corridor::{Credit, Decided, Effect};
use crate::pipeline::Question;
use crate::refused::Refused;
use crate::writes::{Admitted, Writes};
use crate::zone::{Loaded, Zone};

/// The payment a lock is for, as any other that arrives.
pub(super) fn invoiced(read: &ReadPrepare) -> Transfer {
    let invoice = &read.paid.invoice;
    Transfer {
        type_: Transfer::TYPE.to_owned(),
        payment_id: invoice.transfer_id.clone(),
        amount: invoice.amount,
        payer: read.prepare.payer.clone(),
        payer_particulars: read.prepare.payer_particulars.clone(),
        payee: invoice.payee.clone(),
        purpose: invoice.purpose.clone(),
        reference: invoice.reference.clone().unwrap_or_default(),
    }
}

/// The payee is paid, and the zone before is told how.
struct PaidHere {
    credit: Credit,
    issued: Loaded<Issued>,
    hop: Hop,
    commit: Value,
    now: Timestamp,
}

impl Zone {
    /// The invoice a lock pays, if it is ours and may be paid now, or why not.
    fn payable(&self, arriving: &Arriving<'_>) -> Result<Result<Loaded<Issued>, Decided>, Refused> {
        let Arriving { open, read, now, .. } = arriving;
        let issued = self.load(INVOICE, read.prepare.transfer_id.as_str())?;
        // Byte for byte what was handed out: a former key of ours signs no other.
        let ours = |issued: &Loaded<Issued>| issued.value.invoice == read.prepare.invoice;
        let Some(issued) = issued.filter(ours) else {
            return Ok(Err(outright("bridge-invoice-unknown")));
        };
        // The commit is dated like this; its reader holds it against the lock.
        let dated = (*now).max(open.lane_here.value.timestamp());
        Ok(match () {
            () if issued.value.paid.is_some() => Err(outright("bridge-invoice-paid")),
            () if dated >= read.prepare.expires_at => Err(outright("bridge-expired")),
            () if dated >= read.paid.valid_until => Err(outright("bridge-invoice-expired")),
            () => Ok(issued),
        })
    }

    /// The account of the payee, if it may still be paid, or why not.
    fn payee(&self, invoice: &Invoice) -> Result<Result<Holding, Decided>, Refused> {
        let holding = match self.holding(&invoice.payee.account_id) {
            Ok(holding) => holding,
            Err(Refused::NotFound { .. }) => return Ok(Err(outright("account-unknown"))),
            Err(other) => return Err(other),
        };
        let known: Option<Loaded<Payment>> = self.load("payment", invoice.transfer_id.as_str())?;
        Ok(match () {
            () if holding.account.value.currency() != invoice.amount.currency() => {
                Err(outright("account-mismatch"))
            }
            () if holding.may_act().is_err() => Err(outright("payee-not-active")),
            () if !holding.is_named(&invoice.payee.name) => Err(outright("payee-name-differs")),
            () if known.is_some() => Err(outright("payment-known")),
            () => Ok(holding),
        })
    }

    pub(super) fn decide_paid(&self, arriving: Arriving<'_>) -> Result<Decided, Refused> {
        let mut issued = match self.payable(&arriving)? {
            Ok(issued) => issued,
            Err(refused) => return Ok(refused),
        };
        let Arriving { open, receipt, at, read, now } = arriving;
        let invoice = &read.paid.invoice;
        let id = &invoice.transfer_id;
        let holding = match self.payee(invoice)? {
            Ok(holding) => holding,
            Err(refused) => return Ok(refused),
        };
        let transfer = invoiced(&read);
        let entity = holding.entity.clone();
        let Some(credit) = self.credit(open, receipt, holding, &transfer, now)? else {
            return Ok(outright("not-bookable"));
        };
        let mut gathered = self.gather_receive(&entity, &transfer, true, now)?;
        self.ask_there(&mut gathered, open, Kind::PaymentSend)?;
        let question = Question {
            kind: Kind::PaymentReceive,
            jurisdiction: entity.formation().jurisdiction_id(),
            by: open.there.did().as_str(),
            subject: &subject(id),
            now,
        };
        let admission = match self.decide(&question, gathered) {
            Ok(admission) => Box::new(admission),
            Err(refusal) => return Ok(Decided::RefusedByLaw { refusal: Box::new(refusal) }),
        };
        let preimage: Digest = issued.value.preimage;
        issued.value.paid = Some(at.clone());
        let commit = Commit::of(id.clone(), invoice.amount, preimage);
        let commit = serde_json::to_value(commit).map_err(Refused::host)?;
        let answer = Answer {
            said: Said::Commit(preimage),
            // The receipt that accepts the lock is the one that commits.
            receipt: ReceiptAt {
                corridor_id: at.corridor_id.clone(),
                lane: self.zone_id().clone(),
                sequence: open.lane_here.value.size(),
            },
            verdict: None,
        };
        let expires_at = read.prepare.expires_at;
        let before = Before { prepare: at, expires_at, answer: Some(answer) };
        let hop = Hop::begin(Paid::of(&read), now, Some(before), None);
        let effect = Box::new(PaidHere { credit, issued, hop, commit, now });
        Ok(Decided::Accepted { admission, effect })
    }
}

impl Effect<Admitted> for PaidHere {
    fn write(&self, writes: &mut Writes<'_, Admitted>) -> Result<(), Refused> {
        let id = &self.hop.paid.transfer_id;
        self.credit.write(writes)?;
        writes.issued(&self.issued, id)?;
        if let Some(answer) = self.hop.before.as_ref().and_then(|before| before.answer.as_ref()) {
            writes.part_of(id, (&answer.receipt.corridor_id, answer.receipt.sequence))?;
        }
        writes.hop(&Loaded { rev: None, value: self.hop.clone() }, self.now)
    }

    fn reply(&self) -> Option<(TransitionKind, Value)> {
        Some((TransitionKind::BridgeCommit, self.commit.clone()))
    }
}

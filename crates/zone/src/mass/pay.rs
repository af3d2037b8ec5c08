//! A payment that Mass makes: asked for once it is admitted, and settled by its answer alone.

use canon::{RecordId, Timestamp};
use law::Admission;
use registry::{Payment, PaymentEvent, PositiveAmount};
use store::Building;

use super::keep::{Hand, Primitive, not_at_mass};
use crate::idempotency::Ask;
use crate::payment::shown;
use crate::pipeline::Judged;
use crate::refused::{Envelope, Refused};
use crate::tax::Levied;
use crate::zone::Zone;

impl Zone {
    /// Refuses a payment that would take something off on its way: Mass moves one amount from one account to another.
    pub(crate) fn moved_plainly(
        &self,
        levied: &Levied,
        amount: PositiveAmount,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if levied.is_kept() || self.fee_of(amount, now)?.is_some() {
            return Err(not_at_mass("a payment that tax or a fee is taken off"));
        }
        Ok(())
    }

    /// Have an admitted payment made; the payer has so much to spend.
    pub(crate) fn pay_at_mass(
        &self,
        (building, ask, admission): (Building<'_>, &Ask, &Judged<Admission>),
        hand: Hand,
        (payment, available, subject): (Payment, i128, &str),
        now: Timestamp,
    ) -> Result<Envelope, Refused> {
        let amount = payment.amount();
        // One that was asked for before may have been made, and what it took is gone then.
        if !hand.resumes() && available < amount.minor() {
            let detail = format!("the payer's account has not {} to spend", amount.amount());
            return Err(Refused::conflict("insufficient-funds", detail));
        }
        let posting_id = RecordId::parse(&hand.id(self, "posting")?).map_err(Refused::host)?;
        let settled = PaymentEvent::Settle { at: hand.at(), posting_id };
        let payment = payment.apply(settled).map_err(Refused::host)?;
        let kept = self.keep_primitive(hand, admission, Primitive::Payment(&payment, amount))?;
        let credential = self.attest(admission, subject, now)?;
        let by = ask.caller.principal().as_str();
        let mut writes = self.admitted(admission, (now, by, subject))?;
        writes.primitive(kept)?;
        writes.answer_and_let_go(building, ask, 201, admission, (shown(&payment), credential))
    }
}

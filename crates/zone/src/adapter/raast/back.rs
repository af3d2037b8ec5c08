//! Giving back what Raast rejected: to the payer, under law, with what was withheld unless it was paid over.

use canon::{PaymentId, RecordId, Timestamp};
use law::Kind;
use registry::fiscal::legs_rail_returned;
use registry::{Account, AccountKind, HeldReason, Payment, PaymentEvent, PositiveAmount};

use super::{BY, rail};
use crate::account::{Booked, Holding};
use crate::facts::subjects_of;
use crate::fiscal::Untaxed;
use crate::pipeline::Question;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

impl Zone {
    /// What Raast rejected goes back. While law forbids crediting the payer it waits where it is.
    pub(super) fn give_back_by_raast(&self, id: &PaymentId) -> Result<(), Refused> {
        let _writing = self.writing();
        self.own_hand(&format!("rail {id} back"))?;
        let now = self.now();
        let payment = self.rail_payment(id)?;
        let rail = rail(&payment.value).ok_or_else(|| Refused::host("not over Raast"))?;
        let payer = self.holding(&rail.terms.payer)?;
        let entity = payer.entity.clone();
        let mut gathered = self.gather(&entity, now)?;
        let (amount, purpose) = (payment.value.amount().amount(), payment.value.purpose());
        gathered.payment(amount, purpose, false)?;
        gathered.end("payer", &entity)?;
        gathered.screen(self, &subjects_of(&entity, now))?;
        let subject = format!("payment:{id}");
        let question = Question {
            kind: Kind::PaymentReturn,
            jurisdiction: entity.formation().jurisdiction_id(),
            by: BY,
            subject: &subject,
            now,
        };
        let admission = self.admit(&question, gathered)?;
        let freed = self.tier_freed(entity.id(), amount, payment.value.initiated_at())?;
        let (booked, untaxed) = self.book_return(&payment.value, payer, now)?;
        let posting_id = booked.posting.id().clone();
        let with_tax = untaxed.is_some();
        let event = PaymentEvent::GiveBack { at: self.begun(now), posting_id, with_tax };
        let after = payment.value.apply(event).map_err(Refused::host)?;
        let mut writes = self.admitted(&admission, (now, BY, &subject))?;
        writes.booked(&booked)?;
        writes.record("payment", id.as_str(), payment.rev, &after)?;
        writes.tier_paid(freed.as_ref())?;
        if let Some(untaxed) = untaxed {
            writes.untaxed(untaxed)?;
        }
        writes.sent(id);
        writes.commit()
    }

    /// The posting that gives it back, and the tax that comes with it.
    fn book_return(
        &self,
        payment: &Payment,
        payer: Holding,
        now: Timestamp,
    ) -> Result<(Booked, Option<Untaxed>), Refused> {
        let currency = payment.amount().currency();
        let waiting = AccountKind::Held { reason: HeldReason::Rail };
        let waiting = self.standing(waiting, currency, now)?;
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let untaxed = self.untaxed(payment, &id, self.begun(now))?;
        // What was paid over to the authority is not here to give: it is claimed there.
        let here =
            |untaxed: &Untaxed| untaxed.liability.value.clone().apply(untaxed.change).is_ok();
        let untaxed = untaxed.filter(here);
        let tax = payment.charges().and_then(|charges| charges.tax.as_ref());
        let withheld = tax.filter(|_| untaxed.is_some());
        let account: Option<Loaded<Account>> = match withheld {
            Some(tax) => {
                let kind = AccountKind::Tax { authority: tax.terms.authority.clone() };
                Some(self.standing(kind, currency, now)?)
            }
            None => None,
        };
        let withheld = withheld.and_then(|tax| PositiveAmount::try_from(tax.withheld).ok());
        let of_tax = account.as_ref().map(|account| &account.value).zip(withheld);
        let legs = legs_rail_returned(&waiting.value, &payer.account.value, payment.net(), of_tax);
        let legs = legs.map_err(Refused::host)?;
        let told = format!("return of payment {}", payment.id());
        let accounts = [waiting, payer.account].into_iter().chain(account).collect();
        let booked = self.book_as(id, legs, &told, accounts, now)?;
        Ok((booked, untaxed))
    }
}

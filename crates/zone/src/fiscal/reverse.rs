//! Taking a payment within the zone back: a new posting that names the old, once. Tax and fee come back with it.

use canon::{PaymentId, RecordId};
use law::Kind;
use registry::fiscal::InternalStatus;
use registry::tax::{LiabilityEvent, LiabilityKey, Month, TaxEvent, TaxReversal};
use registry::{Account, Course, Line, Payment, PaymentEvent, Posting};
use serde::{Deserialize, Serialize};

use crate::caller::Scope;
use crate::facts::subjects;
use crate::idempotency::Ask;
use crate::payment::shown;
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::writes::{MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// A request to take something back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReverseAsk {
    /// Why.
    pub reason: String,
}

/// A withholding that comes back.
pub(crate) struct Untaxed {
    pub(crate) event: Loaded<TaxEvent>,
    pub(crate) liability: Loaded<registry::tax::Liability>,
    pub(crate) change: LiabilityEvent,
}

impl Zone {
    /// Reverse a settled payment within the zone.
    ///
    /// # Errors
    /// See [`Refused`]; `payment-not-reversible`, `insufficient-funds`, `tax-not-owed` once the tax was paid over.
    pub fn reverse_payment(
        &self,
        ask: &Ask,
        id: &PaymentId,
        asked: &ReverseAsk,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let reason = Line::parse(&asked.reason)
            .map_err(|e| Refused::invalid("invalid-fields", format!("/reason {e}")))?;
        let known: Loaded<Payment> = self.need("payment", id.as_str())?;
        let refuse = |why: String| Refused::conflict("payment-not-reversible", why);
        let Course::Internal { payer, payee, status: InternalStatus::Settled { posting_id, .. } } =
            known.value.course()
        else {
            return Err(refuse("only a settled payment within the zone is reversed".to_owned()));
        };
        let posting: Loaded<Posting> = self.need("posting", posting_id.as_str())?;
        let new_id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let at = self.begun(now);
        let turned = posting.value.reversal(new_id.clone(), at.date(), reason);
        let turned = turned.map_err(|e| refuse(e.to_string()))?;
        let [giver, taker] = [self.holding(payee)?, self.holding(payer)?];
        let mut gathered = self.gather(&giver.entity, now)?;
        gathered.fiscal("reverse")?;
        gathered.payment(known.value.net().amount(), known.value.purpose(), false)?;
        gathered.end("payer", &giver.entity)?;
        let other = self.gather(&taker.entity, now)?;
        gathered.second(&other, "payee", &taker.entity)?;
        let mut all = subjects(giver.entity.formation(), now);
        all.extend(subjects(taker.entity.formation(), now));
        gathered.screen(self, &all)?;
        let untaxed = self.untaxed(&known.value, &new_id, at)?;
        let (gross, begun) = (known.value.amount().amount(), known.value.initiated_at());
        let freed = self.tier_freed(taker.entity.id(), gross, begun)?;
        let place = taker.entity.formation().jurisdiction_id();
        let pair = (taker.entity.id(), giver.entity.id());
        let in_year = self.year_freed(pair, place, &known.value)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("payment:{id}"));
        let jurisdiction = giver.entity.formation().jurisdiction_id();
        let question =
            Question { kind: Kind::FiscalTransition, jurisdiction, by, subject: &subject, now };
        let admission = self.admit(&question, gathered)?;
        let mut accounts: Vec<Loaded<Account>> = Vec::new();
        for leg in turned.legs() {
            accounts.push(self.need("account", leg.account_id.as_str())?);
        }
        let booked = self.book_posting(turned, accounts)?;
        let event = PaymentEvent::Reverse { at, posting_id: new_id };
        let after = known.value.apply(event).map_err(|e| refuse(e.to_string()))?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.booked(&booked)?;
        let taken_back = posting.value.taken_back(&booked.posting);
        writes.record("posting", taken_back.id().as_str(), posting.rev, &taken_back)?;
        writes.record("payment", id.as_str(), known.rev, &after)?;
        writes.tier_paid(freed.as_ref())?;
        writes.in_year(in_year.as_ref())?;
        if let Some(untaxed) = untaxed {
            writes.untaxed(untaxed)?;
        }
        writes.answer_and_let_go(building, ask, 200, &admission, (shown(&after), credential))
    }

    /// The tax of a payment once it is taken back; what was paid over already is not here to give.
    pub(crate) fn untaxed(
        &self,
        payment: &Payment,
        posting_id: &RecordId,
        now: canon::Timestamp,
    ) -> Result<Option<Untaxed>, Refused> {
        let Some(tax) = payment.charges().and_then(|charges| charges.tax.as_ref()) else {
            return Ok(None);
        };
        let event: Loaded<TaxEvent> = self.need(crate::tax::EVENT, tax.event_id.as_str())?;
        let key = LiabilityKey {
            authority: tax.terms.authority.clone(),
            currency: tax.withheld.currency(),
            month: Month::of(event.value.occurred()),
        };
        let liability = self.need(crate::tax::LIABILITY, &key.id())?;
        let reversal = TaxReversal { at: now, posting_id: posting_id.clone() };
        let value = event.value.reversed(reversal);
        let value = value.map_err(|e| Refused::conflict("payment-not-reversible", e))?;
        let event = Loaded { rev: event.rev, value };
        Ok(Some(Untaxed { event, liability, change: LiabilityEvent::Reverse(tax.withheld) }))
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write that a withholding came back.
    pub(crate) fn untaxed(&mut self, untaxed: Untaxed) -> Result<(), Refused> {
        let Untaxed { event, liability, change } = untaxed;
        let id = event.value.id().as_str().to_owned();
        self.record(crate::tax::EVENT, &id, event.rev, &event.value)?;
        self.liability(liability, change).map(|_| ())
    }
}

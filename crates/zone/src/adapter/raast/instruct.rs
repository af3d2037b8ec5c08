//! Instructing: FBR is asked about the payee, law decides, and one commit debits, withholds and hands on.

use canon::{PaymentId, Timestamp, Uetr};
use law::{Kind, Provenance, Source};
use registry::fiscal::{BankPayee, ChargeAccounts, Instructed, RailTerms, legs_charged, legs_rail};
use registry::{AccountKind, Arrival, HeldReason, Line, Payment, PaymentEvent, Slug};

use super::SYSTEM;
use super::ask::{Asked, RaastAsk};
use super::message;
use super::shown::shown;
use crate::account::Holding;
use crate::adapter::verify::Put;
use crate::adapter::wanted::is_of_pakistan;
use crate::adapter::{Heard, NtnAsked, Question, Unanswered};
use crate::caller::Scope;
use crate::facts::{Gathered, named, subjects_of};
use crate::idempotency::Ask;
use crate::pipeline::Question as Case;
use crate::refused::{Envelope, Refused};
use crate::tax::{Owed, Payee, Taxable};
use crate::zone::Zone;

/// What FBR was asked about a payee, and what came of it.
struct AskedAbout {
    question: Question,
    key: String,
    heard: Result<Heard, Unanswered>,
}

impl Zone {
    /// Pay over Raast: what law withholds stays here, the rest is sent until Raast has answered.
    ///
    /// # Errors
    /// See [`Refused`]; `rail-no-account` where the zone has no account to pay from, `adapter-no-client` outside
    /// Pakistan.
    pub fn pay_by_raast(&self, ask: &Ask, sent: &RaastAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let asked = sent.read(self.now().date())?;
        self.payer_of(sent)?;
        let about = self.ask_about_payee(ask, &asked.payee)?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let at = self.begun(now);
        let payer = self.payer_of(sent)?;
        let put = about.map(|about| {
            let AskedAbout { question, key, heard } = about;
            self.put((&question, asked.payee.name.as_str(), None), (&key, &heard), now)
        });
        let put = put.transpose()?;
        let (mut gathered, payee) = self.gather_raast(&payer, &asked, put.as_ref(), now)?;
        let id = PaymentId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let levied = self.levy(
            &Taxable {
                payer: &payer.entity,
                payee: Payee::AtBank(&payee.facts),
                purpose: asked.purpose.as_str(),
                gross: asked.amount,
                payment_id: &id,
            },
            at,
        )?;
        gathered.tax(&levied)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("payment:{id}"));
        let jurisdiction = &payer.entity.formation().jurisdiction_id().clone();
        let case = Case { kind: Kind::PaymentInternal, jurisdiction, by, subject: &subject, now };
        let payment = self.begin_raast(id.clone(), &payer, &asked, at)?;
        let admission = self.admit(&case, gathered)?;
        let counted = self.tier_counted(payer.entity.id(), asked.amount.amount(), at)?;
        levied.settled()?;
        let (charges, owed) = levied.charge(self, at)?;
        let waiting = AccountKind::Held { reason: HeldReason::Rail };
        let waiting = self.standing(waiting, asked.amount.currency(), now)?;
        let legs = legs_rail(&payer.account.value, &waiting.value, asked.amount);
        let legs = legs.map_err(|e| Refused::invalid("bad-account", e))?;
        let accounts = ChargeAccounts { tax: owed.as_ref().map(Owed::account), fee: None };
        let legs = legs_charged(legs, &charges, accounts).map_err(Refused::host)?;
        let (owed, account) = owed.map(Owed::parts).unzip();
        let touched = [payer.account, waiting].into_iter().chain(account).collect();
        let booked = self.book(legs, asked.purpose.as_str(), touched, now)?;
        let posting_id = booked.posting.id().clone();
        let taxed = levied.taxed(&posting_id);
        let instructed = PaymentEvent::Instruct(Instructed { at, posting_id });
        let payment = payment.charged(charges).apply(instructed).map_err(Refused::host)?;
        // What no message carries is not debited either.
        message::question(&payment)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.booked(&booked)?;
        writes.taxed(taxed.as_ref(), owed)?;
        writes.record("payment", id.as_str(), None, &payment)?;
        writes.tier_paid(counted.as_ref())?;
        if let Some(put) = &put {
            writes.adapter_evidence(self, &put.evidence, (None, None, None))?;
        }
        writes.will_send(&id, now, 0);
        let result = shown(&payment, None, put.as_ref().map(|put| &put.evidence));
        writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))
    }

    /// The payer, who is of Pakistan and may act.
    fn payer_of(&self, sent: &RaastAsk) -> Result<Holding, Refused> {
        let payer = self.holding(&sent.from_account_id)?;
        payer.may_act()?;
        let place = payer.entity.formation().jurisdiction_id();
        if is_of_pakistan(place) {
            return Ok(payer);
        }
        let detail = format!("Raast pays for accounts of Pakistan, not of `{place}`");
        Err(Refused::invalid("adapter-no-client", detail))
    }

    /// Whether FBR knows the payee by its number, and as what.
    fn ask_about_payee(&self, ask: &Ask, to: &BankPayee) -> Result<Option<AskedAbout>, Refused> {
        let Some(ntn) = to.ntn.clone() else { return Ok(None) };
        let name = Line::parse(to.name.as_str()).map_err(Refused::host)?;
        let question = Question::Ntn(NtnAsked { ntn, name });
        let key = self.reference(ask)?;
        let heard = self.ask_national(&question, &key);
        Ok(Some(AskedAbout { question, key, heard }))
    }

    fn begin_raast(
        &self,
        id: PaymentId,
        payer: &Holding,
        asked: &Asked,
        now: Timestamp,
    ) -> Result<Payment, Refused> {
        let from =
            self.national().and_then(|national| national.bank_account()).ok_or_else(|| {
                let detail = "no account is named that payments over Raast go out of";
                Refused::conflict("rail-no-account", detail)
            })?;
        let terms = RailTerms {
            system: Slug::parse(SYSTEM).map_err(Refused::host)?,
            payer: payer.account.value.id().clone(),
            payer_name: Line::parse(payer.entity.formation().legal_name())
                .map_err(Refused::host)?,
            from,
            payee: asked.payee.clone(),
            uetr: Uetr::parse(&self.fresh_id()?).map_err(Refused::host)?,
        };
        let reference = asked.reference.as_ref().and_then(|text| Line::parse(text.as_str()).ok());
        let (amount, purpose) = (asked.amount, asked.purpose.clone());
        Ok(Payment::initiated(id, amount, purpose, reference, Arrival::Rail(terms), now))
    }

    /// Facts of both ends; the second is what is known of the payee as a taxpayer.
    fn gather_raast(
        &self,
        payer: &Holding,
        asked: &Asked,
        put: Option<&Put>,
        now: Timestamp,
    ) -> Result<(Gathered, Gathered), Refused> {
        let (entity, amount) = (&payer.entity, asked.amount.amount());
        let mut gathered = self.gather(entity, now)?;
        gathered.payment(amount, asked.purpose.as_str(), false)?;
        gathered.end("payer", entity)?;
        self.within_tier(&mut gathered, entity, (amount, self.begun(now)), now)?;
        let digest = canon::Canonical::of(&asked.payee).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        gathered.state("payee.name_present", true, by.clone())?;
        gathered.state("payment.same_owner", false, by)?;
        let mut payee = Gathered::new();
        if let Some(known) = put.and_then(|put| put.known.as_ref()) {
            payee.taxpayer(known)?;
            // Who the register says it is, under the register's own signature.
            gathered.state("payee.identified", known.verified, known.provenance())?;
            gathered.files_as("payee", payee.facts.get("subject.filer_status").cloned())?;
        }
        let mut all = subjects_of(entity, now);
        all.push(named(asked.payee.name.as_str(), now));
        gathered.screen(self, &all)?;
        Ok((gathered, payee))
    }
}

//! Payments: within the zone, and the payer's half of those that cross a corridor.

use canon::{Amount, PaymentId, Timestamp};
use corridor::payment::{End, Particulars, Transfer};
use law::{Kind, Provenance, Source};
use registry::fiscal::{ChargeAccounts, OutboundStatus, legs_charged, legs_internal};
use registry::{
    Account, Arrival, Counterparty, Course, Entity, Instruction, InstructionInput, Payee, Payment,
    PaymentEvent,
};
use serde_json::{Value, json};
use store::Building;

use crate::account::Holding;
use crate::caller::Scope;
use crate::corridor::Verdict;
use crate::facts::{Gathered, named, subjects_of};
use crate::idempotency::Ask;
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::tax::{self, Owed, Taxable};
use crate::zone::{Loaded, Page, Zone};

impl Gathered {
    /// `payment.*` facts of an instruction.
    pub(crate) fn payment(
        &mut self,
        amount: Amount,
        purpose: &str,
        cross_border: bool,
    ) -> Result<(), Refused> {
        let said = json!({ "amount": amount, "purpose": purpose, "cross_border": cross_border });
        let digest = canon::Canonical::of_value(&said).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        self.state("payment.amount", amount, by.clone())?;
        self.state("payment.currency", amount.currency().code(), by.clone())?;
        self.state("payment.purpose", purpose, by.clone())?;
        self.state("payment.cross_border", cross_border, by)
    }

    /// `payer.*` or `payee.*` of an entity of this zone's register.
    pub(crate) fn end(&mut self, role: &str, entity: &Entity) -> Result<(), Refused> {
        let digest = canon::Canonical::of(entity).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        self.state(&format!("{role}.name_present"), true, by)?;
        self.status(&format!("{role}.status"), entity)?;
        // Identified as far as the entity's owners are; the fact keeps the credential's expiry.
        let identified = self.facts.get("owner.identified").cloned();
        if let Some(fact) = identified {
            let truth = fact.value == law::Value::Bool(true);
            self.state(&format!("{role}.identified"), truth, fact.provenance)?;
        }
        let files = self.facts.get("subject.filer_status").cloned();
        self.files_as(role, files)
    }

    /// `counterparty.*` and the far end's name, as told by the other zone or by the payer.
    pub(crate) fn far_end(
        &mut self,
        role: &str,
        name: Option<&str>,
        jurisdiction: &str,
        corridor_active: bool,
    ) -> Result<(), Refused> {
        let said = json!({ "role": role, "name": name, "jurisdiction": jurisdiction });
        let digest = canon::Canonical::of_value(&said).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        self.state(&format!("{role}.name_present"), name.is_some(), by.clone())?;
        self.state("counterparty.jurisdiction", jurisdiction, by.clone())?;
        self.state("counterparty.corridor_active", corridor_active, by)
    }
}

impl Gathered {
    /// Whether the payer's address and number travel with a payment across a corridor; law says whether they must.
    pub(crate) fn travels(
        &mut self,
        told: Option<&Particulars>,
        by: Source,
    ) -> Result<(), Refused> {
        let said = json!({ "payer_particulars": told });
        let digest = canon::Canonical::of_value(&said).map_err(Refused::host)?.digest();
        self.state("payer.particulars_present", told.is_some(), Provenance::new(by, digest))
    }
}

/// What travels of a payer beside name and account; nothing of one without an address.
pub(crate) fn particulars(payer: &Entity) -> Option<Particulars> {
    let office = payer.formation().registered_office()?;
    Some(Particulars {
        address: office.address.as_str().to_owned(),
        jurisdiction_id: office.jurisdiction_id.clone(),
        customer_id: payer.id().to_string(),
    })
}

impl Zone {
    /// Pay, within the zone or across a corridor.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn pay(&self, ask: &Ask, sent: InstructionInput) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let instruction = Instruction::parse(sent, now.date())?;
        let payer = self.holding(&instruction.from_account_id)?;
        payer.may_act()?;
        match instruction.to.clone() {
            Payee::Here { account_id, name } => {
                let payee = self.holding(&account_id)?;
                payee.may_act()?;
                if name.is_some_and(|name| !payee.is_named(name.as_str())) {
                    let detail = "the payee's account is not held under the name given";
                    return Err(Refused::invalid("payee-name-differs", detail));
                }
                self.pays_dividend(&payer.entity, &instruction, Some(&payee.entity))?;
                self.pay_here(building, ask, &instruction, (payer, payee), now)
            }
            Payee::Across { corridor_id, counterparty } => {
                self.pays_dividend(&payer.entity, &instruction, None)?;
                let across = (&corridor_id, counterparty);
                self.pay_across(building, ask, &instruction, payer, across, now)
            }
        }
    }

    /// What is known of a payment between two entities here, and of the payee alone.
    fn gather_both(
        &self,
        instruction: &Instruction,
        (payer, payee): (&Entity, &Entity),
        now: Timestamp,
    ) -> Result<(Gathered, Gathered), Refused> {
        let amount = instruction.amount.amount();
        let mut gathered = self.gather(payer, now)?;
        gathered.payment(amount, instruction.purpose.as_str(), false)?;
        gathered.end("payer", payer)?;
        self.within_tier(&mut gathered, payer, (amount, self.begun(now)), now)?;
        let other = self.gather(payee, now)?;
        gathered.second(&other, "payee", payee)?;
        gathered.owners(payer, payee)?;
        let mut all = subjects_of(payer, now);
        all.extend(subjects_of(payee, now));
        gathered.screen(self, &all)?;
        Ok((gathered, other))
    }

    fn pay_here(
        &self,
        building: Building<'_>,
        ask: &Ask,
        instruction: &Instruction,
        (payer, payee): (Holding, Holding),
        now: Timestamp,
    ) -> Result<Envelope, Refused> {
        let amount = instruction.amount;
        let (mut gathered, other) =
            self.gather_both(instruction, (&payer.entity, &payee.entity), now)?;
        let at = self.begun(now);
        let id = PaymentId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let counted = self.tier_counted(payer.entity.id(), amount.amount(), at)?;
        let levied = self.levy(
            &Taxable {
                payer: &payer.entity,
                payee: tax::Payee::Here(&payee.entity, &other.facts),
                purpose: instruction.purpose.as_str(),
                gross: amount,
                payment_id: &id,
            },
            at,
        )?;
        gathered.tax(&levied)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("payment:{id}"));
        let (kind, jurisdiction) =
            (Kind::PaymentInternal, &payer.entity.formation().jurisdiction_id().clone());
        let question = Question { kind, jurisdiction, by, subject: &subject, now };
        let legs = legs_internal(&payer.account.value, &payee.account.value, amount);
        let legs = legs.map_err(|e| Refused::invalid("bad-account", e))?;
        let arrival = Arrival::Internal {
            payer: payer.account.value.id().clone(),
            payee: payee.account.value.id().clone(),
        };
        let payment = self.begin_payment(id.clone(), instruction, arrival, at);
        let admission = self.admit(&question, gathered)?;
        levied.settled()?;
        let (mut charges, owed) = levied.charge(self, at)?;
        let (fee, fees): (_, Option<Loaded<Account>>) = self.fee_of(amount, at)?.unzip();
        charges.fee = fee;
        let accounts = ChargeAccounts {
            tax: owed.as_ref().map(Owed::account),
            fee: fees.as_ref().map(|account| &account.value),
        };
        let legs = legs_charged(legs, &charges, accounts).map_err(Refused::host)?;
        let (owed, account) = owed.map(Owed::parts).unzip();
        let touched =
            [payer.account, payee.account].into_iter().chain(account).chain(fees).collect();
        let booked = self.book(legs, instruction.purpose.as_str(), touched, at)?;
        let posting_id = booked.posting.id().clone();
        let taxed = levied.taxed(&posting_id);
        let payment = payment.charged(charges).apply(PaymentEvent::Settle { at, posting_id });
        let payment = payment.map_err(Refused::host)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.booked(&booked)?;
        writes.taxed(taxed.as_ref(), owed)?;
        writes.record("payment", id.as_str(), None, &payment)?;
        writes.dividend_paid(payer.entity.id(), &payment);
        writes.tier_paid(counted.as_ref())?;
        writes.answer_and_let_go(building, ask, 201, &admission, (shown(&payment), credential))
    }

    /// The payment record at its beginning.
    pub(crate) fn begin_payment(
        &self,
        id: PaymentId,
        instruction: &Instruction,
        arrival: Arrival,
        now: Timestamp,
    ) -> Payment {
        let purpose = instruction.purpose.clone();
        let reference = instruction.reference.clone();
        Payment::initiated(id, instruction.amount, purpose, reference, arrival, now)
            .of_dividend(instruction.dividend.clone())
    }

    /// Facts and screening of a payment that leaves the zone.
    pub(crate) fn gather_send(
        &self,
        payer: &Entity,
        instruction: &Instruction,
        counterparty: &Counterparty,
        jurisdiction_there: &str,
        now: Timestamp,
    ) -> Result<Gathered, Refused> {
        let mut gathered = self.gather(payer, now)?;
        gathered.payment(instruction.amount.amount(), instruction.purpose.as_str(), true)?;
        gathered.end("payer", payer)?;
        let told = instruction.travel_rule.then(|| particulars(payer)).flatten();
        gathered.travels(told.as_ref(), Source::Registry)?;
        self.within_tier(&mut gathered, payer, (instruction.amount.amount(), now), now)?;
        let name = counterparty.name.as_ref().map(registry::Line::as_str);
        gathered.far_end("payee", name, jurisdiction_there, true)?;
        let mut all = subjects_of(payer, now);
        all.extend(name.map(|name| named(name, now)));
        gathered.screen(self, &all)?;
        Ok(gathered)
    }

    /// Facts and screening of a payment that arrives.
    pub(crate) fn gather_receive(
        &self,
        payee: &Entity,
        transfer: &Transfer,
        active: bool,
        now: Timestamp,
    ) -> Result<Gathered, Refused> {
        let mut gathered = self.gather(payee, now)?;
        gathered.payment(transfer.amount, &transfer.purpose, true)?;
        gathered.end("payee", payee)?;
        let End { name, jurisdiction_id, .. } = &transfer.payer;
        gathered.far_end("payer", Some(name), jurisdiction_id.as_str(), active)?;
        gathered.travels(transfer.payer_particulars.as_ref(), Source::Adapter)?;
        // What the payer's zone says of its own customer, under its signed receipt.
        if let Some(identified) = transfer.payer.identified {
            let digest = canon::Canonical::of(transfer).map_err(Refused::host)?.digest();
            let by = Provenance::new(Source::Adapter, digest);
            gathered.state("payer.identified", identified, by)?;
        }
        let mut all = subjects_of(payee, now);
        all.push(named(name, now));
        gathered.screen(self, &all)?;
        Ok(gathered)
    }

    /// One payment.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn payment(&self, id: &PaymentId) -> Result<Value, Refused> {
        let payment = self.need::<Payment>("payment", id.as_str())?.value;
        Ok(shown(&self.with_verdict(payment)?))
    }

    /// An outbound payment reads as settled once the other zone accepted its receipt.
    fn with_verdict(&self, payment: Payment) -> Result<Payment, Refused> {
        let Course::Outbound { corridor_id, status: OutboundStatus::Sent { sending }, .. } =
            payment.course()
        else {
            return Ok(payment);
        };
        let key = Verdict::id(corridor_id, sending.receipt.sequence);
        let verdict: Option<Loaded<Verdict>> = self.load("verdict", &key)?;
        let accepted = verdict.map(|v| v.value).filter(|v| v.refusal.is_none());
        match accepted {
            Some(Verdict { ack, at, .. }) => {
                // Our clock may have been ahead when it was sent; the answer is not older than that.
                let at = at.max(sending.at);
                payment.apply(PaymentEvent::Acknowledge { at, ack }).map_err(Refused::host)
            }
            None => Ok(payment),
        }
    }

    /// A page of payments by id.
    ///
    /// # Errors
    /// The store.
    pub fn payments(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list("payment", after, limit)?;
        let show = |item: Value| {
            let payment: Payment = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(shown(&self.with_verdict(payment)?))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }
}

impl Gathered {
    /// `payment.same_owner`: both accounts are held by one entity of this register.
    pub(crate) fn owners(&mut self, payer: &Entity, payee: &Entity) -> Result<(), Refused> {
        let ends = json!({ "payer": payer.id(), "payee": payee.id() });
        let digest = canon::Canonical::of_value(&ends).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        self.state("payment.same_owner", payer.id() == payee.id(), by)
    }

    /// The other end of an internal payment: its own `owner.identified` speaks for it, and whoever is behind it is screened.
    pub(crate) fn second(
        &mut self,
        other: &Self,
        role: &str,
        entity: &Entity,
    ) -> Result<(), Refused> {
        self.behind.extend(other.behind.iter().cloned());
        let digest = canon::Canonical::of(entity).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        self.state(&format!("{role}.name_present"), true, by)?;
        self.status(&format!("{role}.status"), entity)?;
        if let Some(fact) = other.facts.get("owner.identified") {
            let truth = fact.value == law::Value::Bool(true);
            self.state(&format!("{role}.identified"), truth, fact.provenance.clone())?;
        }
        self.files_as(role, other.facts.get("subject.filer_status").cloned())
    }
}

/// A payment as told.
pub(crate) fn shown(payment: &Payment) -> Value {
    let mut value = serde_json::to_value(payment).unwrap_or(Value::Null);
    if let Value::Object(members) = &mut value {
        members.insert("route".to_owned(), payment.route().into());
        members.insert("state".to_owned(), payment.state().into());
    }
    value
}

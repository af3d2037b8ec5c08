//! The payer's half: admitted here, held, and locked over the first corridor.

use canon::{AccountId, CorridorId, Timestamp};
use corridor::TransitionKind;
use corridor::bridge::{After, BridgeError, Hop, Invoice, Paid, Prepare, ReadInvoice};
use corridor::payment::End;
use law::Kind;
use registry::fiscal::legs_bridge_lock;
use registry::{
    AccountKind, Counterparty, HeldReason, Instruction, Line, Payee, PositiveAmount, Slug,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::facts::of_invoice;
use super::{subject, written_at};
use crate::account::Holding;
use crate::caller::Scope;
use crate::corridor::{CorridorRecord, Open};
use crate::facts::Gathered;
use crate::idempotency::Ask;
use crate::limits::PAGE_MAX;
use crate::payment::particulars;
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A payment over a bridge, as asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BridgeAsk {
    /// The account that pays.
    pub from_account_id: AccountId,
    /// The invoice that is paid.
    pub invoice: Value,
    /// The corridors to cross, in order; where none are named, the zone finds the shortest way it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Vec<CorridorId>>,
    /// The payer's particulars travel with it.
    #[serde(default)]
    pub travel_rule: bool,
}

/// What an invoice, a route or an expiry is refused with at the door.
fn refused(error: BridgeError) -> Refused {
    let code = match error {
        BridgeError::Invoice(_) => "bridge-invoice-refused",
        BridgeError::Route => "bridge-route-refused",
        _ => "bridge-refused",
    };
    Refused::invalid(code, error)
}

impl Zone {
    /// Pay an invoice of a zone that one corridor or several lead to.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn pay_bridged(&self, ask: &Ask, sent: &BridgeAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let found = self.found(ask, sent)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let paid = Invoice::read(&sent.invoice).map_err(|error| refused(error.into()))?;
        self.is_payable(&paid, now)?;
        let route = self.route(sent.route.as_deref().or(found.as_deref()), &paid)?;
        let payer = self.holding(&sent.from_account_id)?;
        payer.may_act()?;
        let first = route.first().ok_or_else(|| refused(BridgeError::Route))?;
        let open = self.open_corridor(first)?;
        open.for_business(now)?;
        open.has_agreed(TransitionKind::BridgePrepare)?;
        self.lock(ask, (sent, paid), payer, (open, &route), now)
    }

    /// The way to a zone no corridor of ours leads to, where none is named: peers are asked, and nobody who
    /// writes waits for them.
    fn found(&self, ask: &Ask, sent: &BridgeAsk) -> Result<Option<Vec<CorridorId>>, Refused> {
        if sent.route.is_some() || self.replay(ask)?.is_some() {
            return Ok(None);
        }
        let paid = Invoice::read(&sent.invoice).map_err(|error| refused(error.into()))?;
        self.is_payable(&paid, self.now())?;
        match self.direct(&paid)? {
            Some(_) => Ok(None),
            None if self.rehearses() => {
                let there = &paid.invoice.zone_id;
                let detail = format!(
                    "no corridor of this zone leads to `{there}`, and a rehearsal asks no peer for a way: name the \
                     corridors to cross"
                );
                Err(Refused::invalid("bridge-route-needed", detail))
            }
            None => self.way_to(&paid.invoice.zone_id).map(Some),
        }
    }

    fn is_payable(&self, paid: &ReadInvoice, now: Timestamp) -> Result<(), Refused> {
        let ReadInvoice { invoice, valid_until, .. } = paid;
        if invoice.realm != self.realm() {
            let detail = format!("the invoice is of realm `{}`", invoice.realm);
            return Err(Refused::conflict("bridge-realm-differs", detail));
        }
        if invoice.zone_id == *self.zone_id() {
            let detail = "the payee is in this zone: pay it without a bridge";
            return Err(Refused::invalid("bridge-route-refused", detail));
        }
        if now >= *valid_until {
            let detail = format!("the invoice was valid until {valid_until}");
            return Err(Refused::conflict("bridge-invoice-expired", detail));
        }
        if self.hop(&invoice.transfer_id)?.is_some() {
            let detail = format!("payment `{}` was begun before", invoice.transfer_id);
            return Err(Refused::conflict("bridge-transfer-known", detail));
        }
        Ok(())
    }

    /// The route given or found, or the corridor that leads to the payee's zone itself.
    fn route(
        &self,
        given: Option<&[CorridorId]>,
        paid: &ReadInvoice,
    ) -> Result<Vec<CorridorId>, Refused> {
        let direct = self.direct(paid)?;
        if let Some(route) = given {
            return Ok(route.to_vec());
        }
        let detail = || {
            let there = &paid.invoice.zone_id;
            format!("no corridor of this zone leads to `{there}`: name the corridors to cross")
        };
        let direct = direct.ok_or_else(|| Refused::invalid("bridge-route-needed", detail()))?;
        Ok(vec![direct])
    }

    /// The corridor with the payee's zone itself, if there is one.
    fn direct(&self, paid: &ReadInvoice) -> Result<Option<CorridorId>, Refused> {
        let mut direct = None;
        for (_, row) in self.store.records("corridor", None, PAGE_MAX)? {
            let Ok(known) = serde_json::from_slice::<CorridorRecord>(&row.body) else { continue };
            if known.zone_there != paid.invoice.zone_id {
                continue;
            }
            // Whom we know by that name is who must have issued it.
            if known.did_there != paid.issuer {
                let detail = format!("`{}` is `{}` here", known.zone_there, known.did_there);
                return Err(Refused::conflict("peer-not-pinned", detail));
            }
            direct.get_or_insert(known.corridor_id);
        }
        Ok(direct)
    }

    /// Payer → held, and the first lock, in one commit.
    fn lock(
        &self,
        ask: &Ask,
        (sent, paid): (&BridgeAsk, ReadInvoice),
        payer: Holding,
        (open, route): (Open, &[CorridorId]),
        now: Timestamp,
    ) -> Result<Envelope, Refused> {
        let invoice = &paid.invoice;
        let amount = PositiveAmount::try_from(invoice.amount);
        let amount = amount.map_err(|e| Refused::invalid("bad-amount", e))?;
        let id = invoice.transfer_id.clone();
        let (by, subject) = (ask.caller.principal().as_str(), subject(&id));
        let gathered = self.gather_lock((sent, &paid), (&payer, amount), &open, now)?;
        let identified = gathered.facts.get("payer.identified");
        let end = End {
            account_id: payer.account.value.id().clone(),
            name: payer.entity.formation().legal_name().to_owned(),
            jurisdiction_id: payer.entity.formation().jurisdiction_id().clone(),
            identified: identified.map(|fact| fact.value == law::Value::Bool(true)),
        };
        let told = sent.travel_rule.then(|| particulars(&payer.entity)).flatten();
        let document = sent.invoice.clone();
        let first = Prepare::first((document, &paid), (end, told), route, now).map_err(refused)?;
        // Whoever holds the other end reads it so; a lock that nobody can read locks money for nothing.
        let payload = serde_json::to_value(&first.prepare).map_err(Refused::host)?;
        let prepared = Prepare::read(&payload).map_err(refused)?;
        let held = AccountKind::Held { reason: HeldReason::Bridge };
        let held = self.standing(held, amount.currency(), now)?;
        let legs = legs_bridge_lock(&payer.account.value, &held.value, amount);
        let legs = legs.map_err(|e| Refused::invalid("bad-account", e))?;
        let jurisdiction = payer.entity.formation().jurisdiction_id();
        let question =
            Question { kind: Kind::PaymentSend, jurisdiction, by, subject: &subject, now };
        let admission = self.admit(&question, gathered)?;
        let counted = self.tier_counted(payer.entity.id(), amount.amount(), now)?;
        let told = format!("bridged payment {id}");
        let booked = self.book(legs.to_vec(), &told, vec![payer.account, held], now)?;
        let say = self.say_decided(TransitionKind::BridgePrepare, payload, admission.decision())?;
        let (written, item) = self.write_here(&open, say, now)?;
        let after = After {
            prepare: written_at(&written),
            expires_at: prepared.prepare.expires_at,
            last: prepared.prepare.route.is_empty(),
            accepted: None,
            outcome: None,
        };
        let hop = Hop::begin(Paid::of(&prepared), now, None, Some(after));
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.booked(&booked)?;
        writes.tier_paid(counted.as_ref())?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.part_of(&id, (&open.terms.corridor_id, written.receipt.sequence))?;
        let mut result = self.hop_shown(&hop, now);
        if let Some(members) = result.as_object_mut() {
            members.insert("route".to_owned(), json!(route));
        }
        writes.hop(&Loaded { rev: None, value: hop }, now)?;
        let told = writes.answer_and_commit(ask, 201, &admission, (result, credential))?;
        Ok(self.leaving_open(told, route))
    }

    /// Facts of a payment that this zone's customer sends.
    fn gather_lock(
        &self,
        (sent, paid): (&BridgeAsk, &ReadInvoice),
        (payer, amount): (&Holding, PositiveAmount),
        open: &Open,
        now: Timestamp,
    ) -> Result<Gathered, Refused> {
        let invoice = &paid.invoice;
        let unfit = |field: &str, e: &dyn std::fmt::Display| {
            Refused::invalid("bridge-invoice-refused", format!("{field} {e}"))
        };
        let counterparty = Counterparty {
            zone_id: invoice.zone_id.clone(),
            account_id: invoice.payee.account_id.clone(),
            name: Some(Line::parse(&invoice.payee.name).map_err(|e| unfit("payee.name", &e))?),
        };
        let instruction = Instruction {
            from_account_id: payer.account.value.id().clone(),
            to: Payee::Across {
                corridor_id: open.terms.corridor_id.clone(),
                counterparty: counterparty.clone(),
            },
            amount,
            purpose: Slug::parse(&invoice.purpose).map_err(|e| unfit("purpose", &e))?,
            reference: None,
            travel_rule: sent.travel_rule,
            dividend: None,
        };
        let to = invoice.payee.jurisdiction_id.as_str();
        let mut gathered = self.gather_send(&payer.entity, &instruction, &counterparty, to, now)?;
        gathered.told("payee", &invoice.payee, of_invoice(paid))?;
        self.ask_there(&mut gathered, open, Kind::PaymentReceive)?;
        Ok(gathered)
    }
}

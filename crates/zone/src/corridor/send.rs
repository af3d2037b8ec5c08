//! Business of this zone: a payment across the corridor, or a sign of presence.

use canon::{AccountId, CorridorId, JurisdictionId, PaymentId, Timestamp};
use corridor::lane::Written;
use corridor::messages::Item;
use corridor::payment::{End, Particulars, Transfer};
use corridor::statement::Statement;
use corridor::{Ack, State, TransitionKind, transition_types};
use law::{Decision, Kind};
use registry::fiscal::legs_send;
use registry::{
    AccountKind, Arrival, Counterparty, Formation, Instruction, LaneRef, PaymentEvent, Sending,
};
use serde_json::{Value, json};
use store::Building;

use super::context::{Open, not_active};
use super::lane::Say;
use crate::account::Holding;
use crate::caller::Scope;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::payment::{particulars, shown};
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// Index of outbound payments by the receipt that carries them.
pub(crate) const BY_RECEIPT: &str = "receipt";

impl Open {
    /// Business needs an ACTIVE corridor in effect.
    pub(crate) fn for_business(&self, now: Timestamp) -> Result<(), Refused> {
        if self.record.value.state != State::Active {
            return Err(not_active(self.record.value.state));
        }
        self.terms.in_effect(now).map_err(|e| Refused::conflict("corridor-not-active", e))
    }

    /// The corridor agreed to this kind of transition.
    pub(crate) fn has_agreed(&self, kind: TransitionKind) -> Result<(), Refused> {
        if transition_types::admit(&self.terms.ruleset_digest_set, kind) {
            return Ok(());
        }
        let detail = format!("the corridor was drawn up without `{kind}`");
        Err(Refused::conflict("kind-not-agreed", detail))
    }
}

/// Both ends, as the other zone is told.
fn ends(
    payer: &AccountId,
    (formation, identified): (&Formation, Option<bool>),
    there: &Counterparty,
    jurisdiction_there: &JurisdictionId,
) -> [End; 2] {
    let name_there = there.name.as_ref().map_or_else(String::new, |n| n.as_str().to_owned());
    [
        End {
            account_id: payer.clone(),
            name: formation.legal_name().to_owned(),
            jurisdiction_id: formation.jurisdiction_id().clone(),
            identified,
        },
        End {
            account_id: there.account_id.clone(),
            name: name_there,
            jurisdiction_id: jurisdiction_there.clone(),
            identified: None,
        },
    ]
}

/// The payload of a transfer, checked as the other zone will check it.
fn transfer(
    id: &PaymentId,
    instruction: &Instruction,
    [payer, payee]: [End; 2],
    payer_particulars: Option<Particulars>,
) -> Result<Value, Refused> {
    let reference = instruction.reference.as_ref();
    let transfer = Transfer {
        type_: Transfer::TYPE.to_owned(),
        payment_id: id.clone(),
        amount: instruction.amount.amount(),
        payer,
        payer_particulars,
        payee,
        purpose: instruction.purpose.as_str().to_owned(),
        reference: reference.map_or_else(String::new, |text| text.as_str().to_owned()),
    };
    let payload = serde_json::to_value(&transfer).map_err(Refused::host)?;
    Transfer::read(&payload).map_err(|e| Refused::invalid("bad-payment", e))?;
    Ok(payload)
}

/// A receipt written here, as a payment refers to it.
pub(super) fn written_ref(written: &Written) -> LaneRef {
    LaneRef {
        lane: written.receipt.lane.clone(),
        sequence: written.receipt.sequence,
        next_root: written.receipt.next_root,
    }
}

/// What is told of what was written in our lane, with its receipt.
pub(crate) fn with_receipt(mut told: Value, item: &Item) -> Value {
    if let Some(members) = told.as_object_mut() {
        members.insert("lane_receipt".to_owned(), item.receipt.clone());
    }
    told
}

impl Zone {
    /// The payer's half: admitted here, moved to the corridor account, written in our lane.
    pub(crate) fn pay_across(
        &self,
        building: Building<'_>,
        ask: &Ask,
        instruction: &Instruction,
        payer: Holding,
        (corridor_id, there): (&CorridorId, Counterparty),
        now: Timestamp,
    ) -> Result<Envelope, Refused> {
        let open = self.open_corridor(corridor_id)?;
        open.for_business(now)?;
        if there.zone_id != *open.there.zone() {
            let detail = format!("the corridor leads to `{}`", open.there.zone());
            return Err(Refused::conflict("wrong-corridor", detail));
        }
        let jurisdiction_there = &open.there.participant.jurisdiction_id;
        let amount = instruction.amount;
        let owed = AccountKind::Corridor { corridor_id: corridor_id.clone() };
        let account = self.standing(owed, amount.currency(), now)?;
        let legs = legs_send(&payer.account.value, &account.value, corridor_id, amount);
        let legs = legs.map_err(|e| Refused::invalid("bad-account", e))?;
        let to = jurisdiction_there.as_str();
        let mut gathered = self.gather_send(&payer.entity, instruction, &there, to, now)?;
        self.ask_there(&mut gathered, &open, Kind::PaymentReceive)?;
        let identified = gathered.facts.get("payer.identified");
        let identified = identified.map(|fact| fact.value == law::Value::Bool(true));
        let id = PaymentId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("payment:{id}"));
        let formation = payer.entity.formation();
        let question = Question {
            kind: Kind::PaymentSend,
            jurisdiction: formation.jurisdiction_id(),
            by,
            subject: &subject,
            now,
        };
        let admission = self.admit(&question, gathered)?;
        let counted = self.tier_counted(payer.entity.id(), amount.amount(), now)?;
        let (reference, payer_id) = (format!("payment {id}"), payer.account.value.id().clone());
        let booked = self.book(legs.to_vec(), &reference, vec![payer.account, account], now)?;
        let ends = ends(&payer_id, (formation, identified), &there, jurisdiction_there);
        let told = instruction.travel_rule.then(|| particulars(&payer.entity)).flatten();
        let payload = transfer(&id, instruction, ends, told)?;
        let say =
            self.say_decided(TransitionKind::PaymentTransfer, payload, admission.decision())?;
        let (written, item) = self.write_here(&open, say, now)?;
        let arrival = Arrival::Outbound {
            corridor_id: corridor_id.clone(),
            payer: payer_id,
            payer_name: registry::Line::parse(formation.legal_name()).ok(),
            payee: there,
        };
        let receipt = written_ref(&written);
        let by_receipt = super::Verdict::id(corridor_id, receipt.sequence);
        let sending = Sending { at: now, posting_id: booked.posting.id().clone(), receipt };
        let payment = self.begin_payment(id.clone(), instruction, arrival, now);
        let payment = payment.apply(PaymentEvent::Send(sending)).map_err(Refused::host)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.booked(&booked)?;
        writes.record("payment", id.as_str(), None, &payment)?;
        writes.dividend_paid(payer.entity.id(), &payment);
        writes.tier_paid(counted.as_ref())?;
        writes.index("payment", BY_RECEIPT, &by_receipt, id.as_str());
        writes.wrote(&open, (&written, &item), now)?;
        let result = with_receipt(shown(&payment), &item);
        let told =
            writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))?;
        Ok(self.leaving_open(told, std::slice::from_ref(corridor_id)))
    }

    /// What a receipt says after law decided, with a salted commitment to the decision.
    pub(crate) fn say_decided(
        &self,
        kind: TransitionKind,
        payload: Value,
        decision: &Decision,
    ) -> Result<Say, Refused> {
        let commitment = decision.commitment(self.salt()?.as_bytes());
        let decision_commitment = Some(commitment.map_err(Refused::host)?);
        Ok(Say { kind, payload, decision_commitment, ack: None })
    }

    /// Write a `noop` receipt.
    ///
    /// # Errors
    /// See [`Refused`]; a corridor that is not ACTIVE refuses.
    pub fn send_noop(&self, ask: &Ask, id: &CorridorId) -> Result<Envelope, Refused> {
        self.send_plain(ask, id, (TransitionKind::Noop, json!({})))
    }

    /// State something to the other zone, in a `generic` receipt.
    ///
    /// # Errors
    /// See [`Refused`]; a corridor that is not ACTIVE, or did not agree to the kind, refuses.
    pub fn send_statement(
        &self,
        ask: &Ask,
        id: &CorridorId,
        statement: &Statement,
    ) -> Result<Envelope, Refused> {
        let payload = serde_json::to_value(statement).map_err(Refused::host)?;
        self.send_plain(ask, id, (TransitionKind::Generic, payload))
    }

    /// Acknowledge the peer's lane as far as it is held here; all of it was decided when it was taken.
    ///
    /// # Errors
    /// See [`Refused`]; `nothing-to-acknowledge` where our lane says so already.
    pub fn acknowledge(&self, ask: &Ask, id: &CorridorId) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Ack, &ask.caller)?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let open = self.open_corridor(id)?;
        let there = &open.lane_there.value;
        if there.size() == open.lane_here.value.acked() {
            let detail = format!("{} receipts are held, and acknowledged", there.size());
            return Err(Refused::conflict("nothing-to-acknowledge", detail));
        }
        let (lane, size, root) = (there.owner().clone(), there.size(), there.root());
        let ack = Some(Ack { lane, size, root, refused: Vec::new() });
        let kind = TransitionKind::Ack;
        let say = Say { kind, payload: json!({}), decision_commitment: None, ack };
        let (written, item) = self.write_here(&open, say, now)?;
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.wrote(&open, (&written, &item), now)?;
        let body = json!({ "receipt": item.receipt });
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit_and_let_go(building)?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    /// A business receipt that moves nothing here.
    pub(super) fn send_plain(
        &self,
        ask: &Ask,
        id: &CorridorId,
        (kind, payload): (TransitionKind, Value),
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let open = self.open_corridor(id)?;
        open.for_business(now)?;
        open.has_agreed(kind)?;
        let say = Say { kind, payload, decision_commitment: None, ack: None };
        let (written, item) = self.write_here(&open, say, now)?;
        let duty = Duty::asked(Task::Ack, &ask.caller)?;
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.wrote(&open, (&written, &item), now)?;
        let body = json!({ "receipt": item.receipt });
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit_and_let_go(building)?;
        Ok(Envelope { body, status: 201, replayed: false })
    }
}

//! One leg: the payer's bank is instructed, the payee's bank says the money is there, or it is not paid.

use canon::{Bic, Digest, Timestamp, Uetr};
use corridor::TransitionKind;
use corridor::iso20022::{Agent, Direction, InstitutionTransfer, Instruction, Message, Text};
use corridor::settlement::{Confirmation, Instruction as Instructed, Settlement};
use serde_json::Value;

use super::consent::{failure, subject};
use super::{Kept, refused};
use crate::corridor::Open;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// The banks of a leg.
#[derive(Clone, Debug)]
pub struct InstructAsk {
    /// BIC of the payer's bank, which instructs.
    pub instructing_bic: String,
    /// BIC of the payee's bank, which is instructed.
    pub instructed_bic: String,
}

/// Status of an entry that is booked.
const BOOKED: &str = "BOOK";

/// A leg in hand.
struct InHand {
    duty: Duty,
    known: Loaded<Kept>,
    leg: corridor::netting::Leg,
    open: Open,
    now: Timestamp,
}

impl Zone {
    /// Instruct a leg: the `pacs.009` for the payer's bank, and the word to the payee.
    ///
    /// # Errors
    /// See [`Refused`]; only the payer instructs.
    pub fn instruct_leg(
        &self,
        ask: &Ask,
        (plan_sha256, number): (&Digest, u64),
        banks: &InstructAsk,
    ) -> Result<Envelope, Refused> {
        self.with_leg(ask, (plan_sha256, number), |mut hand| {
            hand.open.for_business(hand.now)?;
            let uetr = Uetr::parse(&self.fresh_id()?).map_err(Refused::host)?;
            let message = transfer(&hand, plan_sha256, &uetr, banks)?;
            let xml = message.write().map_err(|e| Refused::invalid("bad-message", e))?;
            let said = Instructed {
                amount: hand.leg.amount,
                leg: number,
                message_sha256: Digest::of_blob(xml.as_bytes()),
                plan_sha256: *plan_sha256,
                type_: Instructed::TYPE.to_owned(),
                uetr,
            };
            let (here, now) = (self.zone_id(), hand.now);
            hand.known.value.settlement.instruct(here, &said, now).map_err(refused)?;
            let mut writes = self.on_duty(&hand.duty, now, &subject(plan_sha256))?;
            let told = (TransitionKind::SettleInstruct, &said);
            self.tell(&mut writes, (&hand.open, plan_sha256), told, now)?;
            let mut answer = self.plan_shown(&hand.known.value);
            if let Value::Object(members) = &mut answer {
                members.insert("pacs_009".to_owned(), xml.into());
            }
            writes.plan(&hand.known)?;
            writes.answer(ask.put(201, &answer, now.unix()));
            writes.commit()?;
            Ok(Envelope { body: answer, status: 201, replayed: false })
        })
    }

    /// Confirm a leg upon the bank's `camt.054`: treasury → corridor account, in the commit of the receipt.
    ///
    /// # Errors
    /// See [`Refused`]; `notification-differs` where no booked credit in it is this leg.
    pub fn confirm_leg(
        &self,
        ask: &Ask,
        (plan_sha256, number): (&Digest, u64),
        notification: &str,
    ) -> Result<Envelope, Refused> {
        self.with_leg(ask, (plan_sha256, number), |mut hand| {
            let settlement = &mut hand.known.value.settlement;
            let said = confirmation(settlement, number, notification)?;
            settlement.confirm(self.zone_id(), &said, hand.now).map_err(refused)?;
            let told = format!("leg {number} of plan {plan_sha256}");
            let booked = self.settle_leg(&hand.leg, false, &told, hand.now)?;
            let mut writes = self.on_duty(&hand.duty, hand.now, &subject(plan_sha256))?;
            writes.settled(&booked)?;
            let told = (TransitionKind::SettleConfirm, &said);
            self.tell(&mut writes, (&hand.open, plan_sha256), told, hand.now)?;
            self.answer_plan(ask, writes, &hand.known, hand.now)
        })
    }

    /// Say that a leg is not paid; it stays owed between its two ends.
    ///
    /// # Errors
    /// See [`Refused`]; a confirmed leg does not fail.
    pub fn fail_leg(
        &self,
        ask: &Ask,
        (plan_sha256, number): (&Digest, u64),
        reason: &str,
    ) -> Result<Envelope, Refused> {
        self.with_leg(ask, (plan_sha256, number), |mut hand| {
            let said = failure(Some(number), plan_sha256, reason)?;
            let settlement = &mut hand.known.value.settlement;
            settlement.fail(self.zone_id(), &said, hand.now).map_err(refused)?;
            let carried = self.carry(settlement, &hand.leg, true)?;
            let mut writes = self.on_duty(&hand.duty, hand.now, &subject(plan_sha256))?;
            writes.how_far(&[carried])?;
            let told = (TransitionKind::SettleFail, &said);
            self.tell(&mut writes, (&hand.open, plan_sha256), told, hand.now)?;
            self.answer_plan(ask, writes, &hand.known, hand.now)
        })
    }

    /// What all three begin with: who may, once, and the leg as it stands.
    fn with_leg(
        &self,
        ask: &Ask,
        (plan_sha256, number): (&Digest, u64),
        say: impl FnOnce(InHand) -> Result<Envelope, Refused>,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Settlement, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        say(self.in_hand(duty, plan_sha256, number)?)
    }

    fn in_hand(&self, duty: Duty, plan_sha256: &Digest, number: u64) -> Result<InHand, Refused> {
        let known = self.plan_record(plan_sha256)?;
        let leg = known.value.settlement.leg(number).map_err(refused)?.0.clone();
        if ![&leg.payer, &leg.payee].contains(&self.zone_id()) {
            let detail = format!("leg {number} is between `{}` and `{}`", leg.payer, leg.payee);
            return Err(Refused::conflict("leg-state", detail));
        }
        let open = self.open_corridor(&leg.corridor_id)?;
        Ok(InHand { duty, known, leg, open, now: self.now() })
    }
}

fn agent(field: &str, bic: &str) -> Result<Agent, Refused> {
    let bic = Bic::parse(bic);
    let bic = bic.map_err(|e| Refused::invalid("bad-bic", format!("/{field}: {e}")))?;
    Ok(Agent { bic, lei: None })
}

/// The order to the payer's bank.
fn transfer(
    hand: &InHand,
    plan_sha256: &Digest,
    uetr: &Uetr,
    banks: &InstructAsk,
) -> Result<Message, Refused> {
    let instructing = agent("instructing_bic", &banks.instructing_bic)?;
    let instructed = agent("instructed_bic", &banks.instructed_bic)?;
    // 35 characters: enough of the digest to find the plan by.
    let plan = plan_sha256.to_string().chars().take(20).collect::<String>();
    let id = Text::parse(&format!("{plan}-{}", hand.leg.number)).map_err(Refused::host)?;
    let words = format!("settlement plan {plan} leg {}", hand.leg.number);
    Ok(Message::InstitutionTransfer(InstitutionTransfer {
        instruction: Instruction {
            message_id: id.clone(),
            created: hand.now,
            settlement: corridor::iso20022::Settlement::Instructed,
            instructing: instructing.clone(),
            instructed: instructed.clone(),
            instruction_id: None,
            end_to_end_id: id,
            uetr: uetr.clone(),
            amount: hand.leg.amount,
            settlement_date: hand.now.date(),
        },
        debtor: instructing,
        debtor_account: None,
        creditor: instructed,
        creditor_account: None,
        remittance: Text::parse(&words).ok(),
    }))
}

/// What a bank's notification says of a leg that was instructed.
fn confirmation(
    settlement: &Settlement,
    number: u64,
    notification: &str,
) -> Result<Confirmation, Refused> {
    let read = Message::read(notification.as_bytes());
    let read = read.map_err(|e| Refused::invalid("bad-message", e))?;
    let Message::Notification(told) = read.message else {
        let detail = format!("a {} is no camt.054.001.08", read.message.definition().name());
        return Err(Refused::invalid("bad-message", detail));
    };
    let (leg, stands) = settlement.leg(number).map_err(refused)?;
    let Some(uetr) = stands.uetr() else {
        return Err(Refused::conflict("leg-state", format!("leg {number} was not instructed")));
    };
    let is_leg = |entry: &corridor::iso20022::Entry| {
        entry.uetr.as_ref() == Some(uetr)
            && entry.amount == leg.amount
            && entry.direction == Direction::Credit
            && entry.status.as_str() == BOOKED
    };
    if !told.entries.iter().any(is_leg) {
        let detail = format!("no booked credit of {} with UETR {uetr} is in it", leg.amount);
        return Err(Refused::invalid("notification-differs", detail));
    }
    Ok(Confirmation {
        amount: leg.amount,
        leg: number,
        notification_sha256: Digest::of_blob(notification.as_bytes()),
        plan_sha256: settlement.plan_sha256(),
        type_: Confirmation::TYPE.to_owned(),
        uetr: uetr.clone(),
    })
}

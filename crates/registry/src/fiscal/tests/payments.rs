//! Payments on each route, and instructions from the wire.

use super::*;
use crate::fiscal::{
    AckRef, Arrival, Counterparty, Course, IllegalPayment, Instruction, InstructionInput, LaneRef,
    OutboundStatus, Payee, Payment, PaymentEvent, RefusalRef, Refusing, Release, Sending, Undoing,
};
use crate::text::{Problems, Slug};
use canon::{Canonical, Digest, PaymentId, ZoneId};
use proptest::prelude::*;
use serde_json::{Value, json};

const HERE: &str = "org.momentum.mez.zone.ae";
const THERE: &str = "org.momentum.mez.zone.sg";

fn lane(zone: &str, sequence: u64) -> LaneRef {
    let lane = ZoneId::parse(zone).unwrap();
    LaneRef { lane, sequence, next_root: Digest::of_blob(&sequence.to_be_bytes()) }
}
fn party() -> Counterparty {
    let zone_id = ZoneId::parse(THERE).unwrap();
    let name = Some(Line::parse("Lion Pte. Ltd.").unwrap());
    Counterparty { zone_id, account_id: AccountId::parse("far").unwrap(), name }
}
fn arrival(route: u8) -> Arrival {
    let (payer, payee) = (AccountId::parse("a").unwrap(), AccountId::parse("b").unwrap());
    let corridor_id = corridor_id("org.momentum.mez.corridor.ae--sg");
    match route % 3 {
        0 => Arrival::Internal { payer, payee },
        1 => Arrival::Outbound { corridor_id, payer, payer_name: None, payee: party() },
        _ => Arrival::Inbound { corridor_id, payer: party(), payee, origin: lane(THERE, 4) },
    }
}
fn payment(route: u8) -> Payment {
    let purpose = Slug::parse("services").unwrap();
    let payment_id = PaymentId::parse("pay-1").unwrap();
    Payment::initiated(payment_id, amount(5, "SGD"), purpose, None, arrival(route), noon())
}
fn sending(at: Timestamp) -> Sending {
    Sending { at, posting_id: record_id(1), receipt: lane(HERE, 7) }
}
fn ack(size: u64) -> AckRef {
    AckRef { carried_by: lane(THERE, 3), size }
}
fn undoing(at: Timestamp) -> Undoing {
    let refusal = RefusalRef {
        ack: ack(9),
        sequence: 7,
        reason_code: Slug::parse("sanctions").unwrap(),
        decision_sha256: Digest::of_blob(b"decision"),
    };
    Undoing { at, posting_id: record_id(2), receipt: lane(HERE, 8), refusal }
}
fn event(pick: u8, at: Timestamp) -> PaymentEvent {
    let account_id = held("SGD").id().clone();
    let (reason_code, decision_sha256) = (Slug::parse("aml").unwrap(), Digest::of_blob(b"d"));
    match pick % 9 {
        0 => PaymentEvent::Settle { at, posting_id: record_id(1) },
        1 => PaymentEvent::Send(sending(at)),
        2 => PaymentEvent::Acknowledge { at, ack: ack(8) },
        3 => PaymentEvent::Return(undoing(at)),
        4 => PaymentEvent::Hold { undoing: undoing(at), account_id },
        5 => PaymentEvent::Release(Release { at, posting_id: record_id(3) }),
        6 => PaymentEvent::Refuse(Refusing { at, reason_code, decision_sha256 }),
        7 => PaymentEvent::Reverse { at, posting_id: record_id(4) },
        _ => PaymentEvent::Undone { at, receipt: lane(THERE, 9) },
    }
}

/// Route, state, event, state after.
const OPEN: [(&str, &str, &str, &str); 10] = [
    ("internal", "initiated", "settle", "settled"),
    ("internal", "settled", "reverse", "reversed"),
    ("outbound", "initiated", "send", "sent"),
    ("outbound", "sent", "acknowledge", "settled"),
    ("outbound", "sent", "return", "returned"),
    ("outbound", "sent", "hold", "held"),
    ("outbound", "held", "release", "returned"),
    ("inbound", "initiated", "settle", "settled"),
    ("inbound", "initiated", "refuse", "refused"),
    ("inbound", "refused", "undone", "returned"),
];

proptest! {
    #[test]
    fn every_sequence_of_events_is_legal_or_refused_by_name(
        route in 0u8..3,
        steps in prop::collection::vec((0u8..9, -3i64..100), 1..24)
    ) {
        let mut payment = payment(route);
        let mut now = noon().unix();
        for (pick, seconds) in steps {
            now += seconds;
            let when = Timestamp::from_unix(now).unwrap();
            let event = event(pick, when);
            let (state, name, since) = (payment.state(), event.name(), payment.since());
            let open = OPEN.iter().find(|row| (row.0, row.1, row.2) == (payment.route(), state, name));
            match payment.clone().apply(event) {
                Ok(after) => {
                    prop_assert_eq!(after.state(), open.unwrap().3);
                    prop_assert_eq!(after.since(), when);
                    payment = after;
                }
                Err(IllegalPayment::NotOpen { .. }) => prop_assert!(open.is_none()),
                Err(IllegalPayment::TimeGoesBack { .. }) => prop_assert!(when < since),
                Err(other) => prop_assert!(false, "{other}"),
            }
            let rest = Canonical::of(&payment).unwrap();
            prop_assert_eq!(&rest.value()["type"], "MEZPayment");
            prop_assert_eq!(rest.read::<Payment>().unwrap(), payment.clone());
        }
    }
}

#[test]
fn an_acknowledgement_must_reach_the_receipt_and_come_from_the_payees_lane() {
    let sent = payment(1).apply(PaymentEvent::Send(sending(noon()))).unwrap();
    let acknowledge = |ack| sent.clone().apply(PaymentEvent::Acknowledge { at: noon(), ack });
    let short = IllegalPayment::NotCovered { sequence: 7, size: 7 };
    assert_eq!(acknowledge(ack(7)), Err(short));
    for elsewhere in [HERE, "org.momentum.mez.zone.pk"] {
        let stray = AckRef { carried_by: lane(elsewhere, 3), size: 8 };
        let wrong = IllegalPayment::WrongLane(ZoneId::parse(elsewhere).unwrap());
        assert_eq!(acknowledge(stray), Err(wrong));
    }
    let mut theirs = sending(noon());
    theirs.receipt = lane(THERE, 7);
    let sent = payment(1).apply(PaymentEvent::Send(theirs));
    assert!(matches!(sent, Err(IllegalPayment::WrongLane(_))));
    assert_eq!(acknowledge(ack(8)).unwrap().state(), "settled");
}

#[test]
fn a_return_must_answer_the_refusal_of_this_receipt_in_the_payers_own_lane() {
    let sent = payment(1).apply(PaymentEvent::Send(sending(noon()))).unwrap();
    let undo = |undoing: Undoing| sent.clone().apply(PaymentEvent::Return(undoing));
    let mut other = undoing(noon());
    other.refusal.sequence = 6;
    assert_eq!(undo(other), Err(IllegalPayment::OtherReceipt { sequence: 7, refused: 6 }));
    let mut early = undoing(noon());
    early.refusal.ack.size = 7;
    assert!(matches!(undo(early), Err(IllegalPayment::NotCovered { .. })));
    let mut foreign = undoing(noon());
    foreign.receipt = lane(THERE, 8);
    assert!(matches!(undo(foreign), Err(IllegalPayment::WrongLane(_))));
    assert_eq!(undo(undoing(noon())).unwrap().state(), "returned");
    let refused = payment(2).apply(event(6, noon())).unwrap();
    let stray = PaymentEvent::Undone { at: noon(), receipt: lane(HERE, 9) };
    assert!(matches!(refused.apply(stray), Err(IllegalPayment::WrongLane(_))));
}

#[test]
fn a_held_payment_remembers_where_the_money_is_and_how_it_left() {
    let sent = payment(1).apply(PaymentEvent::Send(sending(noon()))).unwrap();
    let kept = sent.apply(event(4, noon())).unwrap();
    let Course::Outbound { status: OutboundStatus::Held { account_id, .. }, .. } = kept.course()
    else {
        panic!("not held: {kept:?}");
    };
    assert_eq!(account_id, held("SGD").id());
    let released = kept.apply(event(5, noon())).unwrap();
    let Course::Outbound { status: OutboundStatus::Returned { release, .. }, .. } =
        released.course()
    else {
        panic!("not returned: {released:?}");
    };
    assert!(release.is_some());
}

fn instruction() -> Value {
    json!({
        "from_account_id": "acc-1",
        "to": {"account_id": "acc-9", "zone_id": THERE, "corridor_id": "org.momentum.mez.corridor.ae--sg",
               "name": "Lion Pte. Ltd."},
        "amount": "12.50", "currency": "SGD", "purpose": "services", "reference": "Invoice 42"
    })
}
fn read(sent: Value) -> Result<Instruction, Problems> {
    Instruction::parse(serde_json::from_value::<InstructionInput>(sent).unwrap(), today())
}

#[test]
fn an_instruction_is_read_whole() {
    let known = read(instruction()).unwrap();
    assert_eq!(known.amount.minor(), 1_250);
    assert!(matches!(known.to, Payee::Across { .. }));
    let mut local = instruction();
    local["to"] = json!({"account_id": "acc-9"});
    assert!(matches!(read(local).unwrap().to, Payee::Here { .. }));
}

#[test]
fn every_wrong_field_of_an_instruction_is_named() {
    let pointers = |sent| -> Vec<String> {
        let problems = read(sent).unwrap_err();
        problems.as_slice().iter().map(|problem| problem.pointer.clone()).collect()
    };
    let mut sent = instruction();
    sent["from_account_id"] = json!("");
    sent["to"]["zone_id"] = json!("Not A Zone");
    sent["amount"] = json!("1e3");
    sent["purpose"] = json!("Services!");
    let wrong = ["/from_account_id", "/to/zone_id", "/amount", "/purpose"];
    assert_eq!(pointers(sent), wrong);
    let mut half = instruction();
    half["to"].as_object_mut().unwrap().remove("corridor_id");
    assert_eq!(pointers(half), ["/to/corridor_id"]);
    for (amount, code) in [("0", "SGD"), ("-1", "SGD"), ("1.5", "JPY"), ("1.001", "SGD")] {
        let mut sent = instruction();
        (sent["amount"], sent["currency"]) = (json!(amount), json!(code));
        assert_eq!(pointers(sent), ["/amount"], "{amount} {code}");
    }
}

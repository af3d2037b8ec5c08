//! Several payments in one message: totals that are true, each payment judged alone, statuses of each; and persons.

use super::*;

fn reference(n: u32) -> Uetr {
    Uetr::parse(&format!("eb6305c9-1f7f-49de-aed0-{n:012}")).unwrap()
}

fn one(n: u32, amount: Amount) -> CustomerTransfer {
    let mut one = customer();
    one.instruction.end_to_end_id = text(&format!("E-{n}"));
    one.instruction.uetr = reference(n);
    one.instruction.amount = amount;
    one
}

fn three() -> Several<CustomerTransfer> {
    let minor = [123_456, 5, 1_000_000];
    Several { payments: (1..).zip(minor).map(|(n, minor)| one(n, amount(minor, "USD"))).collect() }
}

fn legs() -> Several<InstitutionTransfer> {
    let leg = |payment: CustomerTransfer| InstitutionTransfer {
        instruction: payment.instruction,
        debtor: agent("DEUTDEFF"),
        debtor_account: None,
        creditor: agent("SCBLPKKX"),
        creditor_account: None,
        remittance: None,
    };
    Several { payments: three().payments.into_iter().map(leg).collect() }
}

fn statuses() -> StatusReports {
    let StatusReport { message_id, created, instructing, instructed, .. } = status();
    let name: Text<35> = text("pacs.008.001.08");
    let of = |payment: &CustomerTransfer, status: &str, reason: Option<Reason>| Status {
        reason,
        ..Status::accepted(&payment.instruction, name.clone(), code(status))
    };
    let payments = three().payments;
    let statuses = vec![
        of(&payments[0], "ACSC", None),
        of(&payments[1], "RJCT", Some(reason("AC04"))),
        of(&payments[2], "ACSC", None),
    ];
    StatusReports { message_id, created, instructing, instructed, statuses }
}

/// A payer who is a person.
fn person() -> CustomerTransfer {
    let number =
        PersonNumber { number: text("AB1234567"), kind: code("CCPT"), issuer: Some(text("PK")) };
    let birth = Birth {
        date: day("1984-02-29"),
        town: text("Lahore"),
        country: Country::parse("PK").unwrap(),
    };
    let mut transfer = customer();
    transfer.debtor = PartyName {
        name: text("Noor Fairweather"),
        organisation: None,
        person: Some(PersonId { birth: Some(birth), number: Some(number) }),
        ..transfer.debtor
    };
    transfer
}

/// For the golden file too.
pub(super) fn more() -> Vec<Message> {
    vec![
        Message::CustomerTransfers(three()),
        Message::InstitutionTransfers(legs()),
        Message::StatusReports(statuses()),
        Message::CustomerTransfer(Box::new(person())),
    ]
}

#[test]
fn several_payments_and_persons_are_valid_and_read_back_the_same() {
    for message in more() {
        let xml = message.write().unwrap();
        judged(message.definition(), &xml).unwrap_or_else(|why| panic!("{xml}\n{why}"));
        let read = Message::read(xml.as_bytes()).unwrap_or_else(|fault| panic!("{xml}\n{fault}"));
        assert_eq!((&read.message, read.unread), (&message, Vec::<String>::new()));
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
    }
    let xml = Message::CustomerTransfers(three()).write().unwrap();
    for said in ["<NbOfTxs>3<", "<CtrlSum>11234.61<", "Ccy=\"USD\">11234.61</TtlIntrBkSttlmAmt"] {
        assert!(xml.contains(said), "no {said} in {xml}");
    }
}

#[test]
fn payments_of_several_currencies_have_no_total_and_may_have_a_sum() {
    let payments = vec![one(1, amount(5, "JPY")), one(2, amount(5, "KWD"))];
    let message = Message::CustomerTransfers(Several { payments });
    let xml = message.write().unwrap();
    assert!(!xml.contains("CtrlSum") && !xml.contains("TtlIntrBk"), "{xml}");
    assert_eq!(Message::read(xml.as_bytes()).unwrap().message, message);
    let summed = |sum: &str| {
        let xml = changed(&message, "<SttlmInf>", &format!("<CtrlSum>{sum}</CtrlSum><SttlmInf>"));
        judged(Definition::CustomerTransfer, &xml).unwrap();
        Message::read(xml.as_bytes()).map(|read| read.message)
    };
    assert_eq!(summed("5.005").unwrap(), message);
    assert_eq!(summed("5.00500").unwrap(), message);
    assert_eq!(summed("5.05").unwrap_err().code(), "iso20022-rule");
}

#[test]
fn a_header_that_is_not_true_refuses_the_message() {
    let good = Message::CustomerTransfers(three());
    let cases = [
        ("<NbOfTxs>3<", "<NbOfTxs>2<", "iso20022-rule"),
        ("<NbOfTxs>3<", "<NbOfTxs>03<", ""),
        ("<NbOfTxs>3<", "<NbOfTxs>three<", "iso20022-value"),
        ("<CtrlSum>11234.61<", "<CtrlSum>11234.62<", "iso20022-rule"),
        ("<CtrlSum>11234.61<", "<CtrlSum>11234.610000<", "iso20022-value"),
        ("<CtrlSum>11234.61<", "<CtrlSum>-11234.61<", "iso20022-value"),
        (">11234.61</TtlIntrBkSttlmAmt", ">11234.60</TtlIntrBkSttlmAmt", "iso20022-rule"),
        ("<TtlIntrBkSttlmAmt Ccy=\"USD\"", "<TtlIntrBkSttlmAmt Ccy=\"EUR\"", "iso20022-rule"),
        ("aed0-000000000002", "aed0-000000000001", "iso20022-rule"),
        (">0.05<", ">0.00<", "iso20022-rule"),
    ];
    for (from, to, expected) in cases {
        let xml = changed(&good, from, to);
        let said = Message::read(xml.as_bytes()).map_or_else(|fault| fault.code(), |_| "");
        assert_eq!(said, expected, "{from} -> {to}");
    }
    let mut other = three();
    other.payments[1].instruction.message_id = text("M-2");
    let mut twice = three();
    twice.payments[1].instruction.uetr = reference(1);
    let single = Several { payments: vec![one(1, amount(1, "USD"))] };
    let many = (1..=1_001).map(|n| one(n, amount(1, "USD"))).collect();
    for several in [other, twice, single, Several { payments: many }] {
        let fault = Message::CustomerTransfers(several).write().unwrap_err();
        assert_eq!(fault.code(), "iso20022-rule", "{fault}");
    }
}

#[test]
fn one_payment_that_is_refused_does_not_take_the_others_with_it() {
    let good = Message::CustomerTransfers(three());
    let all = customer_transfers(good.write().unwrap().as_bytes()).unwrap();
    assert_eq!((all.good, all.refused.len()), (three().payments, 0));
    let cases = [
        (">0.05<", ">0.055<", "iso20022-value"),
        (">0.05<", ">0.00<", "iso20022-rule"),
        ("<UETR>eb6305c9-1f7f-49de-aed0-000000000002</UETR>", "", "iso20022-missing"),
        ("aed0-000000000002", "aed0-000000000001", "iso20022-rule"),
    ];
    for (from, to, expected) in cases {
        let xml = changed(&good, from, to);
        assert!(Message::read(xml.as_bytes()).is_err(), "whole, it is refused whole");
        let sorted = customer_transfers(xml.as_bytes()).unwrap();
        let stand: Vec<_> =
            sorted.good.iter().map(|it| it.instruction.end_to_end_id.as_str()).collect();
        assert_eq!(stand, ["E-1", "E-3"], "{from} -> {to}");
        let [refused] = sorted.refused.as_slice() else { panic!("{:?}", sorted.refused) };
        assert_eq!((refused.index, refused.fault.code()), (1, expected));
        assert_eq!(refused.end_to_end_id.as_deref(), Some("E-2"));
    }
    let untrue = changed(&good, "<NbOfTxs>3<", "<NbOfTxs>4<");
    assert_eq!(customer_transfers(untrue.as_bytes()).unwrap_err().code(), "iso20022-rule");
    let legs = Message::InstitutionTransfers(legs()).write().unwrap();
    assert_eq!(institution_transfers(legs.as_bytes()).unwrap().good.len(), 3);
    assert!(customer_transfers(legs.as_bytes()).is_err(), "another message");
}

#[test]
fn each_rejection_says_why() {
    let mut silent = statuses();
    silent.statuses[1].reason = None;
    let fault = Message::StatusReports(silent).write().unwrap_err();
    assert_eq!(fault.code(), "iso20022-rule", "{fault}");
    let mut single = statuses();
    single.statuses.truncate(1);
    assert!(Message::StatusReports(single).write().is_err());
}

#[test]
fn the_travel_rule_of_persons_takes_address_number_or_birth() {
    let said = ivms101(&person()).unwrap();
    let payer = &said["originator"]["originatorPersons"][0]["naturalPerson"];
    let name = &payer["name"]["nameIdentifier"][0];
    assert_eq!(name["primaryIdentifier"], "Noor Fairweather");
    assert_eq!(payer["nationalIdentification"]["nationalIdentifierType"], "CCPT");
    assert_eq!(payer["nationalIdentification"]["countryOfIssue"], "PK");
    assert_eq!(payer["dateAndPlaceOfBirth"]["dateOfBirth"], "1984-02-29");
    assert_eq!(payer["geographicAddress"][0]["addressType"], "HOME");
    assert!(said["beneficiary"]["beneficiaryPersons"][0]["legalPerson"].is_object());

    // One of the three is enough; without any, all three are named.
    let with = |address: bool, number: bool, birth: bool| {
        let mut transfer = person();
        let known = transfer.debtor.person.as_mut().unwrap();
        known.number = known.number.take().filter(|_| number);
        known.birth = known.birth.take().filter(|_| birth);
        transfer.debtor.address = transfer.debtor.address.filter(|_| address);
        ivms101(&transfer)
    };
    for n in 1..8 {
        assert!(with(n & 1 > 0, n & 2 > 0, n & 4 > 0).is_ok(), "{n}");
    }
    let none = ["debtor/address", "debtor/person/birth", "debtor/person/number"];
    assert_eq!(with(false, false, false), Err(Missing(none.to_vec())));
    let mut unborn = person();
    unborn.debtor.person.as_mut().unwrap().birth.as_mut().unwrap().date = day("2026-11-20");
    assert_eq!(ivms101(&unborn), Err(Missing(vec!["debtor/person/birth/date"])));
    let mut unknown = person();
    unknown.debtor.person.as_mut().unwrap().number.as_mut().unwrap().kind = code("CUST");
    unknown.creditor_account = None;
    let missing = vec!["debtor/person/number/kind", "creditor_account"];
    assert_eq!(ivms101(&unknown), Err(Missing(missing)));
    // Nobody is both.
    let mut both = person();
    both.debtor.organisation = customer().debtor.organisation;
    assert!(Message::CustomerTransfer(Box::new(both)).write().is_err());
}

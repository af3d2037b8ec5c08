//! Every question as it goes out, and its answer read strictly.

use canon::{Amount, Bic, Currency, Date, Iban, Timestamp, Uetr};
use corridor::iso20022::{
    Account, Agent, ChargeBearer, Code, CustomerTransfer, Instruction, Message, Original,
    PartyName, Reason, Settlement, StatusReport, Text,
};
use proptest::prelude::*;
use registry::Line;
use registry::national::{Cnic, Ntn, SecpNumber};
use serde_json::{Value, json};

use super::*;

const KEY: &str = "mez-1";

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::parse(text).unwrap()
}

fn agent(bic: &str) -> Agent {
    Agent { bic: Bic::parse(bic).unwrap(), lei: None }
}

fn transfer() -> CustomerTransfer {
    let party = |name: &str| PartyName {
        name: text(name),
        address: None,
        organisation: None,
        person: None,
    };
    CustomerTransfer {
        instruction: Instruction {
            message_id: text("M-1"),
            created: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
            settlement: Settlement::Clearing,
            instructing: agent("SCBLPKKX"),
            instructed: agent("HABBPKKA"),
            instruction_id: None,
            end_to_end_id: text("E-1"),
            uetr: Uetr::parse("eb6305c9-1f7f-49de-aed0-16487c27b42d").unwrap(),
            amount: Amount::of_minor(125_000, Currency::parse("PKR").unwrap()),
            settlement_date: Date::parse("2026-11-20").unwrap(),
        },
        charges: ChargeBearer::Agreed,
        debtor: party("Indus Lamps Ltd"),
        debtor_account: Some(Account::Iban(Iban::parse("PK36SCBL0000001123456702").unwrap())),
        debtor_agent: agent("SCBLPKKX"),
        creditor_agent: agent("HABBPKKA"),
        creditor: party("Ravi Cotton Mills Limited"),
        creditor_account: None,
        purpose: None,
        remittance: None,
    }
}

fn report(status: &str, original: Original) -> Vec<u8> {
    let reason =
        (status == "RJCT").then(|| Reason { code: Code::parse("AC04").unwrap(), words: None });
    let report = StatusReport {
        message_id: text("S-1"),
        created: Timestamp::parse("2026-11-20T12:00:01Z").unwrap(),
        instructing: agent("HABBPKKA"),
        instructed: agent("SCBLPKKX"),
        original,
        status: Code::parse(status).unwrap(),
        reason,
    };
    Message::StatusReport(report).write().unwrap().into_bytes()
}

/// Each question in JSON, with an answer that counts and the members it cannot do without.
fn pairs() -> Vec<(Question, Value, Vec<&'static str>)> {
    let ntn = || Ntn::parse("1234567").unwrap();
    let cnic = CnicAsked {
        cnic: Cnic::parse("42101-1234567-1").unwrap(),
        full_name: Line::parse("Ayesha Siddiqui").unwrap(),
        date_of_birth: Some(Date::parse("1980-05-17").unwrap()),
    };
    let asked = ReturnAsked {
        entity_id: "e-1".to_owned(),
        ntn: ntn(),
        event_type: "payment_for_goods".to_owned(),
        amount: "1250.00".to_owned(),
        currency: "PKR".to_owned(),
        jurisdiction: canon::JurisdictionId::parse("pk").unwrap(),
        tax_year: None,
        statutory_section: Some("153(1)(a)".to_owned()),
    };
    let at = "2026-11-20T12:00:00Z";
    vec![
        (
            Question::Cnic(cnic),
            json!({
                "verified": true, "cnic": "42101-1234567-1", "cnic_status": "Active", "verification_timestamp": at,
                "request_reference": KEY, "reference": "N-1", "match_score": 1,
            }),
            vec!["verified", "cnic", "cnic_status", "verification_timestamp", "request_reference"],
        ),
        (
            Question::Ntn(NtnAsked { ntn: ntn(), name: Line::parse("Indus").unwrap() }),
            json!({
                "verified": true, "ntn": "1234567", "registered_name": "Indus", "filer_status": "filer",
                "verification_timestamp": at, "reference": "F-1",
            }),
            vec!["verified", "ntn", "filer_status", "verification_timestamp", "reference"],
        ),
        (
            Question::Taxpayer(ntn()),
            json!({ "ntn": "1234567", "filer_status": "late_filer", "compliance_status": "Compliant" }),
            vec!["ntn", "filer_status", "compliance_status"],
        ),
        (
            Question::Return(Box::new(asked)),
            json!({ "accepted": true, "fbr_reference": "I-1", "recorded_at": at, "idempotency_key": KEY }),
            vec!["accepted", "fbr_reference", "recorded_at", "idempotency_key"],
        ),
        (
            Question::Company(SecpNumber::parse("0000001").unwrap()),
            json!({
                "registration_no": "0000001", "name": "Indus", "company_type": "Private",
                "incorporation_date": "2015-03-09", "status": "Active",
            }),
            vec!["registration_no", "name", "company_type", "incorporation_date", "status"],
        ),
        (
            Question::License {
                reference: Line::parse("NBFC-1").unwrap(),
                license_type: Line::parse("nbfc").unwrap(),
            },
            json!({ "license_ref": "NBFC-1", "license_type": "nbfc", "valid": true, "expiry_date": "2030-12-31" }),
            vec!["license_ref", "license_type", "valid"],
        ),
    ]
}

fn read(question: &Question, answer: &Value) -> Result<Answer, Unanswered> {
    question.read(KEY, answer.to_string().as_bytes())
}

#[test]
fn an_answer_about_what_was_asked_counts_and_no_member_may_be_missing_or_other() {
    for (question, answer, needed) in pairs() {
        read(&question, &answer).unwrap();
        for name in needed {
            let mut less = answer.clone();
            less.as_object_mut().unwrap().remove(name);
            let told = read(&question, &less);
            assert!(matches!(told, Err(Unanswered::Garbage { .. })), "{name}: {told:?}");
            let mut other = answer.clone();
            other[name] = json!({ "x": [1] });
            let told = read(&question, &other).unwrap_err().to_string();
            assert!(!told.contains("42101"), "{told}");
        }
    }
}

#[test]
fn an_answer_about_another_is_told_as_that() {
    let others = [
        ("cnic", "42101-1234567-2"),
        ("ntn", "7654321"),
        ("ntn", "7654321"),
        ("idempotency_key", "mez-2"),
        ("registration_no", "0000002"),
        ("license_ref", "NBFC-2"),
    ];
    for ((question, mut answer, _), (name, value)) in pairs().into_iter().zip(others) {
        answer[name] = json!(value);
        let told = read(&question, &answer);
        assert!(matches!(told, Err(Unanswered::OfAnother { .. })), "{name}: {told:?}");
    }
}

#[test]
fn a_question_goes_out_under_its_key_and_about_a_person_no_digest_repeats() {
    for (question, ..) in pairs() {
        let (one, two) = (question.call(KEY).unwrap(), question.call("mez-2").unwrap());
        assert_eq!(one.path.starts_with('/'), !one.path.contains("//"));
        assert_eq!(question.is_personal(), one.digest() != two.digest() && question.is_personal());
        assert!(!question.about().contains("4210112"), "{}", question.about());
    }
    let cnic = pairs().remove(0).0.call(KEY).unwrap();
    let body: Value = serde_json::from_slice(&cnic.body).unwrap();
    assert_eq!((cnic.path.as_str(), &body["cnic"]), ("/verify", &json!("4210112345671")));
    assert_eq!(
        (&body["date_of_birth"], &body["request_reference"]),
        (&json!("1980-05-17"), &json!(KEY))
    );
}

#[test]
fn the_status_of_a_payment_is_that_of_the_payment_asked() {
    let transfer = transfer();
    let question = Question::Transfer(Box::new(transfer.clone()));
    let call = question.call(KEY).unwrap();
    let sent = Message::read(&call.body).unwrap();
    assert_eq!(sent.message, Message::CustomerTransfer(Box::new(transfer.clone())));
    let original = Original::of(&transfer.instruction, text("pacs.008.001.08"));
    for (status, reason) in [("ACSC", None), ("RJCT", Some("AC04".to_owned()))] {
        let said = question.read(KEY, &report(status, original.clone())).unwrap();
        assert_eq!(said, Answer::Transfer(TransferSaid { status: status.to_owned(), reason }));
    }
    let mut other = original.clone();
    other.end_to_end_id = text("E-2");
    let told = question.read(KEY, &report("ACSC", other));
    assert!(matches!(told, Err(Unanswered::OfAnother { .. })), "{told:?}");
    assert!(matches!(question.read(KEY, &call.body), Err(Unanswered::Garbage { .. })));
    assert!(matches!(question.read(KEY, b"<x/>"), Err(Unanswered::Garbage { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the bytes, reading ends with a word; cut short or changed at one place, an answer in JSON about a
    /// number never becomes one about another.
    #[test]
    fn bytes_are_read_or_refused(at in 0usize..400, byte: u8, cut in 0usize..400) {
        for (question, answer, _) in pairs() {
            let mut bytes = answer.to_string().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = question.read(KEY, &bytes);
            bytes.truncate(cut % bytes.len());
            prop_assert!(question.read(KEY, &bytes).is_err());
        }
    }
}

//! Every question over a real socket, to the simulator as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use canon::{Amount, Bic, Currency, Date, Iban, JurisdictionId, Realm, Timestamp, Uetr};
use corridor::iso20022::{
    Account, Agent, ChargeBearer, CustomerTransfer, Instruction, PartyName, Settlement, Text,
};
use registry::Line;
use registry::national::{Ntn, SecpNumber};
use serde_json::{Value, json};
use zone::adapter::{
    Answer, CompanyStatus, ComplianceStatus, FilerStatus, National, Question, ReturnAsked,
    Unanswered,
};

use super::Adapters;
use crate::cli::SystemClock;
use crate::layout::ZoneDir;

struct Sandbox {
    child: Child,
    place: PathBuf,
    adapters: Adapters,
}

/// Where programs lie that are built beside this one.
fn built() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(std::path::Path::parent).unwrap().to_owned()
}

impl Sandbox {
    fn start(name: &str) -> Self {
        let program = built().join("mez-sandbox");
        assert!(program.exists(), "`mez-sandbox` is not built: cargo build -p mez-sandbox");
        let place = built().join("tmp").join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        let mut command = Command::new(program);
        command.args(["pakistan", "--exit-with-parent", "--listen", "127.0.0.1:0", "--state"]);
        command.arg(place.join("state")).arg("--key").arg(place.join("key"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(line.strip_prefix("ready ").unwrap()).unwrap();
        let url = ready["url"].as_str().unwrap();
        let row = |(adapter, path): (&str, &str)| json!({ "adapter": adapter, "url": format!("{url}{path}"), "key": ready["key"], "bank_code": "SCBL" });
        let rows: Vec<Value> =
            [("pk.fbr", "/fbr"), ("pk.raast", "/raast"), ("pk.secp", "/secp")].map(row).to_vec();
        let file = json!({ "type": "MEZAdapters", "realm": "sandbox", "adapters": rows });
        let dir = ZoneDir::at(&place);
        std::fs::write(dir.adapters(), file.to_string()).unwrap();
        let clock = Arc::new(SystemClock::open().unwrap());
        let adapters = Adapters::open(&dir, Realm::Sandbox, clock).unwrap().unwrap();
        Self { child, place, adapters }
    }

    fn ask(&self, question: &Question, key: &str) -> Result<Answer, Unanswered> {
        self.adapters.ask(question, key).map(|heard| heard.answer)
    }

    fn records(&self) -> usize {
        std::fs::read_to_string(self.place.join("state/records.jsonl")).unwrap().lines().count()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

fn ntn() -> Ntn {
    Ntn::parse("1234567").unwrap()
}

fn transfer(to: &str) -> Question {
    fn text<const N: usize>(text: &str) -> Text<N> {
        Text::parse(text).unwrap()
    }
    let agent = |bic: &str| Agent { bic: Bic::parse(bic).unwrap(), lei: None };
    let party = |name: &str| PartyName {
        name: text(name),
        address: None,
        organisation: None,
        person: None,
    };
    let account = |iban: &str| Some(Account::Iban(Iban::parse(iban).unwrap()));
    Question::Transfer(Box::new(CustomerTransfer {
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
        debtor_account: account("PK36SCBL0000001123456702"),
        debtor_agent: agent("SCBLPKKX"),
        creditor_agent: agent("HABBPKKA"),
        creditor: party("Ravi Cotton Mills Limited"),
        creditor_account: account(to),
        purpose: None,
        remittance: None,
    }))
}

/// An account of 16 digits at a bank of Pakistan, its check digits reckoned (ISO 13616: 98 less the remainder by 97).
fn iban(digits: &str) -> String {
    let text = format!("HABB{digits}PK00");
    let value = |sign: char| sign.to_digit(36).unwrap();
    let step = |rest: u32, sign: char| match value(sign) {
        digit @ 0..=9 => (rest * 10 + digit) % 97,
        letter => (rest * 100 + letter) % 97,
    };
    format!("PK{:02}HABB{digits}", 98 - text.chars().fold(0, step))
}

#[test]
fn a_payment_over_raast_is_made_once_and_its_status_is_believed() {
    let sandbox = Sandbox::start("raast");
    let paid = |to: &str, key: &str| match sandbox.ask(&transfer(to), key) {
        Ok(Answer::Transfer(said)) => (said.status, said.reason),
        other => panic!("{other:?}"),
    };
    let good = iban("0000001123450001");
    assert_eq!(paid(&good, "mez-p-1"), ("ACSC".to_owned(), None));
    assert_eq!(paid(&good, "mez-p-1"), ("ACSC".to_owned(), None));
    assert_eq!(sandbox.records(), 1);
    let inactive = iban("0000001123450000");
    assert_eq!(paid(&inactive, "mez-p-2"), ("RJCT".to_owned(), Some("AC04".to_owned())));
    // The same key for another payment is refused there, and nothing is known here.
    let told = sandbox.ask(&transfer(&inactive), "mez-p-1");
    assert!(matches!(told, Err(Unanswered::Status { status: 409, .. })), "{told:?}");
}

#[test]
fn companies_and_licenses_are_looked_up_at_secp() {
    let sandbox = Sandbox::start("secp");
    let company = Question::Company(SecpNumber::parse("0000002").unwrap());
    let Ok(Answer::Company(said)) = sandbox.ask(&company, "mez-c") else { panic!() };
    assert_eq!(
        (said.name.as_str(), said.status),
        ("Ravi Cotton Mills Limited", CompanyStatus::Active)
    );
    let none = Question::Company(SecpNumber::parse("9999999").unwrap());
    let told = sandbox.ask(&none, "mez-c");
    assert!(matches!(told, Err(Unanswered::Status { status: 404, .. })), "{told:?}");
    for (reference, valid) in [("NBFC-2024-001", true), ("NBFC-2019-007", false), ("none", false)] {
        let license = Question::License {
            reference: Line::parse(reference).unwrap(),
            license_type: Line::parse("nbfc").unwrap(),
        };
        let Ok(Answer::License(said)) = sandbox.ask(&license, "mez-l") else { panic!() };
        assert_eq!(said.valid, valid, "{reference}");
    }
}

#[test]
fn fbr_tells_a_taxpayers_standing_and_takes_a_tax_event_once() {
    let sandbox = Sandbox::start("fbr");
    let Ok(Answer::Taxpayer(said)) = sandbox.ask(&Question::Taxpayer(ntn()), "mez-t") else {
        panic!()
    };
    assert_eq!(
        (said.filer_status, said.compliance_status),
        (FilerStatus::Filer, ComplianceStatus::Compliant)
    );
    let event = Question::Return(Box::new(ReturnAsked {
        entity_id: "e-1".to_owned(),
        ntn: ntn(),
        event_type: "payment_for_goods".to_owned(),
        amount: "1250.00".to_owned(),
        currency: "PKR".to_owned(),
        jurisdiction: JurisdictionId::parse("pk").unwrap(),
        tax_year: Some("2025-2026".to_owned()),
        statutory_section: None,
    }));
    let told = || match sandbox.ask(&event, "mez-e-1") {
        Ok(Answer::Return(said)) => said,
        other => panic!("{other:?}"),
    };
    let first = told();
    assert!(first.accepted);
    assert_eq!(told(), first);
    assert_eq!(sandbox.records(), 1);
}

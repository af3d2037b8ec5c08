//! Messages of ISO 20022: valid under the published schemas, read back the same, refused by name.

mod several;

use std::path::Path;
use std::process::{Command, Stdio};

use canon::{Amount, Bic, Currency, Date, Iban, Lei, Timestamp, Uetr};
use corridor::iso20022::*;

/// The published schemas, kept outside the repository.
const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/iso20022/xsd");

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::parse(text).unwrap()
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

fn when(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn amount(minor: i128, currency: &str) -> Amount {
    Amount::of_minor(minor, Currency::parse(currency).unwrap())
}

fn agent(bic: &str) -> Agent {
    Agent { bic: Bic::parse(bic).unwrap(), lei: None }
}

fn uetr() -> Uetr {
    Uetr::parse("eb6305c9-1f7f-49de-aed0-16487c27b42d").unwrap()
}

fn instruction() -> Instruction {
    Instruction {
        message_id: text("M-1"),
        created: when("2026-11-20T12:00:00Z"),
        settlement: Settlement::Instructed,
        instructing: agent("DEUTDEFF"),
        instructed: agent("SCBLPKKX"),
        instruction_id: Some(text("I-1")),
        end_to_end_id: text("E-1"),
        uetr: uetr(),
        amount: amount(123_456, "USD"),
        settlement_date: day("2026-11-20"),
    }
}

fn party(name: &str) -> PartyName {
    PartyName {
        name: text(name),
        address: Some(Address {
            street: Some(text("High Street")),
            building: Some(text("1")),
            post_code: None,
            town: text("Karachi"),
            country: Country::parse("PK").unwrap(),
        }),
        organisation: Some(OrganisationId {
            lei: Some(Lei::parse("7LTWFZYICNSX8D621K86").unwrap()),
            other: None,
        }),
        person: None,
    }
}

fn customer() -> CustomerTransfer {
    CustomerTransfer {
        instruction: instruction(),
        charges: ChargeBearer::Shared,
        debtor: party("Müller & Söhne <GmbH>"),
        debtor_account: Some(Account::Iban(Iban::parse("DE89370400440532013000").unwrap())),
        debtor_agent: Agent {
            lei: Some(Lei::parse("7LTWFZYICNSX8D621K86").unwrap()),
            ..agent("DEUTDEFF500")
        },
        creditor_agent: agent("SCBLPKKX"),
        creditor: party("Indus \"Cotton\" Ltd"),
        creditor_account: Some(Account::Other(text("0001-77"))),
        purpose: Some(code("GDDS")),
        remittance: Some(text("invoice 7 'final'")),
    }
}

fn original() -> Original {
    Original {
        message_id: text("M-1"),
        message_name: text("pacs.008.001.08"),
        end_to_end_id: text("E-1"),
        uetr: uetr(),
    }
}

fn reason(code: &str) -> Reason {
    Reason { code: self::code(code), words: Some(text("the account is closed")) }
}

fn settled() -> Settled {
    Settled { amount: amount(123_456, "USD"), date: day("2026-11-20") }
}

fn assignment() -> Assignment {
    Assignment {
        id: text("A-1"),
        from: agent("DEUTDEFF"),
        to: agent("SCBLPKKX"),
        created: when("2026-11-21T08:00:00Z"),
    }
}

fn report() -> Report {
    Report {
        message_id: text("S-1"),
        created: when("2026-11-21T00:00:00Z"),
        report_id: text("2026-11-20"),
        account: Account::Other(text("corridor-pk--sg")),
        currency: Currency::parse("KWD").unwrap(),
    }
}

fn entry(n: u32, minor: i128, direction: Direction) -> Entry {
    Entry {
        reference: text(&format!("N-{n}")),
        amount: amount(minor, "KWD"),
        direction,
        status: code("BOOK"),
        booked: day("2026-11-20"),
        value: day("2026-11-20"),
        kind: text("settlement"),
        end_to_end_id: text(&format!("E-{n}")),
        uetr: (n == 1).then(uetr),
    }
}

fn balance(minor: i128) -> Balance {
    Balance { amount: amount(minor, "KWD"), date: day("2026-11-20") }
}

fn statement() -> Statement {
    let entries = vec![entry(1, 5_000, Direction::Debit), entry(2, 1_234, Direction::Credit)];
    Statement { report: report(), opening: balance(1_000), closing: balance(-2_766), entries }
}

fn returned() -> PaymentReturn {
    PaymentReturn {
        message_id: text("R-1"),
        created: when("2026-11-21T08:00:00Z"),
        settlement: Settlement::Clearing,
        return_id: text("R-1"),
        original: original(),
        settled: settled(),
        amount: amount(123_456, "USD"),
        settlement_date: day("2026-11-21"),
        instructing: agent("SCBLPKKX"),
        instructed: agent("DEUTDEFF"),
        reason: reason("AC04"),
    }
}

fn status() -> StatusReport {
    StatusReport {
        message_id: text("T-1"),
        created: when("2026-11-20T12:00:05Z"),
        instructing: agent("SCBLPKKX"),
        instructed: agent("DEUTDEFF"),
        original: original(),
        status: code("RJCT"),
        reason: Some(reason("AC04")),
    }
}

fn resolution() -> Resolution {
    Resolution {
        assignment: assignment(),
        confirmation: code("RJCR"),
        status_id: text("C-2"),
        original: original(),
        outcome: Cancellation::Rejected,
        reason: Some(reason("CUST")),
    }
}

/// One of each kind, with everything it may hold.
fn all() -> Vec<Message> {
    vec![
        Message::CustomerTransfer(Box::new(customer())),
        Message::InstitutionTransfer(InstitutionTransfer {
            instruction: instruction(),
            debtor: agent("DEUTDEFF"),
            debtor_account: Some(Account::Other(text("nostro"))),
            creditor: agent("SCBLPKKX"),
            creditor_account: None,
            remittance: Some(text("leg 3")),
        }),
        Message::StatusReport(status()),
        Message::PaymentReturn(returned()),
        Message::Statement(statement()),
        Message::Notification(Notification {
            report: report(),
            entries: vec![entry(1, 7, Direction::Credit)],
        }),
        Message::CancellationRequest(CancellationRequest {
            assignment: assignment(),
            cancellation_id: text("C-1"),
            original: original(),
            settled: settled(),
            reason: reason("DUPL"),
        }),
        Message::Resolution(resolution()),
        Message::Header(Header {
            from: agent("DEUTDEFF"),
            to: agent("SCBLPKKX"),
            message_id: text("M-1"),
            definition: text("pacs.008.001.08"),
            created: when("2026-11-20T12:00:00Z"),
        }),
    ]
}

/// What `xmllint` says of a message; panics where it or the schemas are not.
fn judged(definition: Definition, xml: &str) -> Result<(), String> {
    let schema = Path::new(SCHEMAS).join(format!("{}.xsd", definition.name()));
    assert!(schema.is_file(), "{} is not here", schema.display());
    let mut lint = Command::new("xmllint");
    lint.args(["--noout", "--nonet", "--schema"]).arg(schema).arg("-");
    let lint = lint.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = lint.spawn().expect("xmllint, from libxml2-utils");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), xml.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    if said.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&said.stderr).into_owned())
}

#[test]
fn everything_written_is_valid_and_read_back_the_same() {
    let messages = all();
    assert_eq!(messages.len(), TABLE.len());
    for message in messages {
        let xml = message.write().unwrap();
        judged(message.definition(), &xml).unwrap_or_else(|why| panic!("{xml}\n{why}"));
        let read = Message::read(xml.as_bytes()).unwrap_or_else(|fault| panic!("{xml}\n{fault}"));
        assert_eq!((read.message, read.unread), (message.clone(), Vec::<String>::new()));
        // As typed JSON too.
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
    }
}

#[test]
fn the_least_of_each_message_is_valid_too() {
    let mut least = customer();
    least.instruction.instruction_id = None;
    least.debtor = PartyName { address: None, organisation: None, ..least.debtor };
    (least.debtor_account, least.creditor_account) = (None, None);
    (least.purpose, least.remittance) = (None, None);
    let accepted = StatusReport { status: code("ACSC"), reason: None, ..status() };
    let empty = Statement { entries: Vec::new(), closing: balance(1_000), ..statement() };
    for message in [
        Message::CustomerTransfer(Box::new(least)),
        Message::StatusReport(accepted),
        Message::Statement(empty),
    ] {
        let xml = message.write().unwrap();
        judged(message.definition(), &xml).unwrap();
        assert_eq!(Message::read(xml.as_bytes()).unwrap().message, message);
    }
}

#[test]
fn a_yen_has_no_decimals_and_a_dinar_three() {
    for (minor, currency, said) in
        [(5, "JPY", ">5<"), (5, "KWD", ">0.005<"), (5, "USD", ">0.05<"), (500, "ISK", ">500<")]
    {
        let mut transfer = customer();
        transfer.instruction.amount = amount(minor, currency);
        let message = Message::CustomerTransfer(Box::new(transfer));
        let xml = message.write().unwrap();
        assert!(xml.contains(&format!("Ccy=\"{currency}\"{said}")), "{xml}");
        assert_eq!(Message::read(xml.as_bytes()).unwrap().message, message);
    }
    // The exponent is that of the day: there was an eyrir until 2006.
    let mut old = customer();
    old.instruction.amount = amount(500, "ISK");
    old.instruction.created = when("2006-11-20T12:00:00Z");
    assert!(Message::CustomerTransfer(Box::new(old)).write().unwrap().contains(">5.00<"));
}

/// A message with `from` replaced once.
fn changed(message: &Message, from: &str, to: &str) -> String {
    let xml = message.write().unwrap();
    assert!(xml.contains(from), "no {from} in {xml}");
    xml.replacen(from, to, 1)
}

#[test]
fn every_rule_of_a_transfer_refuses_what_breaks_it() {
    let good = Message::CustomerTransfer(Box::new(customer()));
    let cases = [
        ("DEUTDEFF", "DEUT1EFF", "iso20022-value"),
        ("DE89370400440532013000", "DE88370400440532013000", "iso20022-value"),
        ("DE89370400440532013000", "DE8937040044053201300", "iso20022-value"),
        ("7LTWFZYICNSX8D621K86", "7LTWFZYICNSX8D621K87", "iso20022-value"),
        ("-49de-", "-19de-", "iso20022-value"),
        ("eb6305c9", "EB6305C9", "iso20022-value"),
        ("Ccy=\"USD\"", "Ccy=\"usd\"", "iso20022-value"),
        ("Ccy=\"USD\"", "Ccy=\"XAU\"", "iso20022-value"),
        (" Ccy=\"USD\"", "", "iso20022-value"),
        ("1234.56", "1234.567", "iso20022-value"),
        ("1234.56", "-1234.56", "iso20022-value"),
        ("1234.56", "1,234.56", "iso20022-value"),
        ("1234.56", "99999999999999999.99", "iso20022-value"),
        ("1234.56", "0.00", "iso20022-rule"),
        ("SHAR", "NONE", "iso20022-value"),
        ("INDA", "XXXX", "iso20022-value"),
        ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00", "iso20022-value"),
        ("2026-11-20T12:00:00Z", "2026-02-30T12:00:00Z", "iso20022-value"),
        ("<NbOfTxs>1<", "<NbOfTxs>2<", "iso20022-value"),
        ("<EndToEndId>E-1</EndToEndId>", "", "iso20022-missing"),
        ("<UETR>eb6305c9-1f7f-49de-aed0-16487c27b42d</UETR>", "", "iso20022-missing"),
        ("<EndToEndId>E-1<", "<EndToEndId><", "iso20022-value"),
        ("<Cd>GDDS<", "<Cd>goods<", "iso20022-value"),
        ("<Ctry>PK<", "<Ctry>Pakistan<", "iso20022-value"),
        ("pacs.008.001.08", "pacs.008.001.07", "iso20022-version"),
        ("urn:iso:std", "urn:other", "iso20022-version"),
        ("<MsgId>M-1</MsgId>", "<MsgId>M-1</MsgId><MsgId>M-2</MsgId>", "iso20022-order"),
        ("<ChrgBr>SHAR</ChrgBr>", "<ChrgBr><Cd>SHAR</Cd></ChrgBr>", "iso20022-value"),
        ("<MsgId>M-1</MsgId>", "<MsgId Id=\"1\">M-1</MsgId>", "iso20022-xml"),
        ("<GrpHdr>", "<GrpHdr>words", "iso20022-xml"),
        ("</Document>", "", "iso20022-xml"),
        ("<Document", "<!DOCTYPE d [<!ENTITY x \"y\">]><Document", "iso20022-xml"),
        (">M-1<", ">&x;<", "iso20022-xml"),
    ];
    for (from, to, expected) in cases {
        let fault = Message::read(changed(&good, from, to).as_bytes()).unwrap_err();
        assert_eq!(fault.code(), expected, "{from} -> {to}: {fault}");
    }
    // Two payments in one message are not one payment and something unread.
    let xml = good.write().unwrap();
    let (start, end) = (xml.find("<CdtTrfTxInf>").unwrap(), xml.find("</FIToFI").unwrap());
    let twice = format!("{}{}{}", &xml[..end], &xml[start..end], &xml[end..]);
    assert_eq!(Message::read(twice.as_bytes()).unwrap_err().code(), "iso20022-rule");
    // The payer after the payee, as the schema does not have it: both refuse.
    let (a, b) = (xml.find("      <Dbtr>").unwrap(), xml.find("      <DbtrAcct>").unwrap());
    let end = xml.find("    </CdtTrfTxInf>").unwrap();
    let moved = format!("{}{}{}{}", &xml[..a], &xml[b..end], &xml[a..b], &xml[end..]);
    assert!(judged(Definition::CustomerTransfer, &moved).is_err());
    assert!(matches!(Message::read(moved.as_bytes()), Err(Fault::Missing(_) | Fault::Order(_))));
}

#[test]
fn values_that_contradict_each_other_are_neither_written_nor_read() {
    let mut more = returned();
    more.amount = amount(123_457, "USD");
    let mut other = returned();
    other.amount = amount(1, "EUR");
    let mut early = returned();
    early.settlement_date = day("2026-11-19");
    let silent = StatusReport { reason: None, ..status() };
    let uneven = Statement { closing: balance(-2_765), ..statement() };
    let mut foreign = statement();
    foreign.entries[0].amount = amount(5_000, "USD");
    let mut nothing = statement();
    nothing.entries[0].amount = amount(0, "KWD");
    let other_balance =
        Statement { opening: Balance { amount: amount(1, "EUR"), ..balance(0) }, ..statement() };
    let unsaid = Resolution { confirmation: code("CNCL"), ..resolution() };
    let unexplained = Resolution { reason: None, ..resolution() };
    let contradictions = [
        Message::PaymentReturn(more),
        Message::PaymentReturn(other),
        Message::PaymentReturn(early),
        Message::StatusReport(silent),
        Message::Statement(uneven),
        Message::Statement(foreign),
        Message::Statement(nothing),
        Message::Statement(other_balance),
        Message::Resolution(unsaid),
        Message::Resolution(unexplained),
    ];
    for message in contradictions {
        let fault = message.write().unwrap_err();
        assert_eq!(fault.code(), "iso20022-rule", "{fault}");
    }
    let good = all();
    let read = [
        (3, ">1234.56</RtrdIntrBkSttlmAmt", ">1234.57</RtrdIntrBkSttlmAmt"),
        (4, ">2.766<", ">2.767<"),
        (7, "<Conf>RJCR<", "<Conf>CNCL<"),
    ];
    for (at, from, to) in read {
        let fault = Message::read(changed(&good[at], from, to).as_bytes()).unwrap_err();
        assert_eq!(fault.code(), "iso20022-rule", "{fault}");
    }
    let swapped = changed(&good[4], "<Cd>OPBD<", "<Cd>CLBD<");
    assert_eq!(Message::read(swapped.as_bytes()).unwrap_err().code(), "iso20022-value");
    let unknown = changed(&good[8], "pacs.008.001.08</MsgDefIdr", "pacs.008.001.99</MsgDefIdr");
    assert_eq!(Message::read(unknown.as_bytes()).unwrap_err().code(), "iso20022-version");
}

#[test]
fn what_is_not_understood_is_reported() {
    let good = Message::CustomerTransfer(Box::new(customer()));
    let more = changed(&good, "<ChrgBr>", "<InstdAmt Ccy=\"EUR\">1.00</InstdAmt><ChrgBr>");
    judged(Definition::CustomerTransfer, &more).unwrap();
    let read = Message::read(more.as_bytes()).unwrap();
    assert_eq!(
        (read.message, read.unread),
        (good.clone(), vec!["CdtTrfTxInf/InstdAmt".to_owned()])
    );
    let foreign = changed(
        &good,
        "</CdtTrfTxInf>",
        "<SplmtryData><Envlp><x xmlns=\"urn:mine\">1</x></Envlp></SplmtryData></CdtTrfTxInf>",
    );
    judged(Definition::CustomerTransfer, &foreign).unwrap();
    let read = Message::read(foreign.as_bytes()).unwrap();
    assert_eq!(read.unread, ["CdtTrfTxInf/SplmtryData"]);
}

#[test]
fn nothing_is_cut_in_silence() {
    let long = "Ä".repeat(150);
    assert!(Text::<140>::parse(&long).is_err());
    let mut cuts = Vec::new();
    let name = Text::<140>::shortened("Dbtr/Nm", &long, &mut cuts).unwrap();
    assert_eq!((name.as_str().chars().count(), cuts.len()), (140, 1));
    assert_eq!((cuts[0].element, format!("{}{}", cuts[0].kept, cuts[0].lost)), ("Dbtr/Nm", long));
    let mut cuts = Vec::new();
    Text::<140>::shortened("Dbtr/Nm", "short", &mut cuts).unwrap();
    assert_eq!(cuts, []);
    assert!(Text::<140>::shortened("Dbtr/Nm", "a\u{7}b", &mut cuts).is_err());
}

#[test]
fn hostile_xml_is_refused_at_once() {
    let deep = "<a>".repeat(100_000);
    assert_eq!(Message::read(deep.as_bytes()), Err(Fault::Depth));
    let huge = vec![b' '; MESSAGE_BYTES_MAX + 1];
    assert_eq!(Message::read(&huge), Err(Fault::Size));
    for bytes in [&b""[..], b"\xff\xfe", b"<a/>", b"{}", b"<Document/>"] {
        assert!(Message::read(bytes).is_err());
    }
    let xml = Message::CustomerTransfer(Box::new(customer())).write().unwrap();
    for at in (0..xml.len()).filter(|at| xml.is_char_boundary(*at)).step_by(7) {
        assert!(Message::read(&xml.as_bytes()[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn the_travel_rule_gets_names_accounts_and_identification_or_says_what_is_missing() {
    let said = ivms101(&customer()).unwrap();
    let payer = &said["originator"]["originatorPersons"][0]["legalPerson"];
    let name = &payer["name"]["nameIdentifier"][0];
    assert_eq!(name["legalPersonName"], "Müller & Söhne <GmbH>");
    assert_eq!(payer["nationalIdentification"]["nationalIdentifierType"], "LEIX");
    assert_eq!(payer["geographicAddress"][0]["country"], "PK");
    assert_eq!(said["originator"]["accountNumber"][0], "DE89370400440532013000");
    assert_eq!(said["beneficiary"]["accountNumber"][0], "0001-77");
    let mut poor = customer();
    poor.debtor.address = None;
    poor.debtor.organisation = None;
    poor.creditor_account = None;
    let missing = ["debtor/address", "debtor/organisation/lei", "creditor_account"];
    assert_eq!(ivms101(&poor).unwrap_err(), Missing(missing.to_vec()));
}

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/iso20022.json");

/// One message of each kind, as content and as XML.
fn golden() -> Vec<u8> {
    let row = |message: &Message| {
        serde_json::json!({
            "content": message,
            "definition": message.definition().name(),
            "xml": message.write().unwrap(),
        })
    };
    let rows: Vec<_> = all().iter().chain(&several::more()).map(row).collect();
    let mut bytes = serde_json::to_vec_pretty(&rows).unwrap();
    bytes.push(b'\n');
    bytes
}

#[test]
fn the_golden_messages_stand() {
    let held = std::fs::read(GOLDEN).unwrap();
    assert!(held == golden(), "vectors/iso20022.json differs; a new form needs a new version");
}

/// `cargo test -p corridor -- --ignored write_the_golden_payments`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_payments() {
    std::fs::write(GOLDEN, golden()).unwrap();
}

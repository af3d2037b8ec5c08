//! `/v1/tax` against a running zone under the law of Pakistan: what is withheld of a payment, and what is not known.

use canon::Realm;
use proof::credential::{CONTEXT, CONTEXT_TERMS};
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Value, json};

use crate::home::{Home, issuer, now};
use crate::server::{Server, Told};

const PAYMENTS: &str = "/v1/fiscal/payments";
const KINDS: [&str; 3] = ["beneficial_ownership", "source_of_funds", "tax_residency"];

/// A company with an account that is funded.
pub fn company(home: &Home, server: &Server, name: &str, funds: Option<&str>) -> (String, String) {
    let mut wanted = home.company(name, "pk-sifc", &KINDS);
    wanted["entity_type"] = json!("single-member-company");
    let formed = server.post("/v1/entities", &wanted);
    assert_eq!(formed.status, 201, "{}", formed.text);
    let entity = formed.body["result"]["entity_id"].as_str().unwrap().to_owned();
    let open = json!({ "entity_id": entity, "currency": "PKR" });
    let opened = server.post("/v1/fiscal/accounts", &open);
    assert_eq!(opened.status, 201, "{}", opened.text);
    let account = opened.body["result"]["account_id"].as_str().unwrap().to_owned();
    if let Some(amount) = funds {
        let fund = json!({ "amount": amount, "currency": "PKR", "purpose": "capital" });
        let funded = server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund);
        assert_eq!(funded.status, 200, "{}", funded.text);
    }
    (entity, account)
}

/// What a tax authority would say of a company.
pub fn status(name: &str, filer: &str, from: &str) -> Value {
    let (now, signer) = (now(), issuer());
    let unsigned = json!({
        "@context": [CONTEXT, CONTEXT_TERMS],
        "id": "urn:test:tax-status",
        "type": ["VerifiableCredential", "MEZTaxStatusCredential"],
        "issuer": signer.public().did(),
        "realm": Realm::Sandbox,
        "validFrom": now,
        "validUntil": now.plus_secs(86_400).unwrap(),
        "credentialSubject": {
            "legal_name": name,
            "claims": { "filer": filer, "number": "1234567-8", "from": from },
        },
    });
    sign_document(unsigned, &ProofOptions::assertion(now, &signer), &signer).unwrap()
}

fn pay(server: &Server, (from, to): (&str, &str), amount: &str, purpose: &str) -> Told {
    let body = json!({
        "from_account_id": from, "to": { "account_id": to },
        "amount": amount, "currency": "PKR", "purpose": purpose,
    });
    server.post(PAYMENTS, &body)
}

fn balance(server: &Server, account: &str) -> String {
    let told = server.get(&format!("/v1/fiscal/accounts/{account}"));
    told.body["balance"].as_str().unwrap().to_owned()
}

#[test]
fn a_payment_is_taxed_in_its_own_commit_once_the_status_is_known_and_refused_before() {
    let home = Home::of("pk-sifc", None);
    let server = Server::start(&home);
    let (payer, from) = company(&home, &server, "Indus Lantern", Some("500000.00"));
    let (payee, to) = company(&home, &server, "Ravi Services", None);

    // Nobody has said whether the payee files returns: pending, and nothing moves.
    let refused = pay(&server, (&from, &to), "100000.00", "services");
    assert_eq!(refused.code(), (403, "refused-by-law"), "{}", refused.text);
    let blocking = &refused.body["blocking"][0];
    assert_eq!((&blocking["domain"], &blocking["state"]), (&json!("tax"), &json!("pending")));
    assert!(refused.text.contains("tax status"), "{}", refused.text);
    assert_eq!(balance(&server, &from), "500000.00");
    let asked = json!({
        "entity_id": payer, "counterparty_entity_id": payee, "event_type": "payment_for_services",
        "amount": "100000.00", "currency": "PKR",
    });
    let preview = server.post("/v1/tax/withhold", &asked);
    assert_eq!(preview.status, 200, "{}", preview.text);
    let missing = json!({ "state": "pending", "missing": ["filer_status", "rate"] });
    assert_eq!(preview.body["withholding"], missing);

    // The status is somebody's signed word, never a member of a request.
    let mut guessed = asked.clone();
    guessed["filer_status"] = json!("filer");
    assert_eq!(server.post("/v1/tax/withhold", &guessed).code(), (422, "invalid-fields"));
    let mut forged = status("Ravi Services", "filer", "2026-07-01");
    forged["credentialSubject"]["claims"]["filer"] = json!("non_filer");
    let stated = |credential: &Value| json!({ "entity_id": payee, "credential": credential });
    let told = server.post("/v1/tax/status", &stated(&forged));
    assert_eq!(told.code(), (422, "evidence-not-accepted"));
    let told =
        server.post("/v1/tax/status", &stated(&status("Somebody Else", "filer", "2026-07-01")));
    assert_eq!(told.code(), (422, "evidence-not-accepted"));
    let told =
        server.post("/v1/tax/status", &stated(&status("Ravi Services", "filer", "2026-07-01")));
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(told.body["compliance"]["kind"], "tax.transition");
    let older = status("Ravi Services", "non_filer", "2026-06-30");
    assert_eq!(server.post("/v1/tax/status", &stated(&older)).code(), (409, "tax-status-older"));

    paid_and_remitted(&server, (&payer, &payee), (&from, &to));
}

/// Fifteen percent of a hundred thousand is withheld in the payment's own commit, owed, and paid over once.
fn paid_and_remitted(server: &Server, (payer, payee): (&str, &str), (from, to): (&str, &str)) {
    let paid = pay(server, (from, to), "100000.00", "services");
    assert_eq!(paid.status, 201, "{}", paid.text);
    let tax = &paid.body["result"]["charges"]["tax"];
    assert_eq!(tax["withheld"]["minor"], "1500000");
    assert_eq!(tax["net"]["minor"], "8500000");
    assert_eq!(tax["terms"]["rate"]["rate_bp"], 1500);
    assert_eq!(tax["terms"]["authority"], "pk-fbr");
    let citation = &tax["terms"]["rate"]["citation"];
    assert_eq!(citation["instrument"], "Income Tax Ordinance, 2001");
    assert!(citation["section"].as_str().unwrap().starts_with("153(1)(b)"), "{citation}");
    assert_eq!(balance(server, from), "400000.00");
    assert_eq!(balance(server, to), "85000.00");
    assert_eq!(balance(server, "tax:pk-fbr:PKR"), "15000.00");
    let totals = server.get("/v1/fiscal/totals").body;
    assert_eq!(totals["totals"][0]["sum"], "0.00", "{totals}");

    // It is owed, and can be paid over once.
    let owed = server.get("/v1/tax/liabilities").body["items"][0].clone();
    assert_eq!((&owed["outstanding"], &owed["events"]), (&json!("15000.00"), &json!(1)));
    let remit = |amount: &str| {
        let body = json!({
            "authority": "pk-fbr", "currency": "PKR", "month": owed["month"],
            "amount": amount, "reference": "CPR 2026-1",
        });
        server.post("/v1/tax/remittances", &body)
    };
    assert_eq!(remit("15000.01").code(), (409, "insufficient-funds"));
    let told = remit("15000.00");
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(told.body["result"]["outstanding"], "0.00");
    assert_ne!(remit("1.00").status, 201);

    let report = server.get(&format!("/v1/tax/obligations/{payer}"));
    assert_eq!(report.status, 200, "{}", report.text);
    let line = &report.body["lines"][0];
    assert_eq!((&line["gross"], &line["due"]), (&json!("100000.00"), &json!("15000.00")));
    assert_eq!(report.body["state"], "complete");
    let events = server.get(&format!("/v1/tax/events?entity_id={payee}")).body;
    assert_eq!(events["items"][0]["executed"], true);
    assert_eq!(events["items"][0]["payment_id"], paid.body["result"]["payment_id"]);
}

#[test]
fn what_has_no_rate_stays_pending_until_it_can_be_assessed() {
    let home = Home::of("pk-sifc", None);
    let server = Server::start(&home);
    let (payer, from) = company(&home, &server, "Indus Lantern", Some("500000.00"));
    let (payee, to) = company(&home, &server, "Ravi Rentals", None);
    let event = |kind: &str, currency: &str| {
        let body = json!({
            "entity_id": payer, "counterparty_entity_id": payee, "event_type": kind,
            "amount": "40000.00", "currency": currency,
        });
        server.post("/v1/tax/events", &body)
    };
    let rent = event("rent_payment", "PKR");
    assert_eq!(rent.status, 201, "{}", rent.text);
    let services = event("payment_for_services", "PKR");
    let id = services.body["result"]["event_id"].as_str().unwrap().to_owned();
    assert_eq!(services.body["result"]["withholding"]["state"], "pending");
    let export = event("export_of_goods", "PKR");
    assert_eq!(export.body["result"]["withholding"]["state"], "not_due");
    let report = server.get("/v1/tax/report").body;
    assert_eq!((&report["pending"], &report["state"]), (&json!(2), &json!("pending")));

    let credential = status("Ravi Rentals", "non_filer", "2026-07-01");
    let stated = json!({ "entity_id": payee, "credential": credential });
    assert_eq!(server.post("/v1/tax/status", &stated).status, 201);
    let assess = |id: &str| server.post(&format!("/v1/tax/events/{id}/assess"), &json!({}));
    let told = assess(&id);
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.body["result"]["withholding"]["withheld"], "12000.00");
    assert_eq!(told.body["result"]["executed"], false);
    assert_eq!(assess(&id).code(), (409, "tax-not-pending"));
    // Of rent the packs carry no rate: it stays pending, and a payment of it is refused.
    let rent = rent.body["result"]["event_id"].as_str().unwrap();
    let missing = assess(rent).body["result"]["withholding"]["missing"].clone();
    assert_eq!(missing, json!(["rate"]));
    assert_eq!(pay(&server, (&from, &to), "10.00", "rent").code(), (403, "refused-by-law"));
    assert_eq!(pay(&server, (&from, &to), "10.00", "gift").status, 201);

    let rules = server.get("/v1/tax/rules/pk-sifc").body;
    let named = |name: &str| {
        let rules = rules["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["parameter"] == name).unwrap()["value"].clone()
    };
    assert_eq!(named("withhold_payment_for_services_non_filer_bp"), json!({ "int": 3000 }));
    let calendar = server.get("/v1/tax/calendar").body;
    assert_eq!(calendar["authority"], "pk-fbr");
    let due = calendar["filings"].as_array().unwrap();
    assert!(due.iter().any(|row| row["deadline_id"] == "pk-fbr-it-annual-company"), "{calendar}");
    assert_eq!(event("payment_for_services", "XAU").status, 422);
    assert_eq!(server.get("/v1/tax/events/nobody").code(), (404, "not-found"));
    assert_eq!(server.ask_as("/v1/tax/events", None).status, 401);
}

/// Of services, 30,000 rupees in a tax year: section 153(1)(b).
#[test]
fn little_paid_in_a_year_is_paid_whole_and_the_payment_that_makes_it_enough_is_taxed() {
    let home = Home::of("pk-sifc", None);
    let server = Server::start(&home);
    let (payer, from) = company(&home, &server, "Indus Lantern", Some("500000.00"));
    let (payee, to) = company(&home, &server, "Ravi Services", None);
    let (_, other) = company(&home, &server, "Chenab Services", None);
    let services = |to: &str, amount: &str| pay(&server, (&from, to), amount, "services");
    // Nobody has said whether the payee files returns, and nobody has to.
    let first = services(&to, "20000.00");
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.body["result"].get("charges"), None);
    let events = server.get(&format!("/v1/tax/events?entity_id={payee}")).body;
    let citation = &events["items"][0]["withholding"]["citation"];
    assert_eq!(citation["parameter"], "withhold_payment_for_services_year_from", "{events}");
    assert_eq!(citation["section"], "153(1)(b)");
    let moved = json!({ "transfers": [{ "from_account_id": from, "to_account_id": to,
        "amount": "1.00", "currency": "PKR" }], "purpose": "services" });
    let told = server.post("/v1/fiscal/transfers", &moved);
    assert_eq!(told.code(), (409, "transfer-taxed"), "it would not be in the sum: {}", told.text);
    let preview = |amount: &str| {
        let asked = json!({ "entity_id": payer, "counterparty_entity_id": payee, "currency": "PKR",
            "event_type": "payment_for_services", "amount": amount });
        server.post("/v1/tax/withhold", &asked).body["withholding"]["state"].clone()
    };
    assert_eq!((preview("9999.99"), preview("10000.00")), (json!("not_due"), json!("pending")));
    let body = json!({ "from_account_id": from, "to": { "account_id": to }, "currency": "PKR",
        "amount": "9999.99", "purpose": "services" });
    assert_eq!(server.post(&format!("{PAYMENTS}?dry_run=true"), &body).status, 200);
    assert_eq!(services(&to, "9999.99").status, 201, "a dry run is in no sum");
    assert_eq!(services(&to, "0.01").code(), (403, "refused-by-law"));
    assert_eq!(services(&other, "29999.99").status, 201, "each payee has a sum");

    let credential = status("Ravi Services", "filer", "2026-07-01");
    let stated = json!({ "entity_id": payee, "credential": credential });
    assert_eq!(server.post("/v1/tax/status", &stated).status, 201);
    let enough = services(&to, "10000.00").body;
    assert_eq!(enough["result"]["charges"]["tax"]["withheld"]["minor"], "150000", "{enough}");
    // What came back whole was not paid.
    let id = first.body["result"]["payment_id"].as_str().unwrap();
    let why = json!({ "reason": "paid twice" });
    let back = server.post(&format!("{PAYMENTS}/{id}/reverse"), &why);
    assert_eq!(back.status, 200, "{}", back.text);
    assert_eq!((preview("10000.00"), preview("10000.01")), (json!("not_due"), json!("due")));
    // What was paid elsewhere and is stated is in the sum as well.
    let elsewhere = json!({ "entity_id": payer, "counterparty_entity_id": payee, "currency": "PKR",
        "event_type": "payment_for_services", "amount": "10000.00" });
    assert_eq!(server.post("/v1/tax/events", &elsewhere).status, 201);
    assert_eq!((preview("0.01"), preview("0.02")), (json!("due"), json!("due")));
}

#[test]
fn law_that_says_nothing_of_withholding_leaves_a_payment_whole_and_a_stated_event_pending() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let body = home.company("Harbour Tea", "sg", &KINDS);
    let formed = server.post("/v1/entities", &body);
    let entity = formed.body["result"]["entity_id"].as_str().unwrap();
    let event = json!({
        "entity_id": entity, "event_type": "payment_for_services",
        "amount": "10.00", "currency": "SGD",
    });
    let told = server.post("/v1/tax/withhold", &event);
    assert_eq!(told.body["withholding"], json!({ "state": "pending", "missing": ["scope"] }));
}

//! Payments over Raast: withheld, sent until answered, settled or given back; never settled without an answer.

use std::time::{Duration, Instant};

use super::*;

const PAY: &str = "/v1/fiscal/raast/payments";
const INDUS: &str = "Indus Textile Trading (Private) Limited";
const KINDS: [&str; 3] = ["beneficial_ownership", "source_of_funds", "tax_residency"];
/// Longest wait for Raast's answer.
const WAIT: Duration = Duration::from_secs(30);

/// An IBAN of Habib Bank that ends so, its check digits right.
fn iban(end: &str) -> String {
    let account = format!("HABB000000112345{end}");
    let digits: String = format!("{account}PK00")
        .chars()
        .map(|sign| sign.to_digit(36).unwrap().to_string())
        .collect();
    let rest = digits.bytes().fold(0u32, |rest, byte| (rest * 10 + u32::from(byte - b'0')) % 97);
    format!("PK{:02}{account}", 98 - rest)
}

fn payer(home: &Home, server: &Server) -> (String, String) {
    let mut wanted = home.company("Quetta Cloth", "pk-sifc", &KINDS);
    wanted["entity_type"] = json!("single-member-company");
    let formed = server.post("/v1/entities", &wanted);
    assert_eq!(formed.status, 201, "{}", formed.text);
    let entity = formed.body["result"]["entity_id"].as_str().unwrap().to_owned();
    let opened =
        server.post("/v1/fiscal/accounts", &json!({ "entity_id": entity, "currency": "PKR" }));
    assert_eq!(opened.status, 201, "{}", opened.text);
    let account = opened.body["result"]["account_id"].as_str().unwrap().to_owned();
    let fund = json!({ "amount": "500000.00", "currency": "PKR", "purpose": "capital" });
    let funded = server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund);
    assert_eq!(funded.status, 200, "{}", funded.text);
    (entity, account)
}

fn invoice(from: &str, end: &str) -> Value {
    json!({
        "from_account_id": from,
        "to": { "name": INDUS, "iban": iban(end), "bic": "HABBPKKA", "ntn": "1234567" },
        "amount": "100000.00", "currency": "PKR", "purpose": "services", "reference": "INV-17",
    })
}

fn id(told: &Told) -> String {
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(told.body["result"]["status"], "pending", "{}", told.text);
    told.body["result"]["payment_id"].as_str().unwrap().to_owned()
}

/// Ask until the payment stands so.
fn until(server: &Server, id: &str, so: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let told = server.get(&format!("{PAY}/{id}"));
        assert_eq!(told.status, 200, "{}", told.text);
        if so(&told.body) {
            return told.body;
        }
        assert!(began.elapsed() < WAIT, "{}", told.text);
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn stands(status: &'static str) -> impl Fn(&Value) -> bool {
    move |told| told["status"] == status
}

fn balances(server: &Server, accounts: &[&str]) -> Vec<String> {
    let one = |id: &&str| {
        let told = server.get(&format!("/v1/fiscal/accounts/{id}"));
        told.body["balance"].as_str().unwrap().to_owned()
    };
    accounts.iter().map(one).collect()
}

#[test]
fn an_invoice_is_paid_less_tax_and_settles_upon_raasts_own_answer() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let (entity, from) = payer(&home, &server);
    let paid = server.post(PAY, &invoice(&from, "0001"));
    let payment = id(&paid);
    assert_eq!(paid.body["compliance"]["kind"], "payment.internal");
    let tax = &paid.body["result"]["charges"]["tax"];
    assert_eq!(
        (&tax["withheld"]["minor"], &tax["terms"]["rate"]["rate_bp"]),
        (&json!("1500000"), &json!(1500))
    );
    assert_eq!(tax["terms"]["filer"]["source"], "adapter");
    let told = until(&server, &payment, stands("settled"));
    let answer = &told["course"]["status"]["answer"];
    assert_eq!(answer["status"], "ACSC");
    let evidence = answer["evidence_id"].as_str().unwrap();
    let kept = server.get(&format!("/v1/adapters/evidence/{evidence}")).body;
    assert_eq!(
        (&kept["outcome"], &kept["question"]),
        (&json!("verified"), &json!("payment.initiate"))
    );
    // What went out is what was left after tax, once.
    let taken = sandbox.state()["payments"].clone();
    assert_eq!(taken.as_array().unwrap().len(), 1);
    assert_eq!(
        (&taken[0]["amount"], &taken[0]["from"]),
        (&json!("85000.00 PKR"), &json!(OWN_IBAN))
    );
    assert_eq!(taken[0]["uetr"], told["course"]["terms"]["uetr"]);
    let all = [&from, "held:rail:PKR", "tax:pk-fbr:PKR", "treasury:PKR"];
    assert_eq!(balances(&server, &all), ["400000.00", "0.00", "15000.00", "-415000.00"]);
    assert_eq!(server.get("/v1/fiscal/totals").body["totals"][0]["sum"], "0.00");
    let listed = server.get(&format!("/v1/fiscal/payments/{payment}")).body;
    assert_eq!((&listed["route"], &listed["state"]), (&json!("rail"), &json!("settled")));
    let events = server.get(&format!("/v1/tax/events?entity_id={entity}")).body;
    assert_eq!(events["items"][0]["payment_id"], payment);
    assert_eq!(server.get(&format!("{PAY}/nobody")).code(), (404, "not-found"));
}

#[test]
fn without_an_answer_that_counts_it_stays_pending_and_is_sent_again_as_one_payment() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let (_, from) = payer(&home, &server);
    // Taken there, and not believed here: the worst that can be.
    sandbox.order(RAAST, Some("unsigned"), None);
    let payment = id(&server.post(PAY, &invoice(&from, "0001")));
    let code = |code: &'static str| move |told: &Value| told["delivery"]["reason"]["code"] == code;
    let told = until(&server, &payment, code("adapter-answer-not-signed"));
    assert_eq!(told["status"], "pending");
    assert!(told["delivery"]["evidence_id"].is_string() && told["delivery"]["next_at"].is_string());
    sandbox.order(RAAST, Some("drop"), None);
    until(&server, &payment, code("adapter-unreachable"));
    assert_eq!(balances(&server, &[&from, "held:rail:PKR"]), ["400000.00", "85000.00"]);
    // What is down comes back after the zone itself was started again.
    drop(server);
    let server = Server::start(&home);
    sandbox.order(RAAST, None, None);
    let told = until(&server, &payment, stands("settled"));
    assert_eq!(told["delivery"], Value::Null);
    assert_eq!(sandbox.state()["payments"].as_array().unwrap().len(), 1);
    assert_eq!(balances(&server, &[&from, "held:rail:PKR"]), ["400000.00", "0.00"]);
}

#[test]
fn what_raast_rejects_comes_back_with_its_tax_and_what_it_has_not_decided_waits() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let (_, from) = payer(&home, &server);
    let most = ["100000.00", "200000.00"].map(|amount| [amount; 4]);
    let limits = json!({ "currency": "PKR", "per_payment": most[0], "per_month": most[1] });
    assert_eq!(server.post("/v1/identity/limits", &limits).status, 200);
    std::thread::sleep(Duration::from_millis(1_100));
    let slow = id(&server.post(PAY, &invoice(&from, "8888")));
    let told = until(&server, &slow, |told| told["delivery"]["reason"].is_object());
    assert_eq!(told["delivery"]["reason"]["code"], "rail-undecided");
    until(&server, &slow, stands("settled"));
    let rejected = id(&server.post(PAY, &invoice(&from, "0000")));
    let told = until(&server, &rejected, stands("returned"));
    let status = &told["course"]["status"];
    assert_eq!((&status["answer"]["reason"], &status["with_tax"]), (&json!("AC04"), &json!(true)));
    let all = [&from, "held:rail:PKR", "tax:pk-fbr:PKR"];
    assert_eq!(balances(&server, &all), ["400000.00", "0.00", "15000.00"]);
    let owed = server.get("/v1/tax/liabilities").body["items"][0].clone();
    assert_eq!((&owed["reversed"], &owed["outstanding"]), (&json!("15000.00"), &json!("15000.00")));
    // What came back is not paid, as the month's limit counts; what waits or was paid is.
    assert_eq!(server.post(PAY, &invoice(&from, "0001")).status, 201);
    assert_eq!(server.post(PAY, &invoice(&from, "0001")).code(), (409, "over-tier-month-limit"));
}

#[test]
fn what_is_not_known_of_the_payee_or_the_way_is_refused_and_moves_nothing() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let (_, from) = payer(&home, &server);
    let changed = |change: fn(&mut Value)| {
        let mut body = invoice(&from, "0001");
        change(&mut body);
        let told = server.post(PAY, &body);
        (told.status, told.code().1.to_owned(), told.text)
    };
    let by_law = |(status, code, text): (u16, String, String)| {
        assert_eq!((status, code.as_str()), (403, "refused-by-law"), "{text}");
        text
    };
    let untaxed = by_law(changed(|body| {
        body["to"].as_object_mut().unwrap().remove("ntn");
    }));
    assert!(untaxed.contains("\"pending\""), "{untaxed}");
    // A late filer has no rate in the packs; another's number identifies nobody.
    by_law(changed(|body| body["to"]["ntn"] = json!("5555555")));
    by_law(changed(|body| {
        body["to"]["ntn"] = json!("9234567");
        body["to"]["name"] = json!("Ravi Cotton Mills Limited");
    }));
    sandbox.order(FBR, Some("drop"), None);
    by_law(changed(|_| {}));
    sandbox.order(FBR, None, None);
    let invalid = |(status, code, text): (u16, String, String)| {
        assert_eq!((status, code.as_str()), (422, "invalid-fields"), "{text}");
    };
    invalid(changed(|body| body["to"]["iban"] = json!("PK25HABB0000001123450001")));
    invalid(changed(|body| body["to"]["bic"] = json!("HABB")));
    invalid(changed(|body| body["to"]["ntn"] = json!("12")));
    invalid(changed(|body| body["reference"] = json!("x".repeat(141))));
    let long = changed(|body| body["amount"] = json!("100000.001"));
    assert_eq!((long.0, long.1.as_str()), (422, "bad-amount"));
    let poor = changed(|body| body["amount"] = json!("500000.01"));
    assert_eq!((poor.0, poor.1.as_str()), (409, "insufficient-funds"));
    assert_eq!(balances(&server, &[&from]), ["500000.00"]);
    assert!(sandbox.state()["payments"].as_array().unwrap().is_empty());
    drop(server);

    let mut rows = rows(&sandbox);
    rows[2].as_object_mut().unwrap().remove("account");
    lay(&home, "sandbox", &rows);
    let server = Server::start(&home);
    assert_eq!(server.post(PAY, &invoice(&from, "0001")).code(), (409, "rail-no-account"));
}

#[test]
fn a_payer_whose_name_no_message_carries_is_not_debited() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let name = "Quetta Cloth and Carpets ".repeat(6);
    let entity = company(&home, &server, name.trim());
    let opened =
        server.post("/v1/fiscal/accounts", &json!({ "entity_id": entity, "currency": "PKR" }));
    let account = opened.body["result"]["account_id"].as_str().unwrap();
    let fund = json!({ "amount": "500000.00", "currency": "PKR", "purpose": "capital" });
    let funded = server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund);
    assert_eq!(funded.status, 200, "{}", funded.text);
    let told = server.post(PAY, &invoice(account, "0001"));
    crate::refused::is(&told, 422, "message-refused");
    assert_eq!(balances(&server, &[account]), ["500000.00"]);
    assert!(sandbox.requests().iter().all(|row| !row.to_string().contains("pacs.008")));
}

//! Returns and tax events, told to FBR: prepared from the books, filed once, pending without an answer.

use super::*;

const RETURNS: &str = "/v1/tax/returns";
const EVENTS: &str = "/v1/tax/events";

/// Today, and the month before.
fn months() -> (String, String) {
    let today = crate::home::now().date();
    let month = |day: canon::Date| day.to_string()[..7].to_owned();
    let first = canon::Date::parse(&format!("{}-01", month(today))).unwrap();
    (month(today), month(first.plus_days(-1).unwrap()))
}

fn event(server: &Server, (payer, payee): (&str, &str), kind: &str, day: &str) -> String {
    let body = json!({
        "entity_id": payer, "counterparty_entity_id": payee, "event_type": kind,
        "amount": "100000.00", "currency": "PKR", "occurred": day,
    });
    let told = server.post(EVENTS, &body);
    assert_eq!(told.status, 201, "{}", told.text);
    told.body["result"]["event_id"].as_str().unwrap().to_owned()
}

fn known(sandbox: &Sandbox, server: &Server, ntn: &str, name: &str, id: &str) {
    sandbox.taxpayer(ntn, name, "filer");
    let wanted = json!({ "ntn": ntn, "entity_name": name, "entity_id": id });
    assert_eq!(came(&server.post(NTN, &wanted)), ("verified", ""));
}

fn prepare(server: &Server, entity: &str, period: &str) -> Value {
    let told = server.post(RETURNS, &json!({ "entity_id": entity, "period": period }));
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(told.body["compliance"]["kind"], "tax.transition");
    told.body["result"].clone()
}

fn file(server: &Server, of: &Value) -> Told {
    let id = of["return_id"].as_str().unwrap();
    server.post(&format!("{RETURNS}/{id}/file"), &json!({}))
}

#[test]
fn a_return_says_act_and_section_of_each_line_and_is_filed_once() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let payer = company(&home, &server, "Quetta Cloth");
    let payee = company(&home, &server, "Ravi Services");
    known(&sandbox, &server, "7654321", "Ravi Services", &payee);
    let (this, last) = months();
    let day = format!("{last}-03");
    event(&server, (&payer, &payee), "payment_for_services", &day);
    event(&server, (&payer, &payee), "payment_for_services", &format!("{last}-04"));
    event(&server, (&payer, &payee), "export_of_goods", &day);

    let made = prepare(&server, &payer, &last);
    assert_eq!(made["state"], "complete");
    let document = &made["document"];
    let digest = canon::Canonical::of_value(document).unwrap().digest();
    assert_eq!(made["document_sha256"], digest.to_string());
    assert_eq!((&document["not_due"], document["lines"].as_array().unwrap().len()), (&json!(1), 2));
    let line = &document["lines"][0];
    assert_eq!(line["act"], "Income Tax Ordinance, 2001");
    assert!(line["section"].as_str().unwrap().starts_with("153(1)(b)"), "{line}");
    assert_eq!((&line["rate_bp"], &line["rate_from"]), (&json!(1500), &json!("2025-07-01")));
    assert_eq!(
        (&line["withheld"]["minor"], &line["filer"]["source"]),
        (&json!("1500000"), &json!("adapter"))
    );
    assert_eq!((&line["payee"]["ntn"], &line["executed"]), (&json!("7654321"), &json!(false)));
    let sum = &document["sums"][0];
    assert_eq!((&sum["events"], &sum["gross"]["minor"]), (&json!(2), &json!("20000000")));
    assert_eq!(sum["withheld"]["minor"], "3000000");

    // Filed by somebody FBR knows, and only then; whoever rehearses has told nobody.
    assert_eq!(file(&server, &made).code(), (409, "tax-ntn-unverified"));
    known(&sandbox, &server, "7000009", "Quetta Cloth", &payer);
    let id = made["return_id"].as_str().unwrap();
    let dry = server.post(&format!("{RETURNS}/{id}/file?dry_run=true"), &json!({}));
    assert_eq!(dry.status, 200, "{}", dry.text);
    assert!(sandbox.state()["tax_events"].as_array().unwrap().is_empty());
    sandbox.order(FBR, Some("unsigned"), None);
    let told = file(&server, &made);
    assert_eq!(told.status, 200, "{}", told.text);
    let said = &told.body["result"]["told"];
    assert_eq!(
        (&said["status"], &said["reason"]["code"]),
        (&json!("pending"), &json!("adapter-answer-not-signed"))
    );
    assert_eq!(told.body["result"]["state"], "complete");
    sandbox.order(FBR, None, None);
    let told = file(&server, &made);
    assert_eq!(told.body["result"]["told"]["status"], "accepted", "{}", told.text);
    assert_eq!(told.body["result"]["state"], "filed");
    // It was taken once, under its own digest, although it was told twice.
    let taken = sandbox.state()["tax_events"].clone();
    assert_eq!(taken.as_array().unwrap().len(), 1, "{taken}");
    assert_eq!(taken[0]["idempotency_key"], format!("mez-{digest}"));
    assert_eq!(file(&server, &made).code(), (409, "tax-return-filed"));
    let again = prepare(&server, &payer, &last);
    assert_eq!(file(&server, &again).code(), (409, "tax-return-filed"));
    assert_eq!(server.get(&format!("{RETURNS}/{id}")).body["state"], "filed");
    let listed = server.get(&format!("{RETURNS}?entity_id={payer}")).body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    not_yet(&server, (&payer, &payee), (&this, &last));
}

/// A period that is not over, an event of which something is not known, and what is no period.
fn not_yet(server: &Server, (payer, payee): (&str, &str), (this, last): (&str, &str)) {
    // Of this month nothing is filed yet, and of rent nothing is known.
    assert_eq!(file(server, &prepare(server, payer, this)).code(), (409, "tax-period-open"));
    event(server, (payer, payee), "rent_payment", &format!("{last}-03"));
    let open = prepare(server, payer, last);
    assert_eq!(
        (&open["state"], &open["document"]["open"][0]["missing"]),
        (&json!("pending"), &json!(["rate"]))
    );
    let wrong = |period: &str| {
        server.post(RETURNS, &json!({ "entity_id": payer, "period": period })).code().1.to_owned()
    };
    for period in ["2026", "2026-13", "2026-Q5", "2026-Q", "26-Q1", ""] {
        assert_eq!(wrong(period), "invalid-fields", "{period}");
    }
    assert_eq!(server.get(&format!("{RETURNS}/nobody")).code(), (404, "not-found"));
}

#[test]
fn an_event_is_told_to_fbr_once_and_only_what_is_due() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let payer = company(&home, &server, "Quetta Cloth");
    let payee = company(&home, &server, "Ravi Services");
    let (this, _) = months();
    let day = format!("{this}-01");
    let id = event(&server, (&payer, &payee), "payment_for_services", &day);
    let tell = |id: &str| server.post(&format!("{EVENTS}/{id}/file"), &json!({}));
    assert_eq!(tell(&id).code(), (409, "tax-event-not-due"));
    known(&sandbox, &server, "7654321", "Ravi Services", &payee);
    assert_eq!(server.post(&format!("{EVENTS}/{id}/assess"), &json!({})).status, 200);
    assert_eq!(tell(&id).code(), (409, "tax-ntn-unverified"));
    known(&sandbox, &server, "7000009", "Quetta Cloth", &payer);
    sandbox.order(FBR, Some("error"), None);
    let told = tell(&id);
    assert_eq!(told.body["result"]["told"]["status"], "pending", "{}", told.text);
    sandbox.order(FBR, None, None);
    let told = tell(&id);
    assert_eq!(told.body["result"]["told"]["status"], "accepted", "{}", told.text);
    assert!(told.body["result"]["filing"]["reference"].as_str().unwrap().starts_with("SIM-IRIS-"));
    assert_eq!(tell(&id).code(), (409, "tax-event-filed"));
    assert_eq!(
        server.get(&format!("{EVENTS}/{id}")).body["filing"]["at"],
        told.body["result"]["filing"]["at"]
    );
    assert_eq!(tell("nobody").code(), (404, "not-found"));
}

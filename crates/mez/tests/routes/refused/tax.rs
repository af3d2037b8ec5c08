//! `/v1/tax`: what is withheld, returns and reports.

use canon::Date;
use law::{Files, Memory};
use serde_json::{Value, json};

use super::rows::Rows;
use super::{account, company, is, made, payment};
use crate::home::{Home, now, repository};
use crate::layout::Folder;
use crate::server::{Server, Told};

const RETURNS: &str = "/v1/tax/returns";
const PAYMENTS: &str = "/v1/fiscal/payments";

/// The month before this one.
fn last_month() -> String {
    let month = |day: Date| day.to_string()[..7].to_owned();
    let first = Date::parse(&format!("{}-01", month(now().date()))).unwrap();
    month(first.plus_days(-1).unwrap())
}

fn event(server: &Server, entity: &str, kind: &str, day: &str) -> Told {
    let body = json!({
        "entity_id": entity, "event_type": kind,
        "amount": "1000.00", "currency": "PKR", "occurred": day,
    });
    server.post("/v1/tax/events", &body)
}

fn filed(server: &Server, entity: &str) -> Told {
    let wanted = json!({ "entity_id": entity, "period": last_month() });
    let id = made(&server.post(RETURNS, &wanted), "return_id");
    server.post(&format!("{RETURNS}/{id}/file"), &json!({}))
}

#[test]
fn a_return_is_filed_only_when_all_is_known_and_in_one_currency() {
    let home = Home::of("pk-sifc", None);
    let server = Server::start(&home);
    let payer = company(&home, &server, "Indus Lantern", "pk-sifc");
    let tomorrow = now().date().plus_days(1).unwrap().to_string();
    is(&event(&server, &payer, "rent_payment", &tomorrow), 422, "bad-tax-day");
    is(&event(&server, &payer, "rent_payment", "1999-12-31"), 422, "bad-tax-day");
    // Nothing was withheld: there is no line to file.
    is(&filed(&server, &payer), 409, "tax-return-currencies");
    let day = format!("{}-03", last_month());
    assert_eq!(event(&server, &payer, "rent_payment", &day).status, 201);
    is(&filed(&server, &payer), 409, "tax-return-pending");
}

/// The law of the repository, with other rules of tax for Pakistan.
struct Untold(Folder, Memory);

impl Files for Untold {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let own = self.1.read(path)?;
        if own.is_some() { Ok(own) } else { self.0.read(path) }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        self.0.list(folder)
    }
}

/// A zone whose rules do not ask what is withheld, though its figures say that something is.
fn silent() -> Home {
    let path = "packs/pk/rules/tax.yaml";
    let rules = repository().read(path).unwrap().unwrap();
    let rules = String::from_utf8(rules).unwrap();
    let (before, rule) = rules.split_once("id: pk.tax.withheld-at-source").unwrap();
    let rule = rule.replacen("kinds: [payment.internal]", "kinds: [entity.lifecycle]", 1);
    let silent = format!("{before}id: pk.tax.withheld-at-source{rule}");
    assert_ne!(rules, silent);
    let mut memory = Memory::default();
    memory.0.insert(path.to_owned(), silent.into_bytes());
    let files = Untold(repository(), memory);
    let zone = law::manifest::Catalog::new(&files).zone("pk-sifc").unwrap();
    Home::on(&files, zone)
}

#[test]
fn what_is_not_known_to_be_withheld_leaves_a_payment_undone_even_where_no_rule_asks() {
    let home = silent();
    let server = Server::start(&home);
    let payer = company(&home, &server, "Indus Lantern", "pk-sifc");
    let payee = company(&home, &server, "Ravi Services", "pk-sifc");
    let from = account(&server, &payer, "PKR", Some("50000.00"));
    let to = account(&server, &payee, "PKR", None);
    let paid = payment((&from, &to), ("30000.00", "PKR"), "services");
    is(&server.post(PAYMENTS, &paid), 409, "tax-pending");
    let moved = json!({
        "transfers": [{ "from_account_id": from, "to_account_id": to, "amount": "1.00", "currency": "PKR" }],
        "purpose": "services",
    });
    is(&server.post("/v1/fiscal/transfers", &moved), 409, "transfer-taxed");
    let told = server.get(&format!("/v1/fiscal/accounts/{from}"));
    assert_eq!(told.body["balance"], "50000.00", "{}", told.text);
}

/// What is owed for a month is paid over for that month, whatever lies on the account for others.
#[test]
fn more_than_a_month_owes_is_not_paid_over_for_it() {
    let home = Home::of("pk-sifc", None);
    let server = Server::start(&home);
    let payer = company(&home, &server, "Indus Lantern", "pk-sifc");
    let payee = company(&home, &server, "Ravi Services", "pk-sifc");
    let from = account(&server, &payer, "PKR", Some("50000.00"));
    let to = account(&server, &payee, "PKR", None);
    let credential = crate::tax::status("Ravi Services", "filer", "2026-07-01");
    let stated = json!({ "entity_id": payee, "credential": credential });
    assert_eq!(server.post("/v1/tax/status", &stated).status, 201);
    let paid = payment((&from, &to), ("30000.00", "PKR"), "services");
    let paid = server.post(PAYMENTS, &paid);
    assert_eq!(paid.status, 201, "{}", paid.text);
    drop(server);
    let rows = Rows::of(&home);
    let (id, mut liability) = rows.first("tax-liability", None);
    let before = last_month();
    let this = liability["key"]["month"].as_str().unwrap().to_owned();
    liability["key"]["month"] = json!(before);
    liability["withheld"]["minor"] = json!("500");
    rows.sow("tax-liability", [(id.replace(&this, &before), liability)]);
    drop(rows);
    let server = Server::start(&home);
    let remit = |amount: &str| {
        let body = json!({
            "authority": "pk-fbr", "currency": "PKR", "month": before,
            "amount": amount, "reference": "CPR 2026-1",
        });
        server.post("/v1/tax/remittances", &body)
    };
    // The account holds more.
    is(&remit("5.01"), 409, "tax-not-owed");
    assert_eq!(remit("5.00").status, 201);
}

#[test]
fn a_report_over_more_events_than_it_may_read_is_refused() {
    let home = Home::of("pk-sifc", None);
    let server = Server::start(&home);
    let payer = company(&home, &server, "Indus Lantern", "pk-sifc");
    let told = event(&server, &payer, "rent_payment", &now().date().to_string());
    let id = made(&told, "event_id");
    drop(server);
    let rows = Rows::of(&home);
    let kept = rows.kept("tax-event", &id);
    rows.sow("tax-event", (0..20_000u64).map(|n| (format!("event-{n:06}"), kept.clone())));
    drop(rows);
    let server = Server::start(&home);
    is(&server.get("/v1/tax/report"), 409, "tax-report-too-long");
    let one = server.get(&format!("/v1/tax/report?entity_id={payer}"));
    assert_eq!(one.status, 200, "{}", one.text);
}

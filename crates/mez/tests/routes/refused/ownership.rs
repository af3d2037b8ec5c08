//! `/v1/ownership`: what a register of members does not take.

use serde_json::{Value, json};

use super::rows::Rows;
use super::{company, is};
use crate::home::Home;
use crate::server::{Server, Told};

const TABLES: &str = "/v1/ownership/cap-tables";
/// Most shares of a class: the largest integer every reader of JSON agrees on.
const SHARES_MAX: u64 = 9_007_199_254_740_991;

fn class(id: &str, authorized: u64) -> Value {
    json!({
        "class_id": id, "name": id, "authorized": authorized, "votes_per_share": 1,
        "par_value": { "currency": "SGD", "value": "0.0001" },
    })
}

fn opened(server: &Server, entity: &str, authorized: u64) {
    let open = json!({ "entity_id": entity, "classes": [class("common", authorized)] });
    let told = server.post(TABLES, &open);
    assert_eq!(told.status, 201, "{}", told.text);
}

fn enter(server: &Server, entity: &str, entry: &Value, consent: Option<&str>) -> Told {
    let mut body = json!({ "entry": entry });
    if let Some(id) = consent {
        body["consent_id"] = json!(id);
    }
    server.post(&format!("{TABLES}/{entity}/events"), &body)
}

fn ann() -> Value {
    json!({ "event": "enter", "holder": { "holder_id": "ann", "name": "Ann Tan", "kind": "person" } })
}

fn issue(shares: u64) -> Value {
    let allotments = json!([{ "holder_id": "ann", "shares": shares }]);
    json!({ "event": "issue", "class_id": "common", "allotments": allotments })
}

#[test]
fn what_a_register_has_or_cannot_count_is_not_entered() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea", "sg");
    opened(&server, &entity, SHARES_MAX);
    let enter = |entry: &Value, consent| enter(&server, &entity, entry, consent);
    assert_eq!(enter(&ann(), None).status, 200);
    is(&enter(&ann(), None), 409, "ownership-known");
    is(&enter(&issue(1), Some("nothing")), 409, "consent-not-needed");
    // Each is as many as can be, and both together are more.
    let part = json!({ "holder_id": "ann", "shares": SHARES_MAX });
    let mut both = issue(1);
    both["allotments"] = json!([part, part]);
    is(&enter(&both, None), 409, "shares-overflow");
    let told = enter(&issue(1), None);
    assert_eq!(told.status, 200, "{}", told.text);
    let gold = json!({
        "event": "declare_dividend", "dividend_id": "gold", "class_id": "common",
        "per_share": { "currency": "XAU", "value": "0.01" },
    });
    is(&enter(&gold, None), 409, "dividend-currency");
}

#[test]
fn a_full_register_takes_no_further_holder() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea", "sg");
    opened(&server, &entity, 1_000);
    assert_eq!(enter(&server, &entity, &ann(), None).status, 200);
    drop(server);
    let rows = Rows::of(&home);
    let mut table = rows.read("cap-table", &entity);
    let known = table["holders"]["ann"].clone();
    let holders = (0..1_000).map(|n| {
        let mut holder = known.clone();
        holder["holder_id"] = json!(format!("holder-{n:04}"));
        (format!("holder-{n:04}"), holder)
    });
    table["holders"] = Value::Object(holders.collect());
    rows.change("cap-table", &entity, &table);
    drop(rows);
    let server = Server::start(&home);
    let told = enter(&server, &entity, &ann(), None);
    is(&told, 409, "cap-table-full");
    assert!(told.body["detail"].as_str().unwrap().contains("1000"), "{}", told.text);
}

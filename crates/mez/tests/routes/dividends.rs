//! Dividends paid: each holder's part by one payment, taxed like any, once, and shown beside the part.

use serde_json::{Value, json};

use crate::home::Home;
use crate::server::{Server, Told};
use crate::tax::{company, status};

const TABLES: &str = "/v1/ownership/cap-tables";

struct Paying {
    server: Server,
    _home: Home,
    payer: String,
    from: String,
    to: String,
    /// An account of somebody who holds nothing.
    other: String,
}

impl Paying {
    /// A company of which another holds nine shares, and a person one; a thousand rupees a share are declared.
    fn declared() -> Self {
        let home = Home::of("pk-sifc", None);
        let server = Server::start(&home);
        let (payer, from) = company(&home, &server, "Indus Lantern", Some("50000.00"));
        let (payee, to) = company(&home, &server, "Ravi Services", None);
        let (_, other) = company(&home, &server, "Chenab Traders", None);
        let all = Self { server, _home: home, payer, from, to, other };
        let stated = status("Ravi Services", "filer", "2026-07-01");
        let told = json!({ "entity_id": payee, "credential": stated });
        assert_eq!(all.server.post("/v1/tax/status", &told).status, 201);
        let class = json!({ "class_id": "common", "name": "Common", "authorized": 10,
            "votes_per_share": 1, "par_value": { "currency": "PKR", "value": "1" } });
        let open = json!({ "entity_id": all.payer, "classes": [class] });
        assert_eq!(all.server.post(TABLES, &open).status, 201);
        all.enter(&json!({ "event": "enter", "holder":
            { "holder_id": "ravi", "name": "Ravi Services", "kind": "entity", "entity_id": payee } }));
        all.enter(&json!({ "event": "enter", "holder":
            { "holder_id": "ann", "name": "Ann", "kind": "person" } }));
        all.enter(&json!({ "event": "issue", "class_id": "common", "allotments": [
            { "holder_id": "ravi", "shares": 9 }, { "holder_id": "ann", "shares": 1 }] }));
        all.enter(&json!({ "event": "declare_dividend", "dividend_id": "2026",
            "class_id": "common", "per_share": { "currency": "PKR", "value": "1000" } }));
        all
    }

    fn enter(&self, entry: &Value) {
        let path = format!("{TABLES}/{}/events", self.payer);
        let told = self.server.post(&path, &json!({ "entry": entry }));
        assert_eq!(told.status, 200, "{}", told.text);
    }

    /// The part of `ravi` paid, with something else in the instruction.
    fn pay(&self, pointer: &str, other: &Value) -> Told {
        let mut body = json!({
            "from_account_id": self.from, "to": { "account_id": self.to },
            "amount": "9000.00", "currency": "PKR", "purpose": "dividend",
            "dividend": { "dividend_id": "2026", "holder_id": "ravi" },
        });
        *body.pointer_mut(pointer).unwrap() = other.clone();
        self.server.post("/v1/fiscal/payments", &body)
    }

    fn shown(&self) -> Value {
        let told = self.server.get(&format!("{TABLES}/{}/dividends/2026", self.payer));
        assert_eq!(told.status, 200, "{}", told.text);
        told.body["parts"].clone()
    }
}

#[test]
fn a_part_of_a_dividend_is_paid_once_with_tax_withheld_and_again_once_it_came_back() {
    let all = Paying::declared();
    let unpaid = json!([{ "holder_id": "ann", "amount": "1000.00" },
        { "holder_id": "ravi", "amount": "9000.00" }]);
    assert_eq!(all.shown(), unpaid);
    let paid = all.pay("/amount", &json!("9000.00"));
    assert_eq!(paid.status, 201, "{}", paid.text);
    let payment = &paid.body["result"];
    assert_eq!(payment["dividend"], json!({ "dividend_id": "2026", "holder_id": "ravi" }));
    assert!(payment["charges"]["tax"].is_object(), "a dividend is taxed: {payment}");
    assert_eq!(all.shown()[1]["payment_id"], payment["payment_id"]);
    assert_eq!(all.pay("/amount", &json!("9000.00")).code(), (409, "dividend-paid"));
    let back = format!("/v1/fiscal/payments/{}/reverse", payment["payment_id"].as_str().unwrap());
    let told = all.server.post(&back, &json!({ "reason": "the wrong year" }));
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(all.shown(), unpaid);
    let again = all.pay("/amount", &json!("9000.00"));
    assert_eq!(again.status, 201, "{}", again.text);
    assert_eq!(all.shown()[1]["payment_id"], again.body["result"]["payment_id"]);
}

#[test]
fn another_amount_purpose_payee_or_part_is_refused() {
    let all = Paying::declared();
    for (pointer, other, refused) in [
        ("/amount", json!("8999.99"), (422, "dividend-part-differs")),
        ("/purpose", json!("services"), (422, "dividend-part-differs")),
        ("/to/account_id", json!(all.other), (422, "dividend-part-differs")),
        ("/dividend/holder_id", json!("nobody"), (404, "not-found")),
        ("/dividend/dividend_id", json!("2025"), (404, "not-found")),
        ("/from_account_id", json!(all.other), (404, "not-found")),
        ("/dividend/holder_id", json!(""), (422, "invalid-fields")),
    ] {
        assert_eq!(all.pay(pointer, &other).code(), refused, "{pointer} {other}");
    }
    assert!(all.shown()[1].get("payment_id").is_none());
}

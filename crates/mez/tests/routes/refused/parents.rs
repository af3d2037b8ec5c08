//! What is asked for under an entity that there is not, or that may not act any more.

use serde_json::{Value, json};

use super::{account, company, is, payment};
use crate::home::Home;
use crate::server::Server;

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// What can be asked for an entity, with the path.
fn children(entity: &str) -> [(&'static str, Value); 8] {
    let class = json!({
        "class_id": "common", "name": "Common", "authorized": 10, "votes_per_share": 1,
        "par_value": { "currency": "SGD", "value": "0.0001" },
    });
    let later = crate::ownership::later();
    [
        ("/v1/fiscal/accounts", json!({ "entity_id": entity, "currency": "SGD" })),
        (
            "/v1/licenses",
            json!({
                "entity_id": entity, "license_type_id": "sg-mas.cms-dealing",
                "activities": ["dealing"],
            }),
        ),
        ("/v1/ownership/cap-tables", json!({ "entity_id": entity, "classes": [class] })),
        (
            "/v1/assets/genesis",
            json!({ "asset_class": "property", "asset_name": "Plot 7", "holder_id": entity }),
        ),
        (
            "/v1/consent",
            json!({
                "entity_id": entity, "title": "Wind up", "expires": later,
                "operation": { "operation": "dissolve" },
                "voters": [{ "voter_id": "ann", "weight": 1,
                    "did": "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp" }],
                "rule": { "quorum_bp": 0, "threshold": {
                    "threshold": "share", "of": "all", "basis_points": 7_500 } },
            }),
        ),
        (
            "/v1/tax/events",
            json!({
                "entity_id": entity, "event_type": "rent_payment", "amount": "10.00",
                "currency": "SGD",
            }),
        ),
        (
            "/v1/tax/withhold",
            json!({
                "entity_id": entity, "event_type": "rent_payment", "amount": "10.00",
                "currency": "SGD",
            }),
        ),
        (
            "/v1/trade/flows",
            json!({
                "flow_type": "OpenAccount", "seller": { "party_id": entity },
                "buyer": { "party_id": NOBODY },
            }),
        ),
    ]
}

#[test]
fn nothing_is_kept_under_an_entity_that_there_is_not_or_that_may_not_act() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    for (path, body) in children(NOBODY) {
        is(&server.post(path, &body), 404, "not-found");
    }
    let entity = company(&home, &server, "Harbour Tea", "sg");
    let other = company(&home, &server, "Quay Cafes", "sg");
    let from = account(&server, &entity, "SGD", Some("100.00"));
    let to = account(&server, &other, "SGD", Some("100.00"));
    let suspend = json!({ "event": "suspend", "reason": "the register was not kept" });
    let told = server.post(&format!("/v1/entities/{entity}/events"), &suspend);
    assert_eq!(told.body["result"]["status"]["state"], "SUSPENDED", "{}", told.text);
    for (path, body) in children(&entity) {
        let told = server.post(path, &body);
        match path {
            // What happened is taxed, whoever it happened to.
            "/v1/tax/events" | "/v1/tax/withhold" => assert!(told.status < 300, "{}", told.text),
            _ => is(&told, 409, "entity-not-active"),
        }
    }
    let pay = |ends: (&str, &str)| {
        server.post("/v1/fiscal/payments", &payment(ends, ("1.00", "SGD"), "gift"))
    };
    is(&pay((&from, &to)), 409, "entity-not-active");
    is(&pay((&to, &from)), 409, "entity-not-active");
    is(&super::fund(&server, &from, "1.00", "SGD"), 409, "entity-not-active");
}

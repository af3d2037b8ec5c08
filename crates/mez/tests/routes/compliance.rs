//! `/v1/compliance` over corridors, and what crossed them; answers that are carried away.

use serde_json::{Value, json};

use crate::corridors::wait;
use crate::forks::joined;
use crate::home::Home;
use crate::server::Server;

/// A company with an account, `(entity, account)`.
fn holder(home: &Home, server: &Server, name: &str, place: &str) -> (String, String) {
    let kinds = ["beneficial_ownership", "source_of_funds"];
    let formed = server.post("/v1/entities", &home.company(name, place, &kinds));
    assert_eq!(formed.status, 201, "{}", formed.text);
    let entity = formed.body["result"]["entity_id"].as_str().unwrap().to_owned();
    let open = json!({ "entity_id": entity, "currency": "USD" });
    let opened = server.post("/v1/fiscal/accounts", &open);
    assert_eq!(opened.status, 201, "{}", opened.text);
    (entity, opened.body["result"]["account_id"].as_str().unwrap().to_owned())
}

#[test]
fn what_law_said_of_a_corridor_and_of_an_entity_across_it() {
    let homes =
        [Home::of("sg", Some("digital-financial-center")), Home::of("ae-abudhabi-adgm", None)];
    let [a, b] = [Server::start(&homes[0]), Server::start(&homes[1])];
    let path = joined(&a, &b, [&homes[0], &homes[1]]);
    let corridor = path.rsplit('/').next().unwrap();
    let (payer, from) = holder(&homes[0], &a, "Harbour Tea", "sg");
    let (payee, to) = holder(&homes[1], &b, "Gulf Cafes", "ae-abudhabi-adgm");
    let fund = json!({ "amount": "900.00", "currency": "USD", "purpose": "capital" });
    assert_eq!(a.post(&format!("/v1/fiscal/accounts/{from}/fund"), &fund).status, 200);
    let question = format!("/v1/compliance/corridors/{corridor}");
    let before = a.get(&question);
    assert_eq!(before.body["here"]["decisions"], json!([]), "{}", before.text);
    assert_eq!(before.body["here"]["aggregate"], "pending");
    let pay = json!({
        "from_account_id": from,
        "to": {
            "account_id": to,
            "zone_id": b.get("/health/readiness").body["zone_id"],
            "corridor_id": corridor,
            "name": "Gulf Cafes",
        },
        "amount": "12.50", "currency": "USD", "purpose": "services",
    });
    let pay = || {
        let (body, key) = (pay.to_string(), [("idempotency-key", "pay-1")]);
        a.send("/v1/fiscal/payments", body.as_bytes(), &key)
    };
    let sent = pay();
    assert_eq!(sent.status, 201, "{}", sent.text);
    assert!(sent.body["result"]["lane_receipt"].is_object(), "{}", sent.text);
    let payment = sent.body["result"]["payment_id"].as_str().unwrap();
    wait(&a, &format!("/v1/fiscal/payments/{payment}"), |told| told["state"] == "settled");
    // What was answered is answered again, whatever came of it since.
    let again = pay();
    assert_eq!((again.status, again.replayed, &again.body), (201, true, &sent.body));

    let told = a.get(&question).body;
    let domains = told["here"]["domains"].as_array().unwrap();
    let kind = &told["here"]["decisions"][0]["kind"];
    assert_eq!((domains.len(), kind), (20, &json!("payment.send")));
    let sanctions = domains.iter().find(|domain| domain["domain"] == "sanctions").unwrap();
    assert_eq!(sanctions["state"], "compliant", "{sanctions}");
    assert!(sanctions["rows"][0]["citation"].is_object(), "{sanctions}");
    assert_eq!(told["there"]["verdicts"], json!({ "admitted": 1 }), "{told}");
    let there = b.get(&question).body;
    assert_eq!(there["here"]["decisions"][0]["kind"], "payment.receive", "{there}");
    let then = a.get(&format!("{question}?known_at=2020-01-01T00:00:00Z")).body;
    assert_eq!((&then["receipts"], &then["here"]["decisions"]), (&json!(0), &json!([])));

    let across = a.get(&format!("/v1/compliance/{payer}/corridors")).body;
    assert_eq!((&across["crossings"], &across["complete"]), (&json!(1), &json!(true)), "{across}");
    assert_eq!(across["items"][0]["receipt"]["state"], "admitted", "{across}");
    assert_eq!(across["items"][0]["payment_id"], json!(payment));
    the_same_alone(&a, &path, &across["items"][0]["receipt"]);
    let other = b.get(&format!("/v1/compliance/{payee}/corridors")).body;
    assert_eq!(other["items"][0]["route"], "inbound", "{other}");
    let then = format!("/v1/compliance/{payer}/corridors?as_of=2020-01-01");
    assert_eq!(a.get(&then).body["crossings"], json!(0));
    assert_eq!(a.get("/v1/compliance/nobody/corridors").status, 404);
    assert_eq!(a.get("/v1/compliance/corridors/org.momentum.mez.corridor.a--b").status, 404);

    for path in [question, format!("/v1/compliance/{payer}")] {
        carried_away(&a, &path);
    }
    let token = json!({ "principal": "ana", "scopes": ["reader"] });
    let reader = a.post("/v1/tokens", &token).body["token"].as_str().unwrap().to_owned();
    let refused: Value = a.ask_as(&format!("/v1/compliance/{payer}/export"), Some(&reader)).body;
    assert_eq!(refused["code"], "forbidden");
}

/// A receipt's compliance reads alone as it does among those of an entity.
fn the_same_alone(server: &Server, corridor: &str, receipt: &Value) {
    let alone = format!("{corridor}/receipts/{}/compliance", receipt["sequence"]);
    assert_eq!(server.get(&alone).body, *receipt);
}

/// An answer as a credential: whole as it is, though a zone pins nobody but its anchors, and not with another day.
fn carried_away(server: &Server, path: &str) {
    let signed = server.get(&format!("{path}/export")).body;
    let judged = |credential: &Value| {
        let told = server.post("/v1/credentials/verify", &json!({ "credential": credential }));
        told.body["verdict"].clone()
    };
    assert_eq!(judged(&signed), "UNKNOWN", "{signed}");
    assert_eq!(signed["credentialSubject"]["answer"]["realm"], "sandbox");
    let mut forged = signed;
    forged["credentialSubject"]["answer"]["as_of"] = json!("2020-01-01");
    assert_eq!(judged(&forged), "INVALID", "{forged}");
}

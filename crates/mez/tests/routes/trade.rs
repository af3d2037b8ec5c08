//! `/v1/trade/flows` inside one zone, between two over real sockets, and from the command line.

use std::process::Command;

use canon::Timestamp;
use corridor::trade::Invoice;
use serde_json::{Value, json};

use crate::corridors::wait;
use crate::forks::joined;
use crate::home::{Home, now};
use crate::server::{Server, Told};

pub const FLOWS: &str = "/v1/trade/flows";

fn company(home: &Home, server: &Server, name: &str, jurisdiction: &str) -> String {
    let kinds = ["beneficial_ownership", "source_of_funds"];
    let formed = server.post("/v1/entities", &home.company(name, jurisdiction, &kinds));
    assert_eq!(formed.status, 201, "{}", formed.text);
    formed.body["result"]["entity_id"].as_str().unwrap().to_owned()
}

pub fn usd(minor: &str) -> Value {
    json!({ "currency": "USD", "minor": minor })
}

fn invoice(seller: &str, buyer: &str) -> Value {
    json!({
        "invoice_id": "inv-1", "issue_date": now().date(),
        "seller": { "party_id": seller }, "buyer": { "party_id": buyer },
        "total": usd("107000"), "tax": usd("7000"),
        "line_items": [{ "description": "Tea, black", "hs_code": "090240", "quantity": "50",
            "unit_of_measure": "KGM", "unit_price": usd("2000"), "amount": usd("100000") }],
    })
}

/// The steps of an open account, with dates of today.
pub fn steps(seller: &str, buyer: &str) -> [Value; 4] {
    let today = now().date();
    let moment: Timestamp = now();
    [
        json!({ "kind": "trade.invoice.issue.v1", "invoice": invoice(seller, buyer) }),
        json!({ "kind": "trade.bol.issue.v1", "bol": {
            "bol_id": "bol-1", "issue_date": today, "consignment_type": "straight",
            "carrier": { "party_id": "line", "name": "Harbour Line" },
            "shipper": { "party_id": seller }, "consignee": { "party_id": buyer },
            "port_of_loading": "SGSIN", "port_of_discharge": "AEAUH",
            "goods": [{ "description": "tea", "hs_code": "090240", "packages": 5 }],
        } }),
        json!({ "kind": "trade.bol.release.v1", "released_to_party_id": buyer, "released_at": moment }),
        json!({ "kind": "trade.invoice.settle.v1", "amount": usd("107000"), "settled_at": moment }),
    ]
}

pub fn act(server: &Server, flow: &str, step: &Value) -> Told {
    server.post(&format!("{FLOWS}/{flow}/transitions"), &json!({ "payload": step }))
}

pub fn opened(server: &Server, wanted: &Value) -> String {
    let told = server.post(FLOWS, wanted);
    assert_eq!(told.status, 201, "{}", told.text);
    assert!(told.body["credential"]["proof"].is_object(), "{}", told.text);
    told.body["result"]["flow"]["flow_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_flow_inside_one_zone_is_opened_acted_in_and_read() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let seller = company(&home, &server, "Harbour Tea", "sg");
    let buyer = company(&home, &server, "Straits Cafes", "sg");
    let wanted = json!({ "flow_type": "OpenAccount", "seller": { "party_id": seller },
        "buyer": { "party_id": buyer } });
    assert_eq!(server.get(FLOWS).body["items"], json!([]));
    let flow = opened(&server, &wanted);
    let steps = steps(&seller, &buyer);

    // Malformed, unknown, out of order, of another amount: each says why, and nothing moves.
    let path = format!("{FLOWS}/{flow}/transitions");
    let field = |body: &Value| server.post(&path, body).code().0;
    assert_eq!(field(&json!({ "payload": { "kind": "trade.barter.v1" } })), 422);
    assert_eq!(field(&json!({ "payload": steps[0], "more": 1 })), 422);
    let mut unknown = steps[0].clone();
    unknown["invoice"]["discount"] = json!(1);
    assert_eq!(act(&server, &flow, &unknown).code(), (422, "invalid-fields"));
    let mut float = steps[0].to_string();
    float = float.replace("\"packages\":5", "\"packages\":5.5").replace("\"50\"", "50.5");
    let body = format!("{{\"payload\":{float}}}");
    assert_eq!(server.send(&path, body.as_bytes(), &[]).code(), (422, "malformed-document"));
    assert_eq!(act(&server, &flow, &steps[3]).code(), (409, "trade-out-of-order"));
    let mut total = steps[0].clone();
    total["invoice"]["total"] = usd("107001");
    let told = act(&server, &flow, &total);
    assert_eq!(told.code(), (422, "trade-total-differs"), "{}", told.text);
    assert!(told.body["detail"].as_str().unwrap().starts_with("invoice.total"), "{}", told.text);
    let mut party = steps[0].clone();
    party["invoice"]["buyer"]["party_id"] = json!("stranger");
    assert_eq!(act(&server, &flow, &party).code(), (422, "trade-parties-differ"));
    assert_eq!(act(&server, "nobody", &steps[0]).code(), (404, "not-found"));
    assert_eq!(server.ask_as(FLOWS, None).status, 401);
    assert_eq!(server.get(&path).body["total"], 0);

    let key = [("idempotency-key", "step-1")];
    let body = json!({ "payload": steps[0] }).to_string();
    let once = server.send(&path, body.as_bytes(), &key);
    assert_eq!((once.status, once.replayed), (200, false), "{}", once.text);
    let again = server.send(&path, body.as_bytes(), &key);
    assert_eq!((again.status, again.replayed, &again.body), (200, true, &once.body));
    let other = json!({ "payload": steps[1] }).to_string();
    let reused = server.send(&path, other.as_bytes(), &key);
    assert_eq!(reused.code(), (409, "idempotency-key-reused"));
    assert_eq!(once.body["compliance"]["kind"], "trade.transition");
    assert_eq!(once.body["compliance"]["outcome"], "allow");
    for step in &steps[1..] {
        let told = act(&server, &flow, step);
        assert_eq!(told.status, 200, "{}", told.text);
    }
    let read = server.get(&format!("{FLOWS}/{flow}")).body;
    assert_eq!((&read["state"], &read["holder"]), (&json!("Settled"), &Value::Null));
    let taken = server.get(&path).body;
    assert_eq!(taken["total"], 4);
    let kept: Invoice =
        serde_json::from_value(taken["transitions"][0]["transition"]["invoice"].clone()).unwrap();
    assert_eq!(kept.invoice_id.as_str(), "inv-1");
    assert_eq!(
        server.get("/v1/decisions?kind=trade.transition").body["items"][0]["outcome"],
        "allow"
    );
}

#[test]
fn a_listed_party_is_refused_by_law_with_the_domain_named() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let seller = company(&home, &server, "Indus Weave", "sg");
    let buyer = company(&home, &server, "Gulf Cloth", "sg");
    let wanted = json!({ "flow_type": "OpenAccount", "seller": { "party_id": seller },
        "buyer": { "party_id": buyer } });
    let flow = opened(&server, &wanted);
    let [issue, mut ship, ..] = steps(&seller, &buyer);
    assert_eq!(act(&server, &flow, &issue).status, 200);
    ship["bol"]["carrier"]["name"] = json!("Harakat Ul-Mujahidin");
    let told = act(&server, &flow, &ship);
    assert_eq!(told.code(), (403, "sanctions-hard-block"), "{}", told.text);
    assert_eq!(told.body["blocking"][0]["domain"], "sanctions");
    assert!(told.body["decision_sha256"].is_string());
    assert_eq!(server.get(&format!("{FLOWS}/{flow}")).body["state"], "InvoiceIssued");
}

#[test]
fn a_profile_without_trade_does_not_mount_it() {
    let home = Home::of("sg", Some("tech-park"));
    let server = Server::start(&home);
    assert_eq!(server.get(FLOWS).code(), (404, "not-mounted"));
}

fn mez(server: &Server, args: &[&str]) -> (i32, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_mez"))
        .args(args)
        .args(["--url", &server.url, "--token", &server.token])
        .output()
        .unwrap();
    let text = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn a_flow_between_two_zones_is_led_from_the_command_line() {
    let homes =
        [Home::of("sg", Some("digital-financial-center")), Home::of("ae-abudhabi-adgm", None)];
    let [a, b] = [Server::start(&homes[0]), Server::start(&homes[1])];
    joined(&a, &b, [&homes[0], &homes[1]]);
    let seller = company(&homes[0], &a, "Harbour Tea", "sg");
    let buyer = company(&homes[1], &b, "Gulf Cafes", "ae-abudhabi-adgm");
    let open = |server: &Server, name: &str| {
        let corridor = "org.momentum.mez.corridor.ae-abudhabi-adgm--sg";
        let zone = "org.momentum.mez.zone.ae.abudhabi.adgm";
        let args = [
            "trade",
            "open",
            "--type",
            "openaccount",
            "--seller",
            &seller,
            "--buyer",
            &buyer,
            "--buyer-name",
            name,
            "--buyer-zone",
            zone,
            "--corridor",
            corridor,
            "--json",
        ];
        mez(server, &args)
    };
    let (code, text) = open(&a, "Gulf Cafes");
    assert_eq!(code, 0, "{text}");
    let told: Value = serde_json::from_str(&text).unwrap();
    let flow = told["result"]["flow"]["flow_id"].as_str().unwrap().to_owned();
    let path = format!("{FLOWS}/{flow}");
    let file = homes[0].dir.root().join("step.json");
    for (n, step) in steps(&seller, &buyer).iter().enumerate() {
        std::fs::write(&file, step.to_string()).unwrap();
        // The seller's steps but the release, which is the buyer's.
        let (actor, other) = if n == 2 { (&b, &a) } else { (&a, &b) };
        let wrong = act(other, &flow, step).code().0;
        assert!([404, 409].contains(&wrong), "{wrong}");
        let (code, text) = mez(actor, &["trade", "act", &flow, "--file", file.to_str().unwrap()]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("waits for the other zone"), "{text}");
        for server in [&a, &b] {
            wait(server, &path, |told| {
                told["transition_count"] == n + 1 && told["pending"].is_null()
            });
        }
    }
    let (code, text) = mez(&b, &["trade", "show", &flow]);
    assert!(
        code == 0 && text.contains("Settled") && text.contains("trade.bol.release.v1"),
        "{text}"
    );
    let (code, text) = mez(&a, &["trade", "list"]);
    assert!(code == 0 && text.contains("107") && text.contains("Harbour Tea"), "{text}");
    // Another name than the buyer's zone knows: refused there, and shown here.
    let (_, text) = open(&a, "Gulf Bakers");
    let told: Value = serde_json::from_str(&text).unwrap();
    let flow = told["result"]["flow"]["flow_id"].as_str().unwrap();
    assert_eq!(act(&a, flow, &steps(&seller, &buyer)[0]).status, 200);
    let seen = wait(&a, &format!("{FLOWS}/{flow}"), |told| told["refused"].is_object());
    assert_eq!(seen["refused"]["reason_code"], "trade-party-differs");
    let (code, text) = mez(&a, &["trade", "act", flow, "--file", "/dev/null"]);
    assert_eq!(code, 64, "{text}");
}

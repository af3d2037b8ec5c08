//! Powers over the zone that two persons are needed for, against a real zone.

use std::process::Command;

use serde_json::{Value, json};

use crate::home::Home;
use crate::server::{Server, Told};

pub const LIMITS: &str = "/v1/identity/limits";

pub fn governed(more: &Value) -> Home {
    let home = Home::of("sg", Some("sovereign-govos"));
    let mut access = json!({ "type": "MEZAccess", "realm": "sandbox" });
    access.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    std::fs::write(home.dir.access(), access.to_string()).unwrap();
    home
}

fn operator(server: &Server, name: &str) -> Value {
    json!({ "principal": name, "scopes": ["operator"] })
        .as_object()
        .map(|body| server.post("/v1/tokens", &json!(body)).body)
        .unwrap()
}

pub fn limits(tier: &str) -> Value {
    json!({ "currency": "SGD", "per_payment": ["0.00", tier, "1000.00", "100000.00"] })
}

fn by(server: &Server, token: &str, path: &str, body: &Value, key: &str) -> Told {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
    server.send(path, body.to_string().as_bytes(), &headers)
}

#[test]
fn a_power_is_used_once_two_different_operators_asked_for_exactly_the_same() {
    let home = governed(&json!({ "two_persons": true }));
    let server = Server::start(&home);
    // The second operator is made by two as well: the host's token and one made on the host.
    let asked = operator(&server, "ben");
    assert_eq!(asked["state"], "pending", "{asked}");
    let alone = server.post("/v1/tokens", &json!({ "principal": "ben", "scopes": ["operator"] }));
    assert_eq!(alone.code(), (409, "approval-same-person"), "{}", alone.text);
    let reader = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
    assert_eq!(reader.status, 201, "{}", reader.text);
    drop(server);
    let ben = made_on_host(&home, "ben", "operator");
    let server = Server::start(&home);

    let first = by(&server, &server.token.clone(), LIMITS, &limits("10.00"), "limit-1");
    assert_eq!(
        (first.status, first.body["state"].as_str()),
        (202, Some("pending")),
        "{}",
        first.text
    );
    let id = first.body["approval_id"].as_str().unwrap().to_owned();
    let again = by(&server, &server.token.clone(), LIMITS, &limits("10.00"), "limit-1");
    assert_eq!((again.status, again.replayed, &again.body), (202, true, &first.body));
    let mine = server.post(&format!("/v1/approvals/{id}/approve"), &json!({}));
    assert_eq!(mine.code(), (409, "approval-same-person"), "{}", mine.text);
    // Another body is another request, and lets nothing of the first through.
    let other = by(&server, &ben, LIMITS, &limits("99.00"), "");
    assert_eq!(other.status, 202, "{}", other.text);
    assert_ne!(other.body["approval_id"], json!(id));
    // A clerk who may not use the power confirms nothing.
    let clerk = by(&server, reader.body["token"].as_str().unwrap(), LIMITS, &limits("10.00"), "");
    assert_eq!(clerk.code(), (403, "forbidden"), "{}", clerk.text);

    let done = by(&server, &ben, LIMITS, &limits("10.00"), "limit-2");
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(by(&server, &ben, LIMITS, &limits("10.00"), "limit-2").replayed);
    let used = server.get(&format!("/v1/approvals/{id}")).body;
    assert_eq!((&used["state"], &used["approved_by"]), (&json!("used"), &json!("ben")));
    assert_eq!(server.get(&format!("/v1/approvals/{}", "0".repeat(64))).code(), (404, "not-found"));
    let twice = by(&server, &ben, &format!("/v1/approvals/{id}/approve"), &json!({}), "");
    assert_eq!(twice.code(), (409, "approval-ended"), "{}", twice.text);
    // The next of the same kind needs two again; approved by its digest, it is answered as if asked.
    let next = by(&server, &ben, LIMITS, &limits("10.00"), "");
    assert_eq!(next.status, 202);
    let next = next.body["approval_id"].as_str().unwrap();
    let done = server.post(&format!("/v1/approvals/{next}/approve"), &json!({}));
    assert_eq!((done.status, &done.body["result"]["currency"]), (200, &json!("SGD")));

    // The other way: by its digest, from the command line, in the name of who approves.
    let other = other.body["approval_id"].as_str().unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_mez"))
        .args(["--json", "approvals", "approve", other, "--url", &server.url])
        .args(["--token", &server.token])
        .output()
        .unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    assert!(out.status.success(), "{text}");
    let audit = server.get("/v1/audit?limit=200").body;
    let entries: Vec<&Value> =
        audit["items"].as_array().unwrap().iter().map(|item| &item["entry"]).collect();
    let host = entries.iter().find(|entry| entry["scope"] == "host").unwrap();
    assert_eq!((&host["principal"], &host["target"]), (&json!("zone"), &json!("token:ben")));
    let used = entries.iter().find(|entry| entry["approval"] == json!(id)).unwrap();
    assert_eq!((&used["principal"], &used["route"]), (&json!("ben"), &json!(LIMITS)));
    assert!(entries.iter().any(|entry| entry["approval"] == json!(other)));
    let listed = server.get("/v1/approvals").body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
}

#[test]
fn a_sandbox_asks_for_one_person_unless_it_is_told_otherwise() {
    let home = Home::of("sg", Some("sovereign-govos"));
    let server = Server::start(&home);
    assert_eq!(operator(&server, "ben")["principal"], "ben");
    assert_eq!(server.post(LIMITS, &limits("10.00")).status, 200);
}

#[test]
fn settings_that_cannot_be_meant_keep_a_zone_from_starting() {
    for wrong in [
        json!({ "two_person": true }),
        json!({ "realm": "production" }),
        json!({ "rates": { "per_minute": 0 } }),
        json!({ "rates": { "per_minute": 10, "lease": 11 } }),
        json!({ "council": { "voters": [], "rule": { "quorum_bp": 0,
            "threshold": { "threshold": "majority", "of": "all" } } } }),
        json!({ "council": { "voters": [{ "voter_id": "ann", "weight": 1,
            "did": crate::ownership::did(1) }], "rule": { "quorum_bp": 0,
            "threshold": { "threshold": "approvals", "count": 2 } } } }),
    ] {
        let home = governed(&wrong);
        let refused = crate::server::refused(home.dir.root(), &["--listen", "127.0.0.1:0"]);
        assert_eq!(refused.1, "access", "{wrong}");
    }
}

/// A token made by whoever has the host, who needs nobody's word.
fn made_on_host(home: &Home, principal: &str, scope: &str) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_mez"))
        .args(["--json", "token", "create", "--principal", principal, "--scope", scope, "--dir"])
        .arg(home.dir.root())
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    told["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_principal_is_told_to_wait_once_its_bucket_is_empty_and_nobody_else_is() {
    let home = governed(&json!({ "rates": { "per_minute": 60, "burst": 10, "lease": 3 } }));
    let server = Server::start(&home);
    let ana = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
    let ana = ana.body["token"].as_str().unwrap().to_owned();
    let told: Vec<Told> = (0..20).map(|_| server.ask_as("/v1/entities", Some(&ana))).collect();
    let through = told.iter().filter(|told| told.status == 200).count();
    // A second adds one, and the machine may be slow.
    assert!((10..20).contains(&through), "{through}");
    let last = told.iter().find(|told| told.status == 429).unwrap();
    assert_eq!((last.code(), last.retry_after), ((429, "too-many-requests"), true));
    assert_eq!(server.get("/v1/entities").status, 200, "the operator has a bucket of its own");
    let mut response = crate::server::agent()
        .get(format!("{}/v1/entities", server.url))
        .header("authorization", format!("Bearer {}", server.token))
        .call()
        .unwrap();
    let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("ratelimit-policy"), "\"principal\";q=60;w=60");
    assert!(header("ratelimit").starts_with("\"principal\";r="), "{}", header("ratelimit"));
    let _ = response.body_mut().read_to_string();
    std::thread::sleep(std::time::Duration::from_millis(2_200));
    assert_eq!(server.ask_as("/v1/entities", Some(&ana)).status, 200, "the bucket fills");
}

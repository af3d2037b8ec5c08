//! `/v1/corridors` between two zones, over real sockets.

use std::time::{Duration, Instant};

use canon::Realm;
use serde_json::{Value, json};

use crate::home::{Home, folder};
use crate::server::Server;

/// Ask until the answer is the one waited for.
pub fn wait(server: &Server, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let told = server.get(path);
        if told.status == 200 && wanted(&told.body) {
            return told.body;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{path}: {}", told.text);
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn did(home: &Home) -> String {
    home.founded.inception.did().to_string()
}

#[test]
fn a_corridor_is_proposed_accepted_used_cut_exported_and_halted() {
    let (home_a, home_b) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let (a, b) = (Server::start(&home_a), Server::start(&home_b));
    // Nobody else's zone answers for the pinned one.
    let wrong = json!({ "url": b.url, "did": did(&home_a) });
    assert_eq!(a.post("/v1/corridors", &wrong).code(), (409, "peer-not-pinned"));
    let no_key = json!({ "url": b.url, "did": "did:key:z6MkNotAKey" });
    let told = a.post("/v1/corridors", &no_key);
    assert_eq!(told.code(), (422, "invalid-fields"), "{}", told.text);
    assert_eq!(told.body["errors"][0]["pointer"], "/did");
    let nobody = json!({ "url": "http://127.0.0.1:1", "did": did(&home_b) });
    assert_eq!(a.post("/v1/corridors", &nobody).status, 502);
    let proposed = a.post("/v1/corridors", &json!({ "url": b.url, "did": did(&home_b) }));
    assert_eq!(proposed.status, 201, "{}", proposed.text);
    let id = proposed.body["corridor_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/corridors/{id}");
    let pending = |told: &Value| told["state"] == "PENDING";
    wait(&b, &path, pending);

    let early = a.send(&format!("{path}/receipts"), b"", &[]);
    assert_eq!(early.code(), (409, "corridor-not-active"), "{}", early.text);
    let stranger = json!({ "peer_did": did(&home_b) });
    assert_eq!(b.post(&format!("{path}/accept"), &stranger).code(), (409, "peer-not-pinned"));
    let accepted = b.post(&format!("{path}/accept"), &json!({ "peer_did": did(&home_a) }));
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    let active = |told: &Value| told["state"] == "ACTIVE";
    wait(&a, &path, active);
    wait(&b, &path, active);

    let key = [("idempotency-key", "noop-1")];
    let sent = a.send(&format!("{path}/receipts"), b"", &key);
    assert_eq!(sent.status, 201, "{}", sent.text);
    let again = a.send(&format!("{path}/receipts"), b"{}", &key);
    assert_eq!((again.status, again.replayed), (201, true));
    wait(&b, &path, |told| told["lane_there"]["size"].as_u64() >= Some(1));
    let note = a.get(&format!("{path}/checkpoint"));
    assert_eq!((note.status, note.media.as_str()), (200, "text/plain; charset=utf-8"));
    let receipts = b.get(&format!("{path}/receipts?lane=org.momentum.mez.zone.sg&from=0&limit=5"));
    assert_eq!(receipts.status, 200, "{}", receipts.text);

    // The other side answers on its lane before there is anything to cut on both.
    wait(&a, &path, |told| told["lane_there"]["size"].as_u64() >= Some(1));
    let began = Instant::now();
    let mut cut = a.post(&format!("{path}/cuts"), &json!({}));
    while cut.code() == (409, "cut-behind") && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
        cut = a.post(&format!("{path}/cuts"), &json!({}));
    }
    assert_eq!(cut.status, 201, "{}", cut.text);
    is_told_how_it_does((&a, &b), &path);
    let bundle = a.get(&format!("{path}/bundle?disclose=true"));
    assert_eq!((bundle.status, bundle.media.as_str()), (200, "application/zip"));
    let halt = json!({ "reason": "drill", "authority": "operator" });
    assert_eq!(b.post(&format!("{path}/halt"), &halt).status, 200);
    let told = b.get("/v1/corridors/health");
    assert_eq!(told.body["items"][0]["attention"], json!(["halted"]), "{}", told.text);
    let late = b.send(&format!("{path}/receipts"), b"", &[]);
    assert_eq!(late.code(), (409, "corridor-not-active"), "{}", late.text);
    let told = b.get("/metrics").text;
    for line in [
        "mez_corridors_total{state=\"HALTED\"} 1",
        "reason=\"halted\"} 1",
        "mez_corridor_undelivered_receipts{corridor_id=",
        "mez_corridor_checkpoint_age_seconds{corridor_id=\"org.momentum.mez.corridor.pk-sifc--sg\",lane=\"there\"}",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
}

/// After a cut: the first receipt is final as far as both signed it, and nobody is needed.
fn is_told_how_it_does((a, b): (&Server, &Server), path: &str) {
    for (server, lane) in [(a, "sg"), (b, "sg"), (a, "pk-sifc"), (b, "pk-sifc")] {
        let asked = format!("{path}/finality?lane=org.momentum.mez.zone.{lane}&sequence=0");
        let told = server.get(&asked);
        assert_eq!(told.status, 200, "{}", told.text);
        assert_eq!(told.body["finality_level"], "checkpoint_signed", "{}", told.text);
        let rungs = told.body["levels"].as_array().unwrap();
        // The receipt was accepted; the ack that says so asks for nothing.
        let rests_on = if lane == "sg" { "ack" } else { "receipt" };
        assert_eq!(rungs[1]["evidence"]["kind"], rests_on, "{}", told.text);
        assert!(rungs[2]["evidence"]["cut_sha256"].is_string(), "{}", told.text);
        assert!(rungs[3]["missing"].as_str().unwrap().contains("witnesses"), "{}", told.text);
    }
    assert_eq!(a.get(&format!("{path}/finality?sequence=999")).status, 404);
    let told = a.get("/v1/corridors/health");
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!((&told.body["corridors"], &told.body["healthy"]), (&json!(1), &json!(1)));
    let item = &told.body["items"][0];
    assert_eq!(item["attention"], json!([]), "{}", told.text);
    assert_eq!(item["lanes"]["undelivered"], 0);
    assert!(item["cut"]["cut_sha256"].is_string(), "{}", told.text);
}

#[test]
fn a_corridor_joins_equal_realms_only() {
    let base = folder("realm");
    let production = Home::at(&base, "sg", None, Realm::Production);
    let sandbox = Home::of("pk-sifc", None);
    let (a, b) = (Server::start(&production), Server::start(&sandbox));
    let proposed = a.post("/v1/corridors", &json!({ "url": b.url, "did": did(&sandbox) }));
    assert_eq!(proposed.code(), (409, "handshake-refused"), "{}", proposed.text);
}

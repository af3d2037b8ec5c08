//! `/v1/corridors` where the peer answers otherwise: what it refuses, a key it does not state, another history.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::pair::{Pair, homes};
use super::relay::Relay;
use super::{account, company, is};
use crate::corridors::{did, wait};
use crate::forks::{again, copy, heads, joined, noop};
use crate::home::Home;
use crate::server::Server;

/// Two zones, of which the second is reached through a relay.
fn relayed() -> (Pair, Relay) {
    let homes = homes();
    let relay = Relay::new();
    let a = Server::start(&homes[0]);
    let b = relay.serve(&homes[1], "127.0.0.1:0");
    let proposed = a.post("/v1/corridors", &json!({ "url": relay.url, "did": did(&homes[1]) }));
    assert_eq!(proposed.status, 201, "{}", proposed.text);
    let path = format!("/v1/corridors/{}", proposed.body["corridor_id"].as_str().unwrap());
    wait(&b, &path, |told| told["state"] == "PENDING");
    let accept = json!({ "peer_did": did(&homes[0]) });
    assert_eq!(b.post(&format!("{path}/accept"), &accept).status, 200);
    wait(&a, &path, |told| told["state"] == "ACTIVE");
    noop(&a, &b, &path);
    (Pair { homes, a, b, path }, relay)
}

/// The zone was told of it, and put its delivery off: so its journal has it.
fn put_off(pair: &mut Pair, code: &str) {
    let wanted = format!("put off: {code}");
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(1_500));
        let mut found = false;
        pair.again(|home| found = super::rows::Rows::of(home).says(&wanted));
        if found {
            return;
        }
    }
    panic!("nothing was {wanted}");
}

#[test]
fn what_the_peer_refuses_is_told_with_its_own_words() {
    let (pair, relay) = relayed();
    relay.tells(|path, status, body| {
        if path.ends_with("/cut") {
            *status = 409;
            *body = json!({ "code": "too-tired", "detail": "ask tomorrow", "status": 409 });
        }
    });
    let told = pair.a.send(&format!("{}/cuts", pair.path), b"", &[]);
    is(&told, 409, "peer-refused");
    assert!(told.text.contains("too-tired"), "{}", told.text);
}

#[test]
fn nothing_leaves_in_the_clear_for_a_peer_whose_key_is_not_known_or_not_its_own() {
    let (pair, relay) = relayed();
    let forget = |_: &str, _: &mut u16, body: &mut Value| {
        if let Some(members) = body.as_object_mut() {
            members.remove("payload_key");
        }
    };
    relay.tells(forget);
    // The key that was learned with the first receipts is taken back out of what is known.
    let mut pair = pair;
    let id = pair.id().to_owned();
    pair.again(|home| {
        let rows = super::rows::Rows::of(home);
        let mut kept = rows.read("corridor", &id);
        kept.as_object_mut().unwrap().remove("payload_key_there");
        kept["sealed"] = json!(true);
        rows.change("corridor", &id, &kept);
    });
    let said = json!({ "statement": { "subject": "cargo", "body": { "said": "a secret" } } });
    let sent = pair.a.post(&format!("{}/receipts", pair.path), &said);
    assert_eq!(sent.status, 201, "{}", sent.text);
    put_off(&mut pair, "payload-key-unknown");
    relay.tells(|_, _, body| {
        if let Some(key) = body.get_mut("payload_key").and_then(Value::as_object_mut) {
            key.insert("key".to_owned(), json!("7".repeat(64)));
        }
    });
    put_off(&mut pair, "payload-key-refused");
    relay.tells(|_, _, _| ());
    wait(&pair.a, &pair.path, |told| told["delivered"] == told["lane_here"]["size"]);
}

#[test]
fn what_moved_money_on_accounts_that_are_gone_is_not_taken_up() {
    let mut pair = Pair::new();
    let (_, to) = pair.account(1, "Gulf Cafes", "500.00");
    let root = pair.homes[0].dir.root().to_owned();
    let kept = root.with_extension("kept");
    pair.again(|_| copy(&root, &kept));
    let (_, from) = pair.account(0, "Harbour Tea", "500.00");
    assert_eq!(pair.pay(&from, (&to, "Gulf Cafes"), "60.00").status, 201);
    noop(&pair.a, &pair.b, &pair.path);
    pair.again(|_| copy(&kept, &root));
    assert!(heads(&pair.a).contains("restored from a backup"), "{}", heads(&pair.a));
    let told = pair.a.post("/v1/corridors/adopt", &json!({ "reason": "put back" }));
    is(&told, 409, "adopt-not-bookable");
}

#[test]
fn a_corridor_of_an_earlier_version_carries_what_it_was_drawn_up_for() {
    let base = crate::home::folder("drawn-up-before");
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/main-job.tar.gz");
    let mut tar = std::process::Command::new("tar");
    assert!(tar.args(["-xzf", fixture, "-C"]).arg(&base).status().unwrap().success());
    let port = crate::ports::free(2).to_string();
    let content = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let deploy = [
        "deploy",
        "--jurisdiction",
        "sg",
        "--corridors",
        "ae-abudhabi-adgm",
        "--dir",
        base.to_str().unwrap(),
        "--port",
        &port,
        "--content",
        content,
        "--smoke",
    ];
    let (exit, told) = crate::thresholds::mez(&base, None, &deploy);
    assert_eq!(exit, 0, "{told}");
    let dir = crate::layout::ZoneDir::at(base.join("sg"));
    let server = Server::at(&dir, &["--listen", "127.0.0.1:0"]);
    let page = server.get("/v1/entities?status=ACTIVE&limit=200").body;
    let holder = page["items"][0]["entity_id"].clone();
    let genesis = json!({ "asset_class": "property", "asset_name": "Plot 7", "holder_id": holder });
    let asset = super::made(&server.post("/v1/assets/genesis", &genesis), "asset_id");
    let corridor = server.get("/v1/corridors").body["items"][0]["corridor_id"].clone();
    let send = json!({
        "corridor_id": corridor, "recipient_id": "gulf", "recipient_name": "Gulf Cafes",
    });
    is(&server.post(&format!("/v1/assets/{asset}/transfers"), &send), 409, "kind-not-agreed");
}

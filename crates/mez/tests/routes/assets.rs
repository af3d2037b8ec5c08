//! `/v1/assets` inside one zone, between two over real sockets, and from the command line.

use std::process::Command;

use serde_json::{Value, json};

use crate::corridors::wait;
use crate::forks::joined;
use crate::home::Home;
use crate::server::Server;

const GENESIS: &str = "/v1/assets/genesis";

fn company(home: &Home, server: &Server, name: &str, jurisdiction: &str) -> String {
    let kinds = ["beneficial_ownership", "source_of_funds"];
    let formed = server.post("/v1/entities", &home.company(name, jurisdiction, &kinds));
    assert_eq!(formed.status, 201, "{}", formed.text);
    formed.body["result"]["entity_id"].as_str().unwrap().to_owned()
}

fn asset(holder: &str) -> Value {
    json!({ "asset_class": "property", "asset_name": "Plot 7, Harbour Road", "holder_id": holder })
}

#[test]
fn an_asset_is_registered_once_and_read_and_what_is_wrong_is_told() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let holder = company(&home, &server, "Harbour Tea", "sg");
    let code = |body: &Value| {
        let told = server.post(GENESIS, body);
        (told.status, told.code().1.to_owned())
    };
    let mut more = asset(&holder);
    more["colour"] = json!("red");
    assert_eq!(code(&more), (422, "invalid-fields".to_owned()));
    let mut class = asset(&holder);
    class["asset_class"] = json!("Not a slug");
    assert_eq!(code(&class), (422, "invalid-fields".to_owned()));
    assert_eq!(code(&asset("nobody")).0, 404);
    assert_eq!(server.send(GENESIS, b"{", &[]).code(), (422, "malformed-document"));
    assert_eq!(server.ask_as("/v1/assets", None).status, 401);
    assert_eq!(server.get("/v1/assets").body["items"], json!([]));

    let key = [("idempotency-key", "asset-1")];
    let body = asset(&holder).to_string();
    let once = server.send(GENESIS, body.as_bytes(), &key);
    assert_eq!((once.status, once.replayed), (201, false), "{}", once.text);
    assert_eq!(once.body["compliance"]["kind"], "asset.transition");
    assert!(once.body["credential"]["proof"].is_object(), "{}", once.text);
    let again = server.send(GENESIS, body.as_bytes(), &key);
    assert_eq!((again.status, again.replayed, &again.body), (201, true, &once.body));
    let other = more.to_string();
    assert_ne!(server.send(GENESIS, other.as_bytes(), &key).status, 201);
    let id = once.body["result"]["asset_id"].as_str().unwrap();
    let known = server.get(&format!("/v1/assets/{id}")).body;
    assert_eq!((&known["state"], &known["holder"]), (&json!("held"), &json!(holder)));
    assert_eq!(server.get("/v1/assets").body["items"].as_array().unwrap().len(), 1);
    assert_eq!(server.get(&format!("/v1/assets/{}", "0".repeat(64))).code(), (404, "not-found"));
    assert_eq!(server.get("/v1/assets/plot-7").status, 422);
    let to = json!({ "corridor_id": "org.momentum.mez.corridor.ae-abudhabi-adgm--sg",
        "recipient_id": "x", "recipient_name": "X" });
    let told = server.post(&format!("/v1/assets/{id}/transfers"), &to);
    assert_eq!(told.code(), (404, "not-found"), "{}", told.text);
}

#[test]
fn a_profile_without_assets_does_not_mount_them() {
    let home = Home::of("sg", Some("tech-park"));
    let server = Server::start(&home);
    assert_eq!(server.get("/v1/assets").code(), (404, "not-mounted"));
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
fn an_asset_crosses_a_corridor_from_the_command_line_and_both_sides_say_so() {
    let homes =
        [Home::of("sg", Some("digital-financial-center")), Home::of("ae-abudhabi-adgm", None)];
    let [a, b] = [Server::start(&homes[0]), Server::start(&homes[1])];
    let path = joined(&a, &b, [&homes[0], &homes[1]]);
    let corridor = path.rsplit('/').next().unwrap();
    let giver = company(&homes[0], &a, "Harbour Tea", "sg");
    let taker = company(&homes[1], &b, "Gulf Cafes", "ae-abudhabi-adgm");
    let register = ["asset", "register", "--class", "property", "--name", "Plot 7", "--holder"];
    let (code, text) = mez(&a, &[&register[..], &[&giver, "--json"]].concat());
    assert_eq!(code, 0, "{text}");
    let told: Value = serde_json::from_str(&text).unwrap();
    let id = told["result"]["asset_id"].as_str().unwrap().to_owned();
    let send = |name: &str| {
        let args = ["asset", "transfer", &id, "--corridor", corridor, "--recipient", &taker];
        mez(&a, &[&args[..], &["--recipient-name", name, "--json"]].concat())
    };
    let asset = format!("/v1/assets/{id}");
    let (code, text) = send("Gulf Bakers");
    assert_eq!(code, 0, "{text}");
    let seen = wait(&a, &asset, |told| told["state"] == "held");
    assert_eq!(seen["refusal"]["reason_code"], "asset-recipient-differs");
    let (code, text) = send("Gulf Cafes");
    assert_eq!(code, 0, "{text}");
    let told: Value = serde_json::from_str(&text).unwrap();
    let sequence = told["result"]["lane_receipt"]["sequence"].to_string();
    wait(&a, &asset, |told| told["state"] == "gone");
    assert_eq!(b.get(&asset).body["holder"], json!(taker));
    let (code, text) = mez(&b, &["asset", "show", &id]);
    assert!(code == 0 && text.contains("Plot 7") && text.contains(&taker), "{text}");
    let (code, text) = mez(&a, &["asset", "list"]);
    assert!(code == 0 && text.contains("gone"), "{text}");
    let (code, text) = mez(&a, &["corridor", "compliance", corridor, "--sequence", &sequence]);
    assert!(code == 0 && text.contains("admitted") && text.contains("sanctions"), "{text}");
    let (code, text) = send("Gulf Cafes");
    assert_ne!(code, 0, "{text}");
    assert!(text.contains("asset-not-held"), "{text}");
}

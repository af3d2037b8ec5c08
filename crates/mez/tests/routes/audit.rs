//! The audit log against a real zone: what is in it, and that a copy with anything changed is found out.

use std::process::Command;

use serde_json::{Value, json};

use crate::home::EVIDENCE;
use crate::home::{Home, folder};
use crate::server::Server;

fn all(server: &Server) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let told = server.get(&format!("/v1/audit?limit=3{after}"));
        assert_eq!(told.status, 200, "{}", told.text);
        items.extend(told.body["items"].as_array().unwrap().clone());
        match told.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}

fn mez(args: &[&str]) -> (i32, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_mez")).args(args).output().unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    (out.status.code().unwrap(), text)
}

#[test]
fn every_write_and_every_refusal_at_the_door_has_an_entry_in_one_chain() {
    let home = Home::of("sg", Some("sovereign-govos"));
    let server = Server::start(&home);
    let body = home.company("Harbour Tea", "sg", EVIDENCE).to_string();
    let key = [("idempotency-key", "form-1")];
    let formed = server.send("/v1/entities", body.as_bytes(), &key);
    assert_eq!(formed.status, 201, "{}", formed.text);
    let id = formed.body["result"]["entity_id"].as_str().unwrap().to_owned();
    // Answered again, rehearsed and read: nothing is written, and nothing told.
    assert!(server.send("/v1/entities", body.as_bytes(), &key).replayed);
    assert_eq!(server.send("/v1/entities?dry_run=true", body.as_bytes(), &[]).status, 200);
    assert_eq!(server.get(&format!("/v1/entities/{id}")).status, 200);
    let refused = server.post("/v1/entities", &home.company("Quay Cafes", "sg", &[]));
    assert_eq!(refused.status, 403);
    let made = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
    let reader = made.body["token"].as_str().unwrap().to_owned();
    assert_eq!(server.ask_as("/v1/audit", Some(&reader)).code(), (403, "forbidden"));
    assert_eq!(server.ask_as("/v1/entities", None).status, 401);
    let made = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
    assert_eq!(made.status, 201);
    let settled = server.post("/v1/settlement/compute", &json!({}));
    let person = json!({ "particulars": { "kind": "person", "full_name": "Asha Verma",
        "birth_date": "1980-02-29", "nationality": "sg" } });
    let person_text = person.to_string();
    assert_eq!(server.post("/v1/identity", &person).status, 201);

    let items = all(&server);
    let told: Vec<[&str; 5]> = items
        .iter()
        .map(|item| {
            ["principal", "scope", "route", "outcome", "code"]
                .map(|name| item["entry"][name].as_str().unwrap_or_default())
        })
        .collect();
    let unwritten = if settled.status == 200 { "unchanged" } else { "refused" };
    let settled_code = if settled.status == 200 { "" } else { settled.code().1 };
    assert_eq!(
        told,
        [
            ["operator", "operator", "/v1/entities", "allow", ""],
            ["operator", "operator", "/v1/entities", "deny", ""],
            ["operator", "operator", "/v1/tokens", "duty", ""],
            ["ana", "none", "/v1/audit", "refused", "forbidden"],
            ["unknown", "none", "/v1/entities", "refused", "unauthenticated"],
            ["operator", "operator", "/v1/tokens", "duty", ""],
            ["operator", "operator", "/v1/settlement/compute", unwritten, settled_code],
            ["operator", "operator", "/v1/identity", "allow", ""],
        ]
    );
    let first = &items[0]["entry"];
    assert_eq!(first["decision"]["sequence"], formed.body["receipt"]["sequence"]);
    assert_eq!(first["decision"]["root"], formed.body["receipt"]["root"]);
    assert_eq!(first["decision"]["subject"], json!(format!("entity:{id}")));
    assert_eq!(first["body_sha256"], json!(canon::Digest::of_blob(body.as_bytes())));
    // Nobody can try what a person's particulars were.
    let veiled = &items[7]["entry"]["body_sha256"];
    assert!(veiled.is_string() && *veiled != json!(canon::Digest::of_blob(person_text.as_bytes())));
    for (before, item) in items.iter().zip(&items[1..]) {
        assert_eq!(item["entry"]["previous"], before["root"]);
    }
    is_in_the_signed_log(&server, items.last().unwrap()["root"].as_str().unwrap());
}

/// The log that the zone signs about once a second states this head of the audit log.
fn is_in_the_signed_log(server: &Server, root: &str) {
    let stated = |log: &Value| {
        let entries = log["entries"].as_array().unwrap();
        entries.iter().any(|entry| entry["kind"] == "audit" && entry["root"] == *root)
    };
    let mut log = Value::Null;
    for _ in 0..100 {
        log = server.get("/tlog/zone/entries?limit=200").body;
        if stated(&log) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{log}");
}

#[test]
fn a_kept_log_with_one_character_changed_names_the_first_entry_that_is_wrong() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    for n in 0..5 {
        let body = json!({ "principal": format!("clerk-{n}"), "scopes": ["reader"] });
        assert_eq!(server.post("/v1/tokens", &body).status, 201);
    }
    let dir = folder("audit");
    let file = dir.join("audit.jsonl");
    let path = file.to_str().unwrap();
    let target = ["--url", &server.url, "--token", &server.token];
    let (code, text) = mez(&[&["--json", "audit", "list", "--out", path], &target[..]].concat());
    assert_eq!(code, 0, "{text}");
    let root = serde_json::from_str::<Value>(&text).unwrap()["root"].as_str().unwrap().to_owned();
    let (code, text) = mez(&["audit", "verify", path, "--root", &root]);
    assert!(code == 0 && text.contains("VALID: 5 entries"), "{code} {text}");
    let (code, _) = mez(&["audit", "verify", path, "--root", &"0".repeat(64)]);
    assert_eq!(code, 6, "another end");
    let kept = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = kept.lines().collect();
    let without = |gone: usize| {
        let left = lines.iter().enumerate().filter(|(at, _)| *at != gone);
        left.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let changed =
        kept.replacen("/v1/tokens\",\"outcome\":\"duty\"", "/v1/tokens\",\"outcome\":\"deny\"", 1);
    let changed = if changed == kept { kept.replacen("duty", "deny", 1) } else { changed };
    for (wrong, at) in [(changed, "entry 0"), (without(2), "entry 2"), (without(0), "entry 0")] {
        std::fs::write(&file, wrong).unwrap();
        let (code, text) = mez(&["audit", "verify", path]);
        assert!(code == 6 && text.contains(at), "{at}: {code} {text}");
    }
    let (_, text) = mez(&[&["audit", "list", "--last", "2"], &target[..]].concat());
    assert!(text.contains("/v1/tokens") && text.lines().count() < 5, "{text}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn whoever_is_refused_all_day_fills_no_log() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let wrong = format!("mez_{}", "0".repeat(64));
    for _ in 0..60 {
        assert_eq!(server.ask_as("/v1/entities", Some(&wrong)).status, 401);
    }
    let entries = all(&server);
    // A minute may have turned meanwhile.
    assert!((20..=40).contains(&entries.len()), "{}", entries.len());
}

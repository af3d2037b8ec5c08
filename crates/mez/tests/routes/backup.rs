//! A backup taken beside a running zone, and what a zone laid from it does.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::home::{EVIDENCE, Home, folder};
use crate::layout::ZoneDir;
use crate::server::Server;

fn mez(words: &[&str]) -> (Option<i32>, Value) {
    let said = Command::new(env!("CARGO_BIN_EXE_mez")).arg("--json").args(words).output().unwrap();
    let told = if said.stdout.is_empty() { said.stderr } else { said.stdout };
    (said.status.code(), serde_json::from_slice(&told).unwrap_or_default())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn account(home: &Home, server: &Server) -> String {
    let formed = server.post("/v1/entities", &home.company("Harbour Tea", "sg", EVIDENCE));
    assert_eq!(formed.status, 201, "{}", formed.text);
    let open = json!({ "entity_id": formed.body["result"]["entity_id"], "currency": "SGD" });
    let opened = server.post("/v1/fiscal/accounts", &open);
    assert_eq!(opened.status, 201, "{}", opened.text);
    opened.body["result"]["account_id"].as_str().unwrap().to_owned()
}

fn fund(server: &Server, account: &str) -> u16 {
    let body = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" });
    server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &body).status
}

fn balance(server: &Server, account: &str) -> Value {
    server.get(&format!("/v1/fiscal/accounts/{account}")).body["balance"].clone()
}

/// The signer's folder stays where it is; what was lost is the data.
fn with_signer_of(home: &Home, into: &Path) {
    fs::create_dir_all(into.join("signer")).unwrap();
    for entry in fs::read_dir(home.dir.signer()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), into.join("signer").join(entry.file_name())).unwrap();
    }
}

/// Start a zone from a folder that is not a home.
fn served(home: &Home, at: &Path) -> Server {
    fs::copy(home.dir.operator_token(), at.join("operator.token")).unwrap();
    Server::at(&ZoneDir::at(at), &["--listen", "127.0.0.1:0"])
}

#[test]
fn what_was_backed_up_beside_a_running_zone_runs_again() {
    let home = Home::of("sg", None);
    let mut server = Server::start(&home);
    let account = account(&home, &server);
    assert_eq!(fund(&server, &account), 200);
    let base = folder("backup");
    let (copy, laid) = (base.join("copy"), base.join("sg"));
    let of = text(home.dir.root());
    let (exit, told) = mez(&["backup", "--dir", of, "--to", text(&copy)]);
    assert_eq!(exit, Some(0), "{told}");
    assert_eq!(told["zone_id"], server.ready["zone_id"]);
    let (exit, again) = mez(&["backup", "--dir", of, "--to", text(&copy)]);
    assert_eq!((exit, &again["error"]["code"]), (Some(1), &"not-empty".into()), "{again}");

    // Nothing of it is a secret.
    let secrets =
        Command::new("grep").args(["-rlE", "priv|secret_key|operator"]).arg(&copy).output();
    let named = String::from_utf8(secrets.unwrap().stdout).unwrap();
    assert!(!named.contains(".priv") && !copy.join("files/signer").exists(), "{named}");
    let token = server.token.clone();
    let held = Command::new("grep").args(["-rlF", &token]).arg(&copy).output().unwrap();
    assert_eq!(String::from_utf8(held.stdout).unwrap(), "", "a token in a backup");

    server.signal("-KILL");
    with_signer_of(&home, &laid);
    let (exit, told) = mez(&["restore", text(&copy), "--dir", text(&laid)]);
    assert_eq!(exit, Some(0), "{told}");
    let (exit, sound) = mez(&["fsck", "--dir", text(&laid)]);
    assert_eq!((exit, &sound["sound"], &sound["cell"]), (Some(0), &true.into(), &true.into()));
    let server = served(&home, &laid);
    assert_eq!(server.ready["ready"], true, "{}", server.ready);
    assert_eq!(balance(&server, &account), "1.00");
    assert_eq!(fund(&server, &account), 200);
    drop(server);
    let (exit, told) = mez(&["restore", text(&copy), "--dir", text(&laid)]);
    assert_eq!((exit, &told["error"]["code"]), (Some(1), &"not-empty".into()), "{told}");
}

#[test]
fn a_backup_older_than_the_cell_signs_nothing_and_a_changed_one_is_refused() {
    let home = Home::of("sg", None);
    let mut server = Server::start(&home);
    let account = account(&home, &server);
    let base = folder("backup");
    let (copy, laid) = (base.join("copy"), base.join("sg"));
    assert_eq!(mez(&["backup", "--dir", text(home.dir.root()), "--to", text(&copy)]).0, Some(0));
    assert_eq!(fund(&server, &account), 200);
    server.signal("-TERM");

    let refused = |file: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let path = copy.join(file);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, change(whole.clone())).unwrap();
        let nowhere = base.join("nowhere");
        let (exit, told) = mez(&["restore", text(&copy), "--dir", text(&nowhere)]);
        assert_eq!(
            (exit, &told["error"]["code"]),
            (Some(6), &"backup-damaged".into()),
            "{file}: {told}"
        );
        fs::write(&path, whole).unwrap();
        let _ = fs::remove_dir_all(nowhere);
    };
    let flipped = |mut bytes: Vec<u8>| {
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        bytes
    };
    refused("rows", &flipped);
    refused("rows", &|bytes| bytes[..bytes.len() - 40].to_vec());
    refused("files/zone.yaml", &flipped);
    refused("manifest.json", &|_| b"{}".to_vec());
    let elsewhere = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.replace("\"path\":\"zone.yaml\"", "\"path\":\"../zone.yaml\"").into_bytes()
    };
    refused("manifest.json", &elsewhere);
    let signer = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.replace("\"path\":\"zone.yaml\"", "\"path\":\"signer/zone.yaml\"").into_bytes()
    };
    refused("manifest.json", &signer);

    with_signer_of(&home, &laid);
    assert_eq!(mez(&["restore", text(&copy), "--dir", text(&laid)]).0, Some(0));
    let server = served(&home, &laid);
    assert_eq!(server.ready["ready"], false, "{}", server.ready);
    assert_eq!(fund(&server, &account), 503);
    assert_eq!(balance(&server, &account), "0.00");
    // Mass did not go back to that day, and that is said.
    let told = server.get("/health/readiness");
    let checks = told.body["checks"].as_array().unwrap();
    let mass = checks.iter().find(|check| check["name"] == "mass");
    assert_eq!(mass.is_some(), crate::home::at_mass::wanted(), "{}", told.text);
    if let Some(mass) = mass {
        let detail = mass["detail"].as_str().unwrap();
        assert_eq!(mass["ok"], false);
        assert!(detail.contains(&account) && detail.contains("has 1.00 SGD"), "{detail}");
        assert!(detail.contains("comes to 0.00"), "{detail}");
    }
}

#[test]
fn the_format_of_a_store_is_told_and_nothing_done() {
    let home = Home::of("sg", None);
    let dir = text(home.dir.root());
    let (exit, told) = mez(&["migrate", "--dir", dir, "--dry-run"]);
    assert_eq!((exit, &told["found"], &told["known"]), (Some(0), &0.into(), &3.into()), "{told}");
    assert!(!home.dir.data().join("zone.sqlite").exists());
    let server = Server::start(&home);
    let (exit, told) = mez(&["migrate", "--dir", dir, "--dry-run"]);
    assert_eq!((exit, &told["found"], &told["steps"]), (Some(0), &3.into(), &json!([])), "{told}");
    let (exit, told) = mez(&["migrate", "--dir", dir]);
    assert_eq!((exit, &told["error"]["code"]), (Some(69), &"zone-in-use".into()), "{told}");
    drop(server);
    assert_eq!(mez(&["migrate", "--dir", dir]).0, Some(0));
}

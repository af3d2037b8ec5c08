//! What a zone does not start with, and what it starts with but does not serve.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use canon::Realm;
use serde_json::json;

use crate::home::{Home, anchors, folder};
use crate::layout::{ZoneDir, write_atomic};
use crate::server::{Server, refused};

const ANY: [&str; 2] = ["--listen", "127.0.0.1:0"];

#[test]
fn a_port_in_use_is_told_by_name() {
    let home = Home::of("sg", None);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = refused(home.dir.root(), &["--listen", &address]);
    assert_eq!(told, (69, "port-in-use".to_owned()));
}

#[test]
fn a_socket_others_can_reach_needs_tls_or_a_proxy() {
    let home = Home::of("sg", None);
    let told = refused(home.dir.root(), &["--listen", "0.0.0.0:0"]);
    assert_eq!(told, (64, "exposed".to_owned()));
    let server = Server::with(&home, &["--listen", "0.0.0.0:0", "--behind-proxy"]);
    assert_eq!(server.ready["ready"], true);
}

#[test]
fn a_zone_that_runs_is_not_started_twice() {
    let home = Home::of("sg", None);
    let _server = Server::start(&home);
    let told = refused(home.dir.root(), &ANY);
    assert_eq!(told, (69, "zone-in-use".to_owned()));
}

#[test]
fn the_data_of_another_zone_or_realm_are_refused() {
    let (first, second) = (Home::of("sg", None), Home::of("sg", None));
    drop(Server::start(&first));
    let database = first.dir.database();
    let told = refused(second.dir.root(), &[ANY[0], ANY[1], "--database", &database]);
    assert_eq!(told, (1, "other-zone".to_owned()));

    // The same root key, another realm.
    let base = folder("realms");
    let sandbox = Home::at(&base, "sg", None, Realm::Sandbox);
    drop(Server::start(&sandbox));
    let kept = base.join("kept");
    std::fs::rename(sandbox.dir.root(), &kept).unwrap();
    let production = Home::at(&base, "sg", None, Realm::Production);
    let database = ZoneDir::at(&kept).database();
    let told = refused(production.dir.root(), &[ANY[0], ANY[1], "--database", &database]);
    assert_eq!(told, (1, "other-realm".to_owned()));
}

#[test]
fn a_production_zone_does_not_start_with_a_sandbox_anchor() {
    let base = folder("anchors");
    let home = Home::at(&base, "sg", None, Realm::Production);
    write_atomic(&home.dir.anchors(), &anchors(Realm::Sandbox)).unwrap();
    assert_eq!(refused(home.dir.root(), &ANY), (1, "anchors".to_owned()));
    let mixed = String::from_utf8(anchors(Realm::Sandbox)).unwrap();
    let (head, tail) = mixed.rsplit_once("sandbox").unwrap();
    let mixed = format!("{head}production{tail}");
    write_atomic(&home.dir.anchors(), mixed.as_bytes()).unwrap();
    assert_eq!(refused(home.dir.root(), &ANY), (1, "anchors".to_owned()));
}

#[test]
fn a_key_others_may_read_is_not_used() {
    let home = Home::of("sg", None);
    let path = home.dir.key(proof::Purpose::Log);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(refused(home.dir.root(), &ANY), (1, "key-not-private".to_owned()));
}

#[test]
fn a_pack_that_differs_from_the_lock_makes_the_zone_not_ready() {
    let home = Home::of("sg", None);
    let packs = home.dir.data().join("artifacts/lawpack");
    let changed = std::fs::read_dir(&packs).unwrap().flatten().any(|entry| {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let other = text.replacen("\"mode\":\"enforce\"", "\"mode\":\"off\"", 1);
        std::fs::write(entry.path(), &other).unwrap();
        other != text
    });
    assert!(changed);
    let server = Server::start(&home);
    assert_eq!(server.ready["ready"], false);
    assert_eq!(server.get("/health/liveness").status, 200);
    let told = server.get("/health/readiness");
    assert_eq!(told.status, 503);
    let check = &told.body["checks"][0];
    assert_eq!(check["name"], "packs");
    let detail = check["detail"].as_str().unwrap();
    assert!(detail.contains("differs from the lock"), "{detail}");
    let told = server.post("/v1/entities", &json!({}));
    assert_eq!(told.code(), (503, "not-ready"));
    assert!(told.retry_after);
    assert!(!home.dir.data().join("zone.sqlite").exists(), "nothing was opened");
}

#[test]
fn a_missing_pack_makes_the_zone_not_ready() {
    let home = Home::of("sg", None);
    std::fs::remove_dir_all(home.dir.data().join("artifacts")).unwrap();
    let server = Server::start(&home);
    assert_eq!(server.get("/health/readiness").status, 503);
}

#[test]
fn data_restored_from_an_older_copy_sign_nothing_and_are_still_read() {
    let home = Home::of("sg", None);
    drop(Server::start(&home));
    let kept = home.dir.root().join("older");
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    };
    copy(&home.dir.data(), &kept);
    let mut server = Server::start(&home);
    let made = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
    assert_eq!(made.status, 201);
    server.signal("-TERM");
    for entry in std::fs::read_dir(home.dir.data()).unwrap().flatten() {
        if entry.path().is_file() {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    copy(&kept, &home.dir.data());
    let server = Server::start(&home);
    assert_eq!(server.ready["ready"], false);
    let told = server.get("/health/readiness");
    let heads = told.body["checks"].as_array().unwrap().iter().find(|c| c["name"] == "heads");
    let detail = heads.unwrap()["detail"].as_str().unwrap();
    assert!(detail.contains("signing nothing"), "{detail}");
    assert_eq!(server.get("/v1/entities").status, 200);
    let told = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
    assert_eq!(told.code(), (503, "not-signing"));
    assert!(told.retry_after);
}

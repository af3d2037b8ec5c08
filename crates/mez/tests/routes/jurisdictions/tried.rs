//! `mez explain` and `mez policy backtest` on the decisions of a real zone.

use std::path::Path;
use std::process::Command;

use law::Files;
use serde_json::{Value, json};

use super::asking::Asking;
use super::said::Said;
use crate::home::repository;
use crate::server::Server;

/// Exit code, standard output, standard error.
fn mez(args: &[&str], envs: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    let out = command.args(args).envs(envs.iter().copied()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

fn json_of(args: &[&str]) -> Value {
    let (exit, out, err) = mez(&[args, &["--json"]].concat(), &[]);
    assert_eq!(exit, 0, "{args:?}: {err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_decision_of_a_running_zone_is_explained_and_tried_under_changed_packs() {
    let mut asking = Asking::open("sg", &[]);
    let plain = Said { name: Some("Sundial Row".to_owned()), ..Said::default() };
    let told = asking.decide(law::Kind::EntityLifecycle, &plain, false).unwrap().1;
    let homeless = Said { office: Some(false), ..plain };
    let denied = asking.decide(law::Kind::EntityForm, &homeless, false).unwrap().1;
    let digest = denied["decision_sha256"].as_str().unwrap().to_owned();
    let dir = asking.home.dir.root().to_str().unwrap().to_owned();

    // Of the running zone: by its folder, by its URL and a token, as text, JSON and a page.
    let shown = json_of(&["explain", &digest, "--dir", &dir]);
    assert_eq!(shown["domains"], denied["explanation"]["domains"]);
    assert_eq!(shown["decision_sha256"], digest.as_str());
    let refusing = &shown["domains"][0];
    assert_eq!((&refusing["refuses"], &shown["outcome"]), (&json!(true), &json!("deny")));
    let section = refusing["clauses"][0]["citation"]["section"].as_str().unwrap().to_owned();
    let url = asking.server.url.clone();
    let token = asking.server.token.clone();
    let (exit, text, err) = mez(&["explain", &digest, "--url", &url], &[("MEZ_TOKEN", &token)]);
    assert_eq!(exit, 0, "{err}");
    assert!(text.contains(&section) && text.contains("which refuses"), "{text}");
    let (_, page, _) = mez(&["explain", &digest, "--dir", &dir, "--html", "-"], &[]);
    assert!(page.starts_with("<!doctype html>") && page.contains("<dt>clause</dt>"), "{page}");
    let other = "0".repeat(64);
    assert_eq!(mez(&["explain", &other, "--url", &url], &[("MEZ_TOKEN", &token)]).0, 7);
    assert_eq!(asking.server.get(&format!("/v1/decisions/{other}")).status, 404);
    assert_eq!(asking.server.get("/v1/decisions/x").status, 422);
    let unasked = asking.server.ask_as(&format!("/v1/decisions/{digest}"), None);
    assert_eq!(unasked.status, 401);

    // Of the stopped one, the same; then what other packs would have said.
    let home = asking.stop();
    assert_eq!(json_of(&["explain", &digest, "--dir", &dir]), shown);
    let allowed = told["decision_sha256"].as_str().unwrap();
    assert_eq!(json_of(&["explain", allowed, "--dir", &dir])["outcome"], "allow");
    let content = home.dir.root().with_file_name("content");
    copy(&repository().0, &content);
    let content = content.to_str().unwrap().to_owned();
    let backtest = ["policy", "backtest", "--dir", &dir, "--content", &content];
    let same = json_of(&[&backtest[..], &["--exact"]].concat());
    assert!(same["decisions"].as_u64().unwrap() >= 3, "{same}");
    assert_eq!((&same["identical"], &same["different"]), (&same["decisions"], &json!([])));
    let rules = format!("{content}/packs/sg/rules/corporate.yaml");
    std::fs::write(&rules, "domain: corporate\nrules: []\n").unwrap();
    let tried = json_of(&backtest);
    assert_eq!(tried["other_outcome"], 1, "{tried}");
    let found = tried["different"].as_array().unwrap();
    let changed = found.iter().find(|one| one["decision_sha256"] == digest.as_str()).unwrap();
    assert_eq!((&changed["before"], &changed["after"]), (&json!("deny"), &json!("allow")));
    assert!(changed["changed"].to_string().contains("corporate"), "{changed}");
    let (exit, text, _) = mez(&backtest, &[]);
    assert!(exit == 0 && text.contains("deny → allow"), "{text}");
    assert_eq!(mez(&[&backtest[..], &["--exact"]].concat(), &[]).0, 2);
}

/// What a zone's law is made of.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for part in ["corridors", "modules", "packs", "profiles", "zones"] {
        let done = Command::new("cp").arg("-r").arg(from.join(part)).arg(to.join(part)).status();
        assert!(done.unwrap().success());
    }
}

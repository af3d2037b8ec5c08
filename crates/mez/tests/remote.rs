//! The commands that ask a running zone, against two real zones with a corridor.
//!
//! One deployment serves all: what a command changes, the next one sees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

#[path = "deployed/deployment.rs"]
mod deployment;
#[path = "deployed/ports.rs"]
mod ports;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use deployment::Deployment;
use serde_json::Value;

const NAMES: [&str; 2] = ["sg", "pk-sifc"];
const PATIENCE: Duration = Duration::from_secs(30);

/// What one run said.
#[derive(Debug)]
struct Said {
    exit: i32,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{self:?}"))
    }

    fn problem(&self) -> Value {
        assert_eq!(self.out, "");
        serde_json::from_str::<Value>(&self.err).unwrap_or_else(|_| panic!("{self:?}"))["error"]
            .clone()
    }
}

fn mez_with(args: &[&str], token: Option<&str>) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command.args(args).env_remove("MEZ_TOKEN");
    if let Some(token) = token {
        command.env("MEZ_TOKEN", token);
    }
    let output = command.output().unwrap();
    Said {
        exit: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn mez(args: &[&str]) -> Said {
    mez_with(args, None)
}

/// Two zones, and how they are asked.
struct Pair {
    standing: Option<Deployment>,
    urls: [String; 2],
    dirs: [String; 2],
    corridor: String,
    dids: [String; 2],
}

impl Pair {
    fn stand(name: &str) -> Self {
        let dir = format!("remote-{name}-{}", std::process::id());
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(dir);
        let _ = std::fs::remove_dir_all(&dir);
        let standing = Deployment::stand(&dir.join("d"), &NAMES, None);
        let url = |at: usize| format!("http://127.0.0.1:{}", standing.ports[at]);
        let folder = |at: usize| dir.join("d").join(NAMES[at]).display().to_string();
        let mut pair = Self {
            urls: [url(0), url(1)],
            dirs: [folder(0), folder(1)],
            standing: Some(standing),
            corridor: String::new(),
            dids: [String::new(), String::new()],
        };
        let known = [pair.ask(0, &["status"]).json(), pair.ask(1, &["status"]).json()];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        pair.corridor = text(&known[0]["corridors"][0]["corridor_id"]);
        pair.dids = [text(&known[0]["readiness"]["did"]), text(&known[1]["readiness"]["did"])];
        pair
    }

    fn dir(&self) -> PathBuf {
        Path::new(&self.dirs[0]).parent().unwrap().to_owned()
    }

    /// As the operator of a zone, in JSON.
    fn ask(&self, zone: usize, args: &[&str]) -> Said {
        let target = ["--url", &self.urls[zone], "--dir", &self.dirs[zone], "--json"];
        mez(&[args, &target].concat())
    }

    fn state(&self, zone: usize) -> Value {
        let said = self.ask(zone, &["corridor", "status", &self.corridor]);
        assert_eq!(said.exit, 0, "{said:?}");
        said.json()
    }

    fn until(&self, zone: usize, what: &str, holds: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        loop {
            let state = self.state(zone);
            if holds(&state) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "never {what}: {state}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.standing.take());
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(self.dir().parent().unwrap());
        }
    }
}

#[test]
fn a_corridor_is_run_from_the_command_line() {
    let pair = Pair::stand("corridor");
    let corridor = pair.corridor.as_str();
    // Status: checks and corridors, for people and for programs.
    let said = mez(&["status", "--url", &pair.urls[0], "--dir", &pair.dirs[0]]);
    assert_eq!(said.exit, 0, "{said:?}");
    for word in ["ready", "store", "keys", "packs", "lists", "heads", "ACTIVE", corridor] {
        assert!(said.out.contains(word), "no `{word}` in {}", said.out);
    }
    // The folder alone says where its zone is.
    let said = mez(&["status", "--dir", &pair.dirs[1], "--json"]);
    assert_eq!((said.exit, &said.json()["url"]), (0, &Value::from(pair.urls[1].as_str())));
    // What may not be seen is not told as empty.
    let said = mez(&["status", "--url", &pair.urls[0], "--json"]);
    assert_eq!((said.exit, &said.json()["corridors"]), (0, &Value::Null));
    // Receipts, asked twice under one key, are written once.
    for _ in 0..2 {
        let again = ["corridor", "send-receipt", corridor, "--idempotency-key", "present-1"];
        let said = pair.ask(0, &again);
        assert_eq!(said.exit, 0, "{said:?}");
        assert_eq!(said.json()["receipt"]["sequence"], 0);
    }
    pair.until(0, "acknowledged", |state| state["lane_there"]["acknowledged"] == 1);
    // A cut both signed, a bundle, and the verifier's word.
    let said = pair.ask(0, &["corridor", "cut", corridor]);
    assert_eq!(said.exit, 0, "{said:?}");
    assert_eq!(said.json()["cut"]["proof"].as_array().unwrap().len(), 2);
    let bundle = pair.dir().join("bundle.zip").display().to_string();
    let export = ["corridor", "export", corridor, "--out", &bundle, "--disclose"];
    let said = pair.ask(0, &export);
    assert_eq!(said.exit, 0, "{said:?}");
    assert_eq!(mez(&["verify", &bundle, "--trust", &pair.dids.join(",")]).exit, 0);
    assert_eq!(mez(&["verify", &bundle]).exit, 7);
    let said = pair.ask(0, &export);
    assert_eq!(
        (said.exit, &said.problem()["code"]),
        (1, &Value::from("file")),
        "overwrites nothing"
    );
    the_lane_is_verified_from_its_first_receipt(&pair, &bundle);
    // Halted by one, resumed by both.
    let halt = ["corridor", "halt", corridor, "--reason", "audit", "--authority", "Regulator"];
    let said = pair.ask(0, &halt);
    assert_eq!((said.exit, &said.json()["state"]), (0, &Value::from("HALTED")));
    let said = pair.ask(0, &["corridor", "send-receipt", corridor]);
    assert_eq!((said.exit, &said.problem()["code"]), (1, &Value::from("refused")), "{said:?}");
    pair.until(1, "halted there", |state| state["state"] == "HALTED");
    let resume = ["corridor", "resume", corridor, "--reason", "audit done"];
    for zone in 0..2 {
        let said = pair.ask(zone, &resume);
        assert_eq!(said.exit, 0, "{said:?}");
    }
    for zone in 0..2 {
        pair.until(zone, "resumed", |state| state["state"] == "ACTIVE");
    }
    a_proposal_names_a_peer(&pair);
    tokens_may_do_what_they_name(&pair);
}

/// The same lane from the zone, from a file, and from the bundle, which brings the other one too.
fn the_lane_is_verified_from_its_first_receipt(pair: &Pair, bundle: &str) {
    let corridor = pair.corridor.as_str();
    let inception = pair.dir().join("inception.json").display().to_string();
    let served = ureq::get(format!("{}/.well-known/mez/inception.json", pair.urls[0])).call();
    std::fs::write(&inception, served.unwrap().body_mut().read_to_vec().unwrap()).unwrap();
    let file = pair.dir().join("lane.jsonl").display().to_string();
    let said = pair.ask(0, &["corridor", "receipts", corridor, "--out", &file]);
    assert_eq!((said.exit, &said.json()["receipts"]), (0, &Value::from(1)), "{said:?}");
    let trust = ["--inception", &inception, "--trust", &pair.dids[0], "--json"];
    let from_file = mez(&[&["verify", "chain", &file], &trust[..]].concat());
    assert_eq!(from_file.exit, 0, "{from_file:?}");
    // `ask` asks for JSON by itself.
    let asked = [&["verify", "chain", "--corridor", corridor], &trust[..4]].concat();
    let from_zone = pair.ask(0, &asked);
    assert_eq!(from_zone.exit, 0, "{from_zone:?}");
    let dids = pair.dids.join(",");
    let from_bundle = mez(&["verify", "chain", bundle, "--trust", &dids, "--json"]);
    assert_eq!(from_bundle.exit, 0, "{from_bundle:?}");
    let [file, zone, both] = [from_file, from_zone, from_bundle].map(|said| said.json());
    assert_eq!(file["lanes"][0]["root"], zone["lanes"][0]["root"]);
    let lanes = both["lanes"].as_array().unwrap();
    assert_eq!(lanes.len(), 2);
    assert!(lanes.iter().any(|lane| lane["root"] == file["lanes"][0]["root"]));
}

fn a_proposal_names_a_peer(pair: &Pair) {
    let peer = format!("{}#{}", pair.urls[1], pair.dids[1]);
    // The corridor is there already: proposing it again shows it.
    let said = pair.ask(0, &["corridor", "propose", "--peer", &peer]);
    assert_eq!(said.exit, 0, "{said:?}");
    assert_eq!(said.json()["corridor_id"], pair.corridor.as_str());
    let peer = format!("{}#{}", pair.urls[1], pair.dids[0]);
    let said = pair.ask(0, &["corridor", "propose", "--peer", &peer]);
    assert_ne!(said.exit, 0, "a peer that is not who it is pinned to be: {said:?}");
    let said = pair.ask(1, &["corridor", "accept", &pair.corridor, "--peer", &pair.dids[0]]);
    assert_eq!(said.exit, 1, "{said:?}");
    assert_eq!(said.problem()["problems"][0]["rule"], "nothing-to-accept");
}

fn tokens_may_do_what_they_name(pair: &Pair) {
    let make = ["token", "create", "--principal", "auditor", "--scope", "reader"];
    let said = pair.ask(0, &make);
    assert_eq!(said.exit, 0, "{said:?}");
    let token = said.json()["token"].as_str().unwrap().to_owned();
    let status = ["corridor", "status", &pair.corridor, "--json", "--url", &pair.urls[0]];
    assert_eq!(mez_with(&status, Some(&token)).exit, 0);
    let cut = ["corridor", "cut", &pair.corridor, "--json", "--url", &pair.urls[0]];
    let said = mez_with(&cut, Some(&token));
    assert_eq!((said.exit, &said.problem()["code"]), (1, &Value::from("scope-missing")));
    let said = mez_with(&cut, Some("mez_wrong"));
    assert_eq!((said.exit, &said.problem()["code"]), (1, &Value::from("token-refused")));
    // The token of a folder goes to that folder's zone alone.
    let other = ["status", "--json", "--url", &pair.urls[1], "--dir", &pair.dirs[0]];
    let said = mez(&other);
    assert_eq!((said.exit, &said.problem()["code"]), (64, &Value::from("other-zone")), "{said:?}");
    // On the host of a running zone: its signer is taken.
    let said = mez(&[&make[..], &["--dir", &pair.dirs[0], "--json"]].concat());
    assert_eq!((said.exit, &said.problem()["code"]), (69, &Value::from("zone-in-use")), "{said:?}");
}

#[test]
fn a_token_is_made_on_the_host_of_a_stopped_zone() {
    let mut pair = Pair::stand("token");
    pair.standing.take().unwrap().stop();
    let make = ["token", "create", "--principal", "teller", "--scope", "banker,reader"];
    let end = ["--expires", "2099-01-01T00:00:00Z", "--dir", &pair.dirs[0], "--json"];
    let said = mez(&[&make[..], &end].concat());
    assert_eq!(said.exit, 0, "{said:?}");
    let made = said.json();
    assert!(made["token"].as_str().unwrap().starts_with("mez_"));
    assert_eq!(made["scopes"], serde_json::json!(["banker", "reader"]));
    assert_eq!(made["expires"], "2099-01-01T00:00:00Z");
}

/// A zone deployed alone or with a peer elsewhere; its URL, its folder, its DID.
fn deployed(dir: &Path, zone: &str, peer: Option<&str>) -> (Deployment, [String; 3]) {
    let standing = Deployment::stand(dir, &[zone], peer);
    let url = format!("http://127.0.0.1:{}", standing.ports[0]);
    let said = mez(&["status", "--json", "--url", &url]);
    let did = said.json()["readiness"]["did"].as_str().unwrap().to_owned();
    (standing, [url, dir.join(zone).display().to_string(), did])
}

#[test]
fn two_deployments_reach_one_corridor_when_the_other_operator_accepts() {
    let dir = format!("remote-apart-{}", std::process::id());
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(dir);
    let _ = std::fs::remove_dir_all(&dir);
    let (there_runs, there) = deployed(&dir.join("there"), NAMES[1], None);
    let peer = format!("partner={}#{}", there[0], there[2]);
    // The name of another zone defined here is not the zone reached; nothing is founded for it.
    let wrong = format!("adgm={}#{}", there[0], there[2]);
    let nowhere = dir.join("nowhere").display().to_string();
    let deploy = ["deploy", "--jurisdiction", NAMES[0], "--port", "65535", "--dir", &nowhere];
    let said = mez(&[&deploy[..], &["--json", "--corridors", &wrong]].concat());
    assert_eq!((said.exit, &said.problem()["code"]), (64, &Value::from("usage")), "{said:?}");
    let told = said.problem()["message"].as_str().unwrap().to_owned();
    assert!(told.contains("zone.ae.abudhabi.adgm") && told.contains("zone.pk-sifc"), "{told}");
    assert!(!Path::new(&nowhere).exists());
    let (here_runs, here) = deployed(&dir.join("here"), NAMES[0], Some(&peer));
    let state = |at: &[String; 3]| {
        let args = ["corridor", "status", "--json", "--url", &at[0], "--dir", &at[1]];
        mez(&args).json()["corridors"][0].clone()
    };
    assert_eq!(state(&here)["state"], "PENDING");
    let id = state(&there)["corridor_id"].as_str().unwrap().to_owned();
    let ours = ["--json", "--url", &there[0], "--dir", &there[1]];
    // Whoever else it might be: only the pinned proposer is accepted.
    let wrong = [&["corridor", "accept", &id, "--peer", &there[2]][..], &ours].concat();
    assert_ne!(mez(&wrong).exit, 0);
    let right = [&["corridor", "accept", &id, "--peer", &here[2]][..], &ours].concat();
    let said = mez(&right);
    assert_eq!(said.exit, 0, "{said:?}");
    let began = Instant::now();
    while !(state(&here)["state"] == "ACTIVE" && state(&there)["state"] == "ACTIVE") {
        assert!(began.elapsed() < PATIENCE, "{} {}", state(&here), state(&there));
        std::thread::sleep(Duration::from_millis(50));
    }
    // Who still runs still writes.
    drop((here_runs, there_runs));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn what_cannot_be_reached_ends_with_69() {
    let url = format!("http://127.0.0.1:{}", ports::free(1));
    for args in [&["status"][..], &["corridor", "status"], &["corridor", "cut", "nowhere"]] {
        let said = mez(&[args, &["--url", &url, "--json"]].concat());
        assert_eq!((said.exit, &said.problem()["code"]), (69, &Value::from("unreachable")));
    }
    let said = mez(&["status", "--url", "127.0.0.1:8080", "--json"]);
    assert_eq!((said.exit, &said.problem()["code"]), (64, &Value::from("usage")));
}

#[test]
fn the_api_is_described_without_a_server() {
    let said = mez(&["openapi"]);
    assert_eq!(said.exit, 0);
    assert_eq!(said.json()["openapi"], "3.1.0");
    assert!(said.json()["paths"]["/v1/corridors/{id}/cuts"]["post"].is_object());
}

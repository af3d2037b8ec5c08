//! A zone put back from a backup, signer and all: told by its peer, or proven against it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::corridors::{did, wait};
use crate::home::Home;
use crate::server::Server;

/// Copy a folder; what is there already goes.
pub fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

/// An ACTIVE corridor between two served zones.
pub fn joined(a: &Server, b: &Server, homes: [&Home; 2]) -> String {
    let proposed = a.post("/v1/corridors", &json!({ "url": b.url, "did": did(homes[1]) }));
    assert_eq!(proposed.status, 201, "{}", proposed.text);
    let path = format!("/v1/corridors/{}", proposed.body["corridor_id"].as_str().unwrap());
    wait(b, &path, |told| told["state"] == "PENDING");
    let accept = json!({ "peer_did": did(homes[0]) });
    assert_eq!(b.post(&format!("{path}/accept"), &accept).status, 200);
    wait(a, &path, |told| told["state"] == "ACTIVE");
    wait(b, &path, |told| told["state"] == "ACTIVE");
    noop(a, b, &path);
    path
}

/// One more receipt of `a`, mirrored by `b` and answered.
pub fn noop(a: &Server, b: &Server, path: &str) {
    assert_eq!(a.send(&format!("{path}/receipts"), b"", &[]).status, 201);
    let size = &a.get(path).body["lane_here"]["size"];
    wait(b, path, |told| told["lane_there"]["size"] == *size);
    let wanted = size.as_u64();
    wait(a, path, |told| told["delivered"].as_u64() >= wanted);
}

pub fn again(home: &Home, before: &str) -> Server {
    Server::with(home, &["--listen", before.strip_prefix("http://").unwrap()])
}

pub fn heads(server: &Server) -> String {
    let ready = server.get("/health/readiness");
    let checks = ready.body["checks"].as_array().unwrap();
    let heads = checks.iter().find(|check| check["name"] == "heads").unwrap();
    assert_eq!(ready.status, if heads["ok"] == true { 200 } else { 503 }, "{}", ready.text);
    heads["detail"].as_str().unwrap().to_owned()
}

#[test]
fn a_zone_put_back_whole_is_told_by_its_peer_and_writes_nothing() {
    let (home_a, home_b) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let (mut a, b) = (Server::start(&home_a), Server::start(&home_b));
    let path = joined(&a, &b, [&home_a, &home_b]);
    let url = a.url.clone();
    a.signal("-TERM");
    let (root, kept) = (home_a.dir.root(), home_a.dir.root().with_extension("kept"));
    let newest = home_a.dir.root().with_extension("newest");
    copy(root, &kept);
    let mut a = again(&home_a, &url);
    noop(&a, &b, &path);
    a.signal("-TERM");
    copy(root, &newest);

    copy(&kept, root);
    let mut a = again(&home_a, &url);
    assert_eq!(a.ready["ready"], false);
    let why = heads(&a);
    assert!(why.contains("restored from a backup") && why.contains("signed here"), "{why}");
    let held = a.get(&path).body["lane_here"].clone();
    let refused = a.send(&format!("{path}/receipts"), b"", &[]);
    assert_eq!(refused.code(), (503, "not-signing"), "{}", refused.text);
    assert_eq!(a.get(&path).body["lane_here"], held, "nothing was written");
    a.signal("-TERM");
    // It is not forgotten, though the peer be away.
    drop(b);
    let mut a = again(&home_a, &url);
    assert!(heads(&a).contains("restored from a backup"));
    a.signal("-TERM");
    // The newest data are whole: what was proven of the old ones is not proven of them.
    copy(&newest, root);
    let a = again(&home_a, &url);
    assert_eq!(a.ready["ready"], true);
    assert_eq!(a.send(&format!("{path}/receipts"), b"", &[]).status, 201);
}

#[test]
fn another_history_written_meanwhile_is_proven_kept_and_halts_the_corridor() {
    let (home_a, home_b) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let (mut a, mut b) = (Server::start(&home_a), Server::start(&home_b));
    let path = joined(&a, &b, [&home_a, &home_b]);
    let (url_a, url_b) = (a.url.clone(), b.url.clone());
    a.signal("-TERM");
    let (root, kept) = (home_a.dir.root(), home_a.dir.root().with_extension("kept"));
    copy(root, &kept);
    let mut a = again(&home_a, &url_a);
    noop(&a, &b, &path);
    a.signal("-TERM");
    let held = b.get(&path).body["lane_there"].clone();
    b.signal("-TERM");

    // Alone it cannot know, and writes.
    copy(&kept, root);
    let a = again(&home_a, &url_a);
    assert_eq!(a.send(&format!("{path}/receipts"), b"", &[]).status, 201);
    let b = again(&home_b, &url_b);
    let halted = wait(&b, &path, |told| told["state"] == "HALTED");
    assert_eq!(halted["lane_there"]["root"], held["root"], "what is held stays");
    let digests = halted["evidence_sha256"].as_array().unwrap().clone();
    assert_eq!(digests.len(), 1, "{halted}");
    let digest = digests[0].as_str().unwrap();
    let listed = b.get(&format!("{path}/evidence"));
    assert_eq!(listed.body["evidence"][0]["sha256"], digest, "{}", listed.text);
    let file = b.get(&format!("{path}/evidence/{digest}"));
    assert_eq!((file.status, file.media.as_str()), (200, "application/json"), "{}", file.text);

    // A stranger judges the file alone.
    let saved = home_b.dir.root().join("evidence.json");
    std::fs::write(&saved, &file.text).unwrap();
    let of_a = did(&home_a);
    let (exit, told) = verify(&saved, &["--trust", &of_a]);
    let judged: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((exit, &judged["verdict"]), (0, &json!("VALID")), "{told}");
    assert!(told.contains(&of_a), "{told}");
    assert_eq!(verify(&saved, &[]).0, 7);
    assert_eq!(verify(&saved, &["--trust", &did(&home_b)]).0, 7, "nobody else is accused");

    let name = is_alarmed(&b, &path, (&home_a, &home_b));
    is_stopped_alone(&a, (&b, &home_b));
    comes_back((a, &home_a, &kept), &b, (&path, &name));
}

/// `mez verify` of a file: its exit code and what it prints.
fn verify(file: &Path, trust: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    let out = command.args(["--json", "verify"]).arg(file).args(trust).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap())
}

/// The alarm and its evidence are judged alone; the name of the fork.
fn is_alarmed(b: &Server, path: &str, (home_a, home_b): (&Home, &Home)) -> String {
    let forks = b.get(&format!("{path}/forks"));
    let fork = forks.body["forks"][0].clone();
    assert_eq!(fork["alarm"]["type"][1], "MEZForkAlarmCredential", "{}", forks.text);
    let name = fork["fork"].as_str().unwrap().to_owned();
    let alarm = b.get(&format!("{path}/forks/{name}/alarm"));
    let inception = b.get("/.well-known/mez/inception.json");
    let keys = home_b.dir.root().join("inception-b.json");
    let saved = home_b.dir.root().join("alarm.json");
    std::fs::write(&saved, &alarm.text).unwrap();
    std::fs::write(&keys, &inception.text).unwrap();
    let (both, keys) = (format!("{},{}", did(home_a), did(home_b)), keys.display().to_string());
    let (exit, told) = verify(&saved, &["--inception", &keys, "--trust", &both]);
    assert_eq!(exit, 0, "{told}");
    assert_eq!(verify(&saved, &["--trust", &both]).0, 7, "who raised it is not known");
    name
}

/// The forked zone is shown its own signature and stops; the other works on.
fn is_stopped_alone(a: &Server, (b, home_b): (&Server, &Home)) {
    let began = std::time::Instant::now();
    while !heads(a).contains("restored from a backup") {
        assert!(began.elapsed().as_secs() < 20, "{}", heads(a));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(heads(b).contains("decision journal"), "{}", heads(b));
    let company = home_b.company("Indus Light Ltd", "pk-sifc", &["source_of_funds"]);
    let formed = b.post("/v1/entities", &company);
    assert_eq!(
        formed.code(),
        (403, "refused-by-law"),
        "law decides, not the fork: {}",
        formed.text
    );
}

/// What stands is recorded by the other zone, and the forked one comes back from its copy.
fn comes_back(
    (mut a, home_a, kept): (Server, &Home, &Path),
    b: &Server,
    (path, name): (&str, &str),
) {
    let url_a = a.url.clone();
    let why = json!({ "reason": "put back" });
    assert_eq!(b.post(&format!("{path}/resume"), &why).code(), (409, "fork-unresolved"));
    let adopt = a.post("/v1/corridors/adopt", &why);
    assert_eq!(adopt.code(), (409, "restored-diverged"), "{}", adopt.text);
    let resolved = b.post(&format!("{path}/forks/{name}/resolve"), &why);
    assert_eq!(resolved.status, 200, "{}", resolved.text);
    a.signal("-TERM");
    copy(kept, home_a.dir.root());
    let a = again(home_a, &url_a);
    assert!(heads(&a).contains("restored from a backup"), "{}", heads(&a));
    let adopted = a.post("/v1/corridors/adopt", &why);
    assert_eq!(adopted.status, 200, "{}", adopted.text);
    assert_eq!(adopted.body["adopted"][0]["here"], 1, "{}", adopted.text);
    for server in [&a, b] {
        wait(server, &format!("{path}/forks"), |told| {
            let fork = &told["forks"][0];
            fork["resolved_here"] == true && fork["resolved_there"] == true
        });
    }
    assert_eq!(b.post(&format!("{path}/resume"), &why).status, 200);
    wait(&a, path, |told| told["resume_offered"] == true);
    assert_eq!(a.post(&format!("{path}/resume"), &why).status, 200);
    for server in [&a, b] {
        let told = wait(server, path, |told| told["state"] == "ACTIVE");
        assert_eq!(told["lane_here"]["epoch"], 1, "{told}");
    }
    noop(&a, b, path);
    noop(b, &a, path);
}

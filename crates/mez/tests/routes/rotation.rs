//! Keys rotated by `mez key rotate` on zones that live: the peer goes on, strangers verify, and what
//! was replaced is refused.

use std::path::Path;
use std::process::Command;

use proof::Purpose;
use serde_json::{Value, json};

use crate::corridors::did;
use crate::forks::{again, joined, noop};
use crate::founding::read_keys;
use crate::home::Home;
use crate::recovery::key;
use crate::server::{Server, refused};
use crate::signers::{Keeper, free_address, moved};

fn rotate(home: &Home, args: &[&str]) -> Value {
    let (exit, told) = key(&[&["rotate"], args].concat(), home.dir.root());
    assert_eq!(exit, 0, "{told}");
    told
}

/// `mez verify …`: exit code and the answer.
fn verify(args: &[&str]) -> (i32, Value) {
    let out = Command::new(env!("CARGO_BIN_EXE_mez"))
        .args(["--json", "verify"])
        .args(args)
        .output()
        .unwrap();
    let text = if out.stdout.is_empty() { out.stderr } else { out.stdout };
    (out.status.code().unwrap(), serde_json::from_slice(&text).unwrap())
}

fn put(home: &Home, name: &str, bytes: &[u8]) -> String {
    let path = home.dir.root().with_file_name(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// The receipts of a lane, one a line.
fn lane(server: &Server, path: &str) -> Vec<u8> {
    let told = server.get(&format!("{path}/receipts?from=0&limit=100"));
    let mut lines = Vec::new();
    for receipt in told.body["receipts"].as_array().unwrap() {
        lines.extend_from_slice(canon::Canonical::of_value(receipt).unwrap().bytes());
        lines.push(b'\n');
    }
    lines
}

#[test]
fn a_live_zone_rotates_and_its_peer_and_strangers_follow() {
    let (home_a, home_b) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let (mut a, b) = (Server::start(&home_a), Server::start(&home_b));
    let path = joined(&a, &b, [&home_a, &home_b]);
    let (running, told) = key(&["rotate"], home_a.dir.root());
    assert_eq!((running, told["error"]["code"].as_str()), (69, Some("zone-in-use")), "{told}");
    let url = a.url.clone();
    for args in [&["--purpose", "lane"][..], &["--purpose", "http"], &["--compromised"]] {
        a.signal("-TERM");
        let told = rotate(&home_a, args);
        assert!(told["rotation"]["cut_over"].as_array().unwrap().len() >= 2, "{told}");
        // One after the other: each is stated first.
        let (exit, told) = key(&["rotate"], home_a.dir.root());
        assert_eq!((exit, told["error"]["code"].as_str()), (1, Some("rotation-unstated")));
        a = again(&home_a, &url);
        assert_eq!(a.ready["ready"], true, "{}", a.ready);
        noop(&a, &b, &path);
    }
    let (exit, told) = key(&["status"], home_a.dir.root());
    assert_eq!((exit, &told["rotations"]), (0, &json!(3)), "{told}");
    // The chain travels with the lane, from the zone or beside it.
    let keys = a.get("/.well-known/mez/keys.json");
    assert_eq!(keys.body["rotations"].as_array().unwrap().len(), 3);
    let (keys, lane) = (put(&home_a, "keys.json", keys.text.as_bytes()), lane(&a, &path));
    let lane = put(&home_a, "lane.jsonl", &lane);
    let trust = did(&home_a);
    let (exit, told) = verify(&[&keys, "--trust", &trust]);
    assert_eq!((exit, &told["verdict"]), (0, &json!("VALID")), "{told}");
    for mode in [&[][..], &["--history"]] {
        let args = ["chain", &lane, "--keys", &keys, "--trust", &trust];
        let (exit, told) = verify(&[&args[..], mode].concat());
        assert_eq!(exit, 0, "{told}");
    }
    // Without the chain nobody knows whether the receipts under the next key are the zone's.
    let inception =
        put(&home_a, "inception.json", a.get("/.well-known/mez/inception.json").text.as_bytes());
    let (exit, told) = verify(&["chain", &lane, "--inception", &inception, "--trust", &trust]);
    assert_eq!(exit, 7, "{told}");
    assert!(told.to_string().contains("rotation-missing"), "{told}");
    let bundle = put(&home_a, "bundle.zip", &fetch(&a, &format!("{path}/bundle")));
    let both = format!("{trust},{}", did(&home_b));
    let (exit, told) = verify(&[&bundle, "--trust", &both]);
    assert_eq!((exit, &told["verdict"]), (0, &json!("VALID")), "{told}");
    let (exit, told) = verify(&["chain", &bundle, "--trust", &both]);
    assert_eq!(exit, 0, "{told}");
}

fn fetch(server: &Server, path: &str) -> Vec<u8> {
    let request = crate::server::agent().get(format!("{}{path}", server.url));
    let request = request.header("authorization", format!("Bearer {}", server.token));
    request.call().unwrap().body_mut().read_to_vec().unwrap()
}

#[test]
fn a_lost_cell_is_recovered_after_a_rotation() {
    let (home_a, home_b) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let (mut a, b) = (Server::start(&home_a), Server::start(&home_b));
    let path = joined(&a, &b, [&home_a, &home_b]);
    let url = a.url.clone();
    a.signal("-TERM");
    rotate(&home_a, &["--compromised"]);
    let mut a = again(&home_a, &url);
    noop(&a, &b, &path);
    let held = b.get(&path).body["lane_there"]["size"].clone();
    a.signal("-TERM");
    let keys = read_keys(&home_a.dir).unwrap().history;
    let cell = format!("{}.cell", keys.key(Purpose::Log).to_multikey());
    let cell = home_a.dir.signer().join(cell);
    std::fs::remove_file(&cell).unwrap();
    let corridor = path.rsplit('/').next().unwrap();
    let (exit, told) =
        key(&["recover", "--held", &format!("{corridor}={held}")], home_a.dir.root());
    assert_eq!(exit, 0, "{told}");
    assert!(cell.exists());
    let a = again(&home_a, &url);
    noop(&a, &b, &path);
}

#[test]
fn a_zone_with_a_signer_of_its_own_rotates_there() {
    let home = Home::of("sg", None);
    drop(Server::start(&home));
    let address = free_address();
    let (exit, told, to) = moved(&home, &address);
    assert_eq!(exit, 0, "{told}");
    let (exit, told) = key(&["rotate"], home.dir.root());
    assert_eq!((exit, told["error"]["code"].as_str()), (64, Some("signer-elsewhere")), "{told}");
    let signer = Keeper::start(&to, &address);
    let folder = to.display().to_string();
    let (exit, told) = key(&["rotate", "--signer", &folder], home.dir.root());
    assert_eq!((exit, told["error"]["code"].as_str()), (69, Some("zone-in-use")), "{told}");
    drop(signer);
    let old = std::fs::read(to.join("log.priv.json")).unwrap();
    rotate(&home, &["--signer", &folder]);
    let new = std::fs::read(to.join("log.priv.json")).unwrap();
    assert_ne!(old, new);
    // A signer that still held the old key would be refused.
    std::fs::write(to.join("log.priv.json"), &old).unwrap();
    let signer = Keeper::start(&to, &address);
    assert_eq!(
        refused(home.dir.root(), &["--listen", "127.0.0.1:0"]),
        (1, "other-keys".to_owned())
    );
    drop(signer);
    std::fs::write(to.join("log.priv.json"), &new).unwrap();
    let _signer = Keeper::start(&to, &address);
    let server = Server::start(&home);
    assert_eq!(server.get("/health/readiness").status, 200);
}

#[test]
fn a_rotation_needs_the_key_that_was_committed_to() {
    let home = Home::of("sg", None);
    drop(Server::start(&home));
    let roots = home.dir.root().with_file_name("root-keys");
    let code = |args: &[&str]| {
        let (exit, told) = key(&[&["rotate"], args].concat(), home.dir.root());
        (exit, told["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let next = roots.join("sg.next-log.priv.json");
    let kept = std::fs::read(&next).unwrap();
    std::fs::rename(roots.join("sg.next-http.priv.json"), &next).unwrap();
    assert_eq!(code(&[]), (1, "next-key".to_owned()));
    std::fs::remove_file(&next).unwrap();
    assert_eq!(code(&[]), (1, "next-key".to_owned()));
    assert!(!home.dir.root().join("keys.json").exists());
    std::fs::write(&next, kept).unwrap();
    std::fs::set_permissions(&next, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    // After a compromise the root key has to be there.
    let root = roots.join("sg.root.priv.json");
    std::fs::rename(&root, roots.join("away")).unwrap();
    assert_eq!(code(&["--compromised"]), (1, "root-key".to_owned()));
    rotate(&home, &[]);
    assert!(Path::new(&home.dir.root().join("keys.json")).exists());
    let key = crate::founding::read_key(&home.dir.key(Purpose::Log)).unwrap();
    assert_eq!(key.public(), *read_keys(&home.dir).unwrap().history.key(Purpose::Log));
}

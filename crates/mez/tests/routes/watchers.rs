//! Watchers as processes of their own: two zones mirrored over the wire, a cut attested, a
//! certificate that a stranger judges alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::corridors::did;
use crate::forks::{joined, noop};
use crate::home::EVIDENCE;
use crate::home::Home;
use crate::server::Server;

fn mez(args: &[&str]) -> (i32, Value, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_mez")).arg("--json").args(args).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    (out.status.code().unwrap(), serde_json::from_str(&text).unwrap_or(Value::Null), said)
}

/// A token of a scope, in a file.
fn token(server: &Server, dir: &Path, principal: &str, scope: &str) -> PathBuf {
    let made = server.post("/v1/tokens", &json!({ "principal": principal, "scopes": [scope] }));
    assert_eq!(made.status, 201, "{}", made.text);
    let name =
        format!("{}.{}.token", server.url.replace(['/', ':'], "-"), principal.replace(':', "-"));
    let path = dir.join(name);
    std::fs::write(&path, made.body["token"].as_str().unwrap()).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, private).unwrap();
    path
}

/// An account with money, of a company formed for it.
pub fn sponsor(server: &Server, home: &Home) -> String {
    let formed = server.post("/v1/entities", &home.company("Harbour Tea", "sg", EVIDENCE));
    assert_eq!(formed.status, 201, "{}", formed.text);
    let id = formed.body["result"]["entity_id"].as_str().unwrap();
    let open = json!({ "entity_id": id, "currency": "SGD" });
    let opened = server.post("/v1/fiscal/accounts", &open);
    let account = opened.body["result"]["account_id"].as_str().unwrap().to_owned();
    let fund = json!({ "amount": "9000.00", "currency": "SGD", "purpose": "capital" });
    assert_eq!(server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund).status, 200);
    account
}

struct Watcher {
    key: PathBuf,
    did: String,
    dir: PathBuf,
    tokens: [PathBuf; 2],
}

impl Watcher {
    /// Made, registered, bonded and counting, by the commands an operator gives.
    fn stand(
        n: usize,
        (a, b, home): (&Server, &Server, &Home),
        (corridor, account): (&str, &str),
    ) -> Self {
        let base = home.dir.root();
        let text = |path: &Path| path.display().to_string();
        let (_, made, said) =
            mez(&["watcher", "keygen", "--output", &text(base), "--prefix", &format!("w{n}")]);
        let did = made["did"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
        let key = PathBuf::from(made["private_key"].as_str().unwrap());
        let zone = text(base);
        let asks: [Vec<&str>; 3] = [
            vec![
                "register",
                "--key",
                made["private_key"].as_str().unwrap(),
                "--corridor",
                corridor,
            ],
            vec!["bond", &did, "--from", account, "--amount", "2000.00", "--currency", "SGD"],
            vec!["activate", &did],
        ];
        for ask in asks {
            let mut args = vec!["watcher"];
            args.extend(ask);
            args.extend(["--url", &a.url, "--dir", &zone]);
            let (exit, _, said) = mez(&args);
            assert_eq!(exit, 0, "{args:?}: {said}");
        }
        let tokens = [a, b].map(|server| token(server, base, &did, "watcher"));
        Self { key, did, dir: base.join(format!("watcher-{n}")), tokens }
    }

    fn run(&self, zones: [&str; 2], corridor: &str) -> (i32, Value, String) {
        let text = |path: &Path| path.display().to_string();
        let (key, dir) = (text(&self.key), text(&self.dir));
        let [one, other] = [text(&self.tokens[0]), text(&self.tokens[1])];
        mez(&[
            "watcher",
            "run",
            "--zone",
            zones[0],
            "--zone",
            zones[1],
            "--token-file",
            &one,
            "--token-file",
            &other,
            "--corridor",
            corridor,
            "--key",
            &key,
            "--dir",
            &dir,
            "--rounds",
            "1",
        ])
    }
}

#[test]
fn watchers_of_their_own_make_a_cut_final_and_a_stranger_judges_it_alone() {
    let (home_a, home_b) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let (a, b) = (Server::start(&home_a), Server::start(&home_b));
    let path = joined(&a, &b, [&home_a, &home_b]);
    noop(&a, &b, &path);
    let corridor = path.rsplit('/').next().unwrap().to_owned();
    let account = sponsor(&a, &home_a);
    let scene = ((&a, &b, &home_a), (corridor.as_str(), account.as_str()));
    let watchers: Vec<Watcher> = (0..4).map(|n| Watcher::stand(n, scene.0, scene.1)).collect();
    let made = a.send(&format!("{path}/cuts"), b"", &[]);
    assert_eq!(made.status, 201, "{}", made.text);

    let pinned = [format!("{}#{}", a.url, did(&home_a)), format!("{}#{}", b.url, did(&home_b))];
    let zones = [pinned[0].as_str(), pinned[1].as_str()];
    for watcher in &watchers[..3] {
        let (exit, told, said) = watcher.run(zones, &corridor);
        let events: Vec<&str> = told["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["event"].as_str().unwrap())
            .collect();
        assert_eq!((exit, events), (0, vec!["mirrored", "mirrored", "attested"]), "{said}");
    }
    // What it said is on disk, and the same again is nothing new.
    let folder = watchers[0].dir.display().to_string();
    let (_, status, _) = mez(&["watcher", "status", "--folder", &folder]);
    assert_eq!(status["said"]["corridor_id"], corridor.as_str(), "{status}");
    assert_eq!(status["evidence"], json!([]));

    let status = a.get(&format!("{path}/finality?sequence=0"));
    assert_eq!(status.body["finality_level"], "watcher_quorum", "{}", status.text);
    let out = home_a.dir.root().join("efc.json").display().to_string();
    let dir = home_a.dir.root().display().to_string();
    let (exit, _, said) = mez(&[
        "corridor",
        "finality",
        &corridor,
        "--sequence",
        "0",
        "--certificate",
        &out,
        "--url",
        &a.url,
        "--dir",
        &dir,
    ]);
    assert_eq!(exit, 0, "{said}");
    it_goes_on_by_pieces(&watchers[0], (&a, &b, &path), zones);
    drop((a, b));
    let both = format!("{},{}", did(&home_a), did(&home_b));
    let (exit, judged, said) = mez(&["verify", &out, "--trust", &both]);
    assert_eq!((exit, &judged["verdict"]), (0, &json!("VALID")), "{judged} {said}");
    assert_eq!(judged["grade"], "EFC");
    assert_eq!(judged["covered_value"], json!({ "currency": "SGD", "minor": "6000" }));
    assert_eq!(judged["watchers"].as_array().unwrap().len(), 3);
    let (exit, judged, _) = mez(&["verify", &out, "--trust", &did(&home_a)]);
    assert_eq!((exit, &judged["verdict"]), (7, &json!("UNKNOWN")));
    let changed =
        std::fs::read_to_string(&out).unwrap().replace("\"minor\":\"6000\"", "\"minor\":\"6001\"");
    std::fs::write(&out, changed).unwrap();
    let (exit, judged, _) = mez(&["verify", &out, "--trust", &both]);
    assert_eq!((exit, &judged["reasons"][0]["code"]), (6, &json!("covered-value")), "{judged}");
}

/// What is new is fetched in pieces, kept beside the bundle, and held by whoever starts again.
fn it_goes_on_by_pieces(
    watcher: &Watcher,
    (a, b, path): (&Server, &Server, &str),
    zones: [&str; 2],
) {
    let corridor = path.rsplit('/').next().unwrap();
    let mirror = watcher.dir.join("mirror");
    let whole = || -> Vec<Vec<u8>> {
        let names = ["org.momentum.mez.zone.sg.zip", "org.momentum.mez.zone.pk-sifc.zip"];
        names.iter().map(|name| std::fs::read(mirror.join(name)).unwrap()).collect()
    };
    let before = whole();
    noop(a, b, path);
    // What this zone has acknowledged meanwhile may still be on its way.
    let made = (0..100).find_map(|_| {
        let made = a.send(&format!("{path}/cuts"), b"", &[]);
        if made.code() != (409, "cut-behind") {
            return Some(made);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        None
    });
    let made = made.unwrap();
    assert_eq!(made.status, 201, "{}", made.text);
    let (exit, told, said) = watcher.run(zones, corridor);
    let events = told["events"].as_array().unwrap();
    assert_eq!((exit, events.len()), (0, 3), "{told} {said}");
    assert!(events[2]["event"] == "attested", "{told}");
    assert!(whole() == before, "the whole history was fetched again");
    let kept = mirror
        .join("org.momentum.mez.zone.sg")
        .join(canon::Digest::of_blob(&before[0]).to_string());
    let piece = kept.join("000000.json");
    let kept: Value = serde_json::from_slice(&std::fs::read(&piece).unwrap()).unwrap();
    assert_eq!(kept["type"], "MEZCorridorPiece");
    let (exit, told, said) = watcher.run(zones, corridor);
    // It begins with all of it, and only says again what it said.
    let events = told["events"].as_array().unwrap();
    assert!(exit == 0 && events.iter().all(|one| one["event"] == "attested"), "{told} {said}");
    // What is not what was kept there is not believed.
    std::fs::write(&piece, b"{}").unwrap();
    assert_ne!(watcher.run(zones, corridor).0, 0);
}

//! Old parts of the journal put away: what a zone shows of them, and what it says without the archive.

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

/// A zone with enough behind it, stopped.
fn lived(home: &Home) -> String {
    lived_for(home, 530)
}

fn lived_for(home: &Home, writes: usize) -> String {
    let mut server = Server::start(home);
    let formed = server.post("/v1/entities", &home.company("Harbour Tea", "sg", EVIDENCE));
    assert_eq!(formed.status, 201, "{}", formed.text);
    let open = json!({ "entity_id": formed.body["result"]["entity_id"], "currency": "SGD" });
    let opened = server.post("/v1/fiscal/accounts", &open);
    let account = opened.body["result"]["account_id"].as_str().unwrap().to_owned();
    let fund = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" });
    let path = format!("/v1/fiscal/accounts/{account}/fund");
    for _ in 0..writes {
        assert_eq!(server.post(&path, &fund).status, 200);
    }
    // Until the log is signed to its end.
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    server.signal("-TERM");
    account
}

/// What a zone shows to strangers and to its operator, as far as old entries are in it.
fn shown(server: &Server) -> Vec<(u16, String)> {
    let paths = [
        "/tlog/zone/tile/0/000",
        "/tlog/zone/tile/entries/000",
        "/tlog/zone/entries?from=0&limit=20",
        "/v1/events?limit=20",
        "/v1/audit?limit=20",
        "/v1/decisions?limit=20",
    ];
    let ask = |path: &&str| {
        let told = server.get(path);
        (told.status, told.text)
    };
    paths.iter().map(ask).collect()
}

#[test]
fn a_zone_goes_on_when_its_old_entries_were_put_away() {
    let home = Home::of("sg", None);
    let account = lived(&home);
    let dir = text(home.dir.root());
    let before = {
        let server = Server::start(&home);
        shown(&server)
    };
    let archive = folder("archive");
    let to = text(&archive);

    let (exit, would) =
        mez(&["archive", "put", "--dir", dir, "--keep", "0", "--to", to, "--dry-run"]);
    assert_eq!(exit, Some(0), "{would}");
    assert!(would["segments"].as_u64().unwrap() >= 3, "{would}");
    assert!(!home.dir.root().join("archive.json").exists());
    let (exit, early) = mez(&["archive", "put", "--dir", dir, "--before", "2020-01-01"]);
    assert_eq!((exit, &early["segments"]), (Some(0), &0.into()), "{early}");
    fs::remove_file(home.dir.root().join("archive.json")).unwrap();
    let (exit, went) = mez(&["archive", "put", "--dir", dir, "--keep", "0", "--to", to]);
    assert_eq!((exit, &went["segments"]), (Some(0), &would["segments"]), "{went}");
    assert_eq!(went["bytes"], would["bytes"]);
    let streams = went["streams"].as_array().unwrap();
    for stream in ["decisions", "audit", "zone/log"] {
        let of = streams.iter().find(|s| s["stream"] == stream).unwrap();
        assert!(of["moved"].as_u64().unwrap() >= 256, "{of}");
    }
    let (exit, again) = mez(&["archive", "put", "--dir", dir, "--keep", "0"]);
    assert_eq!((exit, &again["segments"]), (Some(0), &0.into()), "{again}");

    let (exit, sound) = mez(&["fsck", "--dir", dir]);
    assert_eq!((exit, &sound["sound"]), (Some(0), &true.into()), "{sound}");
    let (exit, held) = mez(&["archive", "show", "--dir", dir, "--check"]);
    assert_eq!(exit, Some(0), "{held}");
    let server = Server::start(&home);
    assert_eq!(server.ready["ready"], true, "{}", server.ready);
    assert_eq!(shown(&server), before);
    let body = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" });
    assert_eq!(server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &body).status, 200);
    drop(server);

    // A backup names the files, and leads to them.
    let base = folder("archive-backup");
    let (copy, laid) = (base.join("copy"), base.join("sg"));
    assert_eq!(mez(&["backup", "--dir", dir, "--to", text(&copy)]).0, Some(0));
    let (exit, told) = mez(&["restore", text(&copy), "--dir", text(&laid)]);
    assert_eq!(exit, Some(0), "{told}");
    fs::create_dir_all(laid.join("signer")).unwrap();
    for entry in fs::read_dir(home.dir.signer()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), laid.join("signer").join(entry.file_name())).unwrap();
    }
    let (exit, sound) = mez(&["fsck", "--dir", text(&laid)]);
    assert_eq!((exit, &sound["sound"]), (Some(0), &true.into()), "{sound}");
}

#[test]
fn an_archive_that_is_gone_or_altered_is_said_and_proofs_go_on() {
    let home = Home::of("sg", None);
    let account = lived(&home);
    let dir = text(home.dir.root());
    let before = {
        let server = Server::start(&home);
        shown(&server)
    };
    let (exit, went) = mez(&["archive", "put", "--dir", dir, "--keep", "0"]);
    assert_eq!(exit, Some(0), "{went}");
    let (files, hidden) = (home.dir.root().join("archive"), home.dir.root().join("hidden"));
    fs::rename(&files, &hidden).unwrap();

    let (exit, told) = mez(&["fsck", "--dir", dir]);
    assert_eq!(exit, Some(6), "{told}");
    let faults = told["faults"].as_array().unwrap();
    assert!(faults.iter().all(|fault| fault["code"] == "archive-gone"), "{told}");
    let without = |code: &str, status: u16| {
        let server = Server::start(&home);
        assert_eq!(server.ready["ready"], true, "{}", server.ready);
        assert_eq!(server.get("/v1/audit?limit=20").code(), (status, code));
        assert_eq!(server.get("/tlog/zone/entries?from=0&limit=20").code(), (status, code));
        // Neither proofs nor new writes need it.
        assert_eq!(shown(&server)[..2], before[..2]);
        let path = format!("/v1/fiscal/accounts/{account}");
        assert_eq!(server.get(&path).status, 200);
    };
    without("archive-gone", 503);
    let settings = home.dir.root().join("archive.json");
    let kept = fs::read(&settings).unwrap();
    fs::remove_file(&settings).unwrap();
    without("archive-missing", 503);
    fs::write(&settings, kept).unwrap();

    fs::rename(&hidden, &files).unwrap();
    for file in fs::read_dir(files.join("blob")).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    without("archive-altered", 500);
    let (exit, told) = mez(&["archive", "show", "--dir", dir, "--check"]);
    assert_eq!(exit, Some(6), "{told}");
    let faults = told["faults"].as_array().unwrap().len() as u64;
    assert_eq!(faults, went["segments"].as_u64().unwrap());
}

#[test]
fn a_zone_that_runs_or_whose_cell_is_lost_puts_nothing_away() {
    let home = Home::of("sg", None);
    let mut server = Server::start(&home);
    let dir = text(home.dir.root());
    let (exit, told) = mez(&["archive", "put", "--dir", dir, "--keep", "0"]);
    assert_eq!((exit, &told["error"]["code"]), (Some(69), &"zone-in-use".into()), "{told}");
    server.signal("-TERM");
    for entry in fs::read_dir(home.dir.signer()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "cell") {
            fs::remove_file(path).unwrap();
        }
    }
    let (exit, told) = mez(&["archive", "put", "--dir", dir, "--keep", "0"]);
    assert_eq!((exit, &told["error"]["code"]), (Some(1), &"signer-cell".into()), "{told}");
    let nowhere = ZoneDir::at(folder("archive-nowhere").join("sg"));
    let (exit, told) = mez(&["archive", "put", "--dir", text(nowhere.root()), "--keep", "0"]);
    assert_eq!((exit, &told["error"]["code"]), (Some(1), &"zone-folder".into()), "{told}");
}

#[test]
fn what_its_retention_has_ended_for_is_given_up_and_still_proven() {
    let home = Home::of("sg", None);
    let account = lived(&home);
    let dir = text(home.dir.root());
    let (exit, none) = mez(&["archive", "drop", "--dir", dir, "--yes"]);
    assert_eq!((exit, &none["error"]["code"]), (Some(1), &"archive-missing".into()), "{none}");
    assert_eq!(mez(&["archive", "put", "--dir", dir, "--keep", "0"]).0, Some(0));
    let settings = home.dir.root().join("archive.json");
    let settle = |stream: &str, years: u32, holds: Value| {
        let rule = json!({ "stream": stream, "years": years, "act": "Anti-Money Laundering Act, 2010", "section": "7C" });
        let body =
            json!({ "type": "MEZArchive", "root": "archive", "retention": [rule], "holds": holds });
        fs::write(&settings, body.to_string()).unwrap();
    };
    let (_, before) = mez(&["archive", "show", "--dir", dir]);
    let files = || fs::read_dir(home.dir.root().join("archive/blob")).unwrap().count();
    let all = files();

    // Too young, held, or a stream that is never given up.
    settle("audit", 5, json!([]));
    let (exit, young) = mez(&["archive", "drop", "--dir", dir, "--yes"]);
    assert_eq!((exit, &young["segments"]), (Some(0), &0.into()), "{young}");
    settle("audit", 0, json!([{ "id": "case-7", "stream": "audit", "reason": "ordered" }]));
    let (exit, held) = mez(&["archive", "drop", "--dir", dir, "--yes"]);
    assert_eq!((exit, &held["segments"]), (Some(0), &0.into()), "{held}");
    assert_eq!(held["rules"][0]["held_by"], "hold case-7: ordered");
    settle("decisions", 0, json!([]));
    let (exit, never) = mez(&["archive", "drop", "--dir", dir, "--yes"]);
    assert_eq!((exit, &never["error"]["code"]), (Some(1), &"archive".into()), "{never}");
    settle("audit", 0, json!([]));
    let (exit, would) = mez(&["archive", "drop", "--dir", dir, "--dry-run"]);
    assert_eq!((exit, would["segments"].as_u64().unwrap() > 0), (Some(0), true), "{would}");
    assert_eq!(mez(&["archive", "show", "--dir", dir]).1, before);

    let (exit, gone) = mez(&["archive", "drop", "--dir", dir, "--yes"]);
    assert_eq!((exit, &gone["segments"]), (Some(0), &would["segments"]), "{gone}");
    let segments = gone["segments"].as_u64().unwrap();
    assert_eq!((all - files()) as u64, segments);
    let (exit, again) = mez(&["archive", "drop", "--dir", dir, "--yes"]);
    assert_eq!((exit, &again["segments"]), (Some(0), &0.into()), "{again}");
    let (exit, sound) = mez(&["fsck", "--dir", dir]);
    assert_eq!((exit, &sound["sound"]), (Some(0), &true.into()), "{sound}");
    assert_eq!(mez(&["archive", "show", "--dir", dir, "--check"]).0, Some(0));

    let server = Server::start(&home);
    assert_eq!(server.ready["ready"], true, "{}", server.ready);
    let told = server.get("/v1/audit?limit=20");
    assert_eq!(told.code(), (410, "entry-dropped"));
    let first = &gone["rules"][0]["ended"]["files"][0]["file_sha256"];
    assert!(
        told.body["detail"].as_str().unwrap().contains("its segment ends before 256"),
        "{}",
        told.text
    );
    let after = segments * 256 - 1;
    assert_eq!(server.get(&format!("/v1/audit?limit=20&after={after}")).status, 200);
    // The journal says what went, and by which act.
    let events = server.get("/v1/events?types=org.momentum.mez.archive.dropped&limit=20");
    assert_eq!(events.status, 200, "{}", events.text);
    let at = events.body["items"][0]["data"]["sequence"].as_u64().unwrap();
    assert!(at > 0 && first.is_string(), "{}", events.text);
    assert_eq!(server.get(&format!("/v1/fiscal/accounts/{account}")).status, 200);
}

/// The figures of `docs/operating.md`.
#[test]
#[ignore = "takes minutes; run it by name to see the figures"]
fn measured_sizes() {
    let home = Home::of("sg", None);
    lived_for(&home, 4_000);
    let dir = text(home.dir.root());
    let began = std::time::Instant::now();
    let (exit, went) = mez(&["archive", "put", "--dir", dir, "--keep", "0"]);
    let took = began.elapsed();
    assert_eq!(exit, Some(0), "{went}");
    let began = std::time::Instant::now();
    let (exit, _) = mez(&["archive", "show", "--dir", dir, "--check"]);
    assert_eq!(exit, Some(0));
    println!("put in {took:?}, checked in {:?}: {went:#}", began.elapsed());
    let began = std::time::Instant::now();
    let server = Server::start(&home);
    assert_eq!(server.get("/v1/audit?limit=20").status, 200);
    println!("started and read the oldest in {:?}", began.elapsed());
}

//! `/tlog`: the log of a zone as anybody may read it, copied and checked by the program.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::home::Home;
use crate::server::Server;

/// Runs `mez --json` in a folder: exit code and what it answers.
fn mez(dir: &Path, args: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    let out = command.arg("--json").args(args).current_dir(dir).output().unwrap();
    let said = if out.stdout.is_empty() { &out.stderr } else { &out.stdout };
    let told = serde_json::from_slice(said);
    (
        out.status.code().unwrap(),
        told.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(said))),
    )
}

#[test]
fn a_stranger_copies_the_log_of_a_zone_and_checks_every_byte() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let dir = home.dir.root().join("stranger");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("inception.json"), home.founded.document.to_string()).unwrap();
    let did = home.founded.inception.did().to_string();
    let trust = ["--trust", &did, "--inception", "inception.json"];
    let from = format!("{}/tlog/zone", server.url);
    let export = [&["log", "export", "--from", &from, "--out", "log"], &trust[..]].concat();

    let (exit, first) = mez(&dir, &export);
    assert_eq!(exit, 0, "{first}");
    // Every write moves a head, and every head is logged.
    let company = home.company("Harbour Light Pte Ltd", "sg", &["source_of_funds"]);
    let before = server.ask_as("/tlog/zone/checkpoint", None).text;
    server.post("/v1/entities", &company);
    // Readers make nothing be signed; the zone does, about once a second.
    let began = std::time::Instant::now();
    while server.ask_as("/tlog/zone/checkpoint", None).text == before {
        assert!(began.elapsed().as_secs() < 10, "the next checkpoint");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let (exit, second) = mez(&dir, &export);
    assert_eq!(exit, 0, "{second}");
    assert!(second["entries"].as_u64() > first["entries"].as_u64(), "{first} {second}");

    let (exit, sound) = mez(&dir, &[&["log", "fsck", "log"], &trust[..]].concat());
    assert_eq!((exit, &sound["root"]), (0, &second["root"]), "{sound}");
    let verify = [&["verify", "log/checkpoint"], &trust[..]].concat();
    assert_eq!(mez(&dir, &verify).0, 0);

    let beyond = server.ask_as("/tlog/zone/tile/0/000", None);
    assert_eq!(beyond.code(), (404, "not-found"));
    for strange in ["0/999", "64/000", "entries/x1", "0/000.p/0", "0/000.p/256"] {
        let told = server.ask_as(&format!("/tlog/zone/tile/{strange}"), None);
        assert_eq!(told.code(), (404, "not-found"), "{strange}");
    }
    let nowhere = server.ask_as("/tlog/corridor/c1/lane/z1/checkpoint", None);
    assert_eq!(nowhere.status, 404);
}

#[test]
fn the_data_of_a_stopped_zone_are_checked_and_a_flipped_byte_is_named() {
    let home = Home::of("sg", None);
    let mut server = Server::start(&home);
    let company = home.company("Harbour Light Pte Ltd", "sg", &["source_of_funds"]);
    server.post("/v1/entities", &company);
    let dir = home.dir.root().to_owned();
    let fsck = || mez(&dir, &["fsck", "--dir", "."]);
    let (exit, told) = fsck();
    assert_eq!((exit, told["error"]["code"].as_str()), (69, Some("zone-in-use")), "{told}");
    server.signal("-TERM");
    let (exit, told) = fsck();
    assert_eq!((exit, &told["sound"], &told["cell"]), (0, &true.into(), &true.into()), "{told}");
    assert!(told["streams"][0]["entries"].as_u64() >= Some(2), "{told}");

    let file = dir.join("data/zone.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    let needle = br#""sequence":0,"subject""#;
    let windows = bytes.windows(needle.len()).enumerate();
    let places: Vec<usize> =
        windows.filter(|(_, window)| window == needle).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    // SQLite leaves what it moved from one page to another where it was; only one place is the row.
    places.iter().for_each(|at| bytes[at + needle.len() + 4] ^= 1);
    std::fs::write(&file, bytes).unwrap();
    let (exit, told) = fsck();
    let fault = &told["faults"][0];
    assert_eq!((exit, told["found"].as_u64()), (6, Some(1)), "{told}");
    assert_eq!((&fault["stream"], &fault["sequence"]), (&"decisions".into(), &0.into()), "{told}");
}

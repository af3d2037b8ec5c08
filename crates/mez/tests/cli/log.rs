//! `mez log …`: a log exported, served by a plain file server, proved from, damaged and found out.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use canon::Digest;
use proof::merkle::Tree;
use proof::note::verifier_key;
use proof::tiles::{Level, contents, entry_bundle};
use proof::tlog_proof::{LogKey, TlogProof, judge_consistency};
use proof::{Checkpoint, SecretKey};
use serde_json::Value;

use crate::place::Place;

const ORIGIN: &str = "test.zone.example/corridor/c1/lane/org.momentum.mez.zone.test";
const SIZE: u64 = 300;

fn entry(index: u64) -> Digest {
    Digest::of_blob(format!("receipt-{}", index + 1).as_bytes())
}

fn key() -> SecretKey {
    SecretKey::from_seed([3; 32]).unwrap()
}

fn note(size: u64) -> Vec<u8> {
    let tree: Tree = (0..size).map(entry).collect();
    Checkpoint::new(ORIGIN, size, tree.root()).unwrap().sign(&key()).unwrap().to_bytes()
}

/// A log that hands out no hash tiles yet: its checkpoint and entries.
fn source(dir: &Path) {
    for tile in contents(SIZE).filter(|tile| tile.level() == Level::Entries) {
        let entries = (tile.first()..tile.first() + tile.width()).map(entry);
        let path = dir.join(tile.to_string());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, entry_bundle(&entries.collect::<Vec<_>>())).unwrap();
    }
    std::fs::write(dir.join("checkpoint"), note(SIZE)).unwrap();
}

/// A static file server over a folder, for as long as the process lives.
pub(crate) fn serve(dir: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let asked = lines.next().unwrap().unwrap();
            let path = asked.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let (status, body) = match std::fs::read(dir.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", b"no such file".to_vec()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        }
    });
    url
}

#[test]
fn a_log_is_exported_served_as_files_and_proved_from_them() {
    let place = Place::new("log-export");
    source(&place.path("source"));
    let key = verifier_key(ORIGIN, &key().public());
    let said = place.mez(&["log", "export", "--from", "source", "--out", "files", "--key", &key]);
    assert_eq!(said.exit, 0, "{}", said.err);
    let again = place
        .mez(&["--json", "log", "export", "--from", "source", "--out", "files", "--key", &key]);
    let told: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(
        (&told["entries"], &told["files"], &told["written"]),
        (&300.into(), &5.into(), &0.into())
    );

    let url = serve(place.path("files"));
    let fsck = place.mez(&["log", "fsck", &url, "--key", &key]);
    assert_eq!(fsck.exit, 0, "{}{}", fsck.out, fsck.err);
    let said = place.mez(&[
        "log",
        "prove",
        &url,
        "--sequence",
        "290",
        "--out",
        "290.tlog-proof",
        "--key",
        &key,
        "--next-root",
        &entry(290).to_string(),
    ]);
    assert_eq!(said.exit, 0, "{}", said.err);
    let proof = std::fs::read(place.path("290.tlog-proof")).unwrap();
    let proof = TlogProof::parse(&proof).unwrap();
    proof.verify(&entry(290), 290, ORIGIN, &self::key().public()).unwrap();
    assert!(proof.verify(&entry(290), 289, ORIGIN, &self::key().public()).is_err());

    std::fs::write(place.path("older"), note(17)).unwrap();
    let said =
        place.mez(&["log", "extends", &url, "--older", "older", "--out", "17-300", "--key", &key]);
    assert_eq!(said.exit, 0, "{}", said.err);
    let logs = [LogKey { origin: ORIGIN.to_owned(), key: self::key().public() }];
    let file = std::fs::read(place.path("17-300")).unwrap();
    assert!(judge_consistency(&file, &note(17), &logs).reasons.is_empty());
}

#[test]
fn a_flipped_byte_is_named_and_nothing_is_exported_from_it() {
    let place = Place::new("log-fsck");
    source(&place.path("source"));
    let key = key().public().to_multikey();
    let export = |from: &str, out: &str| {
        place.mez(&["log", "export", "--from", from, "--out", out, "--key", &key])
    };
    assert_eq!(export("source", "files").exit, 0);
    for (file, at, code) in [
        ("tile/0/001.p/44", 40usize, "byte"),
        ("tile/entries/000", 70, "entry"),
        ("tile/1/000.p/1", 3, "byte"),
    ] {
        let path = place.path("files").join(file);
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        std::fs::write(&path, &bad).unwrap();
        let said = place.mez(&["--json", "log", "fsck", "files", "--key", &key]);
        assert_eq!(said.exit, 6);
        let told: Value = serde_json::from_str(&said.out).unwrap();
        let faults = told["faults"].as_array().unwrap();
        assert_eq!(faults.len(), 1, "{told}");
        assert_eq!((&faults[0]["file"], &faults[0]["code"]), (&file.into(), &code.into()));
        let from = if code == "entry" { 68 } else { at };
        assert_eq!(faults[0]["offset"], from, "{told}");
        let exported = export("files", "copy");
        assert_eq!(exported.exit, if code == "entry" { 6 } else { 0 }, "{}", exported.err);
        std::fs::write(&path, &good).unwrap();
    }
    let mut note = std::fs::read(place.path("files/checkpoint")).unwrap();
    let at = note.len() - 10;
    note[at] ^= 1;
    std::fs::write(place.path("files/checkpoint"), note).unwrap();
    assert_eq!(place.mez(&["log", "fsck", "files", "--key", &key]).exit, 6);
    let other = SecretKey::from_seed([4; 32]).unwrap().public().did();
    let refused = place.mez(&["log", "fsck", "source", "--key", other.as_str()]);
    assert_eq!(refused.exit, 6, "{}", refused.err);
    assert_eq!(place.mez(&["log", "fsck", "nowhere", "--key", &key]).exit, 1);
    assert_eq!(place.mez(&["log", "fsck", "files", "--key", "z6nonsense"]).exit, 64);
    assert_eq!(place.mez(&["log", "fsck", "files"]).exit, 64);
}

//! `mez witness` over real HTTP: the exact statuses of C2SP tlog-witness, restarts, evidence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod place;

use std::path::Path;

use corridor::evidence::judge;
use place::{Log, Told, Witness, folder, init, mez};
use proof::Checkpoint;
use proof::credential::Verdict;
use proof::merkle::Proof;
use proof::witness::client::{Answer, add_checkpoint, read_answer};
use proof::witness::{CosignerKey, Policy};

const ALL: u64 = u64::MAX;

fn text(told: &Told) -> (u16, &str, &str) {
    (told.status, told.media.as_str(), std::str::from_utf8(&told.body).unwrap())
}

fn cosigned(key: &CosignerKey, note: &[u8], told: &Told) -> Vec<u8> {
    match read_answer(key, note, told.status, &told.body).unwrap() {
        Answer::Cosigned { note, .. } => note,
        Answer::Holds { size } => panic!("holds {size}"),
    }
}

/// One whole life: every status, over one process, then after a restart.
#[test]
fn every_answer_is_that_of_the_protocol() {
    let dir = folder("answers");
    let log = Log::new("zone.example/corridor/c/lane/a", 1);
    let key = init(&dir, &[Log::new("zone.example/corridor/c/lane/a", 1)]);
    let witness = Witness::start(&dir, &[]);
    let post = |body: &[u8]| witness.post(body).unwrap();
    let (five, eight) = (log.tree(5, ALL), log.tree(8, ALL));
    let (first, note) = log.ask(0, &five);
    refused_before_the_state(&witness, &log);
    // 409 before anything is held: the size is 0.
    let (ahead, _) = log.ask(5, &eight);
    assert_eq!(text(&post(&ahead)), (409, "text/x.tlog.size", "0\n"));
    // 422 at first: a proof from nothing.
    let proof = eight.consistency(5, 8).unwrap();
    let extra = add_checkpoint(0, &proof, &log.note(&eight)).unwrap();
    assert_eq!(post(&extra).status, 422);
    // 200, and again.
    let told = post(&first);
    let joined = cosigned(&key, &note, &told);
    assert!(told.body.starts_with("\u{2014} w.example/1 ".as_bytes()));
    let policy = Policy::new(vec![key.clone()], 1, 3_600).unwrap();
    let now = now();
    assert!(policy.verify(&joined, &log.origin, &log.key.public(), now).is_ok());
    let (again, note) = log.ask(5, &five);
    cosigned(&key, &note, &post(&again));
    // 409 with the size: old is not what is held.
    assert_eq!(text(&post(&first)), (409, "text/x.tlog.size", "5\n"));
    // 409 with the size: another root of the size held. Evidence is kept.
    let forked = log.tree(5, 2);
    assert_eq!(text(&post(&log.ask(5, &forked).0)), (409, "text/x.tlog.size", "5\n"));
    // 422: a fork that is longer, no proof, and a proof where none belongs.
    assert_eq!(post(&log.ask(5, &log.tree(8, 2)).0).status, 422);
    let (_, note) = log.ask(5, &eight);
    assert_eq!(post(&add_checkpoint(5, &Proof::default(), &note).unwrap()).status, 422);
    let same = add_checkpoint(5, &proof, &log.note(&five)).unwrap();
    assert_eq!(post(&same).status, 422);
    // 200: a continuation.
    let (next, note) = log.ask(5, &eight);
    cosigned(&key, &note, &post(&next));
    // Other routes and methods.
    assert_eq!(witness.method("GET", "/add-checkpoint"), 405);
    assert_eq!(witness.method("POST", "/other"), 404);
    evidence_convinces(&dir, &log);
    // The folder serves one process.
    let refused = Witness::try_start(&dir, &[]).err().unwrap();
    assert!(refused.contains("witness-in-use"), "{refused}");

    witness.kill();
    let witness = Witness::start(&dir, &[]);
    assert_eq!(text(&witness.post(&next).unwrap()), (409, "text/x.tlog.size", "8\n"));
    let forked = log.ask(8, &log.tree(8, 7)).0;
    assert_eq!(text(&witness.post(&forked).unwrap()), (409, "text/x.tlog.size", "8\n"));
    let status = mez(&["witness", "status", "--dir", dir.to_str().unwrap()]).unwrap();
    assert_eq!(status["cosigned"][0]["size"], 8);
    witness.kill();
    std::fs::remove_dir_all(dir).unwrap();
}

/// What no state can change: 400, 404 and 403.
fn refused_before_the_state(witness: &Witness, log: &Log) {
    let post = |body: &[u8]| witness.post(body).unwrap();
    let five = log.tree(5, ALL);
    let (first, _) = log.ask(0, &five);
    // 400: bodies that are none, and an old size above the checkpoint's.
    let whole = String::from_utf8(first.clone()).unwrap();
    for body in ["", "old 0", "old 0\n\n", "hello\n\nworld\n"] {
        assert_eq!(post(body.as_bytes()).status, 400, "{body:?}");
    }
    for (what, with) in [("old 0", "old 01"), ("old 0\n", "old 0\nAAAA\n"), ("\n5\n", "\n+5\n")] {
        assert_eq!(post(whole.replacen(what, with, 1).as_bytes()).status, 400, "{with:?}");
    }
    assert_eq!(post(whole.replacen("old 0", "old 6", 1).as_bytes()).status, 400);
    // Too long: it is refused before all of it was read, so the answer may not reach the sender.
    assert!(witness.post(&vec![b'a'; 200_000]).is_none_or(|told| told.status == 400));
    // 404: another log. 403: another key, or a signature that fails.
    let other = Log::new("elsewhere.example", 1);
    assert_eq!(post(&other.ask(0, &other.tree(5, ALL)).0).status, 404);
    let impostor = Log::new(&log.origin, 2);
    assert_eq!(post(&impostor.ask(0, &five).0).status, 403);
    let (stem, tail) = whole.trim_end().split_at(whole.trim_end().len() - 3);
    let broken = format!("{stem}{}\n", tail.replace(|c: char| c.is_alphanumeric(), "A"));
    assert!([403, 400].contains(&post(broken.as_bytes()).status));
}

fn now() -> canon::Timestamp {
    #[allow(clippy::disallowed_methods, reason = "tests")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    canon::Timestamp::from_unix(i64::try_from(now.as_secs()).unwrap()).unwrap()
}

fn evidence_convinces(dir: &Path, log: &Log) {
    let mut files = Vec::new();
    for _ in 0..200 {
        files = std::fs::read_dir(dir.join("evidence")).unwrap().collect();
        if !files.is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(files.len(), 1);
    let bytes = std::fs::read(files[0].as_ref().unwrap().path()).unwrap();
    let did = log.key.public().did();
    assert_eq!(judge(&bytes, std::slice::from_ref(&did)).verdict, Verdict::Valid);
    let without = judge(&bytes, &[]);
    assert_eq!((without.verdict, without.needs), (Verdict::Unknown, vec![did]));
}

#[test]
fn a_state_that_is_missing_or_in_doubt_signs_nothing() {
    let dir = folder("doubt");
    let log = Log::new("zone.example/log", 1);
    let key = init(&dir, &[Log::new("zone.example/log", 1)]);
    let witness = Witness::start(&dir, &[]);
    let (mut old, state) = (0, dir.join("state"));
    for size in [3, 6, 9] {
        let (body, note) = log.ask(old, &log.tree(size, ALL));
        cosigned(&key, &note, &witness.post(&body).unwrap());
        old = size;
    }
    witness.kill();
    let good = std::fs::read(&state).unwrap();
    // Any flipped byte of what was durable: refused, wherever it lies.
    let step = good.len() / 40 + 1;
    for at in (0..good.len()).step_by(step) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x20;
        std::fs::write(&state, &bytes).unwrap();
        let shown = mez(&["witness", "status", "--dir", dir.to_str().unwrap()]);
        let (code, told) = shown.expect_err(&format!("byte {at}"));
        assert_eq!((code, &told["error"]["code"]), (1, &"witness-state-doubt".into()), "{at}");
    }
    assert!(Witness::try_start(&dir, &[]).is_err());
    // Bytes that were never durable are cut off.
    for tail in [&b"\0\0"[..], &[0; 300], &good[good.len() - 100..good.len() - 90]] {
        let mut bytes = good.clone();
        bytes.extend_from_slice(tail);
        std::fs::write(&state, &bytes).unwrap();
        let witness = Witness::start(&dir, &[]);
        let (body, _) = log.ask(0, &log.tree(12, ALL));
        assert_eq!(witness.post(&body).unwrap().body, b"9\n");
        witness.kill();
        assert_eq!(std::fs::read(&state).unwrap(), good);
    }
    std::fs::remove_file(&state).unwrap();
    let refused = Witness::try_start(&dir, &[]).err().unwrap();
    assert!(refused.contains("witness-state-missing"), "{refused}");
    let again = mez(&["witness", "init", "--dir", dir.to_str().unwrap(), "--name", "w.example/1"]);
    assert_eq!(again.unwrap_err().1["error"]["code"], "witness-exists");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn others_reach_a_witness_over_tls_or_a_proxy_alone() {
    let dir = folder("exposed");
    init(&dir, &[]);
    let args = ["witness", "serve", "--dir", dir.to_str().unwrap(), "--listen", "0.0.0.0:0"];
    let (code, told) = mez(&args).unwrap_err();
    assert_eq!((code, &told["error"]["code"]), (64, &"exposed".into()));
    let key = Log::new("zone.example/log", 1).vkey();
    let dir_text = dir.to_str().unwrap();
    let add =
        ["witness", "add-log", "--dir", dir_text, "--origin", "zone.example/log", "--key", &key];
    mez(&add).unwrap();
    assert_eq!(mez(&add).unwrap_err().0, 64, "listed twice");
    let status = mez(&["witness", "status", "--dir", dir_text]).unwrap();
    assert_eq!(status["logs"][0], "zone.example/log");
    std::fs::remove_dir_all(dir).unwrap();
}

/// 200 lane origins and a zone log for each of 20 zones, asked by many clients at once.
#[test]
fn two_hundred_lanes_and_the_zone_logs_are_cosigned() {
    let dir = folder("many");
    let origins: Vec<String> = (0..100)
        .flat_map(|n| {
            let lane = move |side| format!("z{}.example/corridor/c{n}/lane/{side}", n % 20);
            ["a", "b"].map(lane)
        })
        .chain((0..20).map(|n| format!("z{n}.example/zone-log")))
        .collect();
    let logs: Vec<Log> = origins.iter().map(|origin| Log::new(origin, 1)).collect();
    let key = init(&dir, &logs);
    let witness = Witness::start(&dir, &[]);
    std::thread::scope(|scope| {
        for chunk in logs.chunks(28) {
            let (witness, key) = (&witness, &key);
            scope.spawn(move || {
                for (old, size) in [(0, 3), (3, 7), (7, 20)] {
                    for log in chunk {
                        let (body, note) = log.ask(old, &log.tree(size, ALL));
                        let joined = cosigned(key, &note, &witness.post(&body).unwrap());
                        let head = Checkpoint::verify(&joined, &log.origin, &log.key.public());
                        assert_eq!(head.unwrap().size(), size);
                    }
                }
            });
        }
    });
    witness.kill();
    let status = mez(&["witness", "status", "--dir", dir.to_str().unwrap()]).unwrap();
    let held = status["cosigned"].as_array().unwrap();
    assert_eq!(held.len(), 220);
    assert!(held.iter().all(|row| row["size"] == 20));
    std::fs::remove_dir_all(dir).unwrap();
}

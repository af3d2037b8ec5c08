//! What faults leave behind: nothing half-written, nothing acknowledged lost.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use canon::Digest;
use store::sim::{Remains, Sim};
use store::sqlite::Sqlite;
use store::{Batch, BlobPut, CommitError, Store, StoreError};

use crate::conformance::like_sim::Dice;
use crate::conformance::{step, whole_prefix};
use crate::{Dir, open};

const CHILD_FILE: &str = "MEZ_STORE_TEST_FILE";

fn is_doubt(outcome: &Result<store::Committed, CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Store(StoreError::Doubt { .. })))
}

#[test]
fn every_fsync_may_fail_and_nothing_acknowledged_is_lost() {
    const COMMITS: u64 = 30;
    for n in 1..=COMMITS {
        for remains in [Remains::Nothing, Remains::Everything] {
            let sim = Sim::new();
            sim.fail_fsync(n);
            for seq in 1..n {
                sim.commit(step("s", seq)).unwrap();
            }
            assert!(is_doubt(&sim.commit(step("s", n))), "fsync {n}");
            assert!(is_doubt(&sim.commit(step("s", n))), "doubt is sticky");
            assert!(sim.health().unwrap().doubt.is_some());
            assert_eq!(whole_prefix(&sim, "s"), n - 1, "reads go on");
            sim.crash_leaving(remains);
            let kept = if remains == Remains::Everything { n } else { n - 1 };
            assert_eq!(whole_prefix(&sim, "s"), kept);
            for seq in kept + 1..=COMMITS {
                sim.commit(step("s", seq)).unwrap();
            }
            assert_eq!(whole_prefix(&sim, "s"), COMMITS);
        }
    }
}

#[test]
fn a_lying_disk_loses_whole_commits_and_an_old_copy_is_an_old_copy() {
    let sim = Sim::new();
    for seq in 1..=5 {
        sim.commit(step("s", seq)).unwrap();
    }
    let old = sim.snapshot();
    sim.lie_about_fsync(true);
    for seq in 6..=9 {
        sim.commit(step("s", seq)).unwrap();
    }
    assert_eq!(whole_prefix(&sim, "s"), 9);
    sim.crash();
    assert_eq!(whole_prefix(&sim, "s"), 5);
    for seq in 6..=7 {
        sim.commit(step("s", seq)).unwrap();
    }
    sim.lie_about_fsync(false);
    sim.commit(step("s", 8)).unwrap();
    sim.crash();
    assert_eq!(whole_prefix(&sim, "s"), 8, "an honest fsync makes all before it durable");
    sim.rollback_to(&old);
    assert_eq!(whole_prefix(&sim, "s"), 5);
}

#[test]
fn a_store_that_is_away_or_full_says_so_and_recovers() {
    let sim = Sim::new();
    sim.commit(step("s", 1)).unwrap();
    sim.take_away(true);
    let gone = sim.commit(step("s", 2));
    assert!(matches!(gone, Err(CommitError::Store(StoreError::Unavailable { .. }))));
    assert!(matches!(sim.head("s"), Err(StoreError::Unavailable { .. })));
    sim.take_away(false);
    sim.fill(true);
    let full = sim.commit(step("s", 2));
    assert!(matches!(full, Err(CommitError::Store(StoreError::Full { .. }))));
    assert_eq!(whole_prefix(&sim, "s"), 1);
    sim.fill(false);
    sim.commit(step("s", 2)).unwrap();
    assert_eq!(whole_prefix(&sim, "s"), 2);
}

/// Crash at any byte: the files as they are after some commits, the log cut or damaged anywhere.
#[test]
fn a_log_cut_anywhere_opens_at_a_whole_commit() {
    const COMMITS: u64 = 12;
    let dir = Dir::new("cut");
    let live = open(&dir.file()).unwrap();
    for seq in 1..=COMMITS {
        live.commit(step("s", seq)).unwrap();
    }
    let base = std::fs::read(dir.file()).unwrap();
    let log = std::fs::read(dir.path().join("zone.db-wal")).unwrap();
    drop(live);
    // The log already holds the tables; what is missing before them is an empty database.
    let mut dice = Dice::new(7);
    let mut cuts: Vec<usize> = (32..=log.len()).step_by(4_096 + 24).collect();
    for _ in 0..40 {
        cuts.push(usize::try_from(dice.roll(u64::try_from(log.len()).unwrap())).unwrap());
    }
    cuts.extend([0, log.len()]);
    cuts.sort_unstable();
    let mut last = 0;
    for (n, cut) in cuts.iter().enumerate() {
        let copy = Dir::new("cut-copy");
        std::fs::write(copy.file(), &base).unwrap();
        std::fs::write(copy.path().join("zone.db-wal"), &log[..*cut]).unwrap();
        let store = open(&copy.file()).unwrap();
        let kept = whole_prefix(&*store, "s");
        assert!(kept >= last, "a longer log holds less");
        last = kept;
        store.commit(step("s", kept + 1)).unwrap();
        if n % 3 == 0 && *cut < log.len() {
            let damaged = Dir::new("cut-flip");
            let mut bytes = log.clone();
            bytes[*cut] ^= 0x40;
            std::fs::write(damaged.file(), &base).unwrap();
            std::fs::write(damaged.path().join("zone.db-wal"), &bytes).unwrap();
            let store = open(&damaged.file()).unwrap();
            assert!(whole_prefix(&*store, "s") <= COMMITS);
        }
    }
    assert_eq!(last, COMMITS);
}

#[expect(clippy::disallowed_methods, reason = "the child of a test learns its file this way")]
fn child_file() -> Option<String> {
    std::env::var(CHILD_FILE).ok()
}

/// Not a test of its own: the process that the tests below kill or limit.
#[test]
#[ignore = "run as a child by the tests below"]
fn child_writes_until_it_cannot() {
    let Some(file) = child_file() else { return };
    let store = open(Path::new(&file)).unwrap();
    let mut seq = whole_prefix(&*store, "s");
    loop {
        seq += 1;
        let mut batch = step("s", seq);
        let body = vec![u8::try_from(seq % 251).unwrap(); 3_000];
        batch.blobs = vec![BlobPut { digest: canon::Digest::of_blob(&body), body }];
        match store.commit(batch) {
            Ok(_) => println!("acknowledged {seq}"),
            Err(error) => {
                // Reads go on after a refusal.
                assert_eq!(whole_prefix(&*store, "s"), seq - 1);
                println!("refused {error:?}");
                return;
            }
        }
    }
}

fn child(shell: &str, file: &Path) -> std::process::Child {
    Command::new("sh")
        .arg("-c")
        .arg(format!("{shell} exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "embedded_faults::child_writes_until_it_cannot"])
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD_FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn acknowledged(line: &str) -> Option<u64> {
    line.split("acknowledged ").nth(1)?.trim().parse().ok()
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let dir = Dir::new("kill");
    let mut dice = Dice::new(99);
    let mut last = 0;
    for round in 0..5 {
        let until = last + 1 + dice.roll(700);
        let mut process = child("", &dir.file());
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        for line in lines.by_ref() {
            last = acknowledged(&line.unwrap()).unwrap_or(last);
            if last >= until {
                break;
            }
        }
        process.kill().unwrap();
        for line in lines.map_while(Result::ok) {
            last = acknowledged(&line).unwrap_or(last);
        }
        process.wait().unwrap();
        let store = open(&dir.file()).unwrap();
        let kept = whole_prefix(&*store, "s");
        assert!(
            kept == last || kept == last + 1,
            "round {round}: {kept} kept, {last} acknowledged"
        );
        last = kept;
    }
}

#[test]
fn a_file_that_may_not_grow_gives_a_typed_refusal_and_loses_nothing() {
    let dir = Dir::new("limit");
    // 512-byte blocks; the signal that would kill the process is ignored so that writes fail instead.
    let mut process = child("trap '' XFSZ; ulimit -f 4000;", &dir.file());
    let (mut last, mut refused) = (0, String::new());
    for line in BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok) {
        last = acknowledged(&line).unwrap_or(last);
        if line.contains("refused ") {
            refused = line;
        }
    }
    assert!(process.wait().unwrap().success());
    assert!(refused.contains("Full") || refused.contains("Doubt"), "{refused}");
    let store = open(&dir.file()).unwrap();
    let kept = whole_prefix(&*store, "s");
    assert!(kept == last || kept == last + 1, "{kept} kept, {last} acknowledged");
    store.commit(step("s", kept + 1)).unwrap();
}

#[test]
fn a_bounded_file_is_full_without_harm_and_grows_when_allowed() {
    let dir = Dir::new("bounded");
    let store = Sqlite::open_bounded(&dir.file(), 64).unwrap();
    let mut seq = 0;
    let refused = loop {
        let mut batch = step("s", seq + 1);
        batch.records[0].body = vec![7; 20_000];
        // Nothing in it repeats.
        let digests = (0..600_u64).map(|n| Digest::of_blob(format!("{seq} {n}").as_bytes()));
        batch.journal[0].body = digests.flat_map(|digest| *digest.as_bytes()).collect();
        match store.commit(batch) {
            Ok(_) => seq += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, CommitError::Store(StoreError::Full { .. })), "{refused:?}");
    assert!(seq > 0);
    assert_eq!(store.head("s").unwrap().unwrap().seq, seq);
    assert_eq!(store.journal("s", 0, 1_000).unwrap().len() as u64, seq);
    let health = store.health().unwrap();
    assert!(health.full && health.writable());
    drop(store);
    let store = open(&dir.file()).unwrap();
    let mut batch = step("s", seq + 1);
    batch.records.clear();
    store.commit(batch).unwrap();
    assert!(!store.health().unwrap().full);
}

/// A small file system in memory, unmounted afterwards.
struct Mount(Dir);

impl Mount {
    fn new(size: &str) -> Option<Mount> {
        let dir = Dir::new("tmpfs");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Mount(dir))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_refuses_whole_batches_and_recovers_with_space() {
    let Some(mount) = Mount::new("2m") else {
        println!("no right to mount a tmpfs: the file-size-limit test stands in for this one");
        return;
    };
    let ballast = mount.0.path().join("ballast");
    std::fs::write(&ballast, vec![0; 900_000]).unwrap();
    let store = Arc::new(Sqlite::open(&mount.0.file()).unwrap());
    let mut seq = 0;
    let refused = loop {
        let mut batch = step("s", seq + 1);
        batch.blobs = vec![blob(seq)];
        match store.commit(batch) {
            Ok(_) => seq += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, CommitError::Store(StoreError::Full { .. })), "{refused:?}");
    assert!(store.health().unwrap().full);
    assert_eq!(whole_prefix(&*store, "s"), seq);
    std::fs::remove_file(&ballast).unwrap();
    store.commit(step("s", seq + 1)).unwrap();
    assert!(!store.health().unwrap().full);
    assert_eq!(whole_prefix(&*store, "s"), seq + 1);
    drop(store);
    let store = open(&mount.0.file()).unwrap();
    assert_eq!(whole_prefix(&*store, "s"), seq + 1);
    assert_eq!(store.blob(blob(0).digest).unwrap(), Some(blob(0).body));
    drop(store);
}

fn blob(n: u64) -> BlobPut {
    let body = n.to_be_bytes().repeat(500);
    BlobPut { digest: canon::Digest::of_blob(&body), body }
}

#[test]
fn a_refused_batch_leaves_its_neighbours_alone() {
    let dir = Dir::new("neighbours");
    let store = open(&dir.file()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for seq in 1..=50 {
                    let own = format!("t{thread}");
                    let bad = Batch { heads: step(&own, seq + 7).heads, ..step("never", 1) };
                    let refused = store.commit(bad);
                    assert!(matches!(refused, Err(CommitError::HeadMoved { .. })));
                    let mut good = step(&own, seq);
                    good.keys.clear();
                    store.commit(good).unwrap();
                }
            });
        }
    });
    assert_eq!(store.heads("").unwrap().len(), 8);
    assert_eq!(store.journal("never", 0, 1).unwrap(), vec![]);
}

//! The process ends at every commit, before and after its fsync, and before the signer's cell.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod conformance;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use canon::Digest;
use conformance::{archive, head, step, whole_prefix};
use store::archive::{Archived, Shelf, ShelfError, put_away};
use store::cell::Cell;
use store::faults::{
    Point, between_journal_and_cell, commits_seen, set_kill_at, set_kill_at_fsync,
};

const STEPS: u64 = 6;
const DIRECTORY: &str = "MEZ_STORE_TEST_DIR";
const MOMENT: &str = "MEZ_STORE_TEST_MOMENT";

#[expect(clippy::disallowed_methods, reason = "the child of a test learns its part this way")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Not a test of its own: signs and journals until it is aborted.
#[test]
#[ignore = "run as a child by the tests below"]
fn child_signs_until_aborted() {
    let (Some(directory), Some(moment)) = (told(DIRECTORY), told(MOMENT)) else { return };
    let directory = PathBuf::from(directory);
    let store = store::open(&format!("sqlite:{}", directory.join("zone.db").display())).unwrap();
    let cell = Cell::open(&directory, "log").unwrap();
    match moment.split_once(' ').unwrap() {
        ("fsync", n) => set_kill_at_fsync(n.parse().unwrap()),
        ("cell", n) => set_kill_at(Point::BeforeCell, n.parse().unwrap()),
        other => panic!("{other:?}"),
    }
    for seq in 1..=STEPS {
        store.commit(step("s", seq)).unwrap();
        assert_eq!(commits_seen(), seq);
        between_journal_and_cell();
        cell.advance("s", seq, head(seq).root).unwrap();
        println!("acknowledged {seq}");
    }
}

/// Runs the child to its end and returns how many steps it acknowledged.
fn run(directory: &Path, moment: &str) -> (bool, u64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_signs_until_aborted", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(MOMENT, moment)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let count = text.matches("acknowledged ").count();
    (output.status.success(), u64::try_from(count).unwrap())
}

fn after(moment: &str) -> (u64, u64, u64) {
    let name = format!("mez-faults-{}-{}", std::process::id(), moment.replace(' ', "-"));
    let directory = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&directory).unwrap();
    let (finished, acknowledged) = run(&directory, moment);
    assert!(!finished, "it should have been aborted at {moment}");
    let store = store::open(&format!("sqlite:{}", directory.join("zone.db").display())).unwrap();
    let journal = whole_prefix(&*store, "s");
    let cell = Cell::open(&directory, "log").unwrap();
    let signed = cell.last("s").map_or(0, |last| last.sequence);
    // The journal may be ahead of the cell by what was not released yet; never behind it.
    let repaired: Digest = head(journal).root;
    if journal > 0 {
        cell.advance("s", journal, repaired).unwrap();
    }
    store.commit(step("s", journal + 1)).unwrap();
    let _ = std::fs::remove_dir_all(&directory);
    (acknowledged, journal, signed)
}

#[test]
fn an_abort_at_any_commit_keeps_the_order_journal_cell_answer() {
    for n in 1..=2 * STEPS {
        let (acknowledged, journal, signed) = after(&format!("fsync {n}"));
        let commit = n.div_ceil(2);
        let durable = if n % 2 == 1 { commit - 1 } else { commit };
        assert_eq!((acknowledged, journal, signed), (commit - 1, durable, commit - 1), "fsync {n}");
    }
}

#[test]
fn an_abort_between_journal_and_cell_leaves_the_journal_one_ahead() {
    for n in 1..=STEPS {
        assert_eq!(after(&format!("cell {n}")), (n - 1, n, n - 1), "cell {n}");
    }
}

/// Files in a folder.
struct Folder(PathBuf);

impl Shelf for Folder {
    fn put(&self, file: Digest, bytes: &[u8]) -> Result<(), ShelfError> {
        std::fs::write(self.0.join(file.to_string()), bytes).unwrap();
        Ok(())
    }

    fn fetch(&self, file: Digest) -> Result<Vec<u8>, ShelfError> {
        let gone = |error: std::io::Error| ShelfError::Gone(error.to_string());
        std::fs::read(self.0.join(file.to_string())).map_err(gone)
    }

    fn remove(&self, _: Digest) -> Result<(), ShelfError> {
        Err(ShelfError::Gone("nothing is removed".to_owned()))
    }
}

fn zone_at(directory: &Path) -> Arc<dyn store::Store> {
    store::open(&format!("sqlite:{}", directory.join("zone.db").display())).unwrap()
}

/// Not a test of its own: puts segments away until it is aborted.
#[test]
#[ignore = "run as a child by the test below"]
fn child_puts_away_until_aborted() {
    let (Some(directory), Some(moment)) = (told(DIRECTORY), told(MOMENT)) else { return };
    let directory = PathBuf::from(directory);
    let store = zone_at(&directory);
    archive::fill(&*store, "s");
    set_kill_at_fsync(moment.parse().unwrap());
    for number in 0..archive::SEGMENTS {
        let shelf = Folder(directory.clone());
        put_away(&*store, &shelf, &archive::file("s", number)).unwrap();
        println!("acknowledged {number}");
    }
}

#[test]
fn an_abort_while_a_segment_leaves_loses_and_doubles_nothing() {
    for n in 1..=2 * archive::SEGMENTS {
        let name = format!("mez-faults-{}-away-{n}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_puts_away_until_aborted", "--ignored", "--nocapture"])
            .env(DIRECTORY, &directory)
            .env(MOMENT, n.to_string())
            .stderr(Stdio::null())
            .output()
            .unwrap();
        assert!(!output.status.success(), "it should have been aborted at {n}");
        let text = String::from_utf8(output.stdout).unwrap();
        let acknowledged = u64::try_from(text.matches("acknowledged ").count()).unwrap();
        assert_eq!(acknowledged, n.div_ceil(2) - 1, "fsync {n}");
        // Before its fsync nothing of the segment is away, after it all is.
        let store = zone_at(&directory);
        for number in 0..archive::SEGMENTS {
            let away = store.segment("s", number * 256).unwrap().is_some();
            assert_eq!(away, number < n / 2, "fsync {n}, segment {number}");
        }
        let shelf: Arc<dyn Shelf> = Arc::new(Folder(directory.clone()));
        let through = Archived::new(Arc::clone(&store), Arc::clone(&shelf));
        assert_eq!(archive::all(&through, "s", 1_000), archive::wanted("s"), "fsync {n}");
        for number in 0..archive::SEGMENTS {
            put_away(&*store, shelf.as_ref(), &archive::file("s", number)).unwrap();
        }
        assert_eq!(archive::all(&through, "s", 1_000), archive::wanted("s"), "fsync {n}, again");
        let files = std::fs::read_dir(&directory).unwrap();
        let files = files.filter(|file| file.as_ref().unwrap().file_name().len() == 64).count();
        assert_eq!(files as u64, archive::SEGMENTS);
        drop((through, store));
        let _ = std::fs::remove_dir_all(&directory);
    }
}

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

use canon::Digest;
use conformance::{head, step, whole_prefix};
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

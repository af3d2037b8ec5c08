//! Both modes: the tests of routes once more, with every zone's records at Mass.
//!
//! `crates/mez/tests/routes/not-at-mass.txt` names the tests that speak of what proxy mode does not do, with the reason
//! of each. It is held from both sides: a test that is not named and fails is a defect of proxy mode, and one that is
//! named and passes, or is not there any more, is a line too many. One that is named as refused was refused: its output
//! speaks of `not-at-mass`.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use crate::session::{Job, Notes, Session};
use crate::suites::TESTED;
use crate::{Failure, machine, process};

/// In which mode the tests lay their zones.
const MODE: (&str, &str) = ("MEZ_TEST_PRIMITIVES", "mass");
const LIST: &str = "crates/mez/tests/routes/not-at-mass.txt";
/// Between a test and the reason.
const BECAUSE: &str = " | ";
/// Before a reason that the zone gives itself, and the code it gives.
const REFUSED: (&str, &str) = ("refused: ", "not-at-mass");
/// The tests take no longer than this, the build apart.
const WITHIN: Duration = Duration::from_secs(8 * 60);

/// Builds simulator and zone, runs the tests in proxy mode, and compares what failed with the list.
pub(crate) fn run(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let listed = listed(&fs::read_to_string(session.workspace.root.join(LIST))?)?;
    let mut build = session.workspace.cargo();
    build.arg("build").args(TESTED).args(["--bin", "mez-sandbox", "--test", "routes"]);
    process::run(&mut build, &job.log, session.deadline)?;
    let nextest = machine::has_nextest(session);
    let runner: &[&str] =
        if nextest { &["nextest", "run", "--no-fail-fast"] } else { &["test", "--no-fail-fast"] };
    let mut tests = session.workspace.cargo();
    tests.args(runner).args(TESTED).args(["--test", "routes"]).env(MODE.0, MODE.1);
    let began = Instant::now();
    // Those that are listed fail, so how the run ends says nothing.
    let ended = process::run(&mut tests, &job.log, session.deadline.min(began + WITHIN));
    if began.elapsed() >= WITHIN {
        return ended.map(|_| Notes::new());
    }
    let came = came(&fs::read_to_string(&job.log)?);
    let wrong = compared(&listed, &came);
    if !wrong.is_empty() {
        return Err(wrong.join("\n  ").into());
    }
    let passed = came.values().filter(|how| **how == How::Passed).count();
    Ok(vec![format!("{passed} pass in proxy mode, {} are listed as not of it", listed.len())])
}

/// The tests of the list, and whether each is refused by the zone itself; each line has a reason.
fn listed(text: &str) -> Result<BTreeMap<String, bool>, Failure> {
    let mut all = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (test, reason) = line.split_once(BECAUSE).ok_or_else(|| format!("{LIST}: `{line}`"))?;
        let reason = reason.trim();
        let refused = reason.starts_with(REFUSED.0);
        if reason.is_empty() || all.insert(test.trim().to_owned(), refused).is_some() {
            return Err(format!("{LIST}: `{line}` has no reason, or is named twice").into());
        }
    }
    Ok(all)
}

/// How a test came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Passed,
    /// With `not-at-mass` in what it printed.
    Refused,
    Failed,
}

/// Each test that the log of either runner speaks of.
fn came(log: &str) -> BTreeMap<String, How> {
    let (mut all, mut telling) = (BTreeMap::new(), None);
    for line in log.lines() {
        if let Some((test, passed)) = of_nextest(line).or_else(|| of_cargo(line)) {
            let how = if passed { How::Passed } else { How::Failed };
            // Those that failed are named once more at the end.
            all.entry(test.clone()).or_insert(how);
            telling = Some(test);
        } else if let Some(test) = output_of(line) {
            telling = Some(test.to_owned());
        } else if line.contains(REFUSED.1)
            && let Some(how @ How::Failed) = telling.as_ref().and_then(|test| all.get_mut(test))
        {
            *how = How::Refused;
        }
    }
    all
}

/// `---- books::one stdout ----`, before what a test printed under `cargo test`.
fn output_of(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// `        PASS [   0.8s] (  1/300) mez::routes books::one`.
fn of_nextest(line: &str) -> Option<(String, bool)> {
    let (word, rest) = line.trim_start().split_once(" [")?;
    // What is slow is told of while it runs, and again when it ends.
    let passed = match word {
        "PASS" | "LEAK" => true,
        "FAIL" | "TIMEOUT" | "ABORT" | "SIGKILL" | "SIGABRT" | "SIGSEGV" => false,
        _ => return None,
    };
    let (_, rest) = rest.split_once(']')?;
    let (_, test) = rest.split_once("mez::routes ")?;
    Some((test.trim().to_owned(), passed))
}

/// `test books::one ... ok`.
fn of_cargo(line: &str) -> Option<(String, bool)> {
    let (test, how) = line.strip_prefix("test ")?.split_once(" ... ")?;
    match how.split(' ').next()? {
        "ok" => Some((test.to_owned(), true)),
        "FAILED" => Some((test.to_owned(), false)),
        _ => None,
    }
}

/// What differs between the list and what came.
fn compared(listed: &BTreeMap<String, bool>, came: &BTreeMap<String, How>) -> Vec<String> {
    if came.is_empty() {
        return vec!["no test was run".to_owned()];
    }
    let mut wrong = Vec::new();
    for (test, how) in came {
        match (how, listed.get(test)) {
            (How::Passed, Some(_)) => {
                wrong.push(format!("{test} passes in proxy mode, and is in {LIST}"));
            }
            (How::Failed | How::Refused, None) => wrong.push(format!("{test} fails in proxy mode")),
            (How::Failed, Some(true)) => {
                wrong.push(format!("{test} fails, and was not answered `{}`", REFUSED.1));
            }
            _ => {}
        }
    }
    let gone = listed.keys().filter(|test| !came.contains_key(*test));
    wrong.extend(gone.map(|test| format!("{test} of {LIST} is no test, or was not run")));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXTEST: &str = "\
    Starting 3 tests across 1 binary
        PASS [   0.812s] (1/3) mez::routes books::one
        SLOW [> 60.000s] (---) mez::routes books::three
        FAIL [   1.002s] (2/3) mez::routes books::two
  stderr:
    not-at-mass: a reversal
        PASS [  61.002s] (3/3) mez::routes books::three
     Summary [   1.9s] 3 tests run: 2 passed, 1 failed, 0 skipped
        FAIL [   1.002s] (2/3) mez::routes books::two
";
    const CARGO: &str = "\
test books::one ... ok
test books::two ... FAILED
test books::three ... ok
---- books::two stdout ----
not-at-mass: a reversal
test result: FAILED. 2 passed; 1 failed
";

    fn list(text: &str) -> BTreeMap<String, bool> {
        listed(text).unwrap()
    }

    #[test]
    fn the_log_of_either_runner_is_read_alike() {
        assert_eq!(came(NEXTEST), came(CARGO));
        let hows: Vec<How> = came(NEXTEST).into_values().collect();
        assert_eq!(hows, [How::Passed, How::Passed, How::Refused]);
    }

    #[test]
    fn the_list_is_held_from_both_sides() {
        let came = came(NEXTEST);
        assert!(compared(&list("# one\nbooks::two | refused: a reversal\n"), &came).is_empty());
        let silent = super::came(&NEXTEST.replace("not-at-mass", "at all"));
        assert_eq!(compared(&list("books::two | refused: a reversal"), &silent).len(), 1);
        assert!(compared(&list("books::two | otherwise: a reversal"), &silent).is_empty());
        let unlisted = compared(&list(""), &came);
        assert_eq!(unlisted, ["books::two fails in proxy mode"]);
        let many = list("books::one | a\nbooks::two | b\nbooks::gone | c\n");
        assert_eq!(compared(&many, &came).len(), 2);
        assert_eq!(compared(&list(""), &BTreeMap::new()).len(), 1);
    }

    #[test]
    fn a_line_without_a_reason_is_no_line() {
        assert!(listed("books::two").is_err());
        assert!(listed("books::two | ").is_err());
        assert!(listed("books::two | a\nbooks::two | b").is_err());
    }
}

//! The one list of everything that is checked, in the order in which it is run.
//!
//! Invariant: no suite skips itself. What it needs is there, is installed, or fails the suite by name.

use std::fs;

use crate::session::{Job, Notes, Session, Suite};
use crate::tidy;
use crate::workspace::Workspace;
use crate::{
    Failure, contract, counts, deploys, fuzz, kill, machine, modes, network, oidc, process, sim,
    strangers,
};

/// Integration tests that are suites of their own.
const ALONE: [&str; 6] = ["database", "kill", "network", "postgres", "replicas", "strangers"];
/// Where tests find a Postgres server.
pub(crate) const TEST_POSTGRES: &str = "MEZ_TEST_POSTGRES";

/// One selection for all suites of the dev profile: another one would build the dependencies again with other
/// features, and cargo silently leaves out test targets whose features are off.
pub(crate) const EVERYTHING: [&str; 3] = ["--locked", "--workspace", "--all-features"];
/// What is built to be run. The peers of the figures are the largest crates there are; clippy reads them, no test
/// needs them.
pub(crate) const TESTED: [&str; 5] =
    ["--locked", "--workspace", "--all-features", "--exclude", "bench"];

/// Added to [`TESTED`] where only a program is built: with a test beside it cargo gives the dependencies the features
/// that tests give them, and builds none of them twice.
pub(crate) const AS_TESTED: [&str; 2] = ["--test", "replicas"];

type Function = fn(&Session, &Job) -> Result<Notes, Failure>;

/// Runs the suites named in `wanted`, or all.
pub(crate) fn test(wanted: &[&str]) -> Result<bool, Failure> {
    let mut suites = all();
    for name in wanted {
        if !suites.iter().any(|suite| suite.name == *name) {
            return Err(
                format!("no suite is called `{name}`; see `cargo xtask test --list`").into()
            );
        }
    }
    if !wanted.is_empty() {
        suites.retain(|suite| wanted.contains(&suite.name.as_str()));
    }
    Ok(Session::begin(Workspace::find()?).run(&suites))
}

/// Prints the names of the suites.
pub(crate) fn list() -> Result<bool, Failure> {
    all().iter().for_each(|suite| println!("{}", suite.name));
    Ok(true)
}

fn all() -> Vec<Suite> {
    let before: [(&str, Function); 17] = [
        ("machine", machine::prepare),
        ("format", format),
        ("tidy", tidy::suite),
        ("dependencies", dependencies),
        ("clippy", clippy),
        ("tests", tests),
        ("both modes", modes::run),
        ("doc tests", doc_tests),
        ("fuzz", fuzz::few),
        ("store on postgres", on_postgres),
        ("replicas", replicas),
        ("release build", deploys::build),
        ("simulation", sim::few),
        ("counts", counts::suite),
        ("strangers", strangers::run),
        ("contract", contract::run),
        ("oidc", oidc::run),
    ];
    let suite =
        |(name, step): (&str, Function)| Suite { name: name.to_owned(), run: Box::new(step) };
    let mut suites: Vec<Suite> = before.into_iter().map(suite).collect();
    suites.extend(deploys::suites());
    suites.push(suite(("network", network::run)));
    suites.push(suite(("kill", kill::few)));
    suites
}

fn format(session: &Session, job: &Job) -> Result<Notes, Failure> {
    cargo(session, job, &["fmt", "--all", "--check", "--", "--color", "never"])
}

fn clippy(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let words = ["--all-targets", "--", "-D", "warnings"];
    cargo(session, job, &[&["clippy"], &EVERYTHING[..], &words].concat())
}

fn doc_tests(session: &Session, job: &Job) -> Result<Notes, Failure> {
    cargo(session, job, &[&["test"], &TESTED[..], &["--doc"]].concat())?;
    counted(job)
}

/// `cargo deny`, where it is installed: building it takes longer than most suites. Without it nothing of bans,
/// licenses and sources is lost, because tidy checks those; advisories are, and the notice says so.
fn dependencies(session: &Session, job: &Job) -> Result<Notes, Failure> {
    if !process::succeeds(session.workspace.cargo().args(["deny", "--version"])) {
        let notice = "notice: cargo-deny is not installed: tidy checked bans, licenses and sources; \
                      advisories were NOT checked (cargo install cargo-deny --locked)";
        return Ok(vec![notice.to_owned()]);
    }
    let offline = ["deny", "--offline", "check", "bans", "licenses", "sources"];
    cargo(session, job, &offline)?;
    let advised = cargo(session, job, &["deny", "check", "advisories"]);
    let unreached = fs::read_to_string(&job.log)?.contains("failed to fetch advisory database");
    if advised.is_err() && unreached {
        let notice = "notice: the advisory database cannot be reached; advisories were NOT checked";
        return Ok(vec![notice.to_owned()]);
    }
    advised
}

/// Unit tests and every integration test that is not a suite of its own.
fn tests(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let mut words = vec!["--lib".to_owned(), "--bins".to_owned()];
    let targets = session.workspace.test_targets();
    let targets = targets.into_iter().filter(|name| !ALONE.contains(&name.as_str()));
    words.extend(targets.flat_map(|name| ["--test".to_owned(), name]));
    run_tests(session, job, &words)
}

/// What needs a Postgres server: the store's own suite, and a zone whose server goes away.
fn on_postgres(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let words = ["--test", "postgres", "--test", "database"];
    run_tests(session, job, &words.map(str::to_owned))
}

/// Three processes that serve one zone from one server, killed, frozen and replaced.
fn replicas(session: &Session, job: &Job) -> Result<Notes, Failure> {
    run_tests(session, job, &["--test", "replicas", "--no-capture"].map(str::to_owned))
}

fn run_tests(session: &Session, job: &Job, words: &[String]) -> Result<Notes, Failure> {
    let nextest = machine::has_nextest(session);
    let runner: &[&str] =
        if nextest { &["nextest", "run", "--no-fail-fast"] } else { &["test", "--no-fail-fast"] };
    let mut command = session.workspace.cargo();
    command.args(runner).args(TESTED).args(words);
    command.env(TEST_POSTGRES, session.database("tests")?);
    process::run(&mut command, &job.log, session.deadline)?;
    counted(job)
}

fn cargo(session: &Session, job: &Job, words: &[&str]) -> Result<Notes, Failure> {
    process::run(session.workspace.cargo().args(words), &job.log, session.deadline)?;
    Ok(Notes::new())
}

/// The number of tests the log speaks of: nextest sums up once, `cargo test` once per binary.
fn counted(job: &Job) -> Result<Notes, Failure> {
    let log = fs::read_to_string(&job.log)?;
    let summed = log.lines().find(|line| line.contains(" tests run: "));
    if let Some((_, line)) = summed.and_then(|line| line.split_once(']')) {
        return Ok(vec![line.trim().to_owned()]);
    }
    let each = log.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    let passed = each.filter_map(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    Ok(vec![format!("{} tests passed", passed.sum::<u64>())])
}

//! The kill tests: a few rounds and a drawn point of each commit in every run, many rounds and all points by
//! `cargo xtask soak kill|witness`; and the long runs of hostile batches, `cargo xtask soak batches`, and of decisions
//! made again, `cargo xtask soak decisions`.
//!
//! The tests are `crates/mez/tests/kill` and `crates/mez/tests/witness_kill`; each takes its number of rounds from
//! `MEZ_KILL_ROUNDS` and prints its seed.

use std::process::Command;
use std::time::Instant;

use crate::session::{Job, Notes, Session};
use crate::suites::TESTED;
use crate::workspace::Workspace;
use crate::{Failure, process};

const ROUNDS: &str = "MEZ_KILL_ROUNDS";
/// Every point of every commit, in place of one drawn.
const ALL_POINTS: (&str, &str) = ("MEZ_KILL_POINTS", "all");

/// A few rounds, as a suite.
pub(crate) fn few(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let mut command = command(&session.workspace, "kill");
    process::run(command.env(ROUNDS, "5"), &job.log, session.deadline)?;
    let log = std::fs::read_to_string(&job.log)?;
    Ok(log.lines().filter(|line| line.contains("seed")).map(str::to_owned).collect())
}

/// As many rounds as asked for, on the terminal, without a time limit.
pub(crate) fn soak(test: &str, rounds: &str) -> Result<bool, Failure> {
    let count: u32 = rounds.parse().map_err(|_| format!("`{rounds}` is not a number of rounds"))?;
    let began = Instant::now();
    let mut command = command(&Workspace::find()?, test);
    command.env(ALL_POINTS.0, ALL_POINTS.1).env(ROUNDS, count.to_string());
    let status = command.status()?;
    println!("{count} rounds asked for, {:.1} seconds", began.elapsed().as_secs_f32());
    Ok(status.success())
}

/// As many random batches of signatures with one bad member, on the terminal.
pub(crate) fn batches(count: &str) -> Result<bool, Failure> {
    many(&["-p", "proof", "--lib", "a_batch_with_one_bad_member"], "BATCHES", count)
}

/// As many stored decisions made again by a release build, byte for byte, on the terminal.
pub(crate) fn decisions(count: &str) -> Result<bool, Failure> {
    let test = ["--release", "-p", "law", "--test", "history", "stored_decisions_come_out"];
    many(&test, "DECISIONS", count)
}

/// One test that takes from `variable` how many it makes.
fn many(test: &[&str], variable: &str, count: &str) -> Result<bool, Failure> {
    let count: u64 = count.parse().map_err(|_| format!("`{count}` is no number"))?;
    let mut command = Workspace::find()?.cargo();
    let status = command.arg("test").args(test).env(variable, count.to_string()).status()?;
    println!("{variable}: {count} asked for; the test tells the time without the build");
    Ok(status.success())
}

fn command(workspace: &Workspace, test: &str) -> Command {
    let mut command = workspace.cargo();
    command.arg("test").args(TESTED).args(["--test", test, "--", "--nocapture"]);
    command
}

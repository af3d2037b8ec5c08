//! The kill tests: a few rounds in every run, many by `cargo xtask soak kill|witness`; and the long run
//! of hostile batches, `cargo xtask soak batches`.
//!
//! The tests are `crates/mez/tests/kill` and `crates/mez/tests/witness_kill`; each takes its number of rounds from `MEZ_KILL_ROUNDS`
//! and prints its seed.

use std::process::Command;
use std::time::Instant;

use crate::session::{Job, Notes, Session};
use crate::suites::EVERYTHING;
use crate::workspace::Workspace;
use crate::{Failure, process};

const ROUNDS: &str = "MEZ_KILL_ROUNDS";

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
    let status = command(&Workspace::find()?, test).env(ROUNDS, count.to_string()).status()?;
    println!("{count} rounds asked for, {:.1} seconds", began.elapsed().as_secs_f32());
    Ok(status.success())
}

/// As many random batches of signatures with one bad member, on the terminal.
pub(crate) fn batches(count: &str) -> Result<bool, Failure> {
    let count: u64 = count.parse().map_err(|_| format!("`{count}` is not a number of batches"))?;
    let began = Instant::now();
    let mut command = Workspace::find()?.cargo();
    command.args(["test", "-p", "proof", "--lib", "a_batch_with_one_bad_member"]);
    let status = command.env("BATCHES", count.to_string()).status()?;
    println!("{count} batches asked for, {:.1} seconds", began.elapsed().as_secs_f32());
    Ok(status.success())
}

fn command(workspace: &Workspace, test: &str) -> Command {
    let mut command = workspace.cargo();
    command.arg("test").args(EVERYTHING).args(["--test", test, "--", "--nocapture"]);
    command
}

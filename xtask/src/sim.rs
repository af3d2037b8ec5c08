//! Whole zones under faults: some seeds and the model in every run of the tests, any seed by `cargo xtask sim`.
//!
//! In the tests the zones are built as for the other tests, by hand as they are released: that lives through three times as
//! many seeds in the same time.

use std::process::Command;

use crate::session::{Job, Notes, Session};
use crate::suites::{AS_TESTED, TESTED};
use crate::workspace::Workspace;
use crate::{Failure, process};

/// Seeds of every run of the tests, in the program as the tests build it; all that is counted occurs in them.
const SEEDS: &str = "200";

/// The model, and seeds 1 to [`SEEDS`], as a suite.
pub(crate) fn few(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let workspace = &session.workspace;
    let mut build = workspace.cargo();
    build.arg("build").args(TESTED).args(AS_TESTED).args(["--quiet", "--bin", "sim"]);
    process::run(&mut build, &job.log, session.deadline)?;
    for words in [&["--model"][..], &["--seed", "1", "--seeds", SEEDS, "--all-occurs"]] {
        process::run(program(workspace, "debug").args(words), &job.log, session.deadline)?;
    }
    let log = std::fs::read_to_string(&job.log)?;
    let told = |line: &&str| line.contains("virtual seconds") || line.contains("states");
    Ok(log.lines().filter(told).map(str::to_owned).collect())
}

/// On the terminal, as told.
pub(crate) fn run(words: &[&str]) -> Result<bool, Failure> {
    let workspace = Workspace::find()?;
    let mut build = workspace.cargo();
    build.arg("build").args(TESTED).args(["--quiet", "--release", "--bin", "sim"]);
    Ok(build.status()?.success() && program(&workspace, "release").args(words).status()?.success())
}

/// The program as it was built: `cargo run` knows no selection but a package.
fn program(workspace: &Workspace, profile: &str) -> Command {
    let mut command = Command::new(workspace.target.join(profile).join("sim"));
    command.current_dir(&workspace.root);
    command
}

//! Mutants of the golden vectors through every decoder: as long in every run of the tests as `cargo xtask fuzz`
//! takes when it is told nothing else. Those of the pure rooms are a program; those of the doors are a test of `mez`.

use std::process::Command;

use crate::session::{Job, Notes, Session};
use crate::suites::{AS_TESTED, TESTED};
use crate::workspace::Workspace;
use crate::{Failure, process};

/// Seconds for each target, two at a time: some minutes for all of them; longer by hand.
const SECONDS: &str = "4";

/// All targets, as a suite.
pub(crate) fn few(session: &Session, job: &Job) -> Result<Notes, Failure> {
    process::run(&mut build(&session.workspace), &job.log, session.deadline)?;
    let mut pure = pure(&session.workspace);
    process::run(pure.args(["--seconds", SECONDS]), &job.log, session.deadline)?;
    process::run(&mut doors(&session.workspace, SECONDS), &job.log, session.deadline)?;
    Ok(Notes::new())
}

/// On the terminal, as long as asked for.
pub(crate) fn run(words: &[&str]) -> Result<bool, Failure> {
    let workspace = Workspace::find()?;
    let built = build(&workspace).status()?.success();
    let well = built && pure(&workspace).args(words).status()?.success();
    // A target named is one of the pure rooms.
    let named = words.first().is_some_and(|word| !word.starts_with("--"));
    if named || !well {
        return Ok(well);
    }
    let seconds = words.iter().skip_while(|word| **word != "--seconds").nth(1).unwrap_or(&SECONDS);
    Ok(doors(&workspace, seconds).status()?.success())
}

fn build(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo();
    command.arg("build").args(TESTED).args(AS_TESTED).args(["--quiet", "--bin", "fuzz"]);
    command
}

/// The program as it was built: `cargo run` knows no selection but a package.
fn pure(workspace: &Workspace) -> Command {
    let mut command = Command::new(workspace.target.join("debug/fuzz"));
    command.current_dir(&workspace.root);
    command
}

fn doors(workspace: &Workspace, seconds: &str) -> Command {
    let mut command = workspace.cargo();
    command.arg("test").args(TESTED).args(["--quiet", "--bin", "mez"]);
    command.args(["the_doors_are_driven", "--", "--ignored", "--nocapture"]);
    command.env("MEZ_FUZZ_SECONDS", seconds);
    command
}

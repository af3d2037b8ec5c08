//! Mutants of the golden vectors through every decoder: two seconds each in every run, as long as asked by
//! `cargo xtask fuzz`.

use std::process::Command;

use crate::session::{Job, Notes, Session};
use crate::workspace::Workspace;
use crate::{Failure, process};

/// Two seconds a target, as a suite: two targets at a time, under a minute in all.
pub(crate) fn few(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let mut command = command(&session.workspace);
    process::run(command.args(["--seconds", "2"]), &job.log, session.deadline)?;
    Ok(Notes::new())
}

/// On the terminal, as long as asked for.
pub(crate) fn run(words: &[&str]) -> Result<bool, Failure> {
    Ok(command(&Workspace::find()?).args(words).status()?.success())
}

fn command(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo();
    command.args(["run", "--locked", "--quiet", "-p", "fuzz", "--"]);
    command
}

//! The OpenAPI document before strangers: `tests/contract`, with clients made from it and everything schemas allow.

use std::path::PathBuf;
use std::process::Command;

use crate::session::{Job, Notes, Session};
use crate::{Failure, deploys, process, strangers};

/// Runs it; its notes say what was lived and what was sent.
pub(crate) fn run(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let folder = session.workspace.root.join("tests/contract");
    let home: PathBuf = session.workspace.scratch().join("contract");
    let mut command = Command::new("python3");
    command.arg(folder.join("run.py")).current_dir(&folder).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("PATH", strangers::python(session, job, &folder)?);
    command.env("MEZ_BIN", deploys::binary(session)).env("MEZ_HOME", home);
    process::run(&mut command, &job.log, session.deadline)?;
    let log = std::fs::read_to_string(&job.log)?;
    let told = |line: &&str| line.starts_with("first hour") || line.contains("generated");
    Ok(log.lines().filter(told).map(|line| line.trim().to_owned()).collect())
}

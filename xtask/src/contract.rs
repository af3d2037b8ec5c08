//! The OpenAPI document before strangers: `tests/contract`, with clients made from it and everything schemas allow.

use std::path::PathBuf;
use std::process::Command;

use crate::session::{Job, Notes, Session};
use crate::{Failure, deploys, process, strangers};

/// Runs it; its notes say what was lived and what was sent.
pub(crate) fn run(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let folder = session.workspace.root.join("tests/contract");
    let home: PathBuf = session.workspace.scratch().join("contract");
    // Exactly as `package-lock.json` says: the generator of types, the compiler, the verifier of webhooks.
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    process::run(&mut install, &job.log, session.deadline)?;
    let mut command = Command::new("python3");
    command.arg(folder.join("run.py")).current_dir(&folder).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("PATH", strangers::python(session, job, &folder)?);
    command.env("MEZ_BIN", deploys::binary(session)).env("MEZ_HOME", home);
    process::run(&mut command, &job.log, session.deadline)?;
    let log = std::fs::read_to_string(&job.log)?;
    let told = |line: &&str| {
        ["first hour", "compatible"].iter().any(|begins| line.starts_with(begins))
            || line.contains("generated")
    };
    Ok(log.lines().filter(told).map(|line| line.trim().to_owned()).collect())
}

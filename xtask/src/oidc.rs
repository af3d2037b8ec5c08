//! A zone that believes an identity provider by other people: `tests/oidc`, whose one entry is `npm test`.
//!
//! The provider comes from npm as its lock file pins it. Where it cannot be had the suite fails and says so; it is never
//! passed over.

use std::path::PathBuf;
use std::process::Command;

use crate::session::{Job, Notes, Session};
use crate::{Failure, deploys, process};

/// Installs the provider exactly as locked, and runs it beside a zone.
pub(crate) fn run(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let folder = session.workspace.root.join("tests/oidc");
    let home: PathBuf = session.workspace.scratch().join("oidc");
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.current_dir(&folder).args(arguments);
        command
    };
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    process::run(&mut npm(&install), &job.log, session.deadline)?;
    let mut test = npm(&["test"]);
    test.env("MEZ_BIN", deploys::binary(session)).env("MEZ_HOME", home);
    process::run(&mut test, &job.log, session.deadline)?;
    let log = std::fs::read_to_string(&job.log)?;
    let told = log.lines().filter_map(|line| line.strip_prefix("oidc: "));
    Ok(told.map(|line| line.trim().to_owned()).collect())
}

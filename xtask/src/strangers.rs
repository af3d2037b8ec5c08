//! Programs by other people that check what `mez` made: `tests/strangers`.
//!
//! `package-lock.json` pins them; `npm test` is their one entry. It finds what a deployment of its own
//! signed in `MEZ_CASES` (written by `crates/mez/tests/strangers.rs`), the release build of `mez` in
//! `MEZ_BIN`, and, where there is a `requirements.txt`, a Python with those packages first on its `PATH`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::session::{Job, Notes, Session};
use crate::suites::TESTED;
use crate::{Failure, debian, deploys, process};

/// Installs the verifiers exactly as locked and runs them.
pub(crate) fn run(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let folder = session.workspace.root.join("tests/strangers");
    if !folder.join("package-lock.json").exists() {
        return Err("tests/strangers/package-lock.json is missing".into());
    }
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.current_dir(&folder).args(arguments);
        command
    };
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    process::run(&mut npm(&install), &job.log, session.deadline)?;
    let mut test = npm(&["test"]);
    test.env("MEZ_BIN", deploys::binary(session)).env("MEZ_CASES", cases(session, job)?);
    if folder.join("requirements.txt").exists() {
        test.env("PATH", python(session, job, &folder)?);
    }
    process::run(&mut test, &job.log, session.deadline)?;
    let mut tiles = session.workspace.cargo();
    tiles.arg("test").arg("--locked").arg("--manifest-path").arg(folder.join("tiles/Cargo.toml"));
    tiles.env("CARGO_TARGET_DIR", session.workspace.scratch().join("strangers-tiles"));
    process::run(&mut tiles, &job.log, session.deadline)?;
    Ok(Notes::new())
}

/// Deploys afresh and writes down what the zones signed.
fn cases(session: &Session, job: &Job) -> Result<PathBuf, Failure> {
    let directory = session.workspace.scratch().join("strangers");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    let mut export = session.workspace.cargo();
    export.arg("test").args(TESTED).args(["--test", "strangers"]);
    process::run(export.env("MEZ_DEPLOYMENT", &directory), &job.log, session.deadline)?;
    Ok(directory.join("cases.json"))
}

/// A virtual environment under the target directory, one for each folder; returns the `PATH` that finds it first.
pub(crate) fn python(session: &Session, job: &Job, folder: &Path) -> Result<OsString, Failure> {
    let present = || process::succeeds(Command::new("python3").args(["-c", "import ensurepip"]));
    let packages = ["python3", "python3-venv"];
    debian::need("Python with venv", &packages, present, &job.log, session.deadline)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let home: PathBuf = session.workspace.scratch().join(format!("python-{name}"));
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&home);
    process::run(&mut venv, &job.log, session.deadline)?;
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args(["install", "--quiet", "--requirement"]).arg(folder.join("requirements.txt"));
    process::run(&mut pip, &job.log, session.deadline)?;
    let before = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(home.join("bin")).chain(std::env::split_paths(&before));
    Ok(std::env::join_paths(all)?)
}

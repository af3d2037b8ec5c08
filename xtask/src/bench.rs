//! `cargo xtask bench`: the figures this repository publishes, each by a command of its own.

use std::time::Instant;

use crate::Failure;
use crate::workspace::Workspace;

/// Packages with benches; each prints its own table.
const BENCHES: [&str; 1] = ["store"];

/// Runs every bench in the release profile, on the terminal.
pub(crate) fn run() -> Result<bool, Failure> {
    let workspace = Workspace::find()?;
    for package in BENCHES {
        let began = Instant::now();
        let mut cargo = workspace.cargo();
        let status = cargo.args(["bench", "--locked", "-p", package]).status()?;
        println!("{package}: {:.1} seconds", began.elapsed().as_secs_f32());
        if !status.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs the units of proofs beside their peers; all of them, unless some are named.
pub(crate) fn proof(units: &[&str]) -> Result<bool, Failure> {
    let mut cargo = Workspace::find()?.cargo();
    cargo.args(["run", "--locked", "--release", "--quiet", "-p", "bench", "--", "proof"]);
    Ok(cargo.args(units).status()?.success())
}

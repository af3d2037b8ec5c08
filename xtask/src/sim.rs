//! Whole zones under faults: any seed by `cargo xtask sim`.
//!
//! The zones are built as for the other tests, and optimised: unoptimised they live through fewer seeds.

use std::process::Command;

use crate::Failure;
use crate::suites::TESTED;
use crate::workspace::Workspace;

/// What the dev profile does not optimise by itself, and a run spends its time in.
const OPTIMISED: [&str; 5] = ["corridor", "registry", "sim", "store", "zone"];

/// On the terminal, as told.
pub(crate) fn run(words: &[&str]) -> Result<bool, Failure> {
    let workspace = Workspace::find()?;
    let built = build(&workspace).status()?.success();
    Ok(built && program(&workspace).args(words).status()?.success())
}

fn build(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo();
    command.arg("build").args(TESTED).args(["--quiet", "--bin", "sim"]);
    for room in OPTIMISED {
        command.args(["--config", &format!("profile.dev.package.{room}.opt-level=1")]);
    }
    command
}

/// The program as it was built: `cargo run` knows no selection but a package.
fn program(workspace: &Workspace) -> Command {
    let mut command = Command::new(workspace.target.join("debug/sim"));
    command.current_dir(&workspace.root);
    command
}

//! Gets a missing program: installed when we may, otherwise named with the one line to run.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{Failure, process};

/// Makes sure that `present` holds, installing Debian `packages` when it does not and we are root.
pub(crate) fn need(
    what: &str,
    packages: &[&str],
    present: impl Fn() -> bool,
    log: &Path,
    deadline: Instant,
) -> Result<(), Failure> {
    if present() {
        return Ok(());
    }
    let line = format!("apt-get install --yes --no-install-recommends {}", packages.join(" "));
    let apt = process::succeeds(Command::new("apt-get").arg("--version"));
    if !(is_root() && apt) {
        return Err(format!("{what} is missing; run: sudo {line}").into());
    }
    process::run(&mut apt_get(&["update", "--quiet"]), log, deadline)?;
    let install = ["install", "--yes", "--no-install-recommends"];
    process::run(apt_get(&install).args(packages), log, deadline)?;
    if present() {
        return Ok(());
    }
    Err(format!("{what} is still missing after `{line}`").into())
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

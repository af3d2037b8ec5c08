//! `cargo xtask bench`: the figures this repository publishes, each by a command of its own.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::postgres::Postgres;
use crate::suites::TEST_POSTGRES;
use crate::workspace::Workspace;
use crate::{Failure, process, procfs};

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

/// Longest wait for a Postgres server to be made.
const SERVER_WITHIN: Duration = Duration::from_secs(120);
/// The unit of law whose peer stands outside the workspace.
const CEDAR: &str = "cedar";

/// Runs the units of a suite; all of them, unless some are named.
pub(crate) fn of(suite: &str, units: &[&str]) -> Result<bool, Failure> {
    let workspace = Workspace::find()?;
    // Some units run the program itself, which is built beside the benches.
    if matches!(suite, "proof" | "corridor" | "zone")
        && !workspace
            .cargo()
            .args(["build", "--locked", "--release", "-p", "mez"])
            .status()?
            .success()
    {
        return Ok(false);
    }
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--locked", "--release", "--quiet", "-p", "bench", "--", suite]);
    // Some units have a Postgres server for their peer, and both sides on the same one.
    let postgres = matches!(suite, "corridor" | "zone").then(|| server(&workspace)).transpose()?;
    if let Some(postgres) = &postgres {
        cargo.env(TEST_POSTGRES, postgres.fresh("bench")?);
    }
    let (outside, inside): (Vec<&str>, Vec<&str>) = units.iter().partition(|unit| **unit == CEDAR);
    if (!inside.is_empty() || outside.is_empty()) && !cargo.args(&inside).status()?.success() {
        return Ok(false);
    }
    if suite != "law" || (!inside.is_empty() && outside.is_empty()) {
        return Ok(true);
    }
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--locked", "--release", "--quiet", "--manifest-path"]);
    Ok(cargo.arg("bench/cedar/Cargo.toml").status()?.success())
}

fn server(workspace: &Workspace) -> Result<Postgres, Failure> {
    let log = workspace.scratch().join("bench-postgres.log");
    process::fresh_log(&log)?;
    Postgres::start(&log, Instant::now() + SERVER_WITHIN)
}

/// Most memory that verifying a lane may take, whatever its length, in KiB.
const LANE_KIB_MAX: u64 = 64 * 1024;

/// Writes a lane of `count` receipts and has the release build verify it; prints time and memory.
pub(crate) fn lane(count: &str) -> Result<bool, Failure> {
    let workspace = Workspace::find()?;
    let folder = workspace.target.join("lane");
    let mut write = workspace.cargo();
    write.args(["run", "--locked", "--release", "--quiet", "-p", "bench", "--", "lane"]);
    let written = write.arg(&folder).arg(count).stderr(Stdio::inherit()).output()?;
    let did = String::from_utf8(written.stdout)?;
    if !written.status.success()
        || !workspace.cargo().args(["build", "--release"]).status()?.success()
    {
        return Ok(false);
    }
    let mut well = true;
    for mode in [&[][..], &["--history"]] {
        let mut verify = Command::new(workspace.target.join("release/mez"));
        verify.args(["verify", "chain"]).arg(folder.join("lane.jsonl")).arg("--inception");
        verify.arg(folder.join("inception.json")).args(["--trust", did.trim()]).args(mode);
        let (began, mut peaks) = (Instant::now(), BTreeMap::new());
        let mut running = verify.spawn()?;
        let status = loop {
            procfs::sample(std::process::id(), &mut peaks);
            match running.try_wait()? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        };
        let peak = peaks.values().map(|peak| peak.peak_kib).max().unwrap_or(u64::MAX);
        let took = began.elapsed().as_secs_f32();
        println!("{count} receipts {mode:?}: {took:.1} seconds, {} MiB at most\n", peak / 1024);
        well &= status.success() && peak <= LANE_KIB_MAX;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(well)
}

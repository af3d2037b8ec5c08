//! Zones over a bad network: `crates/mez/tests/network`, in namespaces where we may make them, one zone on Postgres.

use std::time::Duration;

use crate::session::{Job, Notes, Session};
use crate::suites::{TEST_POSTGRES, TESTED};
use crate::{Failure, process};

/// A minute on two idle cores: laying the zones, thirty seconds apart, a month, the checks; thrice that where others
/// work too.
const WITHIN: Duration = Duration::from_secs(180);

/// The suite; its notes say how soon both sides held the same, and whether the namespaces were missing.
pub(crate) fn run(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let mut build = session.workspace.cargo();
    build.arg("test").args(TESTED).args(["--test", "network", "--no-run"]);
    process::run(&mut build, &job.log, session.deadline)?;
    let mut command = session.workspace.cargo();
    command.arg("test").args(TESTED).args(["--test", "network", "--", "--nocapture"]);
    command.env(TEST_POSTGRES, session.database("network")?);
    let finished = process::run(&mut command, &job.log, session.deadline)?;
    let log = std::fs::read_to_string(&job.log)?;
    let told =
        |line: &&str| ["after", "once", "dropped", "notice"].iter().any(|word| line.contains(word));
    let lines = log.lines().filter_map(|line| line.split_once("network: ")).map(|(_, line)| line);
    let mut notes: Notes = lines.filter(told).map(str::to_owned).collect();
    let note = format!("{:.1} s of {} s", finished.took.as_secs_f32(), WITHIN.as_secs());
    if finished.took > WITHIN {
        return Err(note.into());
    }
    notes.push(note);
    Ok(notes)
}

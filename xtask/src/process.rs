//! Runs one command into a log, under a deadline.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::procfs::{self, Peak};

const TAIL_LINES: usize = 60;
const TICK: Duration = Duration::from_millis(50);

/// What one finished command left behind besides its log.
pub(crate) struct Finished {
    pub(crate) took: Duration,
    pub(crate) peaks: BTreeMap<u32, Peak>,
}

/// Runs `command` with its output appended to `log`; fails on a non-zero exit and at the deadline, when
/// everything it started is killed.
pub(crate) fn run(
    command: &mut Command,
    log: &Path,
    deadline: Instant,
) -> Result<Finished, Failure> {
    let shown = shown(command);
    let mut file = OpenOptions::new().create(true).append(true).open(log)?;
    writeln!(file, "$ {shown}")?;
    let began = Instant::now();
    let mut child = command
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .map_err(|error| format!("`{shown}` did not start: {error}"))?;
    let mut peaks = BTreeMap::new();
    loop {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                return Err(format!("`{shown}` ended with {status}").into());
            }
            return Ok(Finished { took: began.elapsed(), peaks });
        }
        if Instant::now() >= deadline {
            procfs::kill_tree(child.id());
            child.wait()?;
            return Err(format!("`{shown}` was killed at the time limit").into());
        }
        procfs::sample(child.id(), &mut peaks);
        thread::sleep(TICK);
    }
}

/// Runs `command` quietly and says whether it exists and succeeds.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// An empty log at `path`, with the directories above it.
pub(crate) fn fresh_log(path: &Path) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    File::create(path)?;
    Ok(())
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(TAIL_LINES);
    lines.iter().skip(skipped).map(|line| format!("    {line}\n")).collect()
}

fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> std::path::PathBuf {
        let log = std::env::temp_dir().join(format!("xtask-{name}-{}.log", std::process::id()));
        fresh_log(&log).unwrap();
        log
    }

    #[test]
    fn everything_below_a_command_ends_at_the_deadline() {
        let log = scratch("deadline");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & echo $!; wait"]);
        let ended = run(&mut command, &log, Instant::now() + Duration::from_millis(300));
        assert!(ended.is_err_and(|failure| failure.to_string().contains("time limit")));
        let id = tail(&log).lines().nth(1).unwrap().trim().parse().unwrap();
        thread::sleep(Duration::from_millis(100));
        assert!(!procfs::lives(id, "sleep"));
        fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_failing_command_fails_and_its_output_is_kept() {
        let log = scratch("failing");
        let mut command = Command::new("sh");
        command.args(["-c", "echo why >&2; exit 3"]);
        assert!(run(&mut command, &log, Instant::now() + Duration::from_secs(10)).is_err());
        assert!(tail(&log).contains("    why\n"));
        fs::remove_file(log).unwrap();
    }
}

//! The zone processes: started, waited for, and never left behind.

use std::io::Write as _;
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::json::{items, text};
use crate::cli::{Exit, Failure};
use crate::client::Client;
use crate::layout::ZoneDir;
use crate::watch::Patience;

/// Longest wait for a zone to become ready.
const READY_WAIT: Duration = Duration::from_secs(60);
/// Longest wait for a zone to stop after it was told.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// Ports the zones of a smoke run draw from: below those that Linux (from 32768) and IANA (from 49152) keep for
/// outgoing connections.
const FREE_PORTS: Range<u16> = 20_000..32_768;
/// How many are drawn for one before too few are said to be free.
const FREE_PORT_TRIES: usize = 64;

/// A running zone.
pub(crate) struct Running {
    /// Its short name.
    pub(crate) name: String,
    /// Its API as its operator.
    pub(crate) client: Client,
    child: Child,
    log: PathBuf,
    token: PathBuf,
}

/// How a zone process is started.
pub(crate) struct Start<'a> {
    pub(crate) name: &'a str,
    pub(crate) dir: &'a ZoneDir,
    pub(crate) port: u16,
    pub(crate) database: Option<&'a str>,
    /// Seconds its clock runs ahead of this machine's; realm sandbox only.
    pub(crate) ahead_secs: i64,
}

/// Ports of loopback that are free now, of those no system hands out by itself: one of these could be taken again by
/// any connection before the zone listens on it.
pub(crate) fn free_ports(count: usize) -> Result<Vec<u16>, Failure> {
    let mut found = Vec::new();
    for _ in 0..FREE_PORT_TRIES.saturating_mul(count) {
        let mut drawn = [0; 2];
        if found.len() == count || getrandom::fill(&mut drawn).is_err() {
            break;
        }
        let port = FREE_PORTS.start + u16::from_le_bytes(drawn) % FREE_PORTS.len() as u16;
        if !found.contains(&port) && must_be_free(port).is_ok() {
            found.push(port);
        }
    }
    if found.len() < count {
        let remedy = "check that loopback addresses can be used, or name one with --port";
        return Err(Failure::new(Exit::Unavailable, "port", "too few ports are free", remedy));
    }
    Ok(found)
}

/// Whether a wanted port is free; if not, who is asked to decide.
pub(crate) fn must_be_free(port: u16) -> Result<(), Failure> {
    TcpListener::bind(("127.0.0.1", port)).map(|_| ()).map_err(|error| {
        let what = format!("port {port} is in use");
        let remedy = "stop what listens there, or choose another with --port";
        Failure::new(Exit::Unavailable, "port-in-use", what, remedy).because(&error)
    })
}

impl Running {
    /// Start `mez serve` on a zone's folder. The zone ends when this process does.
    pub(crate) fn start(start: &Start<'_>) -> Result<Self, Failure> {
        let program = std::env::current_exe()
            .map_err(|error| Failure::io("find", Path::new("the running program"), &error))?;
        let log = start.dir.root().join("zone.log");
        let open = std::fs::OpenOptions::new().create(true).append(true).open(&log);
        let output = open.map_err(|error| Failure::io("write", &log, &error))?;
        let errors = output.try_clone().map_err(|error| Failure::io("write", &log, &error))?;
        let url = format!("http://127.0.0.1:{}", start.port);
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg("--dir")
            .arg(start.dir.root())
            .args(["--listen", &format!("127.0.0.1:{}", start.port)])
            .args(["--public-url", &url])
            .arg("--exit-with-parent")
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors);
        if start.ahead_secs > 0 {
            command.args(["--clock-ahead", &start.ahead_secs.to_string()]);
        }
        if let Some(database) = start.database {
            command.args(["--database", database]);
        }
        let child = command.spawn().map_err(|error| {
            let what = format!("zone `{}` cannot be started", start.name);
            Failure::new(Exit::Error, "start", what, "see the reason below").because(&error)
        })?;
        let client = Client::new(&url, "");
        let token = start.dir.operator_token();
        Ok(Self { name: start.name.to_owned(), client, child, log, token })
    }

    /// Wait until the zone is ready, or say what it says.
    pub(crate) fn wait_ready(&mut self) -> Result<(), Failure> {
        let patience = Patience::of(READY_WAIT);
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                let mut failure = self.failed(&format!("it ended with {status}"));
                // What is wrong with its settings stays what it is.
                let kept = status.code().and_then(Exit::of).filter(|exit| *exit != Exit::Done);
                failure.exit = kept.unwrap_or(failure.exit);
                return Err(failure);
            }
            let asked = self.client.get("/health/readiness");
            match asked {
                Ok(_) => return self.take_token(),
                Err(error) if patience.is_over() => {
                    return Err(self.failed(&error.to_string()));
                }
                // A definite "not ready" after the zone answers will not mend itself.
                Err(error) if error.problem().is_some_and(|p| p.body.get("checks").is_some()) => {
                    return Err(self.failed(&unready(&error)));
                }
                Err(_) => patience.pause(),
            }
        }
    }

    /// The operator's token, which the zone wrote at its first start.
    fn take_token(&mut self) -> Result<(), Failure> {
        let bytes = crate::layout::read_secret(&self.token);
        let bytes = bytes.map_err(|error| self.failed(&error.to_string()))?;
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        self.client = Client::new(self.client.url(), &text);
        Ok(())
    }

    fn failed(&self, why: &str) -> Failure {
        let what = format!("zone `{}` does not become ready: {why}", self.name);
        let remedy = format!("read `{}`", self.log.display());
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let tail: Vec<&str> = text.lines().rev().take(5).collect();
        let mut failure = Failure::new(Exit::Unavailable, "not-ready", what, remedy);
        for line in tail.into_iter().rev() {
            failure = failure.with(crate::cli::failure::Fault::new(line));
        }
        failure
    }

    /// Resident memory of the process in KiB, where the system tells.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Tell it to stop and wait until it did.
    pub(crate) fn stop(&mut self) {
        // End of input is the request; the zone finishes what it is doing.
        if let Some(mut input) = self.child.stdin.take() {
            let _ = input.flush();
        }
        let patience = Patience::of(STOP_WAIT);
        while !patience.is_over() {
            if self.has_ended() {
                return;
            }
            patience.pause();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn unready(error: &crate::client::ClientError) -> String {
    let checks = error.problem().map(|problem| items(&problem.body, "checks"));
    let failing: Vec<String> = checks
        .unwrap_or_default()
        .iter()
        .filter(|check| check.get("ok") == Some(&false.into()))
        .map(|check| format!("{}: {}", text(check, "name"), text(check, "detail")))
        .collect();
    failing.join("; ")
}

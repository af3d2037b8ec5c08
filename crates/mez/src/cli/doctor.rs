//! `mez doctor`: what would keep a zone from running on this machine, each with its remedy.
//!
//! Every check is tried, none is skipped because another failed; nothing is repaired.

use std::net::{Ipv4Addr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use canon::{Clock, Date, Entropy};
use law::Files;
use serde_json::json;

use super::content::Content;
use super::screen::{Answer, Style, table};
use super::{Context, Exit, Failure, file};

/// Deepest folder looked into for key files.
const DEPTH_MAX: usize = 5;
/// Most files looked at.
const FILES_MAX: usize = 20_000;
/// How long a database may take to answer the door.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// What to look at.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder zones live in (what `--dir` names elsewhere)
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// A port that must be free on loopback; may be repeated
    #[arg(long = "port", value_name = "PORT", default_values_t = [8080, 8081, 8082])]
    ports: Vec<u16>,
    /// A PostgreSQL server that must answer: postgres://USER@HOST:PORT/DATABASE
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// The outcome of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fine,
    Doubt,
    Wrong,
}

/// One check.
struct Check {
    name: String,
    state: State,
    found: String,
    remedy: Option<String>,
}

impl Check {
    fn fine(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { name: name.into(), state: State::Fine, found: found.into(), remedy: None }
    }

    fn not(
        state: State,
        name: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let remedy = Some(remedy.into());
        Self { name: name.into(), state, found: found.into(), remedy }
    }
}

pub(crate) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let mut checks = vec![clock(context.clock), entropy(context.entropy), writable(&args.dir)];
    checks.push(secrets(&args.dir));
    checks.extend(args.ports.iter().map(|port| free(*port)));
    checks.extend(args.database.as_deref().map(reachable));
    Ok(told(&checks, context.style))
}

fn told(checks: &[Check], style: Style) -> Answer {
    let word = |state| match state {
        State::Fine => style.good("ok"),
        State::Doubt => style.warn("doubt"),
        State::Wrong => style.bad("wrong"),
    };
    let mut rows = Vec::new();
    for check in checks {
        rows.push(vec![word(check.state), check.name.clone(), check.found.clone()]);
        if let Some(remedy) = &check.remedy {
            rows.push(vec![String::new(), String::new(), format!("next: {remedy}")]);
        }
    }
    let wrong = checks.iter().filter(|check| check.state == State::Wrong).count();
    let mut text = table(&["state", "check", "found"], &rows);
    text.push_str(&match wrong {
        0 => "nothing keeps a zone from running here\n".to_owned(),
        1 => "1 check failed\n".to_owned(),
        n => format!("{n} checks failed\n"),
    });
    let json = |check: &Check| {
        let state = match check.state {
            State::Fine => "ok",
            State::Doubt => "doubt",
            State::Wrong => "wrong",
        };
        json!({
            "check": check.name,
            "found": check.found,
            "remedy": check.remedy,
            "state": state,
        })
    };
    let json = json!({"checks": checks.iter().map(json).collect::<Vec<_>>(), "wrong": wrong});
    Answer::done(text, json).ending(if wrong == 0 { Exit::Done } else { Exit::Error })
}

/// The law built in was read on a known day; a clock before it is wrong.
fn clock(clock: &dyn Clock) -> Check {
    let now = clock.now();
    let read = newest_pack();
    match read.filter(|day| now.date() < *day) {
        None => Check::fine("clock", format!("{now}")),
        Some(day) => Check::not(
            State::Doubt,
            "clock",
            format!("{now}, before {day}, when the law built in was read"),
            "set the clock; certificates, credentials and lists are judged by it",
        ),
    }
}

fn newest_pack() -> Option<Date> {
    let names = Content::BuiltIn.list("packs").ok()?;
    let packs = names.iter().filter_map(|name| canon::PackId::parse(name).ok());
    packs.filter_map(|id| law::Pack::load(&Content::BuiltIn, &id).ok()).map(|p| p.as_of()).max()
}

fn entropy(entropy: &dyn Entropy) -> Check {
    let (mut one, mut other) = ([0u8; 32], [0u8; 32]);
    let drawn = entropy.fill(&mut one).and_then(|()| entropy.fill(&mut other));
    if drawn.is_ok() && one != other {
        return Check::fine("randomness", "two draws differ");
    }
    let remedy = "repair the system's random source; no key can be made without it";
    Check::not(State::Wrong, "randomness", "the random source fails or repeats itself", remedy)
}

/// Writes, makes durable and removes a file, where zones would.
fn writable(dir: &Path) -> Check {
    let shown = dir.display();
    let Some(there) = dir.ancestors().map(nonempty).find(|dir| dir.is_dir()) else {
        let remedy = "name a folder on a mounted disk with --dir";
        return Check::not(State::Wrong, "folder", format!("`{shown}` cannot be made"), remedy);
    };
    let probe = there.join(format!(".mez-doctor-{}", std::process::id()));
    let written = file::write_new_0600(&probe, b"mez doctor\n");
    let removed = std::fs::remove_file(&probe);
    match (written, removed) {
        (Ok(()), Ok(())) => Check::fine("folder", format!("`{shown}` can be written durably")),
        (Err(failure), _) => {
            let why = failure.faults.first().map(|fault| fault.detail.clone()).unwrap_or_default();
            let remedy = format!("make `{}` writable, or name another with --dir", there.display());
            Check::not(State::Wrong, "folder", format!("`{shown}`: {why}"), remedy)
        }
        (Ok(()), Err(error)) => {
            let remedy = format!("remove `{}` yourself", probe.display());
            Check::not(State::Doubt, "folder", format!("`{shown}`: {error}"), remedy)
        }
    }
}

fn nonempty(dir: &Path) -> &Path {
    if dir.as_os_str().is_empty() { Path::new(".") } else { dir }
}

/// Key files that others may read, and folders of keys that others may enter.
fn secrets(dir: &Path) -> Check {
    let mut open = Vec::new();
    let mut keys = 0usize;
    let mut looked = 0usize;
    let mut queue = vec![(dir.to_owned(), 0usize)];
    while let Some((folder, depth)) = queue.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            looked += 1;
            // A link may point anywhere; what it points to is checked where it lies.
            let Ok(found) = entry.metadata() else { continue };
            let path = entry.path();
            let private = is_private(&path);
            if private {
                keys += usize::from(found.is_file());
                if found.permissions().mode() & 0o077 != 0 {
                    open.push(path.clone());
                }
            }
            let deeper = found.is_dir() && depth < DEPTH_MAX && looked < FILES_MAX;
            if deeper && path.file_name().is_none_or(|name| name != "target" && name != ".git") {
                queue.push((path, depth + 1));
            }
        }
    }
    open.sort();
    match open.first() {
        None => Check::fine("key files", format!("{keys} found, readable by their owner alone")),
        Some(first) => Check::not(
            State::Wrong,
            "key files",
            format!("{} of them open to others: `{}`", open.len(), first.display()),
            format!(
                "chmod go-rwx '{}', and make new keys if others use this machine",
                first.display()
            ),
        ),
    }
}

/// A private key file, or a folder that holds nothing else.
fn is_private(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".priv.json") || (path.is_dir() && (name == "signer" || name == "root-keys"))
}

fn free(port: u16) -> Check {
    let name = format!("port {port}");
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Check::fine(name, "free on 127.0.0.1"),
        Err(error) => {
            let remedy = "stop the program that listens there, or choose another port";
            Check::not(State::Wrong, name, error.to_string(), remedy)
        }
    }
}

/// Whether somebody answers at the database's address; the user and password stay unsaid.
fn reachable(url: &str) -> Check {
    let wrong = |found: String, remedy: &str| Check::not(State::Wrong, "database", found, remedy);
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?']).next());
    let Some(authority) = authority.filter(|authority| !authority.is_empty()) else {
        return wrong(
            "not a PostgreSQL URL".to_owned(),
            "write postgres://USER@HOST:PORT/DATABASE",
        );
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let ends_in_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if ends_in_port { host.to_owned() } else { format!("{host}:5432") };
    let targets = match address.to_socket_addrs() {
        Ok(targets) => targets,
        Err(error) => return wrong(format!("{address}: {error}"), "check the host of the URL"),
    };
    let mut last = "no address".to_owned();
    for target in targets {
        match TcpStream::connect_timeout(&target, CONNECT_TIMEOUT) {
            Ok(_) => return Check::fine("database", format!("{address} answers")),
            Err(error) => last = error.to_string(),
        }
    }
    wrong(format!("{address}: {last}"), "start the server, or correct host and port of the URL")
}

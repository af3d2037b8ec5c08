//! The command line: what can be asked, and how the answer leaves.
//!
//! Each command is a module with its `Args` (what clap reads) and a function from them to an
//! [`Answer`] or a [`Failure`]. To add one: write the module, name it in `command::Command`.
//!
//! Invariant: standard output holds the answer alone — with `--json` exactly one JSON document —
//! and standard error everything else; the process ends with a code of [`Exit`].

mod approvals;
mod archive;
pub(crate) mod artifact;
mod asset;
mod audit;
mod backup;
mod bridge;
mod canonical;
mod clock;
mod command;
mod consent;
pub(crate) mod content;
mod decisions;
mod doctor;
mod exit;
mod explain;
mod export;
pub(crate) mod failure;
pub(crate) mod file;
mod fsck;
mod identity;
mod iso20022;
mod key;
mod lawpack;
mod lock;
mod log;
mod matrix;
mod mesh;
mod migrate;
mod modules;
mod names;
mod net;
mod ownership;
mod pack;
mod part;
mod path;
mod policy;
mod progress;
mod rebuild;
mod regpack;
mod regulator;
mod remote;
mod schema;
pub(crate) mod screen;
mod serve;
mod settle;
mod signer;
mod switched;
mod trade;
mod validate;
mod vc;
pub(crate) mod verify;
mod watcher;
mod webhook;
mod witness;
mod zone;

use std::ffi::OsString;
use std::process::ExitCode;

use canon::{Clock, Entropy};
use clap::Parser;

pub(crate) use clock::{Ahead, SystemClock, SystemEntropy};
pub(crate) use exit::Exit;
pub(crate) use failure::Failure;
pub(crate) use screen::{Answer, Style};

/// What the machine lends a command.
pub(crate) struct Context<'a> {
    /// The present.
    pub clock: &'a dyn Clock,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// How standard output is written.
    pub style: Style,
    /// Whether the answer is to be one JSON document.
    pub json: bool,
    /// `MEZ_TOKEN`: the token zones are asked with unless another is given.
    pub token: Option<String>,
}

/// Reads the command line, runs the command, prints what it answers.
pub(crate) fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let as_json = args.iter().any(|arg| arg == "--json");
    if let Err(failure) = switched::demand(&args) {
        return complain(&failure, as_json);
    }
    let cli = match command::Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, as_json),
    };
    let answered = answer(cli.command, cli.json).and_then(|answer| match answer.print(cli.json) {
        Ok(()) => Ok(answer.exit),
        Err(error) => Err(Failure::io("write", std::path::Path::new("standard output"), &error)),
    });
    match answered {
        Ok(exit) => exit.into(),
        Err(failure) => complain(&failure, cli.json),
    }
}

fn answer(command: command::Command, json: bool) -> Result<Answer, Failure> {
    let clock = SystemClock::open().map_err(|error| {
        let remedy = "set the clock of this machine, then try again";
        Failure::new(Exit::Error, "clock", "the clock is outside 1970 to 9999", remedy)
            .because(&error)
    })?;
    let style = Style::of_stdout();
    #[allow(clippy::disallowed_methods, reason = "the one setting read here, for all commands")]
    let token = std::env::var("MEZ_TOKEN").ok();
    command.run(&Context { clock: &clock, entropy: &SystemEntropy, style, json, token })
}

/// Says why, and ends with the failure's code.
fn complain(failure: &Failure, as_json: bool) -> ExitCode {
    if as_json {
        eprint!("{}", screen::pretty(&failure.json()));
    } else {
        eprint!("{}", failure.text(Style::of_stderr()));
    }
    failure.exit.into()
}

/// A command line that asks for help, or is wrong.
fn unparsed(error: &clap::Error, as_json: bool) -> ExitCode {
    if error.exit_code() == 0 {
        let _ = error.print();
        return Exit::Done.into();
    }
    if as_json {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let what = first.strip_prefix("error: ").unwrap_or(first);
        let mut failure = Failure::usage(what, "see `mez --help`");
        // What clap lists below its first line: the arguments missing, the values there are.
        let listed = text.lines().skip(1).take_while(|line| !line.starts_with("Usage:"));
        for line in listed.map(str::trim).filter(|line| !line.is_empty()) {
            failure = failure.with(failure::Fault::new(line));
        }
        return complain(&failure, true);
    }
    let _ = error.print();
    Exit::Usage.into()
}

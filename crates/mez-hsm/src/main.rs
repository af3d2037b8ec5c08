//! `mez-hsm`: a signer whose running keys are made in a PKCS#11 token and never leave it.
//!
//! ```text
//! S/hsm.json          module, token, the names and public halves of its keys, who may call
//! S/link.priv.json    the key this end of the link proves itself with, 0600
//! S/<log key>.cell    what was signed last
//! ```
//! `init` makes the keys, `serve` answers one zone over the room `link` as `mez signer serve` does.
//! [`token`] speaks to the module, [`vault`] keeps a session and opens it anew when it is lost.
//!
//! **Architecture Invariant:** the module is foreign code in this process and in no other; the PIN
//! comes from a file or a descriptor, and no line of output has it.

mod failure;
mod folder;
mod init;
mod pin;
mod serve;
mod status;
mod token;
mod vault;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::Value;

use failure::Failure;

/// A signer with its keys in a PKCS#11 token
#[derive(Parser)]
#[command(name = "mez-hsm", version, disable_help_subcommand = true)]
struct CommandLine {
    /// Exactly one JSON document, on standard output or, for a failure, on standard error
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the running keys of a zone in the token, and the files of the signer
    Init(Box<init::Args>),
    /// Log in once, and see that every key is in the token as it was made
    Status(status::Args),
    /// Sign for the one zone that was named to `init`, until told to stop
    Serve(serve::Args),
}

fn main() -> ExitCode {
    let CommandLine { json, command } = match CommandLine::try_parse() {
        Ok(asked) => asked,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { failure::USAGE } else { 0 });
        }
    };
    let done = match command {
        Command::Init(args) => init::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Serve(args) => serve::run(&args),
    };
    match done {
        Ok(told) => {
            let text = if json { told.to_string() } else { lines(&told) };
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(failure) => tell(&failure, json),
    }
}

fn tell(failure: &Failure, json: bool) -> ExitCode {
    let text = if json { failure.json().to_string() } else { failure.text() };
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(failure.exit)
}

/// One line for each member; those of an object are indented.
fn lines(told: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut out = Vec::new();
    for (name, value) in told.as_object().into_iter().flatten() {
        match value.as_object() {
            None => out.push(format!("{:12}{}", name.replace('_', " "), plain(value))),
            Some(members) => {
                out.push(name.replace('_', " "));
                out.extend(members.iter().map(|(name, v)| format!("  {name:10}{}", plain(v))));
            }
        }
    }
    out.join("\n")
}

//! `mez signer`: keys that live in a process of their own. See [`crate::signers`].

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use serde_json::json;

use super::screen::pairs;
use super::{Answer, Context, Exit, Failure};
use crate::layout::ZoneDir;
use crate::rotating::unhindered;
use crate::signers::{self, FolderError, ServeError, SignerFolder};

/// What to do with a signer.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Move the running keys of a stopped zone into a signer's folder, and point the zone at it
    Move(Move),
    /// Show the key a zone calls its signer under, made when there is none; the signer pins it
    Key(Key),
    /// Sign for the one zone the folder names (TLS 1.3, both keys pinned) until told to stop
    Serve(signers::Args),
}

/// `mez signer key`.
#[derive(clap::Args)]
pub(crate) struct Key {
    /// The folder of the zone, D/<zone>, founded or not
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

/// `mez signer move`.
#[derive(clap::Args)]
pub(crate) struct Move {
    /// The folder of the stopped zone, D/<zone>
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The signer's folder; carried to the signer's machine afterwards
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Where the signer will answer
    #[arg(long, value_name = "HOST:PORT")]
    address: String,
    /// Longest wait of the zone for an answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2000,
          value_parser = clap::value_parser!(u64).range(1..=60_000))]
    wait_ms: u64,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Move(args) => moved(&args, context),
            Self::Key(args) => key(&args, context),
            Self::Serve(args) => {
                signers::run(&args).map_err(|error| unserved(&error))?;
                Ok(Answer::done("stopped\n", json!({ "stopped": true })))
            }
        }
    }
}

fn key(args: &Key, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = signers::caller(&ZoneDir::at(&args.dir), context.entropy).map_err(|error| {
        let what = "the key of the zone's end of the link cannot be read or made";
        Failure::new(Exit::Error, "signer-folder", what, "check --dir").because(&error)
    })?;
    Ok(Answer::done(pairs(&[("zone key", key.to_string())]), json!({ "zone_key": key })))
}

fn moved(args: &Move, context: &Context<'_>) -> Result<Answer, Failure> {
    let (dir, to) = (ZoneDir::at(&args.dir), SignerFolder::at(&args.to));
    let wait = Duration::from_millis(args.wait_ms);
    let moved =
        signers::move_keys(&dir, &to, &args.address, wait, context.entropy, &mut unhindered);
    let moved = moved.map_err(|error| unmoved(&error))?;
    let text = pairs(&[
        ("zone", moved.zone.to_string()),
        ("signer key", moved.signer_key.to_string()),
        ("zone key", moved.zone_key.to_string()),
        ("next", format!("mez signer serve --dir {} --listen {}", args.to.display(), args.address)),
    ]);
    let json = json!({
        "zone": moved.zone,
        "address": args.address,
        "signer_key": moved.signer_key,
        "zone_key": moved.zone_key,
    });
    Ok(Answer::done(text, json))
}

fn unmoved(error: &FolderError) -> Failure {
    use store::cell::CellError::InUse;
    let (exit, code, remedy) = match error {
        FolderError::Cell(InUse { .. }) => {
            (Exit::Unavailable, "zone-in-use", "stop the process that runs this zone")
        }
        FolderError::MovedBefore => {
            (Exit::Error, "signer-moved", "see `signer.json` in the zone's folder")
        }
        _ => (Exit::Error, "signer-folder", "check --dir and --to, and ask again"),
    };
    Failure::new(exit, code, "the keys are not moved", remedy).because(error)
}

fn unserved(error: &ServeError) -> Failure {
    use store::cell::CellError::InUse;
    let (exit, code, remedy) = match error {
        ServeError::Link(link::ServeError::Listen { .. }) => {
            (Exit::Unavailable, "listen", "stop what listens there, or choose another --listen")
        }
        ServeError::Cell(InUse { .. }) => {
            (Exit::Unavailable, "signer-in-use", "stop the other signer; one cell has one process")
        }
        ServeError::Cell(_) => (Exit::Error, "signer-cell", "bring the cell back as it was"),
        _ => (Exit::Error, "signer-folder", "check --dir: `mez signer move` lays it"),
    };
    Failure::new(exit, code, "nothing is signed", remedy).because(error)
}

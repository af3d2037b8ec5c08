//! `mez witness`: making, running and showing a witness. See [`crate::witness`].

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::screen::{pairs, table};
use super::{Answer, Context, Exit, Failure};
use crate::witness::{self, Folder, FolderError, LogRow, WitnessError};

/// What to do with a witness.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a witness: a cosigner key (mode 0600), an empty state, no logs
    Init(Init),
    /// Answer POST /add-checkpoint (C2SP tlog-witness) until told to stop
    Serve(witness::Args),
    /// Add a log to DIR/logs.json; it counts from the next start or SIGHUP on
    AddLog(AddLog),
    /// Show the verifier key, and the last checkpoint cosigned of each log
    Status(Status),
}

/// `mez witness init`.
#[derive(clap::Args)]
pub(crate) struct Init {
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The name that stands in cosignatures, such as witness.example/w1
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// `mez witness add-log`.
#[derive(clap::Args)]
pub(crate) struct AddLog {
    /// The witness's folder
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The first line of the log's checkpoints
    #[arg(long, value_name = "ORIGIN")]
    origin: String,
    /// The log's verifier key, <name>+<hex id>+<base64>; may be repeated
    #[arg(long = "key", value_name = "VKEY", required = true)]
    keys: Vec<String>,
}

/// `mez witness status`.
#[derive(clap::Args)]
pub(crate) struct Status {
    /// The witness's folder
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Init(args) => init(&args, context),
            Self::Serve(args) => {
                witness::run(&args).map_err(|error| refused(&error))?;
                Ok(Answer::done("stopped\n", json!({ "stopped": true })))
            }
            Self::AddLog(args) => add_log(args),
            Self::Status(args) => status(&args),
        }
    }
}

fn init(args: &Init, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = Folder::at(&args.dir).found(&args.name, context.entropy).map_err(folder)?;
    let json = json!({ "name": key.name(), "verifier_key": key.verifier_key() });
    let text = pairs(&[("name", key.name().to_owned()), ("verifier key", key.verifier_key())]);
    Ok(Answer::done(text, json))
}

fn add_log(args: AddLog) -> Result<Answer, Failure> {
    let row = LogRow { origin: args.origin, keys: args.keys };
    let json = json!({ "origin": row.origin, "keys": row.keys });
    let text = format!("added {}\n", row.origin);
    Folder::at(&args.dir).add_log(row).map_err(folder)?;
    Ok(Answer::done(text, json))
}

fn status(args: &Status) -> Result<Answer, Failure> {
    let dir = Folder::at(&args.dir);
    let cosigner = dir.cosigner().map_err(folder)?;
    let logs = dir.logs(None).map_err(folder)?;
    let held = dir.held(cosigner.key()).map_err(folder)?;
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|held| {
            vec![held.origin().to_owned(), held.size().to_string(), held.root().to_string()]
        })
        .collect();
    let listed: Vec<_> = held
        .iter()
        .map(|held| json!({ "origin": held.origin(), "size": held.size(), "root": held.root() }))
        .collect();
    let evidence = std::fs::read_dir(dir.evidence()).map_or(0, Iterator::count);
    let json = json!({
        "name": cosigner.key().name(),
        "verifier_key": cosigner.key().verifier_key(),
        "logs": logs.origins().collect::<Vec<_>>(),
        "cosigned": listed,
        "evidence_files": evidence,
    });
    let mut text = pairs(&[
        ("verifier key", cosigner.key().verifier_key()),
        ("logs", logs.origins().count().to_string()),
        ("evidence files", evidence.to_string()),
    ]);
    text.push('\n');
    text.push_str(&table(&["ORIGIN", "SIZE", "ROOT"], &rows));
    Ok(Answer::done(text, json))
}

fn folder(error: FolderError) -> Failure {
    refused(&WitnessError::Folder(error))
}

fn refused(error: &WitnessError) -> Failure {
    let exit = match error.code() {
        "exposed" | "witness-cosigner" | "witness-logs" => Exit::Usage,
        "port-in-use" | "listen" | "witness-in-use" => Exit::Unavailable,
        _ => Exit::Error,
    };
    Failure::new(exit, error.code(), "the witness does not do this", error.remedy()).because(error)
}

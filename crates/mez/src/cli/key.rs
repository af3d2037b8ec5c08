//! `mez key`: the running keys of a zone on this host, their rotation, and the recovery of a lost
//! signer's cell.
//!
//! Invariant: private keys are read to compare their public halves and to sign; no text of one is
//! printed. The root key is demanded for a recovery and is never copied.

mod rotate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use canon::{Canonical, Clock, Entropy};
use clap::Subcommand;
use proof::integrity::{ProofOptions, sign_document};
use proof::{KeyHistory, Purpose};
use serde_json::{Value, json};
use store::cell::{Cell, CellError};
use zone::{RecoverError, Recovered, recover_cell};

use super::failure::Failure;
use super::screen::{Answer, pairs, table};
use super::{Context, Exit, SystemClock, SystemEntropy};
use crate::founding::{FoundingError, read_key, read_keys};
use crate::layout::{RootKeys, ZoneDir, write_atomic};
use crate::serve::{Configured, LoadError, Loading, configure};

/// The `type` of the record of a recovery.
const RECORD_TYPE: &str = "MEZSignerRecovery";
/// Most corridors told in one recovery; a cell holds as many lanes.
const HELD_MAX: usize = store::cell::LANES_MAX;

/// What to do with the keys of a zone.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the keys of a zone on this host, what follows them, and the state of the signer's cell
    Status(StatusArgs),
    /// Replace a running key of a stopped zone by the next one it committed to
    Rotate(rotate::Args),
    /// Make a lost signer's cell anew from the journal of a stopped zone, with the root key in hand
    Recover(RecoverArgs),
}

/// Whose keys to show.
#[derive(clap::Args)]
pub(crate) struct StatusArgs {
    /// The zone's folder, D/<zone>
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

/// Which cell to make anew.
#[derive(clap::Args)]
pub(crate) struct RecoverArgs {
    /// The folder of the stopped zone, D/<zone>
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The folder of the root keys; D/root-keys, unless given
    #[arg(long, value_name = "DIR")]
    root_keys: Option<PathBuf>,
    /// How many receipts of this zone's lane the corridor's peer holds, as the peer says; one for
    /// each corridor that has receipts
    #[arg(long = "held", value_name = "CORRIDOR=COUNT", value_parser = told)]
    held: Vec<(String, u64)>,
    /// Store of the zone, if it is not the embedded one
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

fn told(text: &str) -> Result<(String, u64), String> {
    let parts = text.split_once('=').filter(|(corridor, _)| !corridor.is_empty());
    let read = parts.and_then(|(name, count)| Some((name.to_owned(), count.parse().ok()?)));
    read.ok_or_else(|| "give CORRIDOR=COUNT, such as 3f…=12".to_owned())
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Status(args) => status(args),
            Self::Rotate(args) => rotate::run(args, context),
            Self::Recover(args) => recover(args, context),
        }
    }
}

fn unreadable(error: &FoundingError) -> Failure {
    let remedy = "check --dir: it is the folder of one zone, as `mez deploy` lays it";
    Failure::new(Exit::Error, "zone-folder", "the keys of the zone cannot be read", remedy)
        .because(error)
}

fn status(args: &StatusArgs) -> Result<Answer, Failure> {
    let dir = ZoneDir::at(&args.dir);
    let history = read_keys(&dir).map_err(|error| unreadable(&error))?.history;
    let elsewhere = dir.signer_elsewhere().exists();
    let (mut rows, mut keys, mut whole) = (Vec::new(), Vec::new(), true);
    for purpose in Purpose::RUNNING {
        let named = history.key(purpose);
        let found = match read_key(&dir.key(purpose)) {
            Ok(key) if key.public() == *named => "present",
            Ok(_) => "another key",
            Err(FoundingError::Layout(error)) if error.is_absent() && elsewhere => "elsewhere",
            Err(FoundingError::Layout(error)) if error.is_absent() => "missing",
            Err(_) => "unreadable",
        };
        whole &= matches!(found, "present" | "elsewhere");
        let since = history.key_since(purpose).to_string();
        rows.push(vec![purpose.to_string(), named.to_string(), since.clone(), found.to_owned()]);
        keys.push(json!({
            "purpose": purpose,
            "key": named,
            "since": since,
            "file": found,
            "rotations": history.rotations().filter(|r| r.purpose == purpose).count(),
            "next_commitment_sha256": history.commitment(purpose),
        }));
    }
    let cell = match elsewhere {
        true => ("elsewhere", "held by the signer that `signer.json` points at".to_owned()),
        false => cell(&dir, &history),
    };
    whole &= matches!(cell.0, "intact" | "in use" | "elsewhere");
    let zone = history.inception();
    let mut text = table(&["purpose", "key", "since", "file"], &rows);
    text.push('\n');
    text.push_str(&pairs(&[
        ("zone", zone.zone_id().to_string()),
        ("root", zone.did().to_string()),
        ("rotations", history.rotations().count().to_string()),
        ("next keys", "committed to for each purpose".to_owned()),
        ("cell", cell.1.clone()),
    ]));
    let json = json!({
        "zone_id": zone.zone_id(),
        "did": zone.did(),
        "realm": zone.realm(),
        "keys": keys,
        "rotations": history.rotations().count(),
        "cell": {"state": cell.0, "detail": cell.1},
    });
    let exit = if whole { Exit::Done } else { Exit::Error };
    Ok(Answer::done(text, json).ending(exit))
}

/// The state of the log key's cell, in a word and in a sentence.
fn cell(dir: &ZoneDir, history: &KeyHistory) -> (&'static str, String) {
    match Cell::open(&dir.signer(), &history.key(Purpose::Log).to_multikey()) {
        Ok(cell) if cell.existed() => {
            ("intact", format!("intact, {} positions", cell.lanes().len()))
        }
        Ok(_) => ("missing", "missing; the zone makes one only beside an empty journal".to_owned()),
        Err(CellError::InUse { .. }) => ("in use", "in use by a running zone".to_owned()),
        Err(error) => ("unusable", error.to_string()),
    }
}

fn recover(args: &RecoverArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let dir = ZoneDir::at(&args.dir);
    let known = read_keys(&dir).map_err(|error| unreadable(&error))?;
    let (roots, name) = roots(&args.dir, args.root_keys.as_ref());
    let root = root_key(&roots, &name, known.history.inception())?;
    let held = held(&args.held)?;
    let loading = Loading {
        dir: &dir,
        database: args.database.clone(),
        store: None,
        sanctions: None,
        url: String::new(),
    };
    let (clock, entropy) = host()?;
    let config = ready(configure(&loading, clock, entropy))?;
    let made = recover_cell(&config, &held).map_err(|error| refused(&error))?;
    let record = record(&made, &config, context, &root)?;
    let path = dir.signer().join(format!("recovery-{}.json", record.digest()));
    write_atomic(&path, record.bytes()).map_err(|error| {
        let what = "the cell is made, and the record of its recovery is not written";
        Failure::new(Exit::Error, "file", what, "free some space; keep this message")
            .because(&error)
    })?;
    Ok(answer(&made, &path))
}

type Host = (Arc<dyn Clock>, Arc<dyn Entropy>);

/// Clock and randomness of this machine.
fn host() -> Result<Host, Failure> {
    let clock = SystemClock::open().map_err(|error| {
        let remedy = "set the clock of this machine";
        Failure::new(Exit::Error, "clock", "the clock is outside 1970 to 9999", remedy)
            .because(&error)
    })?;
    Ok((Arc::new(clock), Arc::new(SystemEntropy)))
}

/// All a stopped zone needs, or why it cannot be opened.
fn ready(
    loaded: Result<Result<Configured, zone::Readiness>, LoadError>,
) -> Result<Box<zone::Config>, Failure> {
    let (config, _) = loaded.map_err(|error| unloaded(&error))?.map_err(|told| {
        let wrong = told.checks.into_iter().find(|check| !check.ok);
        let what = wrong.map_or_else(String::new, |check| check.detail);
        Failure::new(Exit::Error, "not-ready", what, "put the locked packs in place first")
    })?;
    Ok(config)
}

/// What to do about root keys that are not there.
const BRING: &str = "bring the folder of root keys and name it by --root-keys DIR";

/// The folder of root keys, and the name of the zone in it.
fn roots(dir: &Path, given: Option<&PathBuf>) -> (RootKeys, String) {
    let full = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = || full.with_file_name("root-keys");
    (RootKeys::at(given.cloned().unwrap_or_else(beside)), name)
}

fn root_key(
    roots: &RootKeys,
    name: &str,
    inception: &proof::Inception,
) -> Result<proof::SecretKey, Failure> {
    let remedy = BRING;
    let root = read_key(&roots.root(name)).map_err(|error| {
        Failure::new(Exit::Error, "root-key", "the root key cannot be read", remedy).because(&error)
    })?;
    if root.public() != *inception.key(Purpose::Root) {
        let what = format!("the root key is not that of `{}`", inception.did());
        return Err(Failure::new(Exit::Error, "root-key", what, remedy));
    }
    Ok(root)
}

fn held(told: &[(String, u64)]) -> Result<BTreeMap<String, u64>, Failure> {
    let held: BTreeMap<String, u64> = told.iter().cloned().collect();
    if held.len() != told.len() || held.len() > HELD_MAX {
        return Err(Failure::usage("a corridor is told twice", "give --held once per corridor"));
    }
    Ok(held)
}

fn unloaded(error: &LoadError) -> Failure {
    let exit = match error.code() {
        "zone-in-use" | "signer-unavailable" => Exit::Unavailable,
        _ => Exit::Error,
    };
    Failure::new(exit, error.code(), "the zone's data cannot be opened", error.remedy())
        .because(error)
}

fn refused(error: &RecoverError) -> Failure {
    let (code, remedy) = match error {
        RecoverError::CellPresent => ("cell-present", "start the zone; its cell is not lost"),
        RecoverError::NothingSigned => ("nothing-signed", "start the zone"),
        RecoverError::NotTold { .. } => (
            "held-not-told",
            "ask the peer how many receipts of this zone's lane it holds\n\
             (`mez corridor show` there), and give --held CORRIDOR=COUNT",
        ),
        RecoverError::UnknownCorridor(_) | RecoverError::Behind { .. } => (
            "journal-behind",
            "find the newer data: signing on would contradict what the peer holds",
        ),
        RecoverError::NotOurs(_) => ("journal-refused", "restore the zone's own data"),
        _ => ("recovery", "run `mez doctor --dir DIR` on the folder"),
    };
    Failure::new(Exit::Error, code, "the cell is not made", remedy).because(error)
}

fn rows(made: &[Recovered]) -> Vec<Value> {
    let row = |stream: &Recovered| {
        let mut row = json!({
            "stream": stream.stream,
            "sequence": stream.sequence,
            "root": stream.root,
        });
        if let (Some(held), Value::Object(members)) = (stream.held, &mut row) {
            members.insert("held_by_peer".to_owned(), json!(held));
        }
        row
    };
    made.iter().map(row).collect()
}

/// What was made, on whose word, signed by the root.
fn record(
    made: &[Recovered],
    config: &zone::Config,
    context: &Context<'_>,
    root: &proof::SecretKey,
) -> Result<Canonical, Failure> {
    let created = context.clock.now();
    let document = json!({
        "type": RECORD_TYPE,
        "zone_id": config.inception().zone_id(),
        "inception_sha256": config.inception().digest(),
        "log_key": config.keys.log.public(),
        "streams": rows(made),
        "created": created,
    });
    let signed = sign_document(document, &ProofOptions::assertion(created, root), root);
    let what = "the cell is made, and the record of its recovery is not signed";
    let failure = || Failure::new(Exit::Error, "recovery", what, "keep this message");
    let signed = signed.map_err(|error| failure().because(&error))?;
    Canonical::of_value(&signed).map_err(|error| failure().because(&error))
}

fn answer(made: &[Recovered], record: &Path) -> Answer {
    let dash = |held: Option<u64>| held.map_or_else(|| "-".to_owned(), |held| held.to_string());
    let line = |stream: &Recovered| {
        vec![stream.stream.clone(), stream.sequence.to_string(), dash(stream.held)]
    };
    let lines: Vec<Vec<String>> = made.iter().map(line).collect();
    let mut text = table(&["stream", "last signed", "held by peer"], &lines);
    text.push('\n');
    text.push_str(&pairs(&[
        ("record", record.display().to_string()),
        ("next", "start the zone: `mez serve --dir DIR`".to_owned()),
    ]));
    Answer::done(text, json!({"streams": rows(made), "record": record.display().to_string()}))
}

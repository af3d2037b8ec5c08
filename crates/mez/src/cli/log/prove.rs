//! `mez log prove` and `mez log extends`: proof files from a log's tiles alone.

use std::path::PathBuf;

use canon::Digest;
use proof::note::NOTE_MAX;
use proof::tiles::Reader;
use proof::tlog_proof::TlogProof;
use proof::witness::client::add_checkpoint;
use serde_json::json;

use super::place::failed;
use super::{LogTrust, Place};
use crate::cli::file::{read_up_to, write_new_0644};
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Exit, Failure};

/// Which log, whom to believe, where to write.
#[derive(clap::Args)]
struct Common {
    /// The log: a folder, or the URL of its prefix
    log: String,
    /// Where the proof is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Token for the server, if it wants one
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    trust: LogTrust,
}

/// Which receipt.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// The receipt's sequence, from 0
    #[arg(long, value_name = "N")]
    sequence: u64,
    /// The receipt's `next_root`; the log's entry must be this one
    #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
    next_root: Option<Digest>,
}

/// Which older head.
#[derive(clap::Args)]
pub(crate) struct ExtendsArgs {
    #[command(flatten)]
    common: Common,
    /// The older checkpoint, as it was signed
    #[arg(long, value_name = "FILE")]
    older: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let common = &args.common;
    let place = Place::of(&common.log, common.token.as_ref());
    let note = place.checkpoint()?;
    let head = common.trust.verify(&note)?;
    let sequence = args.sequence;
    if sequence >= head.size() {
        let what = format!("the log has {} entries, none of sequence {sequence}", head.size());
        return Err(Failure::new(Exit::Error, "not-in-log", what, "name one below that"));
    }
    let mut reader = Reader::new(&head, &place);
    let (entry, hashes) = reader.entry(sequence).map_err(|error| failed(&error))?;
    if args.next_root.is_some_and(|expected| expected != entry) {
        let what = format!("entry {sequence} of the log is `{entry}`, not the receipt given");
        let remedy = "keep both: the receipt with its checkpoint is evidence against the log";
        return Err(Failure::new(Exit::Invalid, "not-in-log", what, remedy));
    }
    let proof = TlogProof::new(sequence, hashes, &note);
    write_new_0644(&common.out, &proof.to_bytes())?;
    let text = pairs(&[
        ("log", head.origin().to_owned()),
        ("sequence", sequence.to_string()),
        ("entry", entry.to_string()),
        ("size", head.size().to_string()),
        ("proof", common.out.display().to_string()),
    ]);
    let json = json!({
        "entry": entry,
        "origin": head.origin(),
        "proof": common.out,
        "sequence": sequence,
        "size": head.size(),
    });
    Ok(Answer::done(text, json))
}

pub(super) fn extends(args: &ExtendsArgs) -> Result<Answer, Failure> {
    let common = &args.common;
    let place = Place::of(&common.log, common.token.as_ref());
    let note = place.checkpoint()?;
    let head = common.trust.verify(&note)?;
    let longest = u64::try_from(NOTE_MAX).unwrap_or(u64::MAX) + 1;
    let older = common.trust.verify(&read_up_to(&args.older, longest)?)?;
    let mut reader = Reader::new(&head, &place);
    let proof = reader.extends(&older).map_err(|error| failed(&error))?;
    let file = add_checkpoint(older.size(), &proof, &note).map_err(|error| {
        let what = "the checkpoint cannot be carried in a proof";
        Failure::new(Exit::Error, "malformed", what, "fetch it anew").because(&error)
    })?;
    write_new_0644(&common.out, &file)?;
    let text = pairs(&[
        ("log", head.origin().to_owned()),
        ("from", older.size().to_string()),
        ("to", head.size().to_string()),
        ("proof", common.out.display().to_string()),
    ]);
    let json = json!({
        "from": older.size(),
        "origin": head.origin(),
        "proof": common.out,
        "to": head.size(),
    });
    Ok(Answer::done(text, json))
}

//! `mez regpack snapshot`: all lists of a folder as one document, signed, and compared with the lists.
//!
//! Invariant: `verify` says yes only when every list of the folder, and no other, is the one that was
//! signed, record for record; of a prepared one also that its index is the one made of these lists.

use std::path::PathBuf;

use canon::{Canonical, Digest, Timestamp};
use law::sanctions::prepared::{self, MAGIC, PREPARED_BYTES_MAX, Prepared};
use law::sanctions::snapshot::Snapshot;
use law::sanctions::{List, lists_sha256};
use proof::integrity::{self, ProofOptions};
use serde_json::{Value, json};

use super::lists::{self, Dates};
use crate::cli::screen::pairs;
use crate::cli::vc::read_key;
use crate::cli::{Answer, Context, Exit, Failure, file};

/// What to do with a snapshot.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Put all lists of a folder into one signed document
    Build(BuildArgs),
    /// Put all lists of a folder, indexed, into one signed file that a zone opens at once
    Prepare(BuildArgs),
    /// Compare a signed document or a prepared file with the lists of a folder
    Verify(VerifyArgs),
}

/// Of which lists, and who signs.
#[derive(clap::Args)]
pub(crate) struct BuildArgs {
    /// The folder with the published lists
    #[arg(long, value_name = "DIR")]
    lists: PathBuf,
    /// The key file of the signer (NAME.priv.json)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// When it is said to be signed, YYYY-MM-DDTHH:MM:SSZ; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    created: Option<Timestamp>,
    #[command(flatten)]
    dates: Dates,
}

/// What to compare, and whose signature to demand.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// The signed document
    snapshot: PathBuf,
    /// The folder with the published lists
    #[arg(long, value_name = "DIR")]
    lists: PathBuf,
    /// Who must have signed it: a did:key
    #[arg(long, value_name = "DID")]
    signer: String,
    #[command(flatten)]
    dates: Dates,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Build(args) => build(args, context, false),
            Self::Prepare(args) => build(args, context, true),
            Self::Verify(args) => verify(args, context),
        }
    }
}

fn failed(error: &dyn std::error::Error) -> Failure {
    let what = "the snapshot was not made";
    Failure::new(Exit::Invalid, "snapshot", what, "correct the lists or the key").because(error)
}

fn build(args: &BuildArgs, context: &Context<'_>, prepare: bool) -> Result<Answer, Failure> {
    let key = read_key(&args.key)?;
    let now = context.clock.now();
    let lists = lists::load(&args.lists, &args.dates, now.date())?.lists;
    let snapshot = Snapshot::of(&lists);
    let laid = prepare.then(|| prepared::lay(&lists));
    let document = match &laid {
        Some(laid) => snapshot.document_of(laid),
        None => snapshot.document(),
    };
    let document = document.map_err(|error| failed(&error))?;
    let options = ProofOptions::assertion(args.created.unwrap_or(now), &key.secret);
    let signed = integrity::sign_document(document.value(), &options, &key.secret);
    let signed = signed.map_err(|error| failed(&error))?;
    let bytes = Canonical::of_value(&signed).map_err(|error| failed(&error))?;
    match &laid {
        Some(laid) => {
            let whole = Prepared { document: bytes.bytes(), laid }.bytes();
            file::write_new_0644(&args.out, &whole)?;
        }
        None => file::write_new_0644(&args.out, bytes.bytes())?,
    }
    let entries: usize = lists.iter().map(List::len).sum();
    let text = pairs(&[
        ("snapshot", document.digest().prefixed()),
        ("lists", lists_sha256(&lists).prefixed()),
        ("records", format!("{entries} of {} lists", lists.len())),
        ("on several lists", snapshot.links().len().to_string()),
        ("signer", key.secret.public().did().to_string()),
        ("written", args.out.display().to_string()),
    ]);
    let json = json!({
        "digest_sha256": document.digest(),
        "entries": entries,
        "links": snapshot.links().len(),
        "lists": lists.len(),
        "lists_sha256": lists_sha256(&lists),
        "path": args.out.display().to_string(),
        "signer": key.secret.public().did(),
    });
    Ok(Answer::done(text, json))
}

fn verify(args: &VerifyArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let name = args.snapshot.display().to_string();
    let refused = |what: String| {
        let remedy = "take lists and snapshot from the one who signed them, of one day";
        Failure::new(Exit::Invalid, "snapshot", what, remedy)
    };
    let bytes = file::read_up_to(&args.snapshot, PREPARED_BYTES_MAX as u64)?;
    let prepared = bytes.starts_with(MAGIC).then(|| Prepared::of(&bytes)).transpose();
    let prepared =
        prepared.map_err(|error| refused(format!("`{name}` is refused")).because(&error))?;
    let document = prepared.map_or(&*bytes, |prepared| prepared.document);
    let signed: Value =
        canon::parse_value(document).map_err(|refusal| Failure::refusal(&name, &refusal))?;
    let signers =
        integrity::verify_document(&signed, &integrity::resolve_did_key).map_err(|error| {
            refused(format!("the signature of `{name}` is refused")).because(&error)
        })?;
    let by = |signed: &integrity::SignedBy| signed.key.did().to_string() == args.signer;
    if !signers.iter().any(by) {
        return Err(refused(format!("`{name}` is not signed by {}", args.signer)));
    }
    let lists = lists::load(&args.lists, &args.dates, context.clock.now().date())?.lists;
    let laid = prepared.map(|_| prepared::lay(&lists));
    let own = match &laid {
        Some(laid) => Snapshot::of(&lists).document_of(laid),
        None => Snapshot::of(&lists).document(),
    };
    let own = own.map_err(|error| failed(&error))?;
    let stated = integrity::payload(&signed).map_err(|error| failed(&error))?;
    if own.bytes() != stated.bytes() {
        let mut failure = refused("the lists are not those that were signed".to_owned());
        failure.faults = differing(&stated.value(), &own.value());
        return Err(failure);
    }
    // What was signed for is what these lists give; what lies in the file must be that as well.
    if prepared.map(|prepared| prepared.laid) != laid.as_deref() {
        return Err(refused(format!("`{name}` does not hold the index that was signed")));
    }
    let text = pairs(&[
        ("snapshot", own.digest().prefixed()),
        ("lists", lists_sha256(&lists).prefixed()),
        ("signer", args.signer.clone()),
    ]);
    let json = json!({
        "digest_sha256": own.digest(),
        "lists_sha256": lists_sha256(&lists),
        "signer": args.signer,
        "valid": true,
    });
    Ok(Answer::done(text, json))
}

/// The lists by which two snapshots differ.
fn differing(stated: &Value, own: &Value) -> Vec<crate::cli::failure::Fault> {
    let rows = |document: &Value| -> Vec<(String, Option<Digest>)> {
        let rows = document.get("lists").and_then(Value::as_array).cloned().unwrap_or_default();
        let digest = |row: &Value| Digest::from_hex(row.get("digest_sha256")?.as_str()?).ok();
        let id = |row: &Value| row.get("list_id").and_then(Value::as_str).map(str::to_owned);
        rows.iter().filter_map(|row| Some((id(row)?, digest(row)))).collect()
    };
    let (stated, own) = (rows(stated), rows(own));
    let missing = stated.iter().filter(|row| !own.iter().any(|(id, _)| *id == row.0));
    let missing = missing.map(|(id, _)| format!("list `{id}` is missing"));
    let other = own.iter().filter(|row| !stated.contains(row)).map(|(id, _)| {
        let known = stated.iter().any(|(other, _)| other == id);
        let how = if known { "has other records or another date" } else { "was not signed" };
        format!("list `{id}` {how}")
    });
    missing.chain(other).map(crate::cli::failure::Fault::new).collect()
}

//! `mez verify`: what a stranger does with a file, offline.
//!
//! One kind of file is one module with its judge; what they answer is one [`Finding`]. To add a
//! kind: teach [`Kind`](kind::Kind) to know it, and name its judge in [`judged`].
//!
//! Invariant: no socket is opened without `--resolve`, and where anything is signed, a verdict is VALID only
//! under keys that the caller named.

mod alarm;
mod binding;
mod bundle;
mod certificate;
mod chain;
mod closure;
mod evidence;
mod finding;
mod inception;
mod kind;
mod log;
mod lone;
mod proofs;
pub(crate) mod report;
pub(super) mod sample;
mod zones;

use std::path::PathBuf;

use canon::{Did, Timestamp};
use corridor::LaneReceipt;
use corridor::anchor::Root;
use proof::artifact::bundle::HELD_MAX;

use super::exit::Exit;
use super::failure::Failure;
use super::screen::Answer;
use super::vc::{self, Trust};
use super::{Context, file};
use crate::artifacts::pack::is_packed;
use crate::artifacts::zip::Held;
pub(crate) use chain::told::ChainReport;
use finding::Finding;
use kind::Kind;
pub(crate) use report::Report;

/// Most bytes read: one more than a bundle may have, so that the rule can say so.
const READ_MAX: u64 = HELD_MAX as u64 + 1;

/// What to judge, and whom to believe.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    whole: Option<Whole>,
    /// What to judge: a witness bundle (zip); a credential, an SD-JWT, a presentation, a status list, an inception document, a zone's keys,
    /// a receipt, a cut, a certificate of finality, evidence of equivocation or against a watcher, an alarm about a fork, a binding of a proof, a sample of a zone log (JSON); a checkpoint note, a tlog-proof, a consistency proof (text); `-` for standard input
    #[arg(required = true)]
    file: Option<PathBuf>,
    #[command(flatten)]
    trust: Trust,
    #[command(flatten)]
    beside: vc::Beside,
    /// For a credential: the moment to judge at, YYYY-MM-DDTHH:MM:SSZ; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    as_of: Option<Timestamp>,
    /// For an inclusion proof: the receipt it is about
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// For a consistency proof: the older checkpoint note
    #[arg(long, value_name = "FILE")]
    older: Option<PathBuf>,
    /// For a certificate of finality, or attachments in a bundle: a root of another chain that is trusted, a log's verifier key,
    /// bitcoin:BLOCK:BITS:CONFIRMATIONS, or ethereum:0xBLOCK, a block known to be final
    #[arg(long = "root", value_name = "ROOT", value_parser = root)]
    roots: Vec<Root>,
    /// Check the proofs of a signed document alone: that its keys signed it, not whose they are
    #[arg(long, conflicts_with_all = ["trust", "inception", "as_of"])]
    proof_only: bool,
}

/// What is no single document.
#[derive(clap::Subcommand)]
enum Whole {
    /// Verify a lane from its first receipt, from files, a bundle or a zone
    Chain(Box<chain::Args>),
}

pub(crate) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    if let Some(Whole::Chain(args)) = &args.whole {
        return chain::run(args, context);
    }
    let Some(path) = &args.file else { return Err(Failure::usage("no file is given", "name one")) };
    // Trust that names nobody is a slip of the hand, whatever the file turns out to be.
    let trust = args.trust.dids()?;
    let name = path.display().to_string();
    // A bundle may be longer than what is held.
    if let Some(file) = bundle::open(path).filter(|_| !args.proof_only) {
        nothing_asked(args)?;
        let finding = if is_packed(&file) {
            closure::judge(&file, &args.trust, args.as_of, context)?
        } else {
            undated(args)?;
            bundle::judge(&file, (&trust, &args.roots), &name)?
        };
        return Ok(finding.answer(&name, context.style));
    }
    let bytes = file::read_up_to(path, READ_MAX)?;
    let kind = Kind::of(&bytes);
    let dated = matches!(kind, Some(Kind::Credential | Kind::Presentation | Kind::SdJwt));
    if !dated {
        undated(args)?;
        nothing_asked(args)?;
    }
    if args.proof_only {
        return Ok(proofs::judge(&name, &bytes)?.answer(&name, context.style));
    }
    judged(kind, args, &trust, (&name, &bytes), context)
}

fn root(text: &str) -> Result<Root, &'static str> {
    Root::parse(text)
        .ok_or("is no verifier key, bitcoin:BLOCK:BITS:CONFIRMATIONS or ethereum:0xBLOCK")
}

/// Only a credential is judged at a moment.
fn undated(args: &Args) -> Result<(), Failure> {
    if args.as_of.is_some() {
        let what = "--as-of is for credentials; anything else says itself when it was signed";
        return Err(Failure::usage(what, "leave --as-of out"));
    }
    Ok(())
}

/// What only credentials are held against is not passed over for anything else.
fn nothing_asked(args: &Args) -> Result<(), Failure> {
    if args.trust.asks() || args.beside.asks() {
        let what = "--registry, --schema and --resolve are for credentials";
        return Err(Failure::usage(what, "leave them out"));
    }
    Ok(())
}

fn judged(
    kind: Option<Kind>,
    args: &Args,
    trust: &[Did],
    (name, bytes): (&str, &[u8]),
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let zones = || zones::known(&args.trust, trust);
    let finding: Finding = match kind {
        Some(Kind::Bundle) if is_packed(&Held(bytes)) => {
            closure::judge(&Held(bytes), &args.trust, args.as_of, context)?
        }
        Some(Kind::Bundle) => bundle::judge(&Held(bytes), (trust, &args.roots), name)?,
        Some(Kind::Credential) => {
            let believed = (&args.trust, &args.beside);
            return vc::judge_document(name, bytes, believed, args.as_of, context);
        }
        Some(Kind::Presentation) => {
            let believed = (&args.trust, &args.beside);
            return vc::judge_presentation(bytes, name, believed, args.as_of, context);
        }
        Some(Kind::SdJwt) => {
            let believed = (&args.trust, &args.beside);
            return vc::judge_sdjwt(bytes, believed, args.as_of, context);
        }
        Some(Kind::Inception) => inception::judge(name, bytes, trust)?,
        Some(Kind::Receipt) => lone::receipt(bytes, &zones()?),
        Some(Kind::Accusation) => certificate::accusation(bytes, trust),
        Some(Kind::Certificate) => certificate::judge(bytes, trust, &args.roots),
        Some(Kind::Cut) => lone::cut(bytes, &zones()?),
        Some(Kind::Evidence) => evidence::judge(bytes, trust, &zones()?),
        Some(Kind::Binding) => binding::judge(bytes, trust, &zones()?),
        Some(Kind::Alarm) => alarm::judge(bytes, trust, &zones()?),
        Some(Kind::ZoneKeys) => inception::judge_keys(name, bytes, trust)?,
        Some(Kind::Sample) => sample::judge(name, bytes, trust)?,
        Some(Kind::Note) => log::note(bytes, &zones()?),
        Some(Kind::Inclusion) => log::inclusion(bytes, receipt(args)?.as_ref(), &zones()?),
        Some(Kind::Consistency) => {
            let Some(older) = &args.older else {
                let what = "a consistency proof says nothing without the older checkpoint";
                return Err(Failure::usage(what, "give it with --older FILE"));
            };
            log::consistency(bytes, &file::read_document(older)?, &zones()?)
        }
        Some(Kind::Document) => return Err(unknown(name, bytes)),
        None => return Err(no_kind(name)),
    };
    Ok(finding.answer(name, context.style))
}

/// The receipt beside an inclusion proof.
fn receipt(args: &Args) -> Result<Option<LaneReceipt>, Failure> {
    let Some(path) = &args.receipt else { return Ok(None) };
    let read = LaneReceipt::read(&file::read_document(path)?);
    let what = format!("`{}` is not a lane receipt", path.display());
    let refused = Failure::new(Exit::Invalid, "receipt", what, "give the receipt as it was served");
    read.map(Some).map_err(|error| refused.because(&error))
}

/// A JSON document that is of no kind judged here; broken JSON is named first.
fn unknown(name: &str, bytes: &[u8]) -> Failure {
    if let Err(refusal) = canon::parse_value(bytes) {
        return Failure::refusal(name, &refusal);
    }
    let what = format!("`{name}` is of no type that is judged here");
    let remedy = "see `mez verify --help` for the kinds; --proof-only checks the proofs alone";
    Failure::new(Exit::Unknown, "unknown-kind", what, remedy)
}

fn no_kind(name: &str) -> Failure {
    let what =
        format!("`{name}` is nothing that can be judged: neither a zip, nor JSON, nor a note");
    Failure::new(Exit::Invalid, "unknown-kind", what, "see `mez verify --help` for the kinds")
}

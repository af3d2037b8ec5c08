//! `mez regpack`, `mez licensepack` and `mez lawpack`: packs that travel, written, signed, judged,
//! compared, and brought up to date by deltas.

mod delta;
mod held;
mod import;
mod sign;

use std::path::{Path, PathBuf};

use canon::PackId;
use law::Pack;
use law::records::{Part, changes};
use serde_json::json;

use super::content::{self, ContentArgs};
use super::failure::Failure;
use super::screen::{Answer, pairs, table};
use super::{Context, file};

pub(super) use delta::{ApplyArgs, DeltaArgs, apply, delta};
pub(super) use held::Sort;
pub(super) use sign::{
    Asked, By, SignArgs, VerifyArgs, key_signs, sign, signed, verify, verify_held,
};

/// What to do with a licensepack.
#[derive(clap::Subcommand)]
pub(crate) enum Licensepack {
    /// Write the license types of a jurisdiction, with their regulators and sources
    Build(BuildArgs),
    /// Make a licensepack of a list of license types (CSV or JSON)
    Import(import::Args),
    /// Sign what a licensepack is: kind, jurisdiction, version, day, digest
    Sign(SignArgs),
    /// Check a licensepack: canonical, every record cited; digest, age and signature
    Verify(VerifyArgs),
    /// Name the records in which two licensepacks differ
    Diff(DiffArgs),
    /// Write the difference of two licensepacks as a file
    Delta(DeltaArgs),
    /// Make the newer licensepack of the older one and a delta
    Apply(ApplyArgs),
}

/// Which part to write.
#[derive(clap::Args)]
pub(crate) struct BuildArgs {
    /// The jurisdiction: the name of a folder under packs/
    #[arg(long, value_name = "NAME", value_parser = PackId::parse)]
    jurisdiction: PackId,
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    content: ContentArgs,
}

/// What to compare.
#[derive(clap::Args)]
pub(crate) struct DiffArgs {
    /// The older file
    older: PathBuf,
    /// The newer file
    newer: PathBuf,
}

impl Licensepack {
    /// Runs it.
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let sort = Sort::Part(Part::Licensepack);
        match self {
            Self::Build(args) => build(Part::Licensepack, args),
            Self::Import(args) => import::run(args),
            Self::Sign(args) => sign(sort, args, context),
            Self::Verify(args) => verify(sort, args, context),
            Self::Diff(args) => diff(sort, args),
            Self::Delta(args) => delta(sort, args),
            Self::Apply(args) => apply(sort, args),
        }
    }
}

pub(super) fn build(part: Part, args: &BuildArgs) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let id = &args.jurisdiction;
    let pack = Pack::load(&content, id)
        .map_err(|problems| content::refused(format!("pack `{id}` is refused"), &problems))?;
    let made = part.of(&pack).and_then(|made| Ok((part.read(made.bytes())?, made)));
    let (held, made) = made.map_err(|error| held::refused(part.name(), id.as_str(), &error))?;
    file::write_new_0644(&args.out, made.bytes())?;
    let text = pairs(&[
        (part.name(), made.digest().prefixed()),
        ("as of", pack.as_of().to_string()),
        ("records", held.records.len().to_string()),
        ("written", args.out.display().to_string()),
    ]);
    let json = json!({
        "as_of_date": pack.as_of(),
        "digest_sha256": made.digest(),
        "path": args.out.display().to_string(),
        "records": held.records.len(),
    });
    Ok(Answer::done(text, json))
}

pub(super) fn diff(sort: Sort, args: &DiffArgs) -> Result<Answer, Failure> {
    let (older, newer) = (sort.read(&args.older)?, sort.read(&args.newer)?);
    let found = changes(&older.records, &newer.records);
    let rows: Vec<Vec<String>> =
        found.iter().map(|c| vec![c.change.to_owned(), c.record.clone()]).collect();
    let text = if rows.is_empty() {
        "no record differs\n".to_owned()
    } else {
        table(&["change", "record"], &rows)
    };
    let json = json!({"delta": found, "newer": newer.digest(), "older": older.digest()});
    Ok(Answer::done(text, json))
}

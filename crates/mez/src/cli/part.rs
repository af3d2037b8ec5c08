//! `mez regpack` and `mez licensepack`: parts of a pack written alone, checked and compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use canon::{Date, Digest, PackId};
use law::Pack;
use law::records::{Part, changes};
use serde_json::json;

use super::content::{self, ContentArgs};
use super::failure::{Failure, Fault};
use super::screen::{Answer, pairs, table};
use super::{Context, Exit, file};

/// Largest part, in bytes.
const PART_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What to do with a licensepack.
#[derive(clap::Subcommand)]
pub(crate) enum Licensepack {
    /// Write the license types of a jurisdiction, with their regulators and sources
    Build(BuildArgs),
    /// Check a licensepack: canonical, every record cited, digest and age
    Verify(VerifyArgs),
    /// Name the records in which two licensepacks differ
    Diff(DiffArgs),
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

/// What to check.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// The file
    file: PathBuf,
    /// The digest it must have
    #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
    digest: Option<Digest>,
    /// Fail if it was read more than so many days ago
    #[arg(long, value_name = "DAYS")]
    max_age_days: Option<i64>,
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
        match self {
            Self::Build(args) => build(Part::Licensepack, args),
            Self::Verify(args) => verify(Part::Licensepack, args, context),
            Self::Diff(args) => diff(Part::Licensepack, args),
        }
    }
}

pub(super) fn build(part: Part, args: &BuildArgs) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let id = &args.jurisdiction;
    let pack = Pack::load(&content, id)
        .map_err(|problems| content::refused(format!("pack `{id}` is refused"), &problems))?;
    let made = part.of(&pack).and_then(|made| Ok((part.read(made.bytes())?, made)));
    let ((_, records), made) = made.map_err(|error| refused(part, id.as_str(), &error))?;
    file::write_new_0644(&args.out, made.bytes())?;
    let text = pairs(&[
        (part.name(), made.digest().prefixed()),
        ("as of", pack.as_of().to_string()),
        ("records", records.len().to_string()),
        ("written", args.out.display().to_string()),
    ]);
    let json = json!({
        "as_of_date": pack.as_of(),
        "digest_sha256": made.digest(),
        "path": args.out.display().to_string(),
        "records": records.len(),
    });
    Ok(Answer::done(text, json))
}

pub(super) fn verify(
    part: Part,
    args: &VerifyArgs,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let (digest, as_of, records) = read(part, &args.file)?;
    let age = as_of.days_until(context.clock.now().date());
    let mut faults = Vec::new();
    if let Some(wanted) = args.digest.filter(|wanted| *wanted != digest) {
        faults.push(Fault::new(format!("the digest is {digest}, not {wanted}")));
    }
    if let Some(most) = args.max_age_days.filter(|most| age > *most) {
        faults.push(Fault::new(format!("read {age} days ago, on {as_of}; at most {most} days")));
    }
    if !faults.is_empty() {
        let what = format!("`{}` is refused", args.file.display());
        let mut failure = Failure::new(Exit::Invalid, "part", what, "fetch the current one");
        failure.faults = faults;
        return Err(failure);
    }
    let text = pairs(&[
        (part.name(), digest.prefixed()),
        ("as of", as_of.to_string()),
        ("age in days", age.to_string()),
        ("records", records.len().to_string()),
    ]);
    let json = json!({
        "age_days": age,
        "as_of_date": as_of,
        "digest_sha256": digest,
        "records": records.len(),
        "valid": true,
    });
    Ok(Answer::done(text, json))
}

pub(super) fn diff(part: Part, args: &DiffArgs) -> Result<Answer, Failure> {
    let (older, _, was) = read(part, &args.older)?;
    let (newer, _, is) = read(part, &args.newer)?;
    let found = changes(&was, &is);
    let rows: Vec<Vec<String>> =
        found.iter().map(|c| vec![c.change.to_owned(), c.record.clone()]).collect();
    let text = if rows.is_empty() {
        "no record differs\n".to_owned()
    } else {
        table(&["change", "record"], &rows)
    };
    Ok(Answer::done(text, json!({"delta": found, "newer": newer, "older": older})))
}

type Read = (Digest, Date, BTreeMap<String, Digest>);

fn read(part: Part, path: &Path) -> Result<Read, Failure> {
    let bytes = file::read_up_to(path, PART_BYTES_MAX)?;
    let read = part.read(&bytes);
    let (as_of, records) = read.map_err(|e| refused(part, &path.display().to_string(), &e))?;
    Ok((Digest::of_blob(&bytes), as_of, records))
}

fn refused(part: Part, what: &str, error: &law::records::BadPart) -> Failure {
    let what = format!("`{what}` is no {}", part.name());
    Failure::new(Exit::Invalid, "part", what, "spec/packs.md says what it holds").because(error)
}

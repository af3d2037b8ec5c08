//! `mez artifact`: a folder in which every file is named by what it says.
//!
//! `DIR/<type>/<digest>.<ext>`; the digest is recomputed by the rule of the type whenever a file
//! comes in or is asked about, and the extension is only for people. [`access`] and [`graph`] work
//! over a list of roots, of which such a folder is one kind.

mod access;
mod graph;
mod pack;
mod vouched;

use std::path::{Path, PathBuf};

use canon::Digest;
use clap::Subcommand;
use proof::ArtifactType;
use proof::artifact::{DigestRule, digest_of};
use serde_json::json;

pub(crate) use graph::GraphReport;
pub(crate) use pack::{BundleReport, failure as bundle_failure};
pub(crate) use vouched::Vouched;

use super::failure::Fault;
use super::screen::{Answer, Style, pairs};
use super::{Context, Exit, Failure, file};
use crate::artifacts::{ARTIFACT_MAX, Directory, RootError, fault};

/// Where artifacts lie unless said otherwise.
pub(crate) const DIR: &str = "dist/artifacts";

/// What to do with an artifact.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Put a file into the content-addressed store
    Store(StoreArgs),
    /// Recompute the digest of a stored artifact
    Verify(VerifyArgs),
    /// Put a file into a root: a folder, or a bucket of an S3 service
    Put(access::PutArgs),
    /// Get an artifact from the first root that has it
    Get(access::GetArgs),
    /// Whether everything a document refers to is at hand, and is what it is called
    #[command(subcommand)]
    Graph(graph::Command),
}

/// Where artifacts are looked for.
#[derive(clap::Args)]
struct RootArgs {
    /// Where to look, in this order (repeatable): a folder, a witness bundle, http://…, https://…, s3://BUCKET/PREFIX
    #[arg(long = "root", value_name = "ROOT", default_value = DIR)]
    roots: Vec<String>,
}

/// What to store.
#[derive(clap::Args)]
pub(crate) struct StoreArgs {
    /// The artifact type, which fixes the digest rule: vc, lawpack, schema, blob, …
    #[arg(long = "type", value_name = "TYPE", value_parser = ArtifactType::parse)]
    kind: ArtifactType,
    /// The file to store
    file: PathBuf,
    /// The store
    #[arg(long, value_name = "DIR", default_value = DIR)]
    dir: PathBuf,
}

/// What to look for.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// The artifact type
    #[arg(long = "type", value_name = "TYPE", value_parser = ArtifactType::parse)]
    kind: ArtifactType,
    /// Its digest, 64 lowercase hex digits
    #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
    digest: Digest,
    /// The store
    #[arg(long, value_name = "DIR", default_value = DIR)]
    dir: PathBuf,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Store(args) => store(&args),
            Self::Verify(args) => verify(&args, context.style),
            Self::Put(args) => access::put(&args, context),
            Self::Get(args) => access::get(&args, context),
            Self::Graph(command) => command.run(context),
        }
    }
}

/// An artifact in the store.
pub(crate) struct Stored {
    /// Its digest under the rule of its type.
    pub digest: Digest,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it was there before.
    pub already: bool,
}

fn store(args: &StoreArgs) -> Result<Answer, Failure> {
    let bytes = file::read_up_to(&args.file, ARTIFACT_MAX + 1)?;
    let extension = args.file.extension().and_then(|ext| ext.to_str()).unwrap_or("bin");
    let name = args.file.display().to_string();
    let stored = put(&args.dir, &args.kind, &bytes, extension).map_err(|mut failure| {
        failure.what = format!("`{name}` was not stored: {}", failure.what);
        failure
    })?;
    let state = if stored.already { "already there, checked again" } else { "stored" };
    let text = pairs(&[
        ("type", args.kind.to_string()),
        ("digest", stored.digest.to_string()),
        (state, stored.path.display().to_string()),
    ]);
    let json = json!({
        "already": stored.already,
        "artifact_type": args.kind,
        "byte_length": bytes.len(),
        "digest_sha256": stored.digest,
        "path": stored.path.display().to_string(),
    });
    Ok(Answer::done(text, json))
}

/// Stores an artifact under its digest. One that is there is checked, not replaced.
pub(crate) fn put(
    dir: &Path,
    kind: &ArtifactType,
    bytes: &[u8],
    extension: &str,
) -> Result<Stored, Failure> {
    let rule = DigestRule::of(kind).ok_or_else(|| no_rule(kind))?;
    let refuse = |what: String, fault: &dyn std::error::Error| {
        let remedy = "correct the file; see `mez digest` for the rules of documents";
        Failure::new(Exit::Invalid, "artifact", what, remedy).because(fault)
    };
    if bytes.len() as u64 > ARTIFACT_MAX {
        let what = format!("it is larger than {ARTIFACT_MAX} bytes");
        return Err(Failure::new(Exit::Invalid, "size", what, "store it in parts"));
    }
    let digest = digest_of(kind, bytes)
        .map_err(|fault| refuse(format!("it is not an artifact of type `{kind}`"), &fault))?;
    let plain = extension.bytes().all(|b| b.is_ascii_alphanumeric());
    let extension = if rule.is_document() {
        "json"
    } else if plain {
        extension
    } else {
        "bin"
    };
    if let Some(path) = find(dir, kind, digest)?.into_iter().next() {
        return match check(kind, digest, &path)? {
            None => Ok(Stored { digest, path, already: true }),
            Some(detail) => {
                let what = format!("`{}` is not what it is called", path.display());
                let remedy = "move the damaged file away, then store again";
                let failure = Failure::new(Exit::Invalid, "store-damaged", what, remedy);
                Err(failure.with(Fault::new(detail)))
            }
        };
    }
    let folder = dir.join(kind.as_str());
    file::make_dir(&folder)?;
    let path = folder.join(format!("{digest}.{extension}"));
    file::write_atomic(&path, bytes)?;
    Ok(Stored { digest, path, already: false })
}

fn no_rule(kind: &ArtifactType) -> Failure {
    let what = format!("artifact type `{kind}` has no digest rule");
    Failure::usage(what, "use a type such as `vc`, `lawpack`, `regpack`, `schema` or `blob`")
}

fn verify(args: &VerifyArgs, style: Style) -> Result<Answer, Failure> {
    DigestRule::of(&args.kind).ok_or_else(|| no_rule(&args.kind))?;
    let paths = find(&args.dir, &args.kind, args.digest)?;
    let mut reasons = Vec::new();
    for path in &paths {
        if let Some(detail) = check(&args.kind, args.digest, path)? {
            reasons.push(format!("{}: {detail}", path.display()));
        }
    }
    let (word, exit) = match (paths.is_empty(), reasons.is_empty()) {
        (true, _) => {
            reasons.push(format!("no such artifact under `{}`", args.dir.display()));
            (style.warn("UNKNOWN"), Exit::Unknown)
        }
        (false, true) => (style.good("VALID"), Exit::Done),
        (false, false) => (style.bad("INVALID"), Exit::Invalid),
    };
    let mut text = pairs(&[
        ("verdict", word),
        ("type", args.kind.to_string()),
        ("digest", args.digest.to_string()),
    ]);
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    for path in &paths {
        text.push_str(&format!("file     {path}\n"));
    }
    for reason in &reasons {
        text.push_str(&format!("  - {reason}\n"));
    }
    let verdict = match exit {
        Exit::Done => "VALID",
        Exit::Unknown => "UNKNOWN",
        _ => "INVALID",
    };
    let json = json!({
        "artifact_type": args.kind,
        "digest_sha256": args.digest,
        "paths": paths,
        "reasons": reasons,
        "verdict": verdict,
    });
    Ok(Answer::done(text, json).ending(exit))
}

/// The files named by a digest, whatever their extension, in order.
fn find(dir: &Path, kind: &ArtifactType, digest: Digest) -> Result<Vec<PathBuf>, Failure> {
    let files = Directory::new(&dir.to_string_lossy()).files(kind, digest);
    files.map_err(|error| Failure::io("read", &dir.join(kind.as_str()), &error))
}

/// What is wrong with a stored file, if anything.
fn check(kind: &ArtifactType, digest: Digest, path: &Path) -> Result<Option<String>, Failure> {
    Ok(fault(kind, digest, &file::read_up_to(path, ARTIFACT_MAX + 1)?))
}

/// A root that is not opened, or does not answer.
fn root_failure(error: &RootError) -> Failure {
    let (exit, code, remedy) = match error {
        RootError::Name(..) | RootError::TooMany => {
            return Failure::usage(error.to_string(), "see `mez artifact get --help` for roots");
        }
        RootError::Broken(..) => {
            (Exit::Invalid, "root-broken", "leave the root out, or get it again from its source")
        }
        RootError::TooLarge(..) => {
            (Exit::Invalid, "size", "leave the root out, or get the artifact another way")
        }
        RootError::Gone(..) => {
            (Exit::Unavailable, "root-gone", "try again, or name another root that has it")
        }
        RootError::Denied(..) => {
            (Exit::Error, "root-denied", "check the access key, its rights and the clock")
        }
        RootError::Busy(_) => (Exit::Again, "busy", "try again in a moment"),
    };
    Failure::new(exit, code, error.to_string(), remedy)
}

//! `mez artifact put` and `get`: one artifact into a root, or out of the first that has it.

use std::io::Write;
use std::path::{Path, PathBuf};

use canon::Digest;
use proof::ArtifactType;
use proof::artifact::{DigestRule, digest_of};
use serde_json::json;

use super::{RootArgs, no_rule, root_failure};
use crate::artifacts::{ARTIFACT_MAX, Bucket, Found, Root, Roots, fault};
use crate::cli::failure::Fault;
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Exit, Failure, file};

/// What to put where.
#[derive(clap::Args)]
pub(crate) struct PutArgs {
    /// The artifact type, which fixes the digest rule: vc, lawpack, schema, blob, …
    #[arg(long = "type", value_name = "TYPE", value_parser = ArtifactType::parse)]
    kind: ArtifactType,
    /// The root: a folder, or s3://BUCKET/PREFIX
    #[arg(long, value_name = "ROOT", default_value = super::DIR)]
    root: String,
    /// The file
    file: PathBuf,
}

/// What to get.
#[derive(clap::Args)]
pub(crate) struct GetArgs {
    /// The artifact type
    #[arg(long = "type", value_name = "TYPE", value_parser = ArtifactType::parse)]
    kind: ArtifactType,
    /// Its digest, 64 lowercase hex digits
    #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
    digest: Digest,
    #[command(flatten)]
    roots: RootArgs,
    /// A new file to write it to; standard output, unless given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn put(args: &PutArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let bytes = file::read_up_to(&args.file, ARTIFACT_MAX + 1)?;
    let (digest, already, place) = if args.root.starts_with("s3://") {
        let bucket = Bucket::open(&args.root, context.clock).map_err(|e| root_failure(&e))?;
        let (digest, already) = put_remote(&bucket, &args.kind, &bytes)?;
        (digest, already, format!("{}/{}/{digest}", args.root.trim_end_matches('/'), args.kind))
    } else if args.root.contains("://") || Path::new(&args.root).is_file() {
        let what = format!("`{}` is only read", args.root);
        return Err(Failure::usage(what, "put into a folder or s3://BUCKET/PREFIX"));
    } else {
        let extension = args.file.extension().and_then(|ext| ext.to_str()).unwrap_or("bin");
        let stored = super::put(Path::new(&args.root), &args.kind, &bytes, extension)?;
        (stored.digest, stored.already, stored.path.display().to_string())
    };
    let state = if already { "already there, checked again" } else { "put" };
    let text = pairs(&[
        ("type", args.kind.to_string()),
        ("digest", digest.to_string()),
        (state, place.clone()),
    ]);
    let json = json!({
        "already": already,
        "artifact_type": args.kind,
        "byte_length": bytes.len(),
        "digest_sha256": digest,
        "place": place,
    });
    Ok(Answer::done(text, json))
}

/// Puts unless it is there; what is there is got and checked.
fn put_remote(
    bucket: &Bucket<'_>,
    kind: &ArtifactType,
    bytes: &[u8],
) -> Result<(Digest, bool), Failure> {
    DigestRule::of(kind).ok_or_else(|| no_rule(kind))?;
    let digest = digest_of(kind, bytes).map_err(|error| {
        let what = format!("it is not an artifact of type `{kind}`");
        let remedy = "correct the file; see `mez digest` for the rules of documents";
        Failure::new(Exit::Invalid, "artifact", what, remedy).because(&error)
    })?;
    if bucket.put(kind, digest, bytes).map_err(|e| root_failure(&e))? {
        return Ok((digest, false));
    }
    let held = bucket.read(kind, digest).map_err(|e| root_failure(&e))?;
    match held.first().map(|bytes| fault(kind, digest, bytes)) {
        Some(None) => Ok((digest, true)),
        Some(Some(detail)) => {
            let what = format!("`{}` has other bytes under {kind}/{digest}", bucket.name());
            let remedy = "have the damaged object removed, then put again";
            let failure = Failure::new(Exit::Invalid, "store-damaged", what, remedy);
            Err(failure.with(Fault::new(detail)))
        }
        None => {
            let what = format!("{kind}/{digest} came and went in `{}`", bucket.name());
            Err(Failure::new(Exit::Again, "busy", what, "try again in a moment"))
        }
    }
}

pub(super) fn get(args: &GetArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    DigestRule::of(&args.kind).ok_or_else(|| no_rule(&args.kind))?;
    let roots = Roots::open(&args.roots.roots, context.clock).map_err(|e| root_failure(&e))?;
    let name = format!("{}/{}", args.kind, args.digest);
    match roots.find(&args.kind, args.digest).map_err(|e| root_failure(&e))? {
        Found::Whole { bytes, root, .. } => deliver(args, &bytes, root, context.json),
        Found::Wrong { reasons, .. } => {
            let what = format!("{name} is nowhere what it is called");
            let remedy = "name another root, or have the damaged copy removed";
            let failure = Failure::new(Exit::Invalid, "store-damaged", what, remedy);
            Err(reasons.into_iter().fold(failure, |failure, why| failure.with(Fault::new(why))))
        }
        Found::Missing => {
            let what = format!("{name} is in none of the roots");
            let remedy = "name another root with --root";
            Err(Failure::new(Exit::Unknown, "missing", what, remedy))
        }
    }
}

fn deliver(args: &GetArgs, bytes: &[u8], root: String, as_json: bool) -> Result<Answer, Failure> {
    let place = args.out.as_ref().map(|out| out.display().to_string());
    let json = json!({
        "artifact_type": args.kind,
        "byte_length": bytes.len(),
        "digest_sha256": args.digest,
        "root": root,
        "written": place,
    });
    if let Some(out) = &args.out {
        file::write_new_0644(out, bytes)?;
        let text = pairs(&[("from", root), ("written", out.display().to_string())]);
        return Ok(Answer::done(text, json));
    }
    if as_json {
        return Err(Failure::usage("the bytes cannot go into the JSON answer", "give --out FILE"));
    }
    let stdout = Path::new("standard output");
    let printed = std::io::stdout().lock().write_all(bytes);
    printed.map_err(|error| Failure::io("write", stdout, &error))?;
    Ok(Answer::done(String::new(), json))
}

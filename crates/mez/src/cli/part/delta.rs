//! `delta` and `apply`: from an older pack to a newer one by what differs.
//!
//! Invariant: `apply` writes the newer pack, of the digest the delta names, or nothing.

use std::path::PathBuf;

use law::delta::{BadDelta, Delta, How};
use serde_json::json;

use super::held::Sort;
use crate::cli::failure::{Failure, Fault};
use crate::cli::screen::pairs;
use crate::cli::{Answer, Exit, file};

/// Largest delta, in bytes.
const DELTA_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Of what, and where to.
#[derive(clap::Args)]
pub(crate) struct DeltaArgs {
    /// The older pack
    older: PathBuf,
    /// The newer pack
    newer: PathBuf,
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What to bring up to date, and how.
#[derive(clap::Args)]
pub(crate) struct ApplyArgs {
    /// The older pack
    older: PathBuf,
    /// The delta that leads on from it
    delta: PathBuf,
    /// The newer pack to write; it must not exist
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

pub(crate) fn delta(sort: Sort, args: &DeltaArgs) -> Result<Answer, Failure> {
    let (older, newer) = (sort.read(&args.older)?, sort.read(&args.newer)?);
    let (was, is) = (&older.statement, &newer.statement);
    if (was.pack_kind, &was.jurisdiction_id, &was.domain)
        != (is.pack_kind, &is.jurisdiction_id, &is.domain)
    {
        let what = format!(
            "`{}` of {} and `{}` of {} are not two states of one pack",
            was.pack_kind.name(),
            was.jurisdiction_id,
            is.pack_kind.name(),
            is.jurisdiction_id
        );
        return Err(Failure::usage(what, "name an older and a newer one of the same"));
    }
    let delta = Delta::between((older.digest(), &older.tree), (newer.digest(), &newer.tree));
    let record = delta.record().map_err(|refusal| Failure::refusal("the delta", &refusal))?;
    file::write_new_0644(&args.out, record.bytes())?;
    let [added, removed, changed] = delta.counts().map(|(_, count)| count);
    let text = pairs(&[
        ("from", older.digest().prefixed()),
        ("to", newer.digest().prefixed()),
        ("added", added.to_string()),
        ("removed", removed.to_string()),
        ("changed", changed.to_string()),
        ("written", args.out.display().to_string()),
    ]);
    let json = json!({
        "added": added,
        "bytes": record.bytes().len(),
        "changed": changed,
        "delta_sha256": record.digest(),
        "from_sha256": older.digest(),
        "path": args.out.display().to_string(),
        "removed": removed,
        "to_sha256": newer.digest(),
    });
    Ok(Answer::done(text, json))
}

pub(crate) fn apply(sort: Sort, args: &ApplyArgs) -> Result<Answer, Failure> {
    let older = sort.read(&args.older)?;
    let shown = args.delta.display().to_string();
    let delta = Delta::parse(&file::read_up_to(&args.delta, DELTA_BYTES_MAX)?);
    let delta = delta.map_err(|error| refused(&shown, &error))?;
    let tree = delta.applied(older.digest(), &older.tree);
    let tree = tree.map_err(|error| refused(&shown, &error))?;
    let (newer, files) = sort.made(&tree)?;
    delta.arrived(newer.digest()).map_err(|error| refused(&shown, &error))?;
    for (name, bytes) in files {
        let path = if name.is_empty() { args.out.clone() } else { args.out.join(name) };
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            file::make_dir(above)?;
        }
        file::write_new_0644(&path, &bytes)?;
    }
    let text = pairs(&[
        ("from", older.digest().prefixed()),
        ("to", newer.digest().prefixed()),
        ("written", args.out.display().to_string()),
    ]);
    let counts = delta.counts().map(|(how, count)| (how, count));
    let of = |wanted: How| counts.iter().find(|(how, _)| *how == wanted).map(|(_, count)| *count);
    let json = json!({
        "added": of(How::Added),
        "changed": of(How::Changed),
        "from_sha256": older.digest(),
        "path": args.out.display().to_string(),
        "removed": of(How::Removed),
        "to_sha256": newer.digest(),
    });
    Ok(Answer::done(text, json))
}

fn refused(shown: &str, error: &BadDelta) -> Failure {
    let remedy = match error {
        BadDelta::From { .. } => "apply it to the pack it was made from",
        _ => "fetch the delta again, or the newer pack as a whole; nothing was written",
    };
    let what = format!("`{shown}` is refused");
    let failure = Failure::new(Exit::Invalid, "delta", what, remedy).because(error);
    match error {
        BadDelta::Record(record) => failure.with(Fault::new(format!("record `{record}`"))),
        _ => failure,
    }
}

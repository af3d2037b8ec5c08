//! `mez migrate`: a store brought to the format of this version, or what that would do.

use std::path::PathBuf;

use serde_json::json;
use store::OpenError;

use super::screen::{Answer, pairs, table};
use super::{Exit, Failure};
use crate::layout::ZoneDir;

/// Which zone.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The zone's folder, `D/<zone>`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; D/<zone>/data/zone.sqlite, unless given
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Say what would be done, and do nothing; the zone may run
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let dir = ZoneDir::at(&args.dir);
    let database = args.database.clone().unwrap_or_else(|| dir.database());
    let before = store::format(&database).map_err(|error| refused(&error))?;
    if before.found > before.known {
        return Err(refused(&OpenError::FormatNewer { found: before.found, known: before.known }));
    }
    if !args.dry_run {
        drop(store::open(&database).map_err(|error| refused(&error))?);
    }
    let done = if args.dry_run { "would be done" } else { "done" };
    let steps: Vec<Vec<String>> = before
        .steps
        .iter()
        .map(|(version, about)| vec![version.to_string(), (*about).to_owned()])
        .collect();
    let mut text = pairs(&[
        ("format found", before.found.to_string()),
        ("format of this version", before.known.to_string()),
        ("steps", format!("{} {done}", steps.len())),
    ]);
    if !steps.is_empty() {
        text.push('\n');
        text.push_str(&table(&["format", "what it adds"], &steps));
    }
    let steps: Vec<_> = before
        .steps
        .iter()
        .map(|(version, about)| json!({ "format": version, "adds": about }))
        .collect();
    let json = json!({
        "found": before.found,
        "known": before.known,
        "steps": steps,
        "dry_run": args.dry_run,
    });
    Ok(Answer::done(text, json))
}

fn refused(error: &OpenError) -> Failure {
    let (exit, code, remedy) = match error {
        OpenError::InUse { .. } => (Exit::Unavailable, "zone-in-use", "stop the zone first"),
        OpenError::FormatNewer { .. } => {
            (Exit::Error, "format-newer", "take the version of `mez` that wrote it, or a newer one")
        }
        _ => (Exit::Error, "store", "check --database"),
    };
    Failure::new(exit, code, "the store is not migrated", remedy).because(error)
}

//! `mez fsck`: a stopped zone's data derived again from their raw entries, every fault located.

use std::path::PathBuf;

use proof::Purpose;
use serde_json::json;
use store::cell::{Cell, CellError};
use store::{OpenError, StoreError};
use zone::{Report, fsck};

use super::screen::{Answer, Style, pairs, table};
use super::{Context, Exit, Failure, archive};
use crate::founding::read_keys;
use crate::layout::ZoneDir;

/// Faults printed for people; `--json` has more.
const SHOWN_MAX: usize = 20;

/// Which zone.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of a stopped zone, `D/<zone>`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; D/<zone>/data/zone.sqlite, unless given
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

pub(crate) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let dir = ZoneDir::at(&args.dir);
    let history = read_keys(&dir).map_err(|error| {
        let what = format!("`{}` is not the folder of a zone", args.dir.display());
        Failure::new(Exit::Error, "zone-folder", what, "check --dir").because(&error)
    })?;
    let history = history.history;
    let key = history.key(Purpose::Log).to_multikey();
    // One that is missing is not made: only a start or `mez key recover` may.
    let there = dir.signer().join(format!("{key}.cell")).exists();
    let cell = there.then(|| Cell::open(&dir.signer(), &key)).transpose();
    let cell = cell.map_err(|error| match error {
        CellError::InUse { .. } => in_use(&error),
        error => Failure::new(Exit::Error, "signer-cell", "the signer's cell", "restore it")
            .because(&error),
    })?;
    let database = args.database.clone().unwrap_or_else(|| dir.database());
    let store = store::open(&database).map_err(|error| match error {
        OpenError::InUse { .. } => in_use(&error),
        error => unread(&error),
    })?;
    let store = archive::through(&dir, store)?;
    let report = fsck(store.as_ref(), &history, cell.as_ref());
    let report = report.map_err(|error: StoreError| unread(&error))?;
    Ok(told(&report, cell.is_some(), context.style))
}

fn in_use(error: &dyn std::error::Error) -> Failure {
    let what = "the zone runs, or another command holds its data";
    Failure::new(Exit::Unavailable, "zone-in-use", what, "stop it first").because(error)
}

fn unread(error: &dyn std::error::Error) -> Failure {
    let what = "the zone's data cannot be read";
    let remedy = "check --database; restore the newest backup if the file is damaged";
    Failure::new(Exit::Error, "store", what, remedy).because(error)
}

fn told(report: &Report, cell: bool, style: Style) -> Answer {
    let sound = report.found == 0;
    let rows: Vec<Vec<String>> = report
        .streams
        .iter()
        .map(|checked| {
            let root = checked.root.map_or_else(|| "-".to_owned(), |root| root.to_string());
            vec![checked.stream.clone(), checked.entries.to_string(), root]
        })
        .collect();
    let verdict = if sound { style.good("sound") } else { style.bad("damaged") };
    let against = if cell { "compared" } else { "missing" };
    let mut text = pairs(&[
        ("verdict", verdict),
        ("faults", report.found.to_string()),
        ("signer's cell", against.to_owned()),
    ]);
    text.push('\n');
    text.push_str(&table(&["stream", "entries", "root"], &rows));
    for fault in report.faults.iter().take(SHOWN_MAX) {
        let at = fault.sequence.map_or_else(String::new, |sequence| format!(" entry {sequence}"));
        text.push_str(&format!("  {}{at}: {} [{}]\n", fault.stream, fault.detail, fault.code));
    }
    if report.found > SHOWN_MAX {
        text.push_str(&format!("  and {} more\n", report.found - SHOWN_MAX));
    }
    let json = json!({
        "sound": sound,
        "cell": cell,
        "streams": report.streams,
        "faults": report.faults,
        "found": report.found,
    });
    Answer::done(text, json).ending(if sound { Exit::Done } else { Exit::Invalid })
}

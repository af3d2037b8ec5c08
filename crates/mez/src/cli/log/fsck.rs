//! `mez log fsck`: every tile derived again from the entries, every difference named.

use proof::tiles::fsck::{Fault, check};
use serde_json::{Value, json};

use super::place::failed;
use super::{LogTrust, Place};
use crate::cli::screen::{Answer, Style, pairs};
use crate::cli::{Exit, Failure};

/// Faults printed for people; `--json` has them all.
const SHOWN_MAX: usize = 20;

/// Which log.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The log: a folder, or the URL of its prefix
    log: String,
    /// Token for the server, if it wants one
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    trust: LogTrust,
}

pub(super) fn run(args: &Args, style: Style) -> Result<Answer, Failure> {
    let place = Place::of(&args.log, args.token.as_ref());
    let head = args.trust.verify(&place.checkpoint()?)?;
    let report = check(&head, &mut &place).map_err(|error| failed(&error))?;
    let sound = report.faults.is_empty();
    let verdict = if sound { style.good("sound") } else { style.bad("damaged") };
    let more = if report.more { " at least" } else { "" };
    let mut text = pairs(&[
        ("log", head.origin().to_owned()),
        ("verdict", verdict),
        ("entries", report.entries.to_string()),
        ("root", head.root().to_string()),
        ("files", report.files.to_string()),
        ("faults", format!("{}{more}", report.faults.len())),
    ]);
    for fault in report.faults.iter().take(SHOWN_MAX) {
        text.push_str(&format!("  {fault} [{}]\n", fault.code()));
    }
    if report.faults.len() > SHOWN_MAX {
        text.push_str(&format!("  and {} more\n", report.faults.len() - SHOWN_MAX));
    }
    let json = json!({
        "entries": report.entries,
        "faults": report.faults.iter().map(fault_json).collect::<Vec<_>>(),
        "files": report.files,
        "more": report.more,
        "origin": head.origin(),
        "root": head.root(),
        "sound": sound,
    });
    Ok(Answer::done(text, json).ending(if sound { Exit::Done } else { Exit::Invalid }))
}

fn fault_json(fault: &Fault) -> Value {
    let mut row = json!({
        "code": fault.code(),
        "detail": fault.to_string(),
        "file": fault.tile().to_string(),
        "offset": fault.offset(),
    });
    if let Some(members) = row.as_object_mut() {
        match fault {
            Fault::Entry { sequence, .. } => {
                members.insert("sequence".to_owned(), json!(sequence));
            }
            Fault::Nodes { first, end, .. } => {
                members.insert("entries".to_owned(), json!({ "from": first, "below": end }));
            }
            _ => {}
        }
        members.retain(|_, value| !value.is_null());
    }
    row
}

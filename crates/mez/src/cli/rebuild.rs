//! `mez rebuild --check`: what follows from other records, derived again and compared.
//!
//! Nothing is written over: of two records that disagree none says which is right. The journal does, and the newest
//! backup.

use serde_json::json;
use zone::{Rebuilt, rebuilt};

use super::decisions::Place;
use super::screen::{Answer, Style, pairs, table};
use super::{Context, Exit, Failure};

/// Differences printed for people; `--json` has more.
const SHOWN_MAX: usize = 20;

/// Which zone.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compare, and write nothing; the only way there is, since no record says which of two that disagree is right
    #[arg(long, required = true)]
    check: bool,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let (dir, store) = args.place.open()?;
    if dir.primitives().exists() {
        let what = "the records of this zone lie at Mass, and are compared whenever they are read";
        let remedy = "`mez fsck` derives what lies here";
        return Err(Failure::new(Exit::Refused, "not-at-mass", what, remedy));
    }
    let told = rebuilt(store.as_ref()).map_err(|error| super::archive::of_the_store(&error))?;
    Ok(answer(&told, context.style))
}

fn answer(told: &Rebuilt, style: Style) -> Answer {
    let agrees = told.found == 0;
    let verdict = if agrees { style.good("agrees") } else { style.bad("differs") };
    let mut text = pairs(&[("verdict", verdict), ("differences", told.found.to_string())]);
    text.push('\n');
    let rows: Vec<Vec<String>> = told
        .derived
        .iter()
        .map(|one| {
            let (records, differences) = (one.records.to_string(), one.differences.to_string());
            vec![one.kind.to_owned(), one.from.to_owned(), records, differences]
        })
        .collect();
    text.push_str(&table(&["what", "derived from", "records", "differences"], &rows));
    for one in told.differences.iter().take(SHOWN_MAX) {
        let (kind, id, member) = (one.kind, &one.id, one.member);
        text.push_str(&format!(
            "  {kind} {id}: {member} is {}, derived {}\n",
            one.kept, one.derived
        ));
    }
    let more = told.found.saturating_sub(SHOWN_MAX as u64);
    if more > 0 {
        text.push_str(&format!("  and {more} more\n"));
    }
    let json = json!({
        "agrees": agrees,
        "derived": told.derived,
        "differences": told.differences,
        "found": told.found,
    });
    Answer::done(text, json).ending(if agrees { Exit::Done } else { Exit::Invalid })
}

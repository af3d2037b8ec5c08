//! `mez archive drop`: files whose retention has ended, given up for good.
//!
//! Invariant: what goes is in the journal, signed, before the first row says so and the first file is removed. Cut short
//! anywhere, the next run writes down again what is left, and goes on.

use std::sync::Arc;

use canon::{Clock, Date, Realm, Timestamp};
use serde_json::json;
use store::Store;
use store::archive::Segment;
use zone::archive::{Ended, FileRef, made_at, put_away, segment_of};
use zone::limits::SEGMENTS_DROPPED_MAX;

use super::{Which, clock, of_the_store, refused, through};
use crate::artifacts::shelf::{Retention, Settings};
use crate::cli::screen::{Answer, pairs, table};
use crate::cli::{Exit, Failure, SystemEntropy};
use crate::founding::read_inception;
use crate::layout::ZoneDir;
use crate::serve::{Loading, TokenError, record_dropped};

/// Last year of a date.
const YEAR_MAX: u32 = 9_999;

/// What is to go.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("earnest").required(true)))]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Say what would go, and give nothing up
    #[arg(long, group = "earnest")]
    dry_run: bool,
    /// Give it up, for good
    #[arg(long, group = "earnest")]
    yes: bool,
}

/// What of a rule's stream goes, or why nothing does.
struct Found {
    rule: Retention,
    segments: Vec<Segment>,
    /// Given up before; a run that was cut short may have left a file.
    gone: Vec<Segment>,
    held_by: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let (dir, clock) = (args.which.folder(), clock()?);
    let Some(settings) = Settings::of(&dir).map_err(|error| refused(&error))? else {
        let remedy = "put entries away first: `mez archive put`";
        return Err(Failure::new(Exit::Error, "archive-missing", "nothing was put away", remedy));
    };
    let store = through(&dir, args.which.store()?)?;
    let today = clock.now().date();
    let (inception, _) = read_inception(&dir).map_err(|error| {
        let what = "the inception of the zone cannot be read";
        Failure::new(Exit::Error, "zone-folder", what, "check --dir").because(&error)
    })?;
    let at_once = settings.retention.iter().any(|rule| rule.years == 0);
    if at_once && inception.realm() == Realm::Production {
        let what = "a retention of 0 years is for a zone of realm sandbox alone";
        return Err(Failure::new(Exit::Error, "archive", what, "set its years in archive.json"));
    }
    let mut found = Vec::new();
    for rule in &settings.retention {
        let hold = settings.holds.iter().find(|hold| hold.stream == rule.stream);
        let away = put_away(store.as_ref(), &rule.stream).map_err(|error| of_the_store(&error))?;
        let (gone, here): (Vec<_>, Vec<_>) =
            away.into_iter().partition(|segment| segment.dropped.is_some());
        let segments = match hold {
            Some(_) => Vec::new(),
            None => over(store.as_ref(), (rule, here), today)?,
        };
        let held_by = hold.map(|hold| format!("hold {}: {}", hold.id, hold.reason));
        found.push(Found { rule: rule.clone(), segments, gone, held_by });
    }
    let ended: Vec<Ended> =
        found.iter().filter(|found| !found.segments.is_empty()).map(ended).collect();
    if args.yes {
        // The zone takes store and cell while it writes.
        std::mem::drop(store);
        give_up(args, (&dir, &settings), (&found, &ended), &clock)?;
    }
    Ok(told(args, &found))
}

fn give_up(
    args: &Args,
    (dir, settings): (&ZoneDir, &Settings),
    (found, ended): (&[Found], &[Ended]),
    clock: &Arc<dyn Clock>,
) -> Result<(), Failure> {
    if !ended.is_empty() {
        let loading = Loading {
            dir,
            database: args.which.database.clone(),
            store: None,
            sanctions: None,
            url: String::new(),
        };
        record_dropped(&loading, ended, (Arc::clone(clock), Arc::new(SystemEntropy)))
            .map_err(|error| unrecorded(&error))?;
    }
    let shelf = settings.shelf(dir, clock).map_err(|error| refused(&error.into()))?;
    let store = args.which.store()?;
    for found in found {
        for segment in &found.segments {
            let (stream, at) = (segment.stream.as_str(), clock.now().unix());
            store.give_up(stream, segment.first, at).map_err(|error| of_the_store(&error))?;
        }
        for segment in found.gone.iter().chain(&found.segments) {
            shelf.remove(segment.file).map_err(|error| {
                let what = format!("the file {} is not removed", segment.file);
                let remedy = "run it again when the archive answers";
                Failure::new(Exit::Unavailable, "archive-gone", what, remedy).because(&error)
            })?;
        }
    }
    Ok(())
}

fn ended(found: &Found) -> Ended {
    let file = |segment: &Segment| FileRef { first: segment.first, file_sha256: segment.file };
    let Retention { stream, years, act, section, .. } = found.rule.clone();
    Ended { stream, years, act, section, files: found.segments.iter().map(file).collect() }
}

/// Segments whose last entry is older than the rule asks; at most as many as one record tells.
fn over(
    store: &dyn Store,
    (rule, here): (&Retention, Vec<Segment>),
    today: Date,
) -> Result<Vec<Segment>, Failure> {
    let mut over = Vec::new();
    for segment in here {
        // Read whole and derived again: what goes is what was kept.
        let file = segment_of(store, &segment.stream, segment.first).map_err(|error| {
            let remedy = "run `mez archive show --check`";
            Failure::new(Exit::Invalid, "archive-altered", error.to_string(), remedy)
        })?;
        let made = made_at(store, &file).map_err(|error| of_the_store(&error))?;
        if !made.is_some_and(|made| has_ended(made, rule.years, today)) {
            break;
        }
        over.push(segment);
        if over.len() == SEGMENTS_DROPPED_MAX {
            break;
        }
    }
    Ok(over)
}

/// Whether so many years have passed: the same day of a later year.
fn has_ended(made: Timestamp, years: u32, today: Date) -> bool {
    let text = made.date().to_string();
    let Some((year, rest)) = text.split_once('-') else { return false };
    let year: Option<u32> = year.parse().ok();
    let end = year.map(|year| year.saturating_add(years)).filter(|year| *year <= YEAR_MAX);
    end.is_some_and(|year| format!("{year:04}-{rest}") <= today.to_string())
}

fn unrecorded(error: &TokenError) -> Failure {
    let (code, remedy) = (error.code(), "nothing was given up; run `mez doctor --dir DIR`");
    Failure::new(Exit::Error, code, "the zone does not write down what would go", remedy)
        .because(error)
}

fn told(args: &Args, found: &[Found]) -> Answer {
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|found| {
            let rule = &found.rule;
            let kept = format!("{} years, {}, section {}", rule.years, rule.act, rule.section);
            let held = found.held_by.clone().unwrap_or_default();
            vec![rule.stream.clone(), kept, found.segments.len().to_string(), held]
        })
        .collect();
    let segments: usize = found.iter().map(|found| found.segments.len()).sum();
    let word = if args.yes { "given up" } else { "would be given up" };
    let mut text = pairs(&[("segments", format!("{segments} {word}"))]);
    text.push('\n');
    text.push_str(&table(&["stream", "kept", "segments", "held by"], &rows));
    let rules: Vec<_> = found
        .iter()
        .map(|found| json!({ "rule": found.rule, "ended": ended(found), "held_by": found.held_by }))
        .collect();
    let json = json!({ "dry_run": args.dry_run, "segments": segments, "rules": rules });
    Answer::done(text, json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_ends_on_the_same_day_of_a_later_year() {
        let made = Timestamp::parse("2016-02-29T23:59:59Z").unwrap();
        let on = |day: &str, years| has_ended(made, years, Date::parse(day).unwrap());
        assert!(!on("2026-02-28", 10));
        assert!(on("2026-03-01", 10));
        assert!(on("2016-02-29", 0));
        assert!(!on("2016-02-28", 0));
        assert!(!on("9999-12-31", u32::MAX));
    }
}

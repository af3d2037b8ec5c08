//! `mez regpack screen`: many names against the lists of a folder, one answer a line.
//!
//! Invariant: every line that is not blank gets exactly one answer, in order. A line that cannot be
//! read is answered with an error that names it; the others are screened all the same, and the
//! process ends with 6.

use std::path::{Path, PathBuf};

use canon::Date;
use law::sanctions::{
    Birth, Hit, Identifier, Outcome, Query, Reason, Scheme, Screener, Screening, SubjectKind,
    Thresholds, Unscreened,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lists::{self, Dates};
use crate::cli::{Answer, Context, Exit, Failure, file};

/// Largest batch read, in bytes.
const BATCH_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Most threads that screen at a time.
const THREADS_MAX: usize = 16;

/// Whom to screen, and against what.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder with the published lists, or a prepared snapshot of them
    #[arg(long, value_name = "DIR|FILE")]
    lists: PathBuf,
    /// Who must have signed the prepared snapshot: a did:key
    #[arg(long, value_name = "DID")]
    signer: Option<String>,
    /// JSON Lines, one subject each: {"name": "…"}, optionally with names, identifiers, birth,
    /// country and kind; `-` for standard input
    #[arg(long, value_name = "FILE")]
    batch: PathBuf,
    /// Basis points from which a name is a match
    #[arg(long, value_name = "BP")]
    threshold: Option<u32>,
    #[command(flatten)]
    dates: Dates,
}

/// One line of the batch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    /// Given back as it came.
    #[serde(default)]
    id: Option<Value>,
    name: String,
    /// Further names.
    #[serde(default, alias = "aliases")]
    names: Vec<String>,
    #[serde(default)]
    identifiers: Vec<Asked>,
    #[serde(default, alias = "birth_date", alias = "date_of_birth")]
    birth: Option<Birth>,
    #[serde(default)]
    kind: Option<SubjectKind>,
    /// Country that issued the identifiers which do not name one.
    #[serde(default)]
    country: Option<Box<str>>,
}

/// An identifier of a subject; its kind need not be known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default = "other", alias = "type")]
    scheme: Scheme,
    #[serde(alias = "number")]
    value: Box<str>,
    #[serde(default)]
    country: Option<Box<str>>,
}

const fn other() -> Scheme {
    Scheme::Other
}

/// One line of the answer.
#[derive(Debug, Serialize)]
struct Line {
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unscreened: Option<Unscreened>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refused>,
    matches: Vec<Match>,
}

/// Why a line was not screened.
#[derive(Debug, Serialize)]
struct Refused {
    code: &'static str,
    message: String,
}

/// One entry a subject may be.
#[derive(Debug, Serialize)]
struct Match {
    list: String,
    /// The publisher's own record number.
    entry: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// How far what is compared agrees, 0–10000.
    score: u32,
    /// How much what agrees tells one bearer from others, ten for each halving.
    discriminating: u32,
    why: Vec<Reason>,
}

impl From<Hit> for Match {
    fn from(hit: Hit) -> Self {
        let Hit { list, entry, reference, score_bp, told, why, .. } = hit;
        Self { list, entry, reference, score: score_bp, discriminating: told, why }
    }
}

/// Screens a batch.
pub(super) fn screen(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let thresholds = match args.threshold {
        None => Thresholds::default(),
        Some(bp) => Thresholds::new(bp).map_err(|error| {
            Failure::usage("the threshold is refused", "give 7000 to 9700").because(&error)
        })?,
    };
    let batch = read(&args.batch)?;
    let today = context.clock.now().date();
    let screener = match (&args.signer, args.lists.is_file()) {
        (None, false) => {
            Screener::build(lists::load(&args.lists, &args.dates, today)?.lists, thresholds)
        }
        (Some(signer), true) => lists::open_prepared(&args.lists, signer, thresholds, today)?,
        (None, true) => {
            let what = "a prepared snapshot is opened for the one who signed it";
            return Err(Failure::usage(what, "give --signer DID"));
        }
        (Some(_), false) => {
            let what = "published files have no signer";
            return Err(Failure::usage(what, "give --lists FILE, or leave --signer out"));
        }
    };
    let answers = answer(&screener, &batch, today);
    let refused = answers.iter().filter(|line| line.error.is_some()).count();
    let mut text = Vec::new();
    for line in &answers {
        if context.json {
            serde_json::to_writer(&mut text, line).map_err(|error| {
                let remedy = "report this";
                Failure::new(Exit::Error, "json", "an answer was not written", remedy)
                    .because(&error)
            })?;
            text.push(b'\n');
        } else {
            text.extend_from_slice(told(line).as_bytes());
        }
    }
    if refused > 0 {
        eprintln!("{refused} of {} lines were not read and not screened", answers.len());
    }
    let exit = if refused > 0 { Exit::Invalid } else { Exit::Done };
    // One JSON document a line: printed here, for an answer is otherwise one document.
    let answer = Answer { exit, text, json: Value::Null };
    if context.json {
        answer.print(false).map_err(|e| Failure::io("write", Path::new("standard output"), &e))?;
    }
    Ok(answer)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = file::read_up_to(path, BATCH_BYTES_MAX as u64 + 1)?;
    if bytes.len() > BATCH_BYTES_MAX {
        let what = format!("`{}` is larger than {BATCH_BYTES_MAX} bytes", path.display());
        return Err(Failure::new(Exit::Invalid, "batch", what, "split it"));
    }
    Ok(bytes)
}

/// The answers, in the order of the lines; blank lines have none.
fn answer(screener: &Screener, batch: &[u8], today: Date) -> Vec<Line> {
    let lines = (1..).zip(batch.split(|byte| *byte == b'\n'));
    let lines: Vec<(usize, &[u8])> =
        lines.filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let share = lines.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = lines
            .chunks(share)
            .map(|part| {
                let one =
                    move |(number, line): &(usize, &[u8])| one(screener, *number, line, today);
                scope.spawn(move || part.iter().map(one).collect::<Vec<Line>>())
            })
            .collect();
        let finished = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        // A thread that panicked panics here too: no line is left out in silence.
        finished.flat_map(|lines| lines.unwrap_or_else(|e| std::panic::resume_unwind(e))).collect()
    })
}

fn one(screener: &Screener, line: usize, text: &[u8], today: Date) -> Line {
    let subject: Subject = match serde_json::from_slice(text) {
        Ok(subject) => subject,
        Err(error) => {
            let message = format!("line {line}: {error}");
            return refused(line, "line-unreadable", message);
        }
    };
    let mut names = vec![subject.name.clone()];
    names.extend(subject.names);
    let identifiers = subject.identifiers.into_iter().map(|asked| Identifier {
        scheme: asked.scheme,
        value: asked.value,
        country: asked.country.or_else(|| subject.country.clone()),
    });
    let screening = screener.screen(&Query {
        names,
        identifiers: identifiers.collect(),
        kind: subject.kind,
        birth: subject.birth,
        as_of: today,
    });
    let Screening { outcome, unscreened, hits, .. } = screening;
    Line {
        line,
        id: subject.id,
        name: Some(subject.name),
        outcome: Some(outcome),
        unscreened,
        error: None,
        matches: hits.into_iter().map(Match::from).collect(),
    }
}

fn refused(line: usize, code: &'static str, message: String) -> Line {
    Line {
        line,
        id: None,
        name: None,
        outcome: None,
        unscreened: None,
        error: Some(Refused { code, message }),
        matches: Vec::new(),
    }
}

/// A line for people: the name and what was found.
fn told(line: &Line) -> String {
    if let Some(error) = &line.error {
        return format!("error: {}\n", error.message);
    }
    let name = line.name.as_deref().unwrap_or_default();
    if line.matches.is_empty() {
        let said = if line.outcome == Some(Outcome::Clear) { "clear" } else { "not screened" };
        return format!("{said}: {name}\n");
    }
    let one = |found: &Match| format!("{} {} {}", found.list, found.entry, found.score);
    let found: Vec<String> = line.matches.iter().map(one).collect();
    format!("match: {name}: {}\n", found.join("; "))
}

//! `mez sweep …`: how far everybody is screened under the lists in force, and seeing it through.
//!
//! Invariant: `resume` ends with 0 only when the zone itself counts everybody who should be screened
//! as screened under the lists in force.

use std::time::Duration;

use serde_json::Value;

use super::status::shown;
use super::{Target, refused};
use crate::cli::failure::Fault;
use crate::cli::screen::{Answer, pairs, table};
use crate::cli::{Context, Exit, Failure};
use crate::client::Client;

/// Questions a second, while a sweep is seen through.
const LOOKS: u64 = 4;
/// Longest a command may wait, in seconds.
const WITHIN_SECS_MAX: u64 = 86_400;
/// Where a zone tells how far entities, and registered persons, are covered.
const COVERAGES: [&str; 2] = ["/coverage", "/persons/coverage"];

/// What can be done with the sweep.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the lists in force, the last sweep, and who is not screened under them
    State {
        #[command(flatten)]
        target: Target,
    },
    /// Go on until everybody is screened under the lists in force, and say how it ended
    ///
    /// The zone takes a sweep up by itself, wherever it was stopped; this sees it through, and
    /// names whoever is left when the time is up.
    Resume {
        /// Seconds after which to end with 75
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        #[arg(value_parser = clap::value_parser!(u64).range(..=WITHIN_SECS_MAX))]
        within: u64,
        #[command(flatten)]
        target: Target,
    },
}

impl Command {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::State { target } => {
                let known = ask(&target.open(context)?)?;
                Ok(Answer::done(told(&known), known))
            }
            Self::Resume { within, target } => resume(&target.open(context)?, *within),
        }
    }
}

fn ask(client: &Client) -> Result<Value, Failure> {
    client.get("/v1/screening").map_err(|error| refused("show its screening", &error))
}

fn resume(client: &Client, within: u64) -> Result<Answer, Failure> {
    let mut known = ask(client)?;
    for _ in 0..within.saturating_mul(LOOKS) {
        if left(&known) == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(1_000 / LOOKS));
        known = ask(client)?;
    }
    if left(&known) == 0 {
        return Ok(Answer::done(told(&known), known));
    }
    let what = format!("{} of {} are not screened", left(&known), count(&known, "should"));
    let remedy = "try again, or see with `mez status` what keeps the zone from writing";
    let mut failure = Failure::new(Exit::Again, "sweep-unfinished", what, remedy);
    let named = uncovered(&known).map(|(id, why)| Fault::new(format!("{id} {why}")));
    failure.faults = named.collect();
    Err(failure)
}

fn count(known: &Value, name: &str) -> u64 {
    let of = |coverage: &str| known.pointer(&format!("{coverage}/{name}")).and_then(Value::as_u64);
    COVERAGES.into_iter().filter_map(of).sum()
}

/// How many should be screened under the lists in force, and are not.
fn left(known: &Value) -> u64 {
    count(known, "should").saturating_sub(count(known, "screened"))
}

/// Whom the zone names as not screened, and how they stand.
fn uncovered(known: &Value) -> impl Iterator<Item = (String, &'static str)> {
    let of = |coverage: &str, name: &str| {
        known.pointer(&format!("{coverage}/{name}")).and_then(Value::as_array)
    };
    let rows = |name, why| {
        let named = COVERAGES.into_iter().filter_map(|coverage| of(coverage, name)).flatten();
        named.map(move |id| (shown(Some(id)), why)).collect::<Vec<_>>()
    };
    let stale = rows("stale", "was screened under other lists");
    stale.into_iter().chain(rows("never", "was never screened"))
}

fn told(known: &Value) -> String {
    let text = |pointer: &str| shown(known.pointer(pointer));
    let covered = format!("{} of {}", count(known, "screened"), count(known, "should"));
    let mut rows = vec![("lists", text("/lists_sha256")), ("screened", covered)];
    if known.get("sweep").is_some_and(Value::is_object) {
        rows.extend([
            ("sweep begun", text("/sweep/begun")),
            ("finished", text("/sweep/finished")),
            ("other outcomes", text("/sweep/changed")),
        ]);
    }
    if known.get("refused").is_some_and(Value::is_string) {
        rows.push(("newer lists refused", text("/refused")));
    }
    let mut out = pairs(&rows);
    let lists = known.get("lists").and_then(Value::as_array).cloned().unwrap_or_default();
    let row = |list: &Value| {
        let names = ["list_id", "entries", "published", "age_days"];
        names.map(|name| shown(list.get(name))).to_vec()
    };
    let lists: Vec<Vec<String>> = lists.iter().map(row).collect();
    out.push('\n');
    out.push_str(&table(&["list", "records", "published", "days old"], &lists));
    let open: Vec<Vec<String>> =
        uncovered(known).map(|(id, why)| vec![id, why.to_owned()]).collect();
    if !open.is_empty() {
        out.push('\n');
        out.push_str(&table(&["not screened", "because it"], &open));
    }
    out
}

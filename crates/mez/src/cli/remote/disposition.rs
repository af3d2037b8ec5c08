//! `mez disposition …`: what two officers decide about a hit, and until when.
//!
//! Invariant: the command decides nothing. Who proposed, who may confirm and what still stands is the
//! zone's word; two officers are two tokens.

use canon::{Date, Digest};
use serde_json::{Value, json};

use super::corridor::Asking;
use super::status::shown;
use super::{Target, refused};
use crate::cli::screen::{Answer, table};
use crate::cli::{Context, Failure};

/// What can be done with decisions about hits.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Propose what a hit is; it counts once another officer confirms it
    Propose(Box<Propose>),
    /// Confirm what another officer proposed
    Confirm {
        /// The proposal, as `propose` and `list` show it
        id: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// List proposals and decisions
    List {
        /// Only those that are: waiting, standing, ended
        #[arg(long, value_name = "STATE")]
        state: Option<State>,
        #[command(flatten)]
        target: Target,
    },
    /// List the decisions that stand today and end within some days: their hits will stand again
    Expire {
        /// How many days ahead
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        within: u32,
        #[command(flatten)]
        target: Target,
    },
}

/// The proposal of one officer.
#[derive(clap::Args)]
pub(crate) struct Propose {
    /// `subject_sha256` of the screening in the decision that met the hit
    #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
    subject: Digest,
    /// The list
    #[arg(long, value_name = "LIST")]
    list: String,
    /// The publisher's record number on it
    #[arg(long, value_name = "RECORD")]
    entry: String,
    /// not-this-subject or this-subject
    #[arg(long)]
    verdict: Verdict,
    /// Why
    #[arg(long)]
    ground: Ground,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// Last day it stands, YYYY-MM-DD; a year ahead at most
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    until: Date,
    #[command(flatten)]
    asking: Asking,
}

/// Who the listed one is.
#[derive(Clone, Copy, Debug, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// Somebody else
    NotThisSubject,
    /// The subject
    ThisSubject,
}

/// What tells them apart, or shows that they are one.
#[derive(Clone, Copy, Debug, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Ground {
    /// Dates of birth
    BirthDiffers,
    /// Identifiers
    IdentifierDiffers,
    /// One is a person, the other is not
    KindDiffers,
    /// Place or nationality
    PlaceDiffers,
    /// Only ordinary words agree
    CommonName,
    /// Documents prove it
    Documents,
}

/// How a decision stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum State {
    /// Nobody confirmed it
    Waiting,
    /// Confirmed, its last day not past
    Standing,
    /// Its last day is past
    Ended,
}

impl State {
    fn of(row: &Value, today: Date) -> Self {
        let until = until(row);
        match row.get("checker") {
            _ if until.is_none_or(|until| today.days_until(until) < 0) => Self::Ended,
            Some(Value::String(_)) => Self::Standing,
            _ => Self::Waiting,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Standing => "standing",
            Self::Ended => "ended",
        }
    }
}

fn until(row: &Value) -> Option<Date> {
    Date::parse(row.pointer("/proposal/until")?.as_str()?).ok()
}

impl Command {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Propose(proposal) => proposal.send(context),
            Self::Confirm { id, asking } => {
                let path = format!("/v1/screening/dispositions/{id}/confirm");
                asking.post(context, "confirm this", &path, &json!({}))
            }
            Self::List { state, target } => {
                let fits = |_: &Value, is: State| state.is_none_or(|wanted| wanted == is);
                list(target, context, fits)
            }
            Self::Expire { within, target } => {
                let today = context.clock.now().date();
                let soon = |row: &Value, is: State| {
                    let left = until(row).map(|until| today.days_until(until));
                    is == State::Standing && left.is_some_and(|left| left <= i64::from(*within))
                };
                list(target, context, soon)
            }
        }
    }
}

impl Propose {
    fn send(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let Self { subject, list, entry, verdict, ground, note, until, asking } = self;
        let body = json!({
            "entry": entry,
            "ground": ground,
            "list": list,
            "note": note,
            "subject_sha256": subject,
            "until": until,
            "verdict": verdict,
        });
        asking.post(context, "take this proposal", "/v1/screening/dispositions", &body)
    }
}

fn list(
    target: &Target,
    context: &Context<'_>,
    fits: impl Fn(&Value, State) -> bool,
) -> Result<Answer, Failure> {
    let client = target.open(context)?;
    let today = context.clock.now().date();
    let all = client
        .list("/v1/screening/dispositions")
        .map_err(|error| refused("list its decisions", &error))?;
    let mut items = Vec::new();
    for mut row in all {
        let state = State::of(&row, today);
        if !fits(&row, state) {
            continue;
        }
        if let Some(members) = row.as_object_mut() {
            members.insert("state".to_owned(), state.word().into());
        }
        items.push(row);
    }
    let text = if items.is_empty() { "none\n".to_owned() } else { told(&items) };
    Ok(Answer::done(text, json!({ "dispositions": items })))
}

fn told(items: &[Value]) -> String {
    let heading =
        ["state", "until", "verdict", "list", "record", "proposed by", "confirmed by", "id"];
    let row = |item: &Value| {
        let text = |pointer: &str| shown(item.pointer(pointer));
        vec![
            text("/state"),
            text("/proposal/until"),
            text("/proposal/verdict"),
            text("/proposal/about/list"),
            text("/proposal/about/entry"),
            text("/proposal/maker"),
            text("/checker"),
            text("/id"),
        ]
    };
    table(&heading, &items.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_waits_for_its_second_officer_stands_and_ends_after_its_last_day() {
        let row = |until: &str, checker: Option<&str>| {
            let proposal = json!({ "until": until });
            json!({ "checker": checker, "proposal": proposal })
        };
        let today = Date::parse("2026-11-21").unwrap();
        for (until, checker, expected) in [
            ("2026-11-21", Some("bob"), State::Standing),
            ("2026-11-20", Some("bob"), State::Ended),
            ("2026-11-21", None, State::Waiting),
            ("2026-11-20", None, State::Ended),
            ("someday", Some("bob"), State::Ended),
        ] {
            assert_eq!(State::of(&row(until, checker), today), expected, "{until} {checker:?}");
        }
    }
}

//! `mez export`: the books, a statement, or who owns an entity, from a running zone into a file that others read.

use std::path::{Path, PathBuf};

use canon::{AccountId, Date, EntityId};
use serde_json::{Value, json};

use super::file::write_new_0644;
use super::remote::{Target, refused};
use super::screen::{Answer, pairs};
use super::{Context, Failure};

/// What is asked of the zone, for people.
const DOING: &str = "export this";

/// Between which days.
#[derive(clap::Args)]
pub(crate) struct Days {
    /// The first day, YYYY-MM-DD; the beginning, unless given
    #[arg(long, value_name = "DAY", value_parser = Date::parse)]
    from: Option<Date>,
    /// The last day, YYYY-MM-DD; today, unless given
    #[arg(long, value_name = "DAY", value_parser = Date::parse)]
    to: Option<Date>,
}

impl Days {
    fn added_to(&self, mut path: String) -> String {
        for (name, day) in [("from_day", self.from), ("to_day", self.to)] {
            if let Some(day) = day {
                let sign = if path.contains('?') { '&' } else { '?' };
                path.push_str(&format!("{sign}{name}={day}"));
            }
        }
        path
    }
}

/// What is exported.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// The books in the syntax of hledger
    Books {
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        to: To,
    },
    /// The statement of an account, all of its entries, as JSON
    Statement {
        /// The account
        #[arg(value_parser = AccountId::parse)]
        account: AccountId,
        /// By which days: booked or effective
        #[arg(long, default_value = "booked", value_parser = ["booked", "effective"])]
        by: String,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        to: To,
    },
    /// Who owns and controls an entity, as statements of the Beneficial Ownership Data Standard
    Ownership {
        /// The entity
        #[arg(value_parser = EntityId::parse)]
        entity: EntityId,
        #[command(flatten)]
        to: To,
    },
}

/// Where it comes from, and where it goes.
#[derive(clap::Args)]
pub(crate) struct To {
    /// Where it is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    target: Target,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Books { days, to } => {
                let path = days.added_to("/v1/fiscal/journal?format=hledger".to_owned());
                let bytes = to.target.open(context)?.fetch_bytes(&path);
                written(&to.out, &bytes.map_err(|error| refused(DOING, &error))?)
            }
            Self::Statement { account, by, days, to } => {
                let path = format!("/v1/fiscal/accounts/{account}/statement?by={by}&limit=200");
                let whole = statement(to, &days.added_to(path), context)?;
                written(&to.out, format!("{whole:#}\n").as_bytes())
            }
            Self::Ownership { entity, to } => {
                let client = to.target.open(context)?;
                let bods = client.fetch_bytes(&format!("/v1/entities/{entity}/bods"));
                written(&to.out, &bods.map_err(|error| refused(DOING, &error))?)
            }
        }
    }
}

/// A statement put together of its pages: the balance it opens with, every entry, the balance it closes with.
fn statement(to: &To, path: &str, context: &Context<'_>) -> Result<Value, Failure> {
    let client = to.target.open(context)?;
    let page = |path: &str| client.get(path).map_err(|error| refused(DOING, &error));
    let mut whole = page(path)?;
    while let Some(next) = whole.as_object_mut().and_then(|whole| whole.remove("next")) {
        let after = next.as_str().unwrap_or_default();
        let mut part = page(&format!("{path}&after={after}"))?;
        let more = part.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take);
        if let Some(items) = whole.get_mut("items").and_then(Value::as_array_mut) {
            items.extend(more.unwrap_or_default());
        }
        let (Some(whole), Some(part)) = (whole.as_object_mut(), part.as_object_mut()) else {
            break;
        };
        whole.extend(["closing", "next"].into_iter().filter_map(|name| part.remove_entry(name)));
    }
    Ok(whole)
}

fn written(out: &Path, bytes: &[u8]) -> Result<Answer, Failure> {
    write_new_0644(out, bytes)?;
    let (file, size) = (out.display().to_string(), bytes.len());
    let rows = [("written", file.clone()), ("bytes", size.to_string())];
    Ok(Answer::done(pairs(&rows), json!({ "file": file, "bytes": size })))
}

//! `mez ownership`: registers of members of a running zone, opened, changed and shown as on any day.

use std::path::PathBuf;

use canon::{Date, EntityId, RecordId};
use serde_json::{Map, Value, json};

use super::remote::corridor::{Asking, document};
use super::remote::status::shown;
use super::remote::{Target, refused};
use super::screen::table;
use super::{Answer, Context, Failure};

/// What to do with registers of members.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Open the register of an entity
    Open {
        /// JSON file with entity_id, classes and, where it is not today, effective
        #[arg(value_name = "FILE")]
        register: PathBuf,
        #[command(flatten)]
        asking: Asking,
    },
    /// Make an entry: enter, issue, transfer, repurchase, split, options, dividends
    Enter {
        /// Whose
        #[arg(value_parser = EntityId::parse)]
        entity: EntityId,
        /// JSON file with the entry
        #[arg(value_name = "FILE")]
        entry: PathBuf,
        /// The day it counts from; today, unless given
        #[arg(long, value_name = "DATE", value_parser = Date::parse)]
        effective: Option<Date>,
        /// The approved proposal it rests on
        #[arg(long, value_name = "ID", value_parser = RecordId::parse)]
        consent: Option<RecordId>,
        #[command(flatten)]
        asking: Asking,
    },
    /// Show the cap table of an entity
    Show {
        /// Whose
        #[arg(value_parser = EntityId::parse)]
        entity: EntityId,
        /// As on which day; today, unless given
        #[arg(long, value_name = "DATE", value_parser = Date::parse)]
        as_of: Option<Date>,
        #[command(flatten)]
        target: Target,
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Open { register, asking } => {
                let (path, body) = ("/v1/ownership/cap-tables", document(&register)?);
                Ok(after(asking.post(context, "open this register", path, &body)?))
            }
            Self::Enter { entity, entry, effective, consent, asking } => {
                let mut body = Map::new();
                body.insert("entry".to_owned(), document(&entry)?);
                body.extend(effective.map(|day| ("effective".to_owned(), json!(day))));
                body.extend(consent.map(|id| ("consent_id".to_owned(), json!(id))));
                let path = format!("/v1/ownership/cap-tables/{entity}/events");
                let body = Value::Object(body);
                Ok(after(asking.post(context, "make this entry", &path, &body)?))
            }
            Self::Show { entity, as_of, target } => {
                let client = target.open(context)?;
                let day = as_of.map(|day| format!("?as_of={day}")).unwrap_or_default();
                let known = client.get(&format!("/v1/ownership/cap-tables/{entity}{day}"));
                let known = known.map_err(|error| refused("show this cap table", &error))?;
                Ok(Answer::done(held(&known), known))
            }
        }
    }
}

/// What a change came to, for people.
fn after(answer: Answer) -> Answer {
    let told = answer.json.get("result").map(held);
    match told {
        Some(text) => Answer { text: text.into_bytes(), ..answer },
        None => answer,
    }
}

fn rows<'a>(at: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    at.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Each class with its totals, then who holds it.
fn held(told: &Value) -> String {
    let heading = ["class", "holder", "shares", "of 10000", "authorized", "set aside"];
    let mut lines = Vec::new();
    for class in rows(told, "classes") {
        let name = shown(class.pointer("/terms/class_id"));
        let of = |name: &str| shown(class.get(name));
        let authorized = shown(class.pointer("/terms/authorized"));
        let whole = [name.clone(), "all".to_owned(), of("issued"), String::new(), authorized];
        lines.push([whole.to_vec(), vec![of("reserved")]].concat());
        for holding in rows(class, "holdings") {
            let of = |name: &str| shown(holding.get(name));
            let row = [name.clone(), of("holder_id"), of("shares"), of("share_bp")];
            lines.push([row.to_vec(), vec![String::new(), String::new()]].concat());
        }
    }
    table(&heading, &lines)
}

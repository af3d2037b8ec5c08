//! `mez identity`: persons of a running zone, shown and forgotten.

use canon::RecordId;
use serde_json::{Value, json};

use super::remote::corridor::Asking;
use super::remote::{Target, refused};
use super::screen::pairs;
use super::{Answer, Context, Exit, Failure};

/// What to do with persons.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show what the zone knows of a person: masked, unless the token may register persons
    Show {
        /// Which
        #[arg(value_parser = RecordId::parse)]
        identity: RecordId,
        #[command(flatten)]
        target: Target,
    },
    /// Forget a person: the key of what is known of them is destroyed, and nobody brings it back
    Erase {
        /// Which
        #[arg(value_parser = RecordId::parse)]
        identity: RecordId,
        /// Said to mean it
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        asking: Asking,
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Show { identity, target } => {
                let client = target.open(context)?;
                let known = client.get(&format!("/v1/identity/{identity}"));
                let known = known.map_err(|error| refused("show this person", &error))?;
                Ok(Answer::done(pairs(&summary(&known)), known))
            }
            Self::Erase { yes: false, .. } => {
                let what = "nobody is forgotten without `--yes`: it cannot be undone";
                Err(Failure::new(Exit::Usage, "not-confirmed", what, "say `--yes`"))
            }
            Self::Erase { identity, asking, .. } => {
                let path = format!("/v1/identity/{identity}/erase");
                let answer = asking.post(context, "forget this person", &path, &json!({}))?;
                let told = answer.json.get("result").map(|person| pairs(&summary(person)));
                Ok(match told {
                    Some(text) => Answer { text: text.into_bytes(), ..answer },
                    None => answer,
                })
            }
        }
    }
}

fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn summary(person: &Value) -> Vec<(&'static str, String)> {
    vec![
        ("identity", text(person, "/identity_id")),
        ("kind", text(person, "/kind")),
        ("standing", text(person, "/standing/state")),
        ("name", text(person, "/particulars/full_name")),
        ("tier", text(person, "/tier")),
        ("until", text(person, "/tier_until")),
    ]
}

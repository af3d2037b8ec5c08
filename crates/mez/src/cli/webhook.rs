//! `mez webhook`: who is told what happens in a running zone.

use canon::RecordId;
use serde_json::{Map, Value, json};

use super::remote::corridor::Asking;
use super::remote::status::shown;
use super::remote::{Target, refused};
use super::screen::{Answer, pairs};
use super::{Context, Failure};

/// What to do with webhooks.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a webhook; its secret is shown this once
    Make {
        /// Where the receiver is: https, or http on this machine beside a zone of realm sandbox
        #[arg(value_name = "URL")]
        receiver: String,
        /// Types of events with commas, or records with `.*`; every type, unless given
        #[arg(long, value_delimiter = ',')]
        types: Vec<String>,
        /// The position of the journal behind which it begins; what happens from now on, unless given
        #[arg(long, value_name = "POSITION")]
        after: Option<u64>,
        #[command(flatten)]
        asking: Asking,
    },
    /// List them, with how far each got
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Show one, with the newest attempts to reach its receiver
    Show {
        /// Which
        #[arg(value_parser = RecordId::parse)]
        id: RecordId,
        #[command(flatten)]
        target: Target,
    },
    /// Give one another secret, shown this once; the one before still signs for a while
    Secret {
        /// Which
        #[arg(value_parser = RecordId::parse)]
        id: RecordId,
        /// Seconds for which the one before still signs; a day, unless given
        #[arg(long, value_name = "SECONDS")]
        overlap: Option<i64>,
        #[command(flatten)]
        asking: Asking,
    },
    /// Send again everything behind a position; a disabled webhook is active again
    Replay {
        /// Which
        #[arg(value_parser = RecordId::parse)]
        id: RecordId,
        /// The position of the journal behind which it begins; its beginning, unless given
        #[arg(long, value_name = "POSITION")]
        after: Option<u64>,
        #[command(flatten)]
        asking: Asking,
    },
    /// Take one back, for good
    End {
        /// Which
        #[arg(value_parser = RecordId::parse)]
        id: RecordId,
        #[command(flatten)]
        target: Target,
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Make { receiver, types, after, asking } => {
                let mut body = json!({ "url": receiver, "types": types });
                given(&mut body, "after", after.map(Value::from));
                Ok(told(asking.post(context, "make this webhook", "/v1/webhooks", &body)?))
            }
            Self::List { target } => {
                let known = target.open(context)?.get("/v1/webhooks?limit=200");
                let known = known.map_err(|error| refused("list webhooks", &error))?;
                let rows = known.get("items").and_then(Value::as_array).into_iter().flatten();
                let text: Vec<String> = rows.map(|row| pairs(&summary(row))).collect();
                Ok(Answer::done(text.join("\n"), known))
            }
            Self::Show { id, target } => show(&id, &target, context),
            Self::Secret { id, overlap, asking } => {
                let mut body = json!({});
                given(&mut body, "overlap_secs", overlap.map(Value::from));
                let path = format!("/v1/webhooks/{id}/secret");
                Ok(told(asking.post(context, "give this webhook another secret", &path, &body)?))
            }
            Self::Replay { id, after, asking } => {
                let mut body = json!({});
                given(&mut body, "after", after.map(Value::from));
                let path = format!("/v1/webhooks/{id}/replay");
                Ok(told(asking.post(context, "replay this webhook", &path, &body)?))
            }
            Self::End { id, target } => {
                let ended = target.open(context)?.delete(&format!("/v1/webhooks/{id}"));
                let ended = ended.map_err(|error| refused("take this webhook back", &error))?;
                Ok(told(Answer::done(String::new(), ended)))
            }
        }
    }
}

fn show(id: &RecordId, target: &Target, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = target.open(context)?;
    let get = |path: &str| client.get(path).map_err(|error| refused("show this webhook", &error));
    let mut known = get(&format!("/v1/webhooks/{id}"))?;
    let attempts = get(&format!("/v1/webhooks/{id}/attempts"))?;
    let mut text = pairs(&summary(&known));
    for attempt in attempts.get("items").and_then(Value::as_array).into_iter().flatten() {
        let at = |name: &str| shown(attempt.get(name));
        let came = if attempt.get("status").is_some() { at("status") } else { at("reason") };
        text.push_str(&format!("{} {} {came}\n", at("at"), at("event_type")));
    }
    given(&mut known, "attempts", attempts.get("items").cloned());
    Ok(Answer::done(text, known))
}

fn given(body: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(value), Some(members)) = (value, body.as_object_mut()) {
        let members: &mut Map<String, Value> = members;
        members.insert(name.to_owned(), value);
    }
}

/// What a change came to, for people.
fn told(answer: Answer) -> Answer {
    let Some(webhook) = answer.json.get("result") else { return answer };
    let mut rows = summary(webhook);
    if let Some(secret) = answer.json.get("secret") {
        rows.push(("secret", shown(Some(secret))));
    }
    Answer { text: pairs(&rows).into_bytes(), ..answer }
}

fn summary(told: &Value) -> Vec<(&'static str, String)> {
    let at = |name: &str| shown(told.get(name));
    let types = told.get("types").and_then(Value::as_array).into_iter().flatten();
    let types: Vec<String> = types.map(|one| shown(Some(one))).collect();
    vec![
        ("webhook", at("webhook_id")),
        ("status", at("status")),
        ("url", at("url")),
        ("types", if types.is_empty() { "all".to_owned() } else { types.join(", ") }),
        ("upto", at("cursor")),
    ]
}

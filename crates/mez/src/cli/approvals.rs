//! `mez approvals`: what awaits a second person, and giving that person's word.

use canon::Digest;
use serde_json::{Value, json};

use super::remote::corridor::Asking;
use super::remote::status::shown;
use super::remote::{Target, refused};
use super::screen::{Answer, table};
use super::{Context, Failure};

/// Approvals asked for at once.
const PAGE: usize = 200;

/// What to do with approvals.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show what was asked for that two persons are needed for, and how it stands
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Let a request through that somebody else made: it is done in your name, exactly as it was asked
    Approve {
        /// Digest of the request, as `list` shows it
        #[arg(value_name = "DIGEST", value_parser = Digest::from_hex)]
        request: Digest,
        #[command(flatten)]
        asking: Asking,
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::List { target } => list(context, &target),
            Self::Approve { request, asking } => {
                let path = format!("/v1/approvals/{request}/approve");
                asking.post(context, "approve this request", &path, &json!({}))
            }
        }
    }
}

fn list(context: &Context<'_>, target: &Target) -> Result<Answer, Failure> {
    let client = target.open(context)?;
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let from = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let page = client.get(&format!("/v1/approvals?limit={PAGE}{from}"));
        let page = page.map_err(|error| refused("show its approvals", &error))?;
        all.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        after = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    let names = ["approval_id", "state", "path", "requested_by", "expires"];
    let row = |item: &Value| names.map(|name| shown(item.get(name))).to_vec();
    let text = match all.is_empty() {
        true => "nothing awaits a second person\n".to_owned(),
        false => table(&names, &all.iter().map(row).collect::<Vec<_>>()),
    };
    Ok(Answer::done(text, json!({ "approvals": all })))
}

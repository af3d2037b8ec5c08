//! `/v1/events` and `/v1/webhooks`: what happened, and who is told.

use canon::RecordId;
use schemars::JsonSchema;
use serde::Deserialize;
use zone::{EventQuery, WebhookAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;
use crate::out::private_address;

/// A webhook to be made.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MakeWebhook")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct MakeWebhookBody {
    /// Where the receiver is: `https`, or `http` on this machine beside a zone of realm sandbox.
    pub(crate) url: String,
    /// Types of events, at most 64, or records with `.*`; every type, where left out.
    pub(crate) types: Option<Vec<String>>,
    /// The position of the journal behind which it begins; what happens from now on, where left out.
    pub(crate) after: Option<u64>,
}

/// Another secret for a webhook.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RenewWebhookSecret")]
pub(crate) struct RenewSecretBody {
    /// Seconds for which the one before still signs, 0 to 604800; a day, where left out.
    pub(crate) overlap_secs: Option<i64>,
}

/// From where on events are sent again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReplayWebhook")]
pub(crate) struct ReplayBody {
    /// The position of the journal behind which it begins; its beginning, where left out.
    pub(crate) after: Option<u64>,
}

fn id(asked: &Asked) -> Result<RecordId, Problem> {
    asked.param("id", RecordId::parse)
}

/// `types`, with commas.
pub(super) fn types(asked: &Asked) -> Vec<String> {
    let given = asked.query.get("types").map(String::as_str).unwrap_or_default();
    given.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

/// What the query asks for.
pub(super) fn query(asked: &Asked) -> Result<EventQuery, Problem> {
    let after = asked.wanted("after", str::parse::<u64>)?;
    Ok(EventQuery::of(&asked.caller()?, &types(asked), after)?)
}

pub(super) fn events(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.events(&query(asked)?, asked.limit()?)?.into())
}

pub(super) fn make(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: WebhookAsk = asked.read()?;
    if let Some(address) = private_address(&wanted.url) {
        return Err(Problem::field("/url", format!("{address} is a private address")));
    }
    Ok(zone.make_webhook(&asked.ask()?, &wanted)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.webhooks(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.webhook(&id(asked)?)?.into())
}

pub(super) fn attempts(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.webhook_attempts(&id(asked)?)?.into())
}

pub(super) fn renew(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let RenewSecretBody { overlap_secs } = asked.read()?;
    Ok(zone.renew_webhook_secret(&asked.ask()?, &id, overlap_secs)?.into())
}

pub(super) fn replay(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let ReplayBody { after } = asked.read()?;
    Ok(zone.replay_webhook(&asked.ask()?, &id, after)?.into())
}

pub(super) fn end(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.end_webhook(&asked.ask()?, &id(asked)?)?.into())
}

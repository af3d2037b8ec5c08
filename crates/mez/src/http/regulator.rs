//! `/v1/regulator`: what a regulator sees of the zone, and the log of it.

use canon::{Date, Digest, JurisdictionId, Timestamp};
use law::{Domain, Kind, Outcome, State};
use schemars::JsonSchema;
use serde::Deserialize;
use zone::{AcknowledgeAsk, Of, Period, PopulationQuery, Split, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// Entries of a sample, unless said.
const SAMPLE_DEFAULT: u64 = 10;

/// What is said when an alert is acknowledged.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcknowledgeAlert")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct AcknowledgeAlertBody {
    /// What is being done about it, of at most 500 characters.
    pub(crate) note: String,
}

/// One of a few words.
fn word<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, String> {
    move |text| parse(text).ok_or_else(|| format!("`{text}` is none of the words known here"))
}

fn outcome(text: &str) -> Option<Outcome> {
    match text {
        "allow" => Some(Outcome::Allow),
        "deny" => Some(Outcome::Deny),
        "error" => Some(Outcome::Error),
        _ => None,
    }
}

fn state(text: &str) -> Option<State> {
    State::ALL.into_iter().find(|state| state.name() == text)
}

/// What is meant, by the parameters of a query.
fn meant(asked: &Asked) -> Result<PopulationQuery, Problem> {
    let text = |name: &str| asked.query.get(name).cloned();
    Ok(PopulationQuery {
        of: asked.wanted("of", word(Of::parse))?.unwrap_or(Of::Entities),
        as_of: asked.wanted("as_of", Date::parse)?,
        known_at: asked.wanted("known_at", Timestamp::parse)?,
        from: asked.wanted("from_day", Date::parse)?,
        to: asked.wanted("to_day", Date::parse)?,
        domain: asked.wanted("domain", word(Domain::parse))?,
        state: asked.wanted("state", word(state))?,
        jurisdiction: asked.wanted("jurisdiction", JurisdictionId::parse)?,
        kind: asked.wanted("kind", word(Kind::parse))?,
        outcome: asked.wanted("outcome", word(outcome))?,
        sort: text("sort"),
        event: text("event"),
        subject: text("subject"),
    })
}

pub(super) fn overview(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.overview(&asked.caller()?, &meant(asked)?)?.into())
}

pub(super) fn population(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let by = asked.wanted("split", |text| text.split(',').map(word(Split::parse)).collect())?;
    let by: Vec<Split> = by.unwrap_or_default();
    Ok(zone.population_figure(&asked.caller()?, &meant(asked)?, &by)?.into())
}

pub(super) fn records(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let after = asked.wanted("after", str::parse::<u64>)?;
    let page = (after, asked.limit()?);
    Ok(zone.population_records(&asked.caller()?, &meant(asked)?, page)?.into())
}

pub(super) fn record(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let subject = asked.param("subject", |text| Ok::<_, String>(text.to_owned()))?;
    Ok(zone.supervised_record(&asked.caller()?, &subject)?.into())
}

pub(super) fn decision(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let sequence = asked.param("sequence", str::parse::<u64>)?;
    Ok(zone.supervised_decision(&asked.caller()?, sequence)?.into())
}

pub(super) fn alerts(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let after = asked.wanted("after", Digest::from_hex)?;
    let rule = asked.query.get("rule").map(String::as_str);
    Ok(zone.alerts(&asked.caller()?, rule, (after.as_ref(), asked.limit()?))?.into())
}

pub(super) fn acknowledge(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let alert = asked.param("alert", Digest::from_hex)?;
    let said: AcknowledgeAsk = asked.read()?;
    Ok(zone.acknowledge_alert(&asked.ask()?, &alert, &said)?.into())
}

pub(super) fn report(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let meant = meant(asked)?;
    let needed = |name: &str| Problem::field(&format!("/query/{name}"), "is needed");
    let from = meant.from.ok_or_else(|| needed("from_day"))?;
    let to = meant.to.ok_or_else(|| needed("to_day"))?;
    let query = PopulationQuery { from: None, to: None, ..meant };
    Ok(zone.report(&asked.caller()?, Period { from, to }, &query)?.into())
}

pub(super) fn sample(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let needed = |name: &str| Problem::field(&format!("/query/{name}"), "is needed");
    let seed = asked.wanted("seed", Digest::from_hex)?.ok_or_else(|| needed("seed"))?;
    let size = asked.wanted("size", str::parse::<u64>)?.ok_or_else(|| needed("size"))?;
    let count = asked.wanted("count", str::parse::<u64>)?.unwrap_or(SAMPLE_DEFAULT);
    Ok(zone.sample(&asked.caller()?, (&seed, count), size)?.into())
}

pub(super) fn log(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let after = asked.wanted("after", str::parse::<u64>)?;
    Ok(zone.views(&asked.caller()?, after, asked.limit()?)?.into())
}

pub(super) fn log_export(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let from = asked.wanted("from", str::parse::<u64>)?.unwrap_or(0);
    Ok(zone.export_views(&asked.caller()?, from)?.into())
}

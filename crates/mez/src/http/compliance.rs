//! `/v1/compliance` and `/v1/decisions`.

use canon::{CorridorId, Date, Digest, EntityId, JurisdictionId, Timestamp};
use law::Domain;
use zone::{ComplianceQuery, DecisionQuery, When, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// Which slice is meant.
fn slice(asked: &Asked) -> Result<ComplianceQuery, Problem> {
    let When { as_of, known_at } = when(asked)?;
    Ok(ComplianceQuery {
        as_of,
        known_at,
        domains: asked.wanted("domains", |text| each(text, domain))?,
        jurisdictions: asked.wanted("jurisdictions", |text| each(text, JurisdictionId::parse))?,
    })
}

fn when(asked: &Asked) -> Result<When, Problem> {
    let as_of = asked.wanted("as_of", Date::parse)?;
    Ok(When { as_of, known_at: asked.wanted("known_at", Timestamp::parse)? })
}

pub(super) fn of_entity(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("entity_id", EntityId::parse)?;
    Ok(zone.compliance_of(&id, &slice(asked)?)?.into())
}

pub(super) fn entity_export(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("entity_id", EntityId::parse)?;
    Ok(zone.export_compliance(&id, &slice(asked)?)?.into())
}

pub(super) fn across(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("entity_id", EntityId::parse)?;
    Ok(zone.compliance_across(&id, when(asked)?)?.into())
}

pub(super) fn of_corridor(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", CorridorId::parse)?;
    Ok(zone.corridor_compliance(&id, when(asked)?)?.into())
}

pub(super) fn corridor_export(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", CorridorId::parse)?;
    Ok(zone.export_corridor_compliance(&id, when(asked)?)?.into())
}

pub(super) fn disclosure(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("entity_id", EntityId::parse)?;
    let domains = asked.wanted("domains", |text| each(text, domain))?;
    Ok(zone.disclose(&id, &domains.unwrap_or_default())?.into())
}

fn domain(text: &str) -> Result<Domain, String> {
    Domain::parse(text).ok_or_else(|| format!("`{text}` is none of the 20 domains"))
}

/// A list with commas; empty text is an empty list.
fn each<T, E>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<Vec<T>, E> {
    text.split(',').filter(|part| !part.is_empty()).map(parse).collect()
}

pub(super) fn decisions(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (_, limit) = asked.page()?;
    let text = |name: &str| asked.query.get(name).cloned();
    let after = asked.wanted("after", str::parse::<u64>)?;
    let (outcome, kind, subject) = (text("outcome"), text("kind"), text("subject"));
    Ok(zone.decisions(&DecisionQuery { after, outcome, kind, subject }, limit)?.into())
}

pub(super) fn decision(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let digest = asked.param("sha256", Digest::from_hex)?;
    Ok(zone.decision(&digest)?.into())
}

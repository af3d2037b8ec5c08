//! `/v1/compliance` and `/v1/decisions`.

use canon::EntityId;
use zone::{DecisionQuery, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

pub(super) fn of_entity(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.compliance_of(&asked.param("entity_id", EntityId::parse)?)?.into())
}

pub(super) fn decisions(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (_, limit) = asked.page()?;
    let text = |name: &str| asked.query.get(name).cloned();
    let after = asked.wanted("after", str::parse::<u64>)?;
    let (outcome, kind, subject) = (text("outcome"), text("kind"), text("subject"));
    Ok(zone.decisions(&DecisionQuery { after, outcome, kind, subject }, limit)?.into())
}

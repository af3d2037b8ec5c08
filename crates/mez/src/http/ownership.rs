//! `/v1/ownership/cap-tables`: who owns what of an entity, since when, and what they are paid.

use canon::{Date, EntityId, RecordId};
use registry::OwnershipEvent;
use registry::ownership::ShareClass;
use schemars::JsonSchema;
use serde::Deserialize;
use zone::{EnterOwnership, OpenCapTable, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// A register of members to be opened.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpenCapTable")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct OpenCapTableBody {
    /// Whose.
    pub(crate) entity_id: EntityId,
    /// The day it counts from; today unless given, never a later one.
    pub(crate) effective: Option<Date>,
    /// Its first classes, 1 to 50.
    #[schemars(length(max = 50))]
    pub(crate) classes: Vec<ShareClass>,
}

/// An entry to be made in a register of members.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EnterOwnership")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct EnterBody {
    /// What happens.
    pub(crate) entry: OwnershipEvent,
    /// The day it counts from; today unless given, never a later one, nor one before the last entry's.
    pub(crate) effective: Option<Date>,
    /// The approved proposal it rests on, where it needs one.
    pub(crate) consent_id: Option<RecordId>,
}

fn entity(asked: &Asked) -> Result<EntityId, Problem> {
    asked.param("entity_id", EntityId::parse)
}

pub(super) fn open(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: OpenCapTable = asked.read()?;
    Ok(zone.open_cap_table(&asked.ask()?, &wanted)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.cap_tables(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let as_of = asked.wanted("as_of", Date::parse)?;
    Ok(zone.cap_table(&entity(asked)?, as_of)?.into())
}

pub(super) fn enter(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = entity(asked)?;
    let wanted: EnterOwnership = asked.read()?;
    Ok(zone.enter_ownership(&asked.ask()?, &id, &wanted)?.into())
}

pub(super) fn entries(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let after = asked.wanted("after", str::parse::<u64>)?;
    let (_, limit) = asked.page()?;
    Ok(zone.cap_table_entries(&entity(asked)?, after, limit)?.into())
}

pub(super) fn dividend(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let dividend = asked.param("dividend_id", RecordId::parse)?;
    Ok(zone.dividend(&entity(asked)?, &dividend)?.into())
}

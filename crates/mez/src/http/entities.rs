//! `/v1/entities`.

use canon::EntityId;
use registry::{Formation, FormationInput};
use serde_json::Value;
use zone::{EntityEventAsk, FormEntity, Refused, Zone};

use super::answer::Answer;
use super::asked::{Asked, read};
use super::bodies::{EntityEventBody, FormEntityBody};
use super::problem::Problem;

pub(super) fn form(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let evidence = asked.read::<FormEntityBody>()?.evidence;
    let mut tree = asked.tree()?;
    if let Value::Object(members) = &mut tree {
        members.remove("evidence");
    }
    let formation = Formation::try_from(read::<FormationInput>(tree)?).map_err(Refused::from)?;
    Ok(zone.form_entity(&asked.ask()?, FormEntity { formation, evidence })?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.entity(&asked.param("id", EntityId::parse)?)?.into())
}

pub(super) fn change(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", EntityId::parse)?;
    let _shape: EntityEventBody = asked.read()?;
    let event: EntityEventAsk = asked.read()?;
    Ok(zone.change_entity(&asked.ask()?, &id, event)?.into())
}

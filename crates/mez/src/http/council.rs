//! `/v1/council`: what the council of the zone votes on.

use canon::{RecordId, Timestamp};
use registry::Operation;
use schemars::JsonSchema;
use serde::Deserialize;
use zone::{CancelConsent, OpenCouncil, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::consent::{DelegateBody, VoteBody};
use super::problem::Problem;

/// Something to be put to the council's vote.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpenCouncilProposal")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct OpenCouncilBody {
    /// What is to be authorised: a stop of one corridor.
    pub(crate) operation: Operation,
    /// In one line, of at most 200 characters.
    pub(crate) title: String,
    /// More of it, of at most 2,000 characters.
    pub(crate) description: Option<String>,
    /// The first second in which nobody votes any more.
    pub(crate) expires: Timestamp,
}

fn id(asked: &Asked) -> Result<RecordId, Problem> {
    asked.param("id", RecordId::parse)
}

pub(super) fn open(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: OpenCouncil = asked.read()?;
    Ok(zone.open_council(&asked.ask()?, &wanted)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.council_proposals(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.council_proposal(&id(asked)?)?.into())
}

pub(super) fn vote(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let VoteBody { ballot } = asked.read()?;
    Ok(zone.vote_in_council(&asked.ask()?, &id, &ballot)?.into())
}

pub(super) fn delegate(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let DelegateBody { delegation } = asked.read()?;
    Ok(zone.delegate_in_council(&asked.ask()?, &id, &delegation)?.into())
}

pub(super) fn cancel(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let why: CancelConsent = asked.read()?;
    Ok(zone.cancel_council(&asked.ask()?, &id, &why)?.into())
}

//! `/v1/consent`: what is put to the vote, and what came of it.

use canon::{EntityId, RecordId, Timestamp};
use registry::Operation;
use registry::consent::{DecisionRule, Voter};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zone::{CancelConsent, OpenConsent, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// A proposal to be opened.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpenConsent")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct OpenConsentBody {
    /// Whose operation.
    pub(crate) entity_id: EntityId,
    /// What is to be authorised.
    pub(crate) operation: Operation,
    /// In one line, of at most 200 characters.
    pub(crate) title: String,
    /// More of it, of at most 2,000 characters.
    pub(crate) description: Option<String>,
    /// Who votes, at most 1,000; left out where a register says it: that of members, or a board with keys to vote with.
    pub(crate) voters: Option<Vec<Voter>>,
    /// When it is carried.
    pub(crate) rule: DecisionRule,
    /// The first second in which nobody votes any more.
    pub(crate) expires: Timestamp,
}

/// A vote to be counted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CastVote")]
pub(crate) struct VoteBody {
    /// A `MEZBallot`, signed by its voter.
    #[schemars(with = "serde_json::Map<String, Value>")]
    pub(crate) ballot: Value,
}

/// A vote to be given to somebody else.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DelegateVote")]
pub(crate) struct DelegateBody {
    /// A `MEZVoteDelegation`, signed by its voter.
    #[schemars(with = "serde_json::Map<String, Value>")]
    pub(crate) delegation: Value,
}

/// Why a proposal is called off.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CancelConsent")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct CancelBody {
    /// In words, at most 500 characters.
    pub(crate) reason: String,
}

fn id(asked: &Asked) -> Result<RecordId, Problem> {
    asked.param("id", RecordId::parse)
}

pub(super) fn open(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: OpenConsent = asked.read()?;
    Ok(zone.open_consent(&asked.ask()?, &wanted)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    let entity = asked.wanted("entity_id", EntityId::parse)?;
    Ok(zone.proposals(entity.as_ref(), after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.proposal(&id(asked)?)?.into())
}

pub(super) fn vote(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let VoteBody { ballot } = asked.read()?;
    Ok(zone.vote(&asked.ask()?, &id, &ballot)?.into())
}

pub(super) fn delegate(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let DelegateBody { delegation } = asked.read()?;
    Ok(zone.delegate_vote(&asked.ask()?, &id, &delegation)?.into())
}

pub(super) fn cancel(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let why: CancelConsent = asked.read()?;
    Ok(zone.cancel_consent(&asked.ask()?, &id, &why)?.into())
}

//! `/v1/trade/flows`: what is sold, shipped and paid, step by step.

use canon::{AccountId, CorridorId, Date, Did, Lei, RecordId, ZoneId};
use corridor::trade::{Act, Address, Archetype};
use schemars::JsonSchema;
use serde::Deserialize;
use zone::{OpenFlow, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// A party of a trade flow.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FlowParty")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct PartyBody {
    /// An entity of this zone, or a party's name in its own.
    pub(crate) party_id: RecordId,
    /// Its zone, where it is another.
    pub(crate) zone_id: Option<ZoneId>,
    /// Its legal name; needed for a party elsewhere.
    pub(crate) name: Option<String>,
    /// ISO 17442.
    pub(crate) lei: Option<Lei>,
    /// Its DID.
    pub(crate) did: Option<Did>,
    /// Its account.
    pub(crate) account_id: Option<AccountId>,
    /// Who acts for it.
    pub(crate) agent_id: Option<RecordId>,
    /// Where it is.
    pub(crate) address: Option<Address>,
}

/// A trade flow to be opened.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpenTradeFlow")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct OpenFlowBody {
    /// What kind of trade.
    pub(crate) flow_type: Archetype,
    /// Who sells.
    pub(crate) seller: PartyBody,
    /// Who buys.
    pub(crate) buyer: PartyBody,
    /// The corridor to the other party's zone, where it is another.
    pub(crate) corridor_id: Option<CorridorId>,
    /// Days from Monday to Friday on which banks are closed, ascending.
    #[serde(default)]
    pub(crate) bank_holidays: Vec<Date>,
}

/// A step to be taken in a trade flow.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ActInTradeFlow")]
pub(crate) struct ActBody {
    /// What is done, by its kind.
    pub(crate) payload: Act,
}

fn flow(asked: &Asked) -> Result<RecordId, Problem> {
    asked.param("id", RecordId::parse)
}

pub(super) fn open(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: OpenFlow = asked.read()?;
    Ok(zone.open_flow(&asked.ask()?, wanted)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.flows(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.flow(&flow(asked)?)?.into())
}

pub(super) fn act(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = flow(asked)?;
    let ActBody { payload } = asked.read()?;
    Ok(zone.act_in_flow(&asked.ask()?, &id, payload)?.into())
}

pub(super) fn transitions(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.flow_transitions(&flow(asked)?)?.into())
}

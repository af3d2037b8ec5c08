//! `/v1/settlement`: plans over signed cuts, consent, and what became of each leg.

use canon::{CorridorId, Digest};
use corridor::netting::{Allowance, Reach};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zone::{InstructAsk, PlanAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::bodies::NothingBody;
use super::problem::Problem;

/// What is to be settled.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ComputeSettlement")]
pub(crate) struct ComputeBody {
    /// Which corridors; every one that has a cut, when none is named.
    #[serde(default)]
    pub(crate) corridor_ids: Vec<CorridorId>,
    /// `debts`, unless given: where legs may go.
    #[serde(default)]
    pub(crate) reach: Option<Reach>,
    /// The most a zone may pay over a corridor, where there is a bound.
    #[serde(default)]
    pub(crate) allowances: Vec<Allowance>,
}

/// A plan this zone consents to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentToPlan")]
pub(crate) struct PlanBody {
    /// `MEZSettlementPlan`.
    pub(crate) plan: Value,
}

/// Why a plan is refused, or a leg is not paid.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SettlementReason")]
pub(crate) struct ReasonBody {
    /// Why, at most 500 bytes.
    pub(crate) reason: String,
}

/// The banks of a leg.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InstructLeg")]
pub(crate) struct InstructBody {
    /// BIC of the payer's bank.
    pub(crate) instructing_bic: String,
    /// BIC of the payee's bank.
    pub(crate) instructed_bic: String,
}

/// That a leg's money is there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConfirmLeg")]
pub(crate) struct ConfirmBody {
    /// The bank's `camt.054.001.08`, as text.
    pub(crate) notification: String,
}

fn plan(asked: &Asked) -> Result<Digest, Problem> {
    asked.param("plan", Digest::from_hex)
}

fn leg(asked: &Asked) -> Result<(Digest, u64), Problem> {
    Ok((plan(asked)?, asked.param("leg", str::parse::<u64>)?))
}

pub(super) fn compute(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let ComputeBody { corridor_ids, reach, allowances } = asked.read()?;
    let ask = PlanAsk { corridor_ids, reach, allowances };
    Ok(zone.draw_settlement(&ask)?.into())
}

pub(super) fn consent(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let PlanBody { plan } = asked.read()?;
    Ok(zone.consent_to_plan(&asked.ask()?, &plan)?.into())
}

pub(super) fn consent_to(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let plan = plan(asked)?;
    let NothingBody {} = asked.read()?;
    Ok(zone.consent_to_known(&asked.ask()?, &plan)?.into())
}

pub(super) fn refuse(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let plan = plan(asked)?;
    let ReasonBody { reason } = asked.read()?;
    Ok(zone.refuse_plan(&asked.ask()?, &plan, &reason)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.settlements(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.settlement(&plan(asked)?)?.into())
}

pub(super) fn instruct(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (plan, number) = leg(asked)?;
    let InstructBody { instructing_bic, instructed_bic } = asked.read()?;
    let banks = InstructAsk { instructing_bic, instructed_bic };
    Ok(zone.instruct_leg(&asked.ask()?, (&plan, number), &banks)?.into())
}

pub(super) fn confirm(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (plan, number) = leg(asked)?;
    let ConfirmBody { notification } = asked.read()?;
    Ok(zone.confirm_leg(&asked.ask()?, (&plan, number), &notification)?.into())
}

pub(super) fn fail(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (plan, number) = leg(asked)?;
    let ReasonBody { reason } = asked.read()?;
    Ok(zone.fail_leg(&asked.ask()?, (&plan, number), &reason)?.into())
}

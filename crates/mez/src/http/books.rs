//! `/v1/fiscal` beyond accounts and payments: statements, the chart, transfers, fees, reversals, the journal.

use canon::{AccountId, Date, EntityId, PaymentId, RecordId};
use registry::fiscal::TransferEvent;
use schemars::JsonSchema;
use serde::Deserialize;
use zone::{Basis, ChartAsk, FeeAsk, ReverseAsk, StatementQuery, TransferAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::bodies::NothingBody;
use super::problem::Problem;
use super::system::TEXT;

/// What a balance is to the zone.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ChartClass")]
pub(crate) enum ClassBody {
    /// What it has; codes that begin with 1.
    Asset,
    /// What it owes; 2.
    Liability,
    /// What is left; 3.
    Equity,
    /// What it earned; 4.
    Income,
    /// What it spent; 5.
    Expense,
}

/// A code to be added to the chart.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChartAccount")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct ChartBody {
    /// 1 to 16 digits, the first of which is the class.
    pub(crate) code: String,
    /// Its name, of at most 100 characters.
    pub(crate) name: String,
    /// Its class.
    pub(crate) class: ClassBody,
}

/// One of several linked movements.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LinkedTransfer")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct LinkedBody {
    /// Account that gives.
    pub(crate) from_account_id: String,
    /// Account that takes.
    pub(crate) to_account_id: String,
    /// Decimal amount.
    pub(crate) amount: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
}

/// Movements that are made all of them or none.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Transfers")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct TransfersBody {
    /// 1 to 16 movements.
    pub(crate) transfers: Vec<LinkedBody>,
    /// What for, as a code word.
    pub(crate) purpose: String,
    /// Until when they are only promised; booked at once without.
    pub(crate) pending_until: Option<String>,
    /// The day they count for, one of the last 366.
    pub(crate) effective: Option<String>,
}

/// What is charged for.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "FeeEvent")]
pub(crate) enum FeeEventBody {
    /// A payment within the zone.
    #[serde(rename = "payment.internal")]
    PaymentInternal,
}

/// A row of the schedule of fees.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fee")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct FeeBody {
    /// What is charged for.
    pub(crate) event: FeeEventBody,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// A fixed part, decimal.
    pub(crate) fixed: Option<String>,
    /// A part in basis points of the amount.
    pub(crate) rate_bp: Option<u32>,
    /// First day in force, today or later.
    pub(crate) from: String,
    /// First day no longer in force.
    pub(crate) until: Option<String>,
}

/// Why something is taken back.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reversal")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct ReverseBody {
    /// Why, of at most 500 characters.
    pub(crate) reason: String,
}

pub(super) fn statement(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", AccountId::parse)?;
    let query = StatementQuery {
        from: asked.wanted("from_day", Date::parse)?,
        to: asked.wanted("to_day", Date::parse)?,
        by: asked.wanted("by", Basis::parse)?.unwrap_or_default(),
    };
    Ok(zone.statement(&id, &query, asked.page()?)?.into())
}

pub(super) fn chart(zone: &Zone, _asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.trial_balance()?.into())
}

pub(super) fn add_code(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let code: ChartAsk = asked.read()?;
    Ok(zone.add_chart_code(&asked.ask()?, &code)?.into())
}

pub(super) fn treasury(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.treasury(&asked.param("entity_id", EntityId::parse)?)?.into())
}

pub(super) fn journal(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    asked.wanted("format", |text| match text {
        "hledger" => Ok(()),
        other => Err(format!("`{other}` is not a format; `hledger` is")),
    })?;
    let from = asked.wanted("from_day", Date::parse)?;
    let to = asked.wanted("to_day", Date::parse)?;
    Ok(Answer::bytes(TEXT, zone.hledger(from, to)?.into_bytes()))
}

pub(super) fn transfer(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: TransferAsk = asked.read()?;
    Ok(zone.transfer(&asked.ask()?, &wanted)?.into())
}

pub(super) fn transfers(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.transfers(after, limit)?.into())
}

fn id(asked: &Asked) -> Result<RecordId, Problem> {
    asked.param("id", RecordId::parse)
}

pub(super) fn transfer_one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.transfer_shown(&id(asked)?)?.into())
}

pub(super) fn post(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    asked.read::<NothingBody>()?;
    Ok(zone.end_transfer(&asked.ask()?, &id, TransferEvent::Post)?.into())
}

pub(super) fn void(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    asked.read::<NothingBody>()?;
    Ok(zone.end_transfer(&asked.ask()?, &id, TransferEvent::Void)?.into())
}

pub(super) fn add_fee(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let fee: FeeAsk = asked.read()?;
    Ok(zone.add_fee(&asked.ask()?, &fee)?.into())
}

pub(super) fn fees(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.fees(after, limit)?.into())
}

pub(super) fn reverse(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", PaymentId::parse)?;
    let why: ReverseAsk = asked.read()?;
    Ok(zone.reverse_payment(&asked.ask()?, &id, &why)?.into())
}

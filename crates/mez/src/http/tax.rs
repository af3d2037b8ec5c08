//! `/v1/tax`: what is withheld of payments, what is owed, and what falls due.

use canon::{Date, EntityId, JurisdictionId, RecordId};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zone::{PrepareReturn, RemitAsk, TaxEventAsk, TaxEvents, TaxPeriod, TaxStatusAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// Evidence of whether somebody files returns.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TaxStatus")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct TaxStatusBody {
    /// Whose.
    pub(crate) entity_id: EntityId,
    /// A credential of an anchored issuer, of type `MEZTaxStatusCredential`.
    pub(crate) credential: Value,
}

/// A taxable event. Whether the counterparty files returns is evidence, and no member.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TaxEvent")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct TaxEventBody {
    /// Who pays, and withholds.
    pub(crate) entity_id: EntityId,
    /// Who is paid, where it is an entity of this zone.
    pub(crate) counterparty_entity_id: Option<EntityId>,
    /// What happened.
    pub(crate) event_type: registry::tax::TaxEventKind,
    /// The whole amount, decimal.
    pub(crate) amount: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// The day, today unless given.
    pub(crate) occurred: Option<String>,
}

/// Tax that is paid over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TaxRemittance")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct RemitBody {
    /// Who collects it, such as `pk-fbr`.
    pub(crate) authority: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// The month of withholding, `YYYY-MM`.
    pub(crate) month: String,
    /// Decimal amount, at most what is owed.
    pub(crate) amount: String,
    /// The authority's own reference of the payment.
    pub(crate) reference: String,
}

/// A return to be prepared.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PrepareReturn")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct PrepareReturnBody {
    /// Who withheld.
    pub(crate) entity_id: EntityId,
    /// A month `YYYY-MM`, or a quarter `YYYY-Qn`.
    pub(crate) period: String,
}

pub(super) fn status(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let stated: TaxStatusAsk = asked.read()?;
    Ok(zone.take_tax_status(&asked.ask()?, &stated)?.into())
}

pub(super) fn record(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let event: TaxEventAsk = asked.read()?;
    Ok(zone.record_tax_event(&asked.ask()?, &event)?.into())
}

pub(super) fn preview(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let event: TaxEventAsk = asked.read()?;
    Ok(zone.preview_tax(&event)?.into())
}

fn id(asked: &Asked) -> Result<RecordId, Problem> {
    asked.param("id", RecordId::parse)
}

pub(super) fn assess(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    asked.read::<super::bodies::NothingBody>()?;
    Ok(zone.assess_tax_event(&asked.ask()?, &id)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.tax_event(&id(asked)?)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    let of = TaxEvents { entity_id: asked.wanted("entity_id", EntityId::parse)? };
    Ok(zone.tax_events(&of, after, limit)?.into())
}

pub(super) fn liabilities(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.tax_liabilities(after, limit)?.into())
}

pub(super) fn remit(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let remitted: RemitAsk = asked.read()?;
    Ok(zone.remit_tax(&asked.ask()?, &remitted)?.into())
}

pub(super) fn calendar(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.tax_calendar(asked.query.get("authority").map(String::as_str))?.into())
}

pub(super) fn rules(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let place = asked.param("jurisdiction_id", JurisdictionId::parse)?;
    Ok(zone.tax_rules(&place)?.into())
}

pub(super) fn tell(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    asked.read::<super::bodies::NothingBody>()?;
    Ok(zone.file_tax_event(&asked.ask()?, &id)?.into())
}

pub(super) fn prepare(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: PrepareReturn = asked.read()?;
    Ok(zone.prepare_return(&asked.ask()?, &wanted)?.into())
}

pub(super) fn file(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    asked.read::<super::bodies::NothingBody>()?;
    Ok(zone.file_return(&asked.ask()?, &id)?.into())
}

pub(super) fn prepared(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.tax_return(&id(asked)?)?.into())
}

pub(super) fn returns(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    let entity = asked.wanted("entity_id", EntityId::parse)?;
    Ok(zone.tax_returns(entity.as_ref(), after, limit)?.into())
}

fn period(asked: &Asked) -> Result<TaxPeriod, Problem> {
    Ok(TaxPeriod {
        entity_id: asked.wanted("entity_id", EntityId::parse)?,
        from: asked.wanted("from_day", Date::parse)?,
        to: asked.wanted("to_day", Date::parse)?,
        tax_year: asked.wanted("tax_year", str::parse::<u16>)?,
    })
}

pub(super) fn report(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.tax_report(&period(asked)?)?.into())
}

pub(super) fn obligations(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let entity_id = Some(asked.param("entity_id", EntityId::parse)?);
    Ok(zone.tax_report(&TaxPeriod { entity_id, ..period(asked)? })?.into())
}

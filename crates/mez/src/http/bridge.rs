//! `/v1/bridge`: asking to be paid, paying over a chain of corridors, and how far each payment is.

use canon::{AccountId, CorridorId, Currency, PaymentId};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zone::{BridgeAsk, InvoiceAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::bodies::NothingBody;
use super::problem::Problem;

/// What somebody here wants to be paid.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "IssueInvoice")]
pub(crate) struct InvoiceBody {
    /// The account that is paid.
    pub(crate) account_id: AccountId,
    /// Decimal amount, e.g. `1000.00`.
    pub(crate) amount: String,
    /// ISO 4217 code.
    pub(crate) currency: Currency,
    /// What for, as a code word.
    pub(crate) purpose: String,
    /// Reference for the payee.
    pub(crate) reference: Option<String>,
    /// For how many seconds it may be paid, at most three days; an hour, unless given.
    pub(crate) valid_secs: Option<i64>,
}

/// An invoice that somebody here pays.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PayInvoice")]
pub(crate) struct TransferBody {
    /// The account that pays.
    pub(crate) from_account_id: AccountId,
    /// `MEZBridgeInvoiceCredential`, as the payee's zone issued it.
    pub(crate) invoice: Value,
    /// The corridors to cross, in order; found where one leads to the payee's zone itself.
    #[schemars(length(min = 1, max = 5))]
    pub(crate) route: Option<Vec<CorridorId>>,
    /// The payer's address and customer number travel with it, to every zone on the way, whether or not law asks for them.
    #[serde(default)]
    pub(crate) travel_rule: bool,
}

fn id(asked: &Asked) -> Result<PaymentId, Problem> {
    asked.param("id", PaymentId::parse)
}

pub(super) fn invoice(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let InvoiceBody { account_id, amount, currency, purpose, reference, valid_secs } =
        asked.read()?;
    let wanted = InvoiceAsk { account_id, amount, currency, purpose, reference, valid_secs };
    Ok(zone.issue_invoice(&asked.ask()?, &wanted)?.into())
}

pub(super) fn pay(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let TransferBody { from_account_id, invoice, route, travel_rule } = asked.read()?;
    let sent = BridgeAsk { from_account_id, invoice, route, travel_rule };
    Ok(zone.pay_bridged(&asked.ask()?, &sent)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.bridged(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.bridged_one(&id(asked)?)?.into())
}

pub(super) fn repair(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let NothingBody {} = asked.read()?;
    Ok(zone.repair_bridged(&asked.ask()?, &id)?.into())
}

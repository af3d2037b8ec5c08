//! Settlement: plans over cuts, consent to them, and their legs.

use canon::{Amount, CorridorId, Currency, Digest, ZoneId};
use corridor::netting::Deferred;
use schemars::JsonSchema;

use super::files;

/// A plan as drawn up; nothing is written.
#[derive(JsonSchema)]
pub(crate) struct PlanDrawn {
    plan: files::SettlementPlan,
    plan_sha256: Digest,
}

/// A plan with its legs.
#[derive(JsonSchema)]
pub(crate) struct Settlement {
    plan_sha256: Digest,
    /// `proposed`, `in_force` or `refused`.
    state: String,
    /// Zones that consented.
    consented: Vec<ZoneId>,
    consent_missing: Vec<ZoneId>,
    /// Cuts it is drawn over, by digest.
    cuts: Vec<Digest>,
    totals: Vec<Totals>,
    legs: Vec<Leg>,
    deferred: Vec<Deferred>,
    /// The `pacs.009.001.08` for the payer's bank, where a leg was instructed just now.
    pacs_009: Option<String>,
}

/// Sums of one currency, decimals.
#[derive(JsonSchema)]
#[schemars(rename = "SettlementTotals")]
struct Totals {
    currency: Currency,
    gross: String,
    net: String,
    settled: String,
    deferred: String,
    /// Confirmed so far.
    paid: String,
    /// Net beside gross, in basis points less.
    reduction_bps: u64,
}

/// One payment between two zones.
#[derive(JsonSchema)]
#[schemars(rename = "SettlementLeg")]
struct Leg {
    number: u64,
    corridor_id: CorridorId,
    payer: ZoneId,
    payee: ZoneId,
    amount: Amount,
    /// `planned`, `instructed`, `confirmed` or `failed`.
    stage: String,
    /// Of the bank's payment, once instructed.
    uetr: Option<String>,
}

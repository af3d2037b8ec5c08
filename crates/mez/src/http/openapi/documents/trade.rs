//! Trade flows and their steps.

use canon::{Amount, CorridorId, Date, Digest, RecordId, Timestamp, ZoneId};
use corridor::trade::{Act, Archetype, Carried, Endorsement, TradeEnd};
use schemars::JsonSchema;

use super::files;

/// A trade flow.
#[derive(JsonSchema)]
pub(crate) struct TradeFlow {
    flow_id: RecordId,
    flow_type: Archetype,
    seller: TradeEnd,
    buyer: TradeEnd,
    /// The corridor between them, where they are of two zones.
    corridor_id: Option<CorridorId>,
    bank_holidays: Vec<Date>,
    /// `Created`, `InvoiceIssued`, …
    state: String,
    transition_count: u64,
    /// Of the last step.
    last_sha256: Digest,
    amount: Option<Amount>,
    /// Paid under a letter of credit.
    honored: Option<Amount>,
    /// Who holds the bill of lading.
    holder: Option<RecordId>,
    endorsements: Vec<Endorsement>,
    /// The step that waits for the other zone's decision.
    pending: Option<String>,
    refused: Option<TurnedDown>,
    /// What can be done next.
    next: Vec<Next>,
    opened_at: Timestamp,
    updated_at: Timestamp,
}

/// The step the other zone refused last.
#[derive(JsonSchema)]
#[schemars(rename = "TradeTurnedDown")]
struct TurnedDown {
    kind: String,
    index: u64,
    reason_code: String,
    at: Timestamp,
}

/// A step that is open.
#[derive(JsonSchema)]
#[schemars(rename = "TradeNext")]
struct Next {
    kind: String,
    /// `seller` or `buyer`.
    side: String,
    zone_id: ZoneId,
}

/// A flow after a step, with the receipt that tells the other zone.
#[derive(JsonSchema)]
pub(crate) struct TradeFlowMoved {
    flow: TradeFlow,
    lane_receipt: Option<files::LaneReceipt>,
}

/// The steps of a flow.
#[derive(JsonSchema)]
pub(crate) struct TradeSteps {
    flow_id: RecordId,
    total: u64,
    transitions: Vec<Taken>,
}

/// A step that was taken.
#[derive(JsonSchema)]
#[schemars(rename = "TradeTaken")]
struct Taken {
    index: u64,
    kind: String,
    side: String,
    by: ZoneId,
    at: Timestamp,
    /// `accepted`, `pending` or `refused`.
    status: String,
    reason_code: Option<String>,
    /// The receipt it travelled in.
    receipt: Option<Carried>,
    sha256: Digest,
    /// The documents it carries.
    transition: Act,
}

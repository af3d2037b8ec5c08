//! Payments over several corridors.

use canon::{CorridorId, PaymentId, Timestamp};
use corridor::bridge::{After, Before, Paid, Phase, ReceiptAt, Returned};
use schemars::JsonSchema;

use super::files;

/// An invoice to be handed to the payer.
#[derive(JsonSchema)]
pub(crate) struct InvoiceIssued {
    transfer_id: PaymentId,
    invoice: files::BridgeInvoice,
}

/// A bridged payment, as far as this zone knows.
#[derive(JsonSchema)]
pub(crate) struct BridgeTransfer {
    /// `MEZBridgeHop`.
    #[serde(rename = "type")]
    type_: String,
    transfer_id: PaymentId,
    phase: Phase,
    /// `payer`, `relay` or `payee`.
    role: String,
    paid: Paid,
    /// When this zone first knew of it.
    begun: Timestamp,
    /// The lock of the zone before; absent at the payer's zone.
    before: Option<Before>,
    /// The lock with the zone after; absent at the payee's zone.
    after: Option<After>,
    /// At the payer's zone, once the payer has the money back.
    returned: Option<Returned>,
    /// What it waits for, in words; absent once it ended.
    missing: Option<String>,
    /// The corridors it takes, where it was begun here.
    route: Option<Vec<CorridorId>>,
    /// The receipts it rests on, where one payment is read.
    evidence: Option<Vec<Rests>>,
}

/// A receipt a bridged payment rests on.
#[derive(JsonSchema)]
#[schemars(rename = "BridgeEvidence")]
struct Rests {
    /// `prepare_before`, `accepted`, `outcome`, …
    what: String,
    at: ReceiptAt,
    receipt: Option<files::LaneReceipt>,
}

/// What the zones beside this one said when they were asked again.
#[derive(JsonSchema)]
pub(crate) struct BridgeRepaired {
    result: BridgeTransfer,
    asked: Vec<Asked>,
}

/// What one of them said.
#[derive(JsonSchema)]
#[schemars(rename = "BridgeAsked")]
struct Asked {
    corridor_id: CorridorId,
    answered: bool,
    /// Receipts taken from it.
    taken: Option<u64>,
    /// Why it did not answer.
    code: Option<String>,
    detail: Option<String>,
}

//! Assets, and what both zones decided of a receipt.

use canon::{CorridorId, Digest, EntityId, RecordId, Timestamp, ZoneId};
use registry::Genesis;
use schemars::JsonSchema;

use super::shared::{LaneRef, ReceiptPlace, RefusalRef};
use crate::http::answer::documents::Compliance;

/// An asset: its genesis, where it is, who holds it.
#[derive(JsonSchema)]
pub(crate) struct Asset {
    asset_id: Digest,
    genesis: Genesis,
    /// `held`, `sent`, `gone`, or `refused` by the other zone and not with its giver again yet.
    state: String,
    /// Who holds it here; absent while nobody does.
    holder: Option<EntityId>,
    /// Who held it here last.
    last_holder: EntityId,
    /// How often it has crossed a corridor.
    crossings: u64,
    /// Where it went.
    crossing: Option<Crossing>,
    /// The other zone's receipt that brought it.
    origin: Option<LaneRef>,
    /// The other zone's refusal to take it.
    refusal: Option<RefusalRef>,
    /// What law said when it last moved here.
    compliance: Option<Compliance>,
}

/// A crossing of a corridor.
#[derive(JsonSchema)]
#[schemars(rename = "AssetCrossing")]
struct Crossing {
    corridor_id: CorridorId,
    /// The zone at the other end.
    zone_id: ZoneId,
    /// Who takes it there.
    recipient: RecordId,
    /// The recipient's legal name, as the giver told it.
    recipient_name: String,
    /// Our receipt that carries it.
    receipt: LaneRef,
    at: Timestamp,
}

/// What both zones decided of a receipt.
#[derive(JsonSchema)]
pub(crate) struct ReceiptCompliance {
    corridor_id: CorridorId,
    /// Whose lane it is in.
    lane: ZoneId,
    sequence: u64,
    /// The transition kind.
    kind: String,
    /// Both together: `pending` while a side has not been heard, `admitted`, `accepted` or `refused`.
    state: String,
    writer: ReceiptSide,
    reader: ReceiptSide,
}

/// What one side decided, as far as it is known here.
#[derive(JsonSchema)]
struct ReceiptSide {
    zone_id: ZoneId,
    /// `pending`, `admitted` by law, `accepted` where law had nothing to decide, or `refused`.
    state: String,
    /// The side's commitment to its decision.
    decision_sha256: Option<Digest>,
    /// Why it refused, as a code word.
    reason_code: Option<String>,
    /// The receipt of its lane that says so.
    receipt: Option<ReceiptPlace>,
    /// The decision itself, where it was made here.
    decision: Option<Compliance>,
}

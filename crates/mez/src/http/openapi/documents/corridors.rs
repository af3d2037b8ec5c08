//! Corridors, and what stands in their lanes.

use canon::{CorridorId, Did, Digest, ZoneId};
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// A corridor with both lanes.
#[derive(JsonSchema)]
pub(crate) struct Corridor {
    corridor_id: CorridorId,
    /// In capitals: `DRAFT`, `PENDING`, `ACTIVE`, `HALTED`, …
    state: String,
    /// Who proposed it.
    role: String,
    peer: Peer,
    genesis_root: Option<Digest>,
    /// How far our lane was delivered.
    delivered: u64,
    lane_here: Option<LaneShown>,
    lane_there: Option<LaneShown>,
    /// Proofs kept that the peer signed two histories.
    evidence_sha256: Vec<Digest>,
    resume_offered: bool,
    /// Law of both, dates and thresholds, once there is an agreement.
    agreed: Option<Map<String, Value>>,
}

/// The zone at the other end.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorPeer")]
struct Peer {
    zone_id: ZoneId,
    did: Did,
    url: String,
}

/// How far a lane got.
#[derive(JsonSchema)]
struct LaneShown {
    zone_id: ZoneId,
    size: u64,
    root: Digest,
    last_next_root: Option<Digest>,
    epoch: u64,
    /// How much of the other lane it has seen.
    seen: u64,
    /// How much of it the other end acknowledged.
    acknowledged: u64,
    halts: Vec<Value>,
}

/// Receipts of a lane, in order.
#[derive(JsonSchema)]
pub(crate) struct Receipts {
    corridor_id: CorridorId,
    /// Whose lane.
    lane: ZoneId,
    /// The first sequence.
    from: u64,
    head: LaneHead,
    receipts: Vec<Receipt>,
}

/// Where a lane stands.
#[derive(JsonSchema)]
struct LaneHead {
    size: u64,
    root: Digest,
}

/// A receipt as it was signed.
#[derive(JsonSchema)]
#[schemars(rename = "LaneReceiptShown")]
struct Receipt(#[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))] Value);

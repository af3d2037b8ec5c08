//! Corridors, and what stands in their lanes.

use std::collections::BTreeMap;

use canon::{CorridorId, Did, Digest, JurisdictionId, Timestamp, ZoneId};
use schemars::JsonSchema;

use super::files::{Amendment, Checkpoint, Evidence, LaneReceipt};

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
    agreed: Option<Agreed>,
    payloads: Payloads,
    /// How it came to its state, oldest first.
    transitions: Vec<Change>,
}

/// What was agreed, as it stands.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorAgreed")]
struct Agreed {
    effective_from: Timestamp,
    effective_until: Option<Timestamp>,
    /// The law of each zone, by zone.
    pinned_lawpacks: BTreeMap<String, Vec<PinnedLawpack>>,
    ruleset_digest_set: Vec<Digest>,
    /// Of the thresholds; absent without any.
    thresholds_sha256: Option<Digest>,
    /// Of each amendment in force.
    amendments: Vec<Digest>,
    /// Of the one that is offered.
    amendment_offered: Option<Digest>,
}

/// A pack of law by its digest.
#[derive(JsonSchema)]
struct PinnedLawpack {
    jurisdiction_id: JurisdictionId,
    lawpack_digest_sha256: Digest,
}

/// Whether payloads are encrypted.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorPayloads")]
struct Payloads {
    /// Whether ours are.
    sealed: bool,
    /// The X25519 key they are encrypted to, in hex.
    payload_key_there: Option<String>,
}

/// A change of state.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorChange")]
struct Change {
    at: Timestamp,
    from: String,
    to: String,
    /// Of what it rests on.
    evidence_sha256: Digest,
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
    halts: Vec<LaneHalt>,
}

/// A halt that is not resumed.
#[derive(JsonSchema)]
struct LaneHalt {
    halt_id: String,
    /// Of the receipt that says so.
    sequence: u64,
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
    receipts: Vec<LaneReceipt>,
}

/// Where a lane stands.
#[derive(JsonSchema)]
struct LaneHead {
    size: u64,
    root: Digest,
}

/// A receipt this zone wrote.
#[derive(JsonSchema)]
pub(crate) struct ReceiptWritten {
    receipt: LaneReceipt,
}

/// Every cut of a corridor, oldest first.
#[derive(JsonSchema)]
pub(crate) struct Cuts {
    corridor_id: CorridorId,
    cuts: Vec<Checkpoint>,
}

/// A cut that both signed.
#[derive(JsonSchema)]
pub(crate) struct CutMade {
    corridor_id: CorridorId,
    cut: Checkpoint,
}

/// Amendments in force, and the one that is offered.
#[derive(JsonSchema)]
pub(crate) struct Amendments {
    corridor_id: CorridorId,
    amendments: Vec<Amendment>,
    offered: Option<Amendment>,
}

/// Proofs kept that the peer signed two histories.
#[derive(JsonSchema)]
pub(crate) struct EvidenceKept {
    corridor_id: CorridorId,
    evidence: Vec<EvidenceFile>,
}

/// A proof under its digest.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorEvidenceFile")]
struct EvidenceFile {
    sha256: Digest,
    evidence: Evidence,
}

//! How corridors do.

use std::collections::BTreeMap;

use canon::{CorridorId, Did, Digest, Timestamp, ZoneId};
use schemars::JsonSchema;

/// Every corridor's health, those that need somebody first.
#[derive(JsonSchema)]
pub(crate) struct CorridorsHealth {
    as_of: Timestamp,
    corridors: u64,
    /// How many need nobody.
    healthy: u64,
    items: Vec<Health>,
}

/// The health of a corridor.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorHealth")]
struct Health {
    corridor_id: CorridorId,
    state: String,
    peer: Peer,
    /// Why it needs somebody, in code words; empty where it does well.
    attention: Vec<String>,
    outbox: Outbox,
    lanes: Option<Lanes>,
    cut: Option<Cut>,
    /// What this zone owes the other (positive) or is owed by it (negative): a decimal by currency.
    open_obligations: BTreeMap<String, String>,
    evidence_files: u64,
    /// Forks not resolved in both lanes.
    forks_open: Vec<String>,
}

/// The zone at the other end.
#[derive(JsonSchema)]
#[schemars(rename = "HealthPeer")]
struct Peer {
    zone_id: ZoneId,
    did: Did,
    url: String,
}

/// What waits to be told to the peer.
#[derive(JsonSchema)]
#[schemars(rename = "HealthOutbox")]
struct Outbox {
    messages: u64,
    refunds: u64,
    /// Attempts in a row that failed.
    attempts: u64,
    next_at: Option<Timestamp>,
}

/// Both lanes.
#[derive(JsonSchema)]
#[schemars(rename = "HealthLanes")]
struct Lanes {
    here: Lane,
    there: Lane,
    /// Receipts of ours the peer has not confirmed to hold.
    undelivered: u64,
}

/// How far a lane got.
#[derive(JsonSchema)]
#[schemars(rename = "HealthLane")]
struct Lane {
    size: u64,
    epoch: u64,
    /// Receipts the other side has decided.
    acknowledged: u64,
    /// Seconds since the last receipt.
    checkpoint_age_secs: Option<i64>,
    /// Of the last receipt.
    finality_level: Option<String>,
}

/// The newest cut.
#[derive(JsonSchema)]
#[schemars(rename = "HealthCut")]
struct Cut {
    cut_sha256: Digest,
    /// Seconds since it was signed.
    age_secs: i64,
    /// Receipts of both lanes after it.
    uncovered: u64,
}

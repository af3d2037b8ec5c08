//! Forks of lanes: who signed what, what stands, and on what ground.

use canon::{CorridorId, Digest, ZoneId};
use corridor::fork::Basis;
use schemars::JsonSchema;

use super::files;

/// Forks of both lanes of a corridor.
#[derive(JsonSchema)]
pub(crate) struct Forks {
    corridor_id: CorridorId,
    /// Of the corridor.
    state: String,
    forks: Vec<Fork>,
}

/// A fork of a lane.
#[derive(JsonSchema)]
#[schemars(rename = "LaneFork")]
struct Fork {
    /// `<lane>@<sequence>`.
    fork: String,
    lane: ZoneId,
    /// The first receipt of which there are two.
    sequence: u64,
    candidates: Vec<Candidate>,
    /// The one held here.
    held_next_root: Digest,
    evidence_set_sha256: Digest,
    evidence_files: u64,
    alarm: files::ForkAlarm,
    /// On what ground one stands: `acknowledged`, `cut` or `choice`.
    ground: Option<String>,
    /// Whose word it is.
    resolver: ZoneId,
    resolution: Option<files::ForkResolution>,
    resolved_here: bool,
    resolved_there: bool,
}

/// One of several histories.
#[derive(JsonSchema)]
#[schemars(rename = "ForkCandidate")]
struct Candidate {
    next_root: Digest,
    /// Of the lane with it.
    size: u64,
}

/// The alarm about a fork with its evidence.
#[derive(JsonSchema)]
pub(crate) struct ForkAlarmFile {
    /// `MEZForkAlarm`.
    #[serde(rename = "type")]
    type_: String,
    credential: files::ForkAlarm,
    evidence: Vec<files::Evidence>,
}

/// What stands at a fork from now on.
#[derive(JsonSchema)]
pub(crate) struct ForkResolved {
    corridor_id: CorridorId,
    fork: String,
    chosen_next_root: Digest,
    ground: Basis,
    resolution: files::ForkResolution,
    /// The receipt that says so in our lane.
    receipt: files::LaneReceipt,
}

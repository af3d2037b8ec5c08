//! What two zones agree on and how they do: handshakes by hand, endorsements, anchors, what was taken up again.

use canon::{CorridorId, Did, Digest, Timestamp};
use corridor::anchor::Held;
use schemars::JsonSchema;

/// A message of a peer's handshake, taken.
#[derive(JsonSchema)]
pub(crate) struct HandshakeTaken {
    from: Did,
    /// `propose`, `accept`, `activate` or `activated`.
    taken: String,
}

/// Somebody's signature for transitions, kept.
#[derive(JsonSchema)]
pub(crate) struct EndorsementKept {
    corridor_id: CorridorId,
    issuer: Did,
    /// In which role.
    role: String,
    until: Timestamp,
}

/// The proof that another chain holds a cut, kept.
#[derive(JsonSchema)]
pub(crate) struct CutAnchored {
    corridor_id: CorridorId,
    cut_sha256: Digest,
    held: Held,
}

/// What was taken up again of what the peers hold.
#[derive(JsonSchema)]
pub(crate) struct Adopted {
    adopted: Vec<AdoptedCorridor>,
    reason: String,
}

/// Receipts taken up again on one corridor.
#[derive(JsonSchema)]
struct AdoptedCorridor {
    corridor_id: CorridorId,
    /// Of our lane.
    here: u64,
    /// Of the peer's.
    there: u64,
}

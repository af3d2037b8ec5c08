//! A sample of a log that whoever keeps the log cannot choose.
//!
//! A regulator keeps a signed checkpoint, then says a seed of its own randomness. Which entries are shown follows
//! from seed and size alone ([`draw`]); each comes with its proof of inclusion under that very checkpoint. A zone
//! log's entry names a stream, a place in it and the root there; what stands at that place is opened beside it where
//! the stream is chained or a lane.
//!
//! Invariant: places, size and root are derived or taken from the verified checkpoint; the file cannot state them.

mod judge;

use canon::{Digest, sha256_parts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::merkle::Proof;

pub use judge::{BadSample, Sampled, Stated, judge};

/// `type` of a sample.
pub const SAMPLE_TYPE: &str = "MEZLogSample";
/// Most entries of one sample: opened, they still are one document of canonical JSON.
pub const SAMPLE_MAX: usize = 100;
/// Tag of what is hashed for a draw.
const DRAW_TAG: &[u8] = b"mez.sample.draw.v1\n";
/// Draws tried for each place wanted before the rest is taken in order, so that drawing ends whatever the seed.
const TRIES_PER_PLACE: u64 = 64;

/// An entry that was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// The document whose digest the log holds there.
    pub entry: Value,
    /// That it is there.
    pub proof: Proof,
    /// The record that the entry names; absent for what has no records of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Opened>,
}

/// A record of a stream, or its digest where it is not shown, and what it follows on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The root before it, for a chained stream; absent for its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_root: Option<Digest>,
    /// The record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Value>,
    /// Its digest, where the record is somebody else's to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_sha256: Option<Digest>,
}

/// A sample as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// [`SAMPLE_TYPE`].
    #[serde(rename = "type")]
    pub type_: String,
    /// 32 bytes of the regulator's own.
    pub seed: Digest,
    /// How many entries were asked for.
    pub count: u64,
    /// The signed checkpoint the regulator held before it said the seed.
    pub checkpoint: String,
    /// The inception of the zone and its rotations.
    pub keys: Value,
    /// What was drawn, in the order of the draws.
    pub drawn: Vec<Drawn>,
}

/// The places a seed draws from a log of a size: distinct, in the order they are drawn.
///
/// Draw i is the first 16 bytes of SHA-256(tag ‖ seed ‖ size ‖ i), as a number, modulo the size; size and i are 8
/// bytes each, most significant first. A place that was drawn before is passed over. As many places as the log has
/// entries are drawn at most, and at most [`SAMPLE_MAX`].
#[must_use]
pub fn draw(seed: &Digest, size: u64, count: u64) -> Vec<u64> {
    let wanted = count.min(size).min(SAMPLE_MAX as u64);
    let mut places = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let tries = wanted.saturating_mul(TRIES_PER_PLACE);
    for place in (0..tries).map(|i| one(seed, size, i)).chain(0..size) {
        if seen.len() as u64 == wanted {
            break;
        }
        if seen.insert(place) {
            places.push(place);
        }
    }
    places
}

fn one(seed: &Digest, size: u64, i: u64) -> u64 {
    let hash = sha256_parts(&[DRAW_TAG, seed.as_bytes(), &size.to_be_bytes(), &i.to_be_bytes()]);
    let first = hash.as_bytes().iter().take(16);
    let number = first.fold(0u128, |number, byte| number << 8 | u128::from(*byte));
    // The remainder is below a u64.
    number.checked_rem(u128::from(size)).and_then(|rest| u64::try_from(rest).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;

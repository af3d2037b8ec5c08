//! The receipt that states, in each lane, the rotation its zone's keys passed through.
//!
//! The receipt at the first sequence of a rotation carries the rotation's number and digest, signed by
//! the key of that sequence; so the interval of every key is fixed in the lane itself, and what the
//! other party acknowledges is which keys it was told of.
//!
//! Invariant: a lane goes on past the first sequence of a rotation only with the receipt that states
//! it, and states no other.

use canon::{Canonical, CorridorId, Digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::TransitionKind;
use super::receipt::LaneReceipt;
use super::transition::Payload;
use crate::party::Party;

/// Payload of a `key.rotate` receipt; the document itself travels with the zone's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyNotice {
    /// Always [`KeyNotice::TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = KeyNotice::TYPE))]
    type_: String,
    /// Number of the rotation.
    number: u64,
    /// Digest of its document without proofs.
    rotation_sha256: Digest,
}

/// A lane and the rotations of its zone that do not fit each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyNoticeError {
    /// A rotation begins here and is not stated.
    #[error("rotation {0} of the zone's keys begins here and is not stated")]
    Unstated(u64),
    /// One is stated that does not begin here, or is not known.
    #[error("the receipt states a rotation that is not known to begin here")]
    NotHere,
    /// Another one is stated.
    #[error("the receipt does not state rotation {0} as it is held")]
    Other(u64),
}

impl KeyNotice {
    /// The `type`.
    pub const TYPE: &'static str = "MEZKeyRotationNotice";

    /// States a rotation.
    #[must_use]
    pub fn of((number, rotation_sha256): (u64, Digest)) -> Self {
        Self { type_: Self::TYPE.to_owned(), number, rotation_sha256 }
    }
}

/// Checks a receipt against the rotations known of its writer.
pub(super) fn check(
    receipt: &LaneReceipt,
    payload: Option<&Payload>,
    id: &CorridorId,
    writer: &Party,
) -> Result<(), KeyNoticeError> {
    let states = receipt.transition.kind == TransitionKind::KeyRotate;
    let Some(due) = writer.stated_at(id, receipt.sequence) else {
        return if states { Err(KeyNoticeError::NotHere) } else { Ok(()) };
    };
    if !states {
        return Err(KeyNoticeError::Unstated(due.0));
    }
    let said = payload.and_then(|p| Canonical::of_value(&p.payload).ok()?.read::<KeyNotice>().ok());
    if said == Some(KeyNotice::of(due)) { Ok(()) } else { Err(KeyNoticeError::Other(due.0)) }
}

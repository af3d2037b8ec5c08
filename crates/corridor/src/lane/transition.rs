//! The envelope of what a receipt does: its kind, and the salted commitment to a payload that may be withheld.

use canon::{Canonical, Digest, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kind::TransitionKind;

/// The type of the transition envelope.
pub(crate) const ENVELOPE_TYPE: &str = "MEZTransitionEnvelope";

/// The transition envelope inside a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// What happens.
    pub kind: TransitionKind,
    /// Salted commitment to the payload.
    pub payload_commitment: Digest,
    /// Always `MEZTransitionEnvelope`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = ENVELOPE_TYPE))]
    pub type_: String,
}

/// A payload and the salt that hides it; both are erased together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// The content.
    pub payload: Value,
    /// 32 unpredictable bytes as hex.
    pub salt: Digest,
}

impl Payload {
    /// SHA-256 over the canonical form of payload and salt.
    ///
    /// # Errors
    /// A payload the canonical form cannot express.
    pub fn commitment(&self) -> Result<Digest, Refusal> {
        let document = json!({ "payload": self.payload, "salt": self.salt });
        Ok(Canonical::of_value(&document)?.digest())
    }
}

impl Transition {
    /// The envelope over a payload.
    ///
    /// # Errors
    /// A payload the canonical form cannot express.
    pub fn over(kind: TransitionKind, payload: &Payload) -> Result<Self, Refusal> {
        let payload_commitment = payload.commitment()?;
        Ok(Self { type_: ENVELOPE_TYPE.to_owned(), kind, payload_commitment })
    }
}

//! What a receipt does: its kind, and the salted commitment to a payload that may be withheld.

use std::fmt;

use canon::{Canonical, Digest, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The kinds of transition this version writes and reads; any other is refused by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TransitionKind {
    /// Business: nothing but presence.
    Noop,
    /// Business: a payment to an account in the other zone.
    PaymentTransfer,
    /// Control: undoes a refused payment.
    PaymentReturn,
    /// Control: says what of the other lane was stored, verified and decided.
    Ack,
    /// Control: stops the corridor at once.
    Halt,
    /// Control: pauses the corridor.
    Suspend,
    /// Control: ends the corridor.
    Deprecate,
    /// Control: opens the next epoch, lifting the halts it lists.
    Resume,
    /// Control: states the rotation of the zone's keys that begins with this sequence.
    KeyRotate,
    /// Control: records which of the histories signed of a forked lane stands.
    ForkResolve,
}

/// A kind this version does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("transition kind `{0}` is not supported by this version")]
pub struct UnknownKind(String);

/// The type of the transition envelope.
pub(crate) const ENVELOPE_TYPE: &str = "MEZTransitionEnvelope";

const KINDS: [(TransitionKind, &str); 10] = [
    (TransitionKind::Noop, "noop"),
    (TransitionKind::PaymentTransfer, "payment.transfer"),
    (TransitionKind::PaymentReturn, "payment.return"),
    (TransitionKind::Ack, "ack"),
    (TransitionKind::Halt, "halt"),
    (TransitionKind::Suspend, "suspend"),
    (TransitionKind::Deprecate, "deprecate"),
    (TransitionKind::Resume, "resume"),
    (TransitionKind::KeyRotate, "key.rotate"),
    (TransitionKind::ForkResolve, "fork.resolve"),
];

impl TransitionKind {
    /// The kind of a wire name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// The wire name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("noop", |(_, name)| name)
    }

    /// Business waits for an ACTIVE corridor; control keeps the corridor itself in order.
    #[must_use]
    pub const fn is_business(self) -> bool {
        matches!(self, Self::Noop | Self::PaymentTransfer)
    }

    /// Whether the payload must travel in the clear: the receiver cannot act on a hidden halt.
    #[must_use]
    pub const fn payload_is_public(self) -> bool {
        matches!(
            self,
            Self::Halt
                | Self::Suspend
                | Self::Deprecate
                | Self::Resume
                | Self::KeyRotate
                | Self::ForkResolve
        )
    }

    /// Whether the other side owes an acknowledgement; a pure ack is owed none.
    #[must_use]
    pub const fn is_owed_ack(self) -> bool {
        !matches!(self, Self::Ack)
    }

    /// Whether the receipt commits to a decision of law.
    #[must_use]
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::PaymentTransfer | Self::PaymentReturn)
    }
}

impl fmt::Display for TransitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl JsonSchema for TransitionKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TransitionKind".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"enum": KINDS.map(|(_, name)| name)})
    }
}

impl TryFrom<String> for TransitionKind {
    type Error = UnknownKind;
    fn try_from(text: String) -> Result<Self, UnknownKind> {
        Self::of(&text).ok_or_else(|| UnknownKind(text.chars().take(60).collect()))
    }
}

impl From<TransitionKind> for String {
    fn from(kind: TransitionKind) -> Self {
        kind.as_str().to_owned()
    }
}

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

//! A payload on its way, encrypted to the zone it is for; the lane holds its salted commitment as ever.
//!
//! The key is stated by its zone under its assertion key. A payload is bound to its receipt: what was sealed for one
//! opens for no other.

use canon::{Canonical, Did, Digest, Refusal, Timestamp};
use data_encoding::BASE64;
use proof::hpke::{self, HpkeError, HpkePublic, HpkeSecret};
use proof::integrity::{self, IntegrityError, ProofOptions};
use proof::{Purpose, Signer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lane::{LaneReceipt, Payload};
use crate::party::Party;

/// The object type of a stated key.
pub const PAYLOAD_KEY_TYPE: &str = "MEZPayloadKey";
const INFO: &[u8] = b"mez.corridor.payload.v1";

/// The X25519 key payloads for a zone are encrypted to, as the zone states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayloadKey {
    /// When it was stated.
    pub created: Timestamp,
    /// The zone.
    pub did: Did,
    /// The key: 32 bytes as hex.
    pub key: Digest,
    /// The zone's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<proof::schema::Proofs>")]
    pub proof: Option<Value>,
    /// Always [`PAYLOAD_KEY_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = PAYLOAD_KEY_TYPE))]
    pub type_: String,
}

/// An encrypted payload: HPKE, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedPayload {
    /// Payload and salt in canonical form, encrypted, in base64.
    pub ciphertext: String,
    /// What encapsulates the key, as hex.
    pub enc: Digest,
    /// The key it is for, as hex.
    pub key: Digest,
}

/// A key or payload that was refused.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// Not the shape.
    #[error("not a payload key: {0}")]
    Shape(#[from] Refusal),
    /// Of another zone, or signed by another key.
    #[error("the payload key is not stated by this zone under its assertion key")]
    Other,
    /// A signature.
    #[error("the payload key is not properly signed: {0}")]
    Signature(#[from] IntegrityError),
    /// The encryption.
    #[error(transparent)]
    Hpke(#[from] HpkeError),
    /// What was encrypted is no payload.
    #[error("what was encrypted is no payload")]
    Content,
}

impl PayloadKey {
    /// State the key of this zone.
    ///
    /// # Errors
    /// A signer that does not sign.
    pub fn state(
        did: &Did,
        key: &HpkePublic,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, SealedError> {
        let stated = Self {
            created: now,
            did: did.clone(),
            key: Digest::from_bytes(*key.as_bytes()),
            proof: None,
            type_: PAYLOAD_KEY_TYPE.to_owned(),
        };
        let options = ProofOptions::assertion(now, assertion_here);
        Ok(integrity::sign_document(Canonical::of(&stated)?.value(), &options, assertion_here)?)
    }

    /// Read what a zone states, under its present assertion key.
    ///
    /// # Errors
    /// Another zone's, or signed by any other key.
    pub fn read(document: &Value, there: &Party) -> Result<Self, SealedError> {
        let stated: Self = Canonical::of_value(document)?.read()?;
        let signed = integrity::verify_document(document, &integrity::resolve_did_key)?;
        let assertion = there.keys().key(Purpose::Assertion);
        let own = matches!(signed.as_slice(), [only] if only.key == *assertion);
        match own && stated.did == *there.did() && stated.type_ == PAYLOAD_KEY_TYPE {
            true => Ok(stated),
            false => Err(SealedError::Other),
        }
    }
}

impl SealedPayload {
    /// Encrypt the payload of a receipt; `seed` is 32 unpredictable bytes, used once and wiped.
    ///
    /// # Errors
    /// A key that is weak.
    pub fn seal(
        payload: &Payload,
        receipt: &LaneReceipt,
        key: &Digest,
        seed: &mut [u8; 32],
    ) -> Result<Self, SealedError> {
        let to = HpkePublic::from_bytes(*key.as_bytes());
        let message = Canonical::of(payload)?;
        let context = (INFO, &receipt.next_root.as_bytes()[..]);
        let sealed = hpke::seal(&to, seed, context, message.bytes())?;
        Ok(Self {
            ciphertext: BASE64.encode(&sealed.ciphertext),
            enc: Digest::from_bytes(sealed.enc),
            key: *key,
        })
    }

    /// Decrypt it. Whether it is the payload the receipt commits to is for the lane to judge.
    ///
    /// # Errors
    /// Another key, another receipt, or changed bytes.
    pub fn open(&self, receipt: &LaneReceipt, secret: &HpkeSecret) -> Result<Payload, SealedError> {
        let ciphertext = BASE64.decode(self.ciphertext.as_bytes());
        let ciphertext = ciphertext.map_err(|_| SealedError::Content)?;
        let sealed = hpke::Sealed { enc: *self.enc.as_bytes(), ciphertext };
        let opened = secret.open(&sealed, INFO, receipt.next_root.as_bytes())?;
        Canonical::exact(&opened)
            .and_then(|canonical| canonical.read())
            .map_err(|_| SealedError::Content)
    }
}

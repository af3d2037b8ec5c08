//! The lane receipt: its shape, its root, its signature.

use canon::{Canonical, CorridorId, Digest, Refusal, Timestamp, ZoneId};
use proof::PublicKey;
use proof::integrity::{self, IntegrityError};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::ack::{Ack, Seen};
use super::kind::TransitionKind;
use super::transition::{ENVELOPE_TYPE, Transition};
use crate::limits::{DIGEST_SET_MAX, ENDORSEMENTS_MAX};

/// The object type of a lane receipt.
pub const RECEIPT_TYPE: &str = "MEZCorridorLaneReceipt";

/// One entry of a lane. Fields stand in canonical order, so that none has to be moved to be hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LaneReceipt {
    /// The prefix of the other lane decided.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub ack: Option<Ack>,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Salted commitment to the decision of law, where one was made.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub decision_commitment: Option<Digest>,
    /// Who else stands for it, where the corridor's thresholds ask for them; ascending by role and issuer.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = ENDORSEMENTS_MAX))]
    pub endorsements: Option<Vec<Value>>,
    /// Counts activations, resumes and amendments, from 0.
    pub epoch: u64,
    /// The writing zone.
    pub lane: ZoneId,
    /// Packs pinned by the agreements, sorted and unique.
    pub lawpack_digest_set: Vec<Digest>,
    /// SHA-256 of this receipt without `proof` and `next_root`.
    pub next_root: Digest,
    /// `next_root` of the receipt before; the lane genesis for the first.
    pub prev_root: Digest,
    /// Signature of the lane key.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<proof::schema::Proofs>")]
    pub proof: Option<Value>,
    /// Rulesets of the definition, sorted and unique.
    pub ruleset_digest_set: Vec<Digest>,
    /// The prefix of the other lane held when this was written; absent while it is empty.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// From 0, without gaps.
    pub sequence: u64,
    /// Never earlier than the receipt before.
    pub timestamp: Timestamp,
    /// What happens.
    pub transition: Transition,
    /// Always [`RECEIPT_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = RECEIPT_TYPE))]
    pub type_: String,
}

/// A member that is there is never `null`: absence has one spelling.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// Sorted, unique and bounded.
pub(crate) fn check_digest_set(set: &[Digest]) -> bool {
    let sorted = set.iter().zip(set.iter().skip(1)).all(|(a, b)| a < b);
    sorted && set.len() <= DIGEST_SET_MAX
}

/// A receipt without `next_root` and `proof`: what `next_root` is the digest of.
#[derive(Serialize)]
struct Committed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ack: Option<&'a Ack>,
    corridor_id: &'a CorridorId,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_commitment: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endorsements: Option<&'a [Value]>,
    epoch: u64,
    lane: &'a ZoneId,
    lawpack_digest_set: &'a [Digest],
    prev_root: Digest,
    ruleset_digest_set: &'a [Digest],
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<&'a Seen>,
    sequence: u64,
    timestamp: Timestamp,
    transition: &'a Transition,
    #[serde(rename = "type")]
    type_: &'a str,
}

/// A receipt that is not one.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Not canonical bytes of the receipt's shape.
    #[error("not a canonical lane receipt: {0}")]
    Shape(#[from] Refusal),
    /// Another type.
    #[error("type `{found}` is not `{expected}`")]
    Type {
        /// The only type supported here.
        expected: &'static str,
        /// In the receipt.
        found: String,
    },
    /// A digest set is not sorted, unique and bounded.
    #[error("`{0}` is not a sorted set of unique digests")]
    DigestSet(&'static str),
    /// No endorsement where the member is there, or too many.
    #[error("`endorsements` holds none, or more than {ENDORSEMENTS_MAX}")]
    Endorsements,
    /// `next_root` is not the digest of the receipt.
    #[error("`next_root` {stated} is not the digest of the receipt, {derived}")]
    Root {
        /// In the receipt.
        stated: Digest,
        /// Recomputed.
        derived: Digest,
    },
    /// The signature does not verify.
    #[error("the receipt's signature is refused: {0}")]
    Signature(#[from] IntegrityError),
    /// Signed by another key than the lane's.
    #[error("the receipt is not signed by exactly the lane key")]
    OtherKey,
    /// A rotation, signed by a key that the keys at hand do not lead to.
    #[error("the receipt states a rotation to a key that is not known here")]
    RotationUnknown,
}

impl LaneReceipt {
    /// Read canonical bytes; normal form and `next_root` are checked, the signature is not.
    ///
    /// # Errors
    /// Anything that is not exactly one receipt in normal form.
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let canonical = Canonical::exact(bytes)?;
        let receipt: Self = canonical.read()?;
        receipt.check_form()?;
        Ok(receipt)
    }

    /// Normal form: types, digest sets, and `next_root` as derived.
    ///
    /// # Errors
    /// What is not in normal form.
    pub fn check_form(&self) -> Result<(), ReceiptError> {
        let types = [(&self.type_, RECEIPT_TYPE), (&self.transition.type_, ENVELOPE_TYPE)];
        if let Some((found, expected)) = types.into_iter().find(|(found, type_)| found != type_) {
            return Err(ReceiptError::Type { expected, found: found.chars().take(60).collect() });
        }
        let sets = [
            ("lawpack_digest_set", &self.lawpack_digest_set),
            ("ruleset_digest_set", &self.ruleset_digest_set),
        ];
        if let Some((name, _)) = sets.into_iter().find(|(_, set)| !check_digest_set(set)) {
            return Err(ReceiptError::DigestSet(name));
        }
        let endorsed = self.endorsements.as_ref().map(Vec::len);
        if endorsed.is_some_and(|n| !(1..=ENDORSEMENTS_MAX).contains(&n)) {
            return Err(ReceiptError::Endorsements);
        }
        let (stated, derived) = (self.next_root, self.derived_root()?);
        if derived != stated {
            return Err(ReceiptError::Root { stated, derived });
        }
        Ok(())
    }

    /// SHA-256 over the canonical form without `proof` and `next_root`.
    ///
    /// # Errors
    /// A receipt the canonical form cannot express.
    pub fn derived_root(&self) -> Result<Digest, Refusal> {
        // Taken apart whole: a field that is added cannot be left out of the root unnoticed.
        let Self {
            ack,
            corridor_id,
            decision_commitment,
            endorsements,
            epoch,
            lane,
            lawpack_digest_set,
            next_root: _,
            prev_root,
            proof: _,
            ruleset_digest_set,
            seen,
            sequence,
            timestamp,
            transition,
            type_,
        } = self;
        let committed = Committed {
            ack: ack.as_ref(),
            corridor_id,
            decision_commitment: *decision_commitment,
            endorsements: endorsements.as_deref(),
            epoch: *epoch,
            lane,
            lawpack_digest_set,
            prev_root: *prev_root,
            ruleset_digest_set,
            seen: seen.as_ref(),
            sequence: *sequence,
            timestamp: *timestamp,
            transition,
            type_,
        };
        Ok(Canonical::of(&committed)?.digest())
    }

    /// The canonical bytes, signature included.
    ///
    /// # Errors
    /// A receipt the canonical form cannot express.
    pub fn canonical(&self) -> Result<Canonical, Refusal> {
        Canonical::of(self)
    }

    /// Verify strictly that exactly the lane key signed.
    ///
    /// # Errors
    /// The signature's fault by name.
    pub fn verify_signature(&self, log: &PublicKey) -> Result<(), ReceiptError> {
        // One proof has one spelling: the object itself, not a list of one.
        if !self.proof.as_ref().is_some_and(Value::is_object) {
            return Err(ReceiptError::OtherKey);
        }
        let document = self.canonical()?.value();
        let signers = integrity::verify_document(&document, &integrity::resolve_knowing(log))?;
        match signers.as_slice() {
            [only] if only.key == *log && only.created == self.timestamp => Ok(()),
            [_] if self.transition.kind == TransitionKind::KeyRotate => {
                Err(ReceiptError::RotationUnknown)
            }
            _ => Err(ReceiptError::OtherKey),
        }
    }
}

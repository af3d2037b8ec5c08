//! A proof bound to what it is about: receipts, cuts, checkpoints of assets, attachments.
//!
//! A proof made elsewhere (a proof of zero knowledge, an attestation, a report) names none of these. Its issuer signs which
//! of them it is about; a proof that takes one digest from outside takes that of the binding. Nothing here judges the proof.
//!
//! Invariant: a binding names each thing once, in one order, and is signed by its issuer alone.

use canon::{Canonical, CorridorId, Did, Digest, Refusal, Timestamp, ZoneId};
use proof::credential::Verdict;
use proof::integrity::{self, IntegrityError, ProofOptions, SignedBy};
use proof::rotation::{Cause, Standing};
use proof::{ArtifactType, Purpose, Signer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::{COMMITMENTS_MAX, PURPOSE_BYTES_MAX};
use crate::verify::{Alone, Known};

/// The object type of a binding.
pub const BINDING_TYPE: &str = "MEZProofBinding";

/// What a proof is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Commitment {
    /// A checkpoint of an asset.
    AssetCheckpoint {
        /// The asset.
        asset_id: Digest,
        /// The checkpoint, without its proof.
        digest_sha256: Digest,
    },
    /// A checkpoint of another chain or corridor, attached to a receipt; one that settles is a settlement anchor.
    Attachment {
        /// The attachment.
        digest_sha256: Digest,
    },
    /// A cut of a corridor.
    Cut {
        /// The corridor.
        corridor_id: CorridorId,
        /// The cut, without its proofs.
        digest_sha256: Digest,
    },
    /// A receipt of a lane.
    Receipt {
        /// The corridor.
        corridor_id: CorridorId,
        /// Whose lane.
        lane: ZoneId,
        /// Its digest.
        next_root: Digest,
        /// Its place.
        sequence: u64,
    },
}

impl Commitment {
    /// Whether both speak of one place of one lane, which has one receipt.
    fn collides(&self, other: &Self) -> bool {
        let place = |of: &Self| match of {
            Self::Receipt { corridor_id, lane, sequence, .. } => {
                Some((corridor_id.clone(), lane.clone(), *sequence))
            }
            _ => None,
        };
        self == other || place(self).is_some_and(|own| place(other) == Some(own))
    }
}

/// A proof, by what kind of artifact it is and its digest under the rule of that kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofRef {
    /// The kind.
    pub artifact_type: ArtifactType,
    /// The digest.
    pub digest_sha256: Digest,
}

/// A proof, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// What it is about, each once, ascending by canonical bytes.
    #[schemars(length(min = 1, max = COMMITMENTS_MAX))]
    pub commitments: Vec<Commitment>,
    /// When this was signed.
    pub issued_at: Timestamp,
    /// Who says so: a zone, or whoever holds the key of this DID.
    pub issuer: Did,
    /// The issuer's proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<proof::schema::Proofs>")]
    pub proof: Option<Value>,
    /// The proof that is bound.
    pub proof_ref: ProofRef,
    /// What for.
    #[schemars(length(min = 1, max = PURPOSE_BYTES_MAX))]
    pub purpose: String,
    /// Always [`BINDING_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = BINDING_TYPE))]
    pub type_: String,
}

/// A binding that was refused.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    /// Not the shape.
    #[error("not a binding of a proof: {0}")]
    Shape(#[from] Refusal),
    /// A member that does not fit.
    #[error("`{0}` does not fit a binding of a proof")]
    Form(&'static str),
    /// One thing twice, or in another order.
    #[error("the commitments are not ascending, or name one thing twice")]
    Order,
    /// A signature.
    #[error("the binding is not properly signed: {0}")]
    Proof(#[from] IntegrityError),
    /// More than one signature, or one of another time.
    #[error("the binding is not signed once, at the time it says")]
    Once,
}

impl Binding {
    /// Bind a proof; the commitments may come in any order.
    ///
    /// # Errors
    /// No purpose or one too long; nothing bound, too much, or one thing twice.
    pub fn new(
        (issuer, issued_at): (Did, Timestamp),
        purpose: &str,
        proof_ref: ProofRef,
        commitments: Vec<Commitment>,
    ) -> Result<Self, BindingError> {
        let mut keyed = Vec::with_capacity(commitments.len());
        for commitment in commitments {
            keyed.push((Canonical::of(&commitment)?.bytes().to_vec(), commitment));
        }
        keyed.sort();
        let commitments = keyed.into_iter().map(|(_, commitment)| commitment).collect();
        let (purpose, type_) = (purpose.to_owned(), BINDING_TYPE.to_owned());
        let binding =
            Self { commitments, issued_at, issuer, proof: None, proof_ref, purpose, type_ };
        binding.check()?;
        Ok(binding)
    }

    fn check(&self) -> Result<(), BindingError> {
        let purpose = self.purpose.trim();
        match () {
            () if self.type_ != BINDING_TYPE => return Err(BindingError::Form("type")),
            () if purpose.is_empty() || purpose != self.purpose => {
                return Err(BindingError::Form("purpose"));
            }
            () if purpose.len() > PURPOSE_BYTES_MAX => return Err(BindingError::Form("purpose")),
            () if !(1..=COMMITMENTS_MAX).contains(&self.commitments.len()) => {
                return Err(BindingError::Form("commitments"));
            }
            () => {}
        }
        let mut before: Option<Canonical> = None;
        for (n, commitment) in self.commitments.iter().enumerate() {
            let bytes = Canonical::of(commitment)?;
            if before.is_some_and(|before| before.bytes() >= bytes.bytes())
                || self.commitments.iter().take(n).any(|other| other.collides(commitment))
            {
                return Err(BindingError::Order);
            }
            before = Some(bytes);
        }
        Ok(())
    }

    /// Sign it, as its issuer.
    ///
    /// # Errors
    /// A binding that does not fit, or a signer that does not sign.
    pub fn sign(&self, assertion: &dyn Signer) -> Result<Value, BindingError> {
        self.check()?;
        let bare = Self { proof: None, ..self.clone() };
        let options = ProofOptions::assertion(self.issued_at, assertion);
        let document = Canonical::of(&bare)?.value();
        Ok(integrity::sign_document(document, &options, assertion)?)
    }

    /// Its digest, without the proof: what a proof takes from outside.
    ///
    /// # Errors
    /// A document without a canonical form.
    pub fn digest(document: &Value) -> Result<Digest, Refusal> {
        integrity::payload_digest(document)
    }

    /// Read a signed binding, and which key signed it. Whether that is its issuer's is not asked here.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(document: &Value) -> Result<(Self, SignedBy), BindingError> {
        let read: Self = Canonical::of_value(document)?.read()?;
        read.check()?;
        let signed = integrity::verify_document(document, &integrity::resolve_did_key)?;
        match <[SignedBy; 1]>::try_from(signed) {
            Ok([signed]) if signed.created == read.issued_at => Ok((read, signed)),
            _ => Err(BindingError::Once),
        }
    }
}

/// Judges a binding: its form, and that its issuer signed it, alone.
///
/// VALID says that the issuer ties this proof to these things; not that the proof holds, nor that they exist.
#[must_use]
pub fn judge_binding(bytes: &[u8], trust: &[Did], zones: &[Known]) -> Alone<Binding> {
    let document = match Canonical::parse(bytes) {
        Ok(canonical) => canonical.value(),
        Err(error) => return Alone::invalid("malformed", error),
    };
    let (binding, signed) = match Binding::read(&document) {
        Ok(read) => read,
        Err(error @ (BindingError::Proof(_) | BindingError::Once)) => {
            return Alone::invalid("signature", error);
        }
        Err(error) => return Alone::invalid("binding", error),
    };
    let issuer = binding.issuer.clone();
    if signed.key.did() == issuer {
        if trust.iter().any(|did| did.base() == issuer) {
            return Alone::new(Verdict::Valid, Some(binding));
        }
        let detail = format!("signed by `{issuer}`, which is not trusted here");
        return Alone::unknown(binding, issuer, ("untrusted-did", detail));
    }
    let Some(known) = zones.iter().find(|known| *known.party.did() == issuer) else {
        let detail = format!("the inception document of `{issuer}` was not given");
        return Alone::unknown(binding, issuer, ("inception-missing", detail));
    };
    match known.party.keys().standing(Purpose::Assertion, &signed.key) {
        Standing::Never => Alone::invalid("signature", "its key is none of its issuer's"),
        Standing::Former(Cause::Compromise) => {
            let detail = "its key was compromised since; nothing tells when this was signed";
            Alone::new(Verdict::Unknown, Some(binding)).because("compromised-key", detail)
        }
        Standing::Current | Standing::Former(_) => Alone::signed(binding, &[known]),
    }
}

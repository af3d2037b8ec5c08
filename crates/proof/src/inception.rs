//! A zone's inception document: what a zone is, under which root key, with which first keys.
//!
//! The pinned DID of a zone is the `did:key` of its root key; the zone's identity is the digest of
//! this document. Current keys are reached from the pin through this document and, later, signed
//! rotations.
//!
//! Invariant: a verified inception is signed by exactly the pinned root key; each running purpose
//! has one key of its own, valid from sequence 0, and a commitment to the next one.

use canon::{
    Canonical, Did, Digest, JurisdictionId, Realm, Refusal, Timestamp, ZoneId, sha256_parts,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::integrity::{
    IntegrityError, ProofOptions, resolve_did_key, sign_document, verify_document,
};
use crate::keys::{PublicKey, Purpose, Signer};
use crate::verified::Verified;

/// The `type` of an inception document.
pub const TYPE: &str = "MEZZoneInception";
/// Longest `zone_host`, in bytes (a DNS name).
pub const HOST_MAX: usize = 253;

/// Why an inception document is not made or not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InceptionError {
    /// The document is of another type; rotations and recoveries are not supported yet.
    #[error("document type `{0}` is not supported, only `{TYPE}`")]
    UnsupportedType(String),
    /// The document does not have the shape of an inception.
    #[error("the inception document is malformed")]
    Shape(#[source] Refusal),
    /// `zone_host` is not a lower-case DNS name.
    #[error("`{0}` is not a zone host (a lower-case DNS name)")]
    Host(String),
    /// The running purposes are not listed once each, in order.
    #[error("`{0}` must list assertion, log, cosigner and http once each, in this order")]
    Purposes(&'static str),
    /// One key serves two purposes.
    #[error("key `{0}` serves two purposes")]
    SharedKey(Did),
    /// A first key does not start at sequence 0.
    #[error("the {0} key does not start at sequence 0")]
    FromSequence(Purpose),
    /// The document's root key is not the pinned one.
    #[error("the document's root is `{found}`, not the pinned `{pinned}`")]
    NotPinned {
        /// The DID the caller pinned.
        pinned: Did,
        /// The DID of the document's root key.
        found: Did,
    },
    /// The signatures do not verify.
    #[error("the inception document's signature fails")]
    Integrity(#[from] IntegrityError),
    /// The document is not signed by its root key alone.
    #[error("the inception document must be signed by its root key alone")]
    NotRootSigned,
}

/// A key and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurposeKey {
    /// What the key is for; never `root`.
    pub purpose: Purpose,
    /// The key, as Multikey text.
    pub key: PublicKey,
    /// The first sequence the key is valid for; 0 at inception.
    pub from_sequence: u64,
}

/// A commitment to the key that will replace the present one of a purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyCommitment {
    /// What the next key will be for.
    pub purpose: Purpose,
    /// [`key_commitment`] of the next key.
    pub commitment_sha256: Digest,
}

/// The document, without its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Always [`TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = TYPE))]
    pub kind: String,
    /// The zone.
    pub zone_id: ZoneId,
    /// The zone's fixed host name, part of its log origins; not where it listens.
    pub zone_host: String,
    /// The jurisdiction the zone stands in.
    pub jurisdiction_id: JurisdictionId,
    /// Production or sandbox, for ever.
    pub realm: Realm,
    /// The root key, as Multikey text.
    pub root_key: PublicKey,
    /// The first key of each running purpose, in the order of [`Purpose::RUNNING`].
    pub keys: Vec<PurposeKey>,
    /// The commitment to the next key of each running purpose, in the same order.
    pub next_key_commitments: Vec<KeyCommitment>,
    /// When the zone was founded.
    pub created: Timestamp,
}

/// A zone's inception document and its digest. Comes from [`Inception::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inception {
    draft: Draft,
    digest: Digest,
}

/// Commitment to a next key: SHA-256 of `mez.next-key.v1 LF purpose LF multikey LF`.
#[must_use]
pub fn key_commitment(purpose: Purpose, key: &PublicKey) -> Digest {
    let text = format!("mez.next-key.v1\n{purpose}\n{key}\n");
    sha256_parts(&[text.as_bytes()])
}

impl Draft {
    /// Signs the document with the root key and returns it.
    ///
    /// # Errors
    /// When the draft breaks a rule of the format, `root` is not its root key, or signing fails.
    pub fn found(&self, root: &dyn Signer) -> Result<Value, InceptionError> {
        self.check()?;
        if root.public() != self.root_key {
            return Err(InceptionError::NotRootSigned);
        }
        let document = Canonical::of(self).map_err(InceptionError::Shape)?.value();
        Ok(sign_document(document, &ProofOptions::assertion(self.created, root), root)?)
    }

    fn check(&self) -> Result<(), InceptionError> {
        if self.kind != TYPE {
            return Err(InceptionError::UnsupportedType(self.kind.chars().take(80).collect()));
        }
        if !is_host(&self.zone_host) {
            return Err(InceptionError::Host(self.zone_host.chars().take(80).collect()));
        }
        if !self.keys.iter().map(|key| key.purpose).eq(Purpose::RUNNING) {
            return Err(InceptionError::Purposes("keys"));
        }
        if !self.next_key_commitments.iter().map(|next| next.purpose).eq(Purpose::RUNNING) {
            return Err(InceptionError::Purposes("next_key_commitments"));
        }
        if let Some(late) = self.keys.iter().find(|key| key.from_sequence != 0) {
            return Err(InceptionError::FromSequence(late.purpose));
        }
        let mut seen = vec![&self.root_key];
        for PurposeKey { key, .. } in &self.keys {
            if seen.contains(&key) {
                return Err(InceptionError::SharedKey(key.did()));
            }
            seen.push(key);
        }
        Ok(())
    }
}

impl Inception {
    /// Verifies a document as the inception of the zone pinned by the `did:key` of its root.
    ///
    /// # Errors
    /// Names the first rule broken; a document of another type is refused by name.
    pub fn verify(document: &Value, pinned: &Did) -> Result<Verified<Self>, InceptionError> {
        let kind = document.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind != TYPE {
            return Err(InceptionError::UnsupportedType(kind.chars().take(80).collect()));
        }
        let mut bare = document.clone();
        if let Some(members) = bare.as_object_mut() {
            members.remove("proof");
        }
        let canonical = Canonical::of_value(&bare).map_err(InceptionError::Shape)?;
        let draft: Draft = canonical.read().map_err(InceptionError::Shape)?;
        draft.check()?;
        let found = draft.root_key.did();
        if found != pinned.base() {
            return Err(InceptionError::NotPinned { pinned: pinned.clone(), found });
        }
        let signers = verify_document(document, &resolve_did_key)?;
        match signers.as_slice() {
            [only] if only.key == draft.root_key => {}
            _ => return Err(InceptionError::NotRootSigned),
        }
        Ok(Verified::seal(Self { draft, digest: canonical.digest() }))
    }

    /// The zone's identity: the digest of the document without its proof.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The zone's DID: the `did:key` of its root, which callers pin.
    #[must_use]
    pub fn did(&self) -> Did {
        self.draft.root_key.did()
    }

    /// The first key of a purpose; the root key for [`Purpose::Root`].
    #[must_use]
    pub fn key(&self, purpose: Purpose) -> &PublicKey {
        let found = self.draft.keys.iter().find(|key| key.purpose == purpose);
        // `check` saw every running purpose, so only the root is not found.
        found.map_or(&self.draft.root_key, |key| &key.key)
    }

    /// The zone.
    #[must_use]
    pub fn zone_id(&self) -> &ZoneId {
        &self.draft.zone_id
    }

    /// The fixed host name in the zone's log origins.
    #[must_use]
    pub fn zone_host(&self) -> &str {
        &self.draft.zone_host
    }

    /// The jurisdiction.
    #[must_use]
    pub fn jurisdiction_id(&self) -> &JurisdictionId {
        &self.draft.jurisdiction_id
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> Realm {
        self.draft.realm
    }

    /// When the zone says it was founded.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.draft.created
    }

    /// The whole document without its proof.
    #[must_use]
    pub fn draft(&self) -> &Draft {
        &self.draft
    }
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= HOST_MAX && text.split('.').all(label)
}

#[cfg(test)]
mod tests;

//! Verifiable credentials (W3C VC 2.0) with `eddsa-jcs-2022`: issue, trust, verify.
//!
//! Invariant: a credential is judged at a stated time under trust the caller pins. The answer is
//! valid, invalid or unknown with reasons; unknown never reads as fine. What this crate cannot
//! check (a schema not at hand, other members that restrict meaning) makes it unknown, by name.

mod anchors;
mod issue;
pub(crate) mod judgement;
mod presentation;
mod registry;
mod schema;
pub mod shape;
pub(crate) mod verify;

use canon::{Did, Digest, Realm, Timestamp};
use serde_json::Value;

pub use anchors::{Anchor, AnchorError, AnchorFile, Anchors, TrustList, attestation_kind};
pub use issue::{IssueError, Unsigned, issue};
pub use judgement::{Judgement, Reason, Verdict};
pub use presentation::{
    Asked, PRESENTATION_TYPE, PRESENTED_MAX, Presented, present, verify_presentation,
};
pub use registry::{
    AUTHORITIES_MAX, Authority, Level, Link, REGISTRIES_MAX, REGISTRY_KIND, REGISTRY_TYPE,
    Registry, Scope,
};
pub use schema::{SCHEMAS_MAX, Schemas};
pub use verify::{verify, verify_history};

use crate::keys::PublicKey;

/// The first context of every VC 2.0 credential.
pub const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";
/// The W3C context that gives terms of ours a default meaning, so JSON-LD tools accept them.
pub const CONTEXT_TERMS: &str = "https://www.w3.org/ns/credentials/undefined-terms/v2";
/// The type every credential has.
pub const BASE_TYPE: &str = "VerifiableCredential";
/// The most types of one credential.
pub const TYPES_MAX: usize = 16;

/// A credential that was read; trusted only inside [`Verified`](crate::Verified).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub(crate) id: Option<String>,
    pub(crate) types: Vec<String>,
    pub(crate) issuer: Did,
    pub(crate) realm: Option<Realm>,
    pub(crate) valid_from: Timestamp,
    pub(crate) valid_until: Timestamp,
    pub(crate) subject: Value,
    pub(crate) evidence: Vec<Value>,
    pub(crate) signer: PublicKey,
    pub(crate) digest: Digest,
    pub(crate) document: Value,
}

impl Credential {
    /// The credential's id, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Its types without [`BASE_TYPE`].
    #[must_use]
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// Whether it is of a type.
    #[must_use]
    pub fn is_a(&self, kind: &str) -> bool {
        self.types.iter().any(|own| own == kind)
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Did {
        &self.issuer
    }

    /// The realm it states; foreign credentials may state none.
    #[must_use]
    pub fn realm(&self) -> Option<Realm> {
        self.realm
    }

    /// The first moment it holds.
    #[must_use]
    pub fn valid_from(&self) -> Timestamp {
        self.valid_from
    }

    /// The first moment it no longer holds.
    #[must_use]
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    /// `credentialSubject`, as it stands.
    #[must_use]
    pub fn subject(&self) -> &Value {
        &self.subject
    }

    /// `evidence`, always as a list.
    #[must_use]
    pub fn evidence(&self) -> &[Value] {
        &self.evidence
    }

    /// The key that signed.
    #[must_use]
    pub fn signer(&self) -> &PublicKey {
        &self.signer
    }

    /// The payload digest: artifact type `vc`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The whole document with its proof.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }
}

#[cfg(test)]
mod presentation_tests;
#[cfg(test)]
mod registry_tests;
#[cfg(test)]
mod tests;

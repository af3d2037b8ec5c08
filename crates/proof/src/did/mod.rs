//! What a DID of others resolves to: keys, and what each is for (W3C Controlled Identifiers 1.0).
//!
//! `did:key` and `did:jwk` say it themselves; `did:web` says it in a document that the caller brings.
//! Nothing is fetched here.

mod document;
mod jwk;
#[cfg(test)]
mod tests;
mod web;

pub use document::{DidDocument, DocumentError, Relationship};
pub use jwk::resolve as resolve_did_jwk;
pub use web::url as did_web_url;

use crate::integrity::resolve_did_key;
use crate::keys::PublicKey;

/// The key of a verification method that names itself, or that one of these documents lists for `relationship`.
#[must_use]
pub fn resolve(
    method: &str,
    documents: &[DidDocument],
    relationship: Relationship,
) -> Option<PublicKey> {
    resolve_did_key(method)
        .or_else(|| resolve_did_jwk(method))
        .or_else(|| documents.iter().find_map(|document| document.key(method, relationship)))
}

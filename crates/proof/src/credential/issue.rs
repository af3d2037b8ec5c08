//! Issuing a credential.

use canon::{Did, Realm, Timestamp};
use serde_json::{Map, Value};

use super::{BASE_TYPE, CONTEXT, CONTEXT_TERMS, TYPES_MAX};
use crate::integrity::{ASSERTION, IntegrityError, ProofOptions, sign_document};
use crate::keys::Signer;
use crate::status::Entry;

/// Why a credential is not issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// No type of its own, too many, or [`BASE_TYPE`] repeated.
    #[error("a credential needs 1 to {TYPES_MAX} types of its own")]
    Types,
    /// The id is not a URL or URN.
    #[error("`{0}` is not a credential id (a URL or URN)")]
    Id(String),
    /// The subject is not an object.
    #[error("the credential's subject is not an object")]
    Subject,
    /// The end is not after the beginning.
    #[error("the credential would end at {until}, not after it begins at {from}")]
    Period {
        /// `validFrom`.
        from: Timestamp,
        /// `validUntil`.
        until: Timestamp,
    },
    /// The document was not signed.
    #[error("the credential was not signed")]
    Integrity(#[from] IntegrityError),
}

/// A credential before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// The id, a URL or URN.
    pub id: String,
    /// The types beside [`BASE_TYPE`], most general first.
    pub types: Vec<String>,
    /// The issuer: the signer's `did:key`, or a zone's DID whose inception names the signer.
    pub issuer: Did,
    /// The realm, stated in every credential of ours.
    pub realm: Realm,
    /// The subject, an object; its `id` names who it is about.
    pub subject: Value,
    /// The first moment it holds; also the signature's `created`.
    pub valid_from: Timestamp,
    /// The first moment it no longer holds.
    pub valid_until: Timestamp,
    /// What it rests on; omitted when empty.
    pub evidence: Vec<Value>,
    /// Where its status stands; omitted when empty.
    pub status: Vec<Entry>,
}

/// Signs a credential. `method` names the signer's key, usually its `did:key` method.
///
/// # Errors
/// When the credential breaks a rule of the format, or signing fails.
pub fn issue(unsigned: Unsigned, signer: &dyn Signer, method: &str) -> Result<Value, IssueError> {
    let Unsigned { id, types, issuer, realm, subject, valid_from, valid_until, evidence, status } =
        unsigned;
    if types.is_empty() || types.len() >= TYPES_MAX || types.iter().any(|own| own == BASE_TYPE) {
        return Err(IssueError::Types);
    }
    if !id.contains(':') || id.chars().any(char::is_whitespace) {
        return Err(IssueError::Id(id.chars().take(160).collect()));
    }
    if !subject.is_object() {
        return Err(IssueError::Subject);
    }
    if valid_until <= valid_from {
        return Err(IssueError::Period { from: valid_from, until: valid_until });
    }
    let mut all_types = vec![BASE_TYPE.to_owned()];
    all_types.extend(types);
    let mut document = Map::new();
    document.insert("@context".to_owned(), Value::from(vec![CONTEXT, CONTEXT_TERMS]));
    document.insert("id".to_owned(), Value::from(id));
    document.insert("type".to_owned(), Value::from(all_types));
    document.insert("issuer".to_owned(), Value::from(issuer.to_string()));
    document.insert("realm".to_owned(), Value::from(realm.to_string()));
    document.insert("validFrom".to_owned(), Value::from(valid_from.to_string()));
    document.insert("validUntil".to_owned(), Value::from(valid_until.to_string()));
    document.insert("credentialSubject".to_owned(), subject);
    if !evidence.is_empty() {
        document.insert("evidence".to_owned(), Value::from(evidence));
    }
    let status: Vec<Value> = status.iter().map(Entry::document).collect();
    if !status.is_empty() {
        document.insert("credentialStatus".to_owned(), Value::from(status));
    }
    let options = ProofOptions {
        created: valid_from,
        verification_method: method.to_owned(),
        purpose: ASSERTION,
        challenge: None,
        domain: None,
    };
    Ok(sign_document(Value::Object(document), &options, signer)?)
}

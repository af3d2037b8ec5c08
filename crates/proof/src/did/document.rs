//! A DID document: which keys, and for what.

use canon::Did;
use serde_json::{Map, Value};

use crate::jwk::parse_foreign;
use crate::keys::PublicKey;

/// Most verification methods of one document.
const METHODS_MAX: usize = 64;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relationship {
    /// To state something.
    Assertion,
    /// To show that one is there.
    Authentication,
}

/// The document of a DID, read; that it is that DID's is the caller's word (for `did:web`, TLS's).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DidDocument {
    did: Did,
    /// Method, key, and whether it asserts and authenticates. Keys of other kinds are left out.
    methods: Vec<(String, PublicKey, [bool; 2])>,
}

/// Why a document is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON.
    #[error("the DID document is not JSON: {0}")]
    Json(#[from] crate::foreign::ForeignError),
    /// A member is missing or of another shape.
    #[error("`{0}` of the DID document is missing or malformed")]
    Malformed(&'static str),
    /// Of another DID.
    #[error("the document is of `{found}`, not of `{expected}`")]
    Other {
        /// Asked for.
        expected: Did,
        /// In the document.
        found: String,
    },
    /// More than [`METHODS_MAX`] methods.
    #[error("more than {METHODS_MAX} verification methods")]
    TooMany,
}

impl DidDocument {
    /// Reads the document of `did`.
    ///
    /// # Errors
    /// Names the member at fault, or the DID it is of instead.
    pub fn read(bytes: &[u8], did: &Did) -> Result<Self, DocumentError> {
        let document = crate::foreign::read(bytes)?;
        let did = did.base();
        let found = document.get("id").and_then(Value::as_str);
        let found = found.ok_or(DocumentError::Malformed("id"))?;
        if found != did.as_str() {
            let found = found.chars().take(160).collect();
            return Err(DocumentError::Other { expected: did, found });
        }
        let listed = |name: &'static str| match document.get(name) {
            None => Ok(&[][..]),
            Some(Value::Array(items)) if items.len() <= METHODS_MAX => Ok(items.as_slice()),
            Some(Value::Array(_)) => Err(DocumentError::TooMany),
            Some(_) => Err(DocumentError::Malformed(name)),
        };
        let uses = [listed("assertionMethod")?, listed("authentication")?];
        let embedded = uses.into_iter().flatten().filter_map(Value::as_object);
        let methods = listed("verificationMethod")?.iter().filter_map(Value::as_object);
        let mut read: Vec<(String, PublicKey, [bool; 2])> = Vec::new();
        for method in methods.chain(embedded) {
            let Some((id, key)) = key_of(method, &did) else { continue };
            let named = uses.map(|uses| uses.iter().any(|one| names(one, &id, &did)));
            if !read.iter().any(|(known, ..)| *known == id) {
                read.push((id, key, named));
            }
        }
        Ok(Self { did, methods: read })
    }

    /// Whose it is.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// The key of a method that the document lists for this use.
    #[must_use]
    pub fn key(&self, method: &str, relationship: Relationship) -> Option<PublicKey> {
        let (_, key, [asserts, authenticates]) =
            self.methods.iter().find(|(id, ..)| id == method)?;
        let may = match relationship {
            Relationship::Assertion => asserts,
            Relationship::Authentication => authenticates,
        };
        may.then(|| key.clone())
    }
}

/// An id as a whole DID URL; a document may write its own as a fragment alone.
fn whole(id: &str, did: &Did) -> String {
    if id.starts_with('#') { format!("{did}{id}") } else { id.to_owned() }
}

/// Whether an entry of a relationship is this method, named or embedded.
fn names(entry: &Value, id: &str, did: &Did) -> bool {
    let named = entry.as_str().or_else(|| entry.get("id").and_then(Value::as_str));
    named.is_some_and(|named| whole(named, did) == id)
}

fn key_of(method: &Map<String, Value>, did: &Did) -> Option<(String, PublicKey)> {
    let id = whole(method.get("id")?.as_str()?, did);
    // A method of another controller is another DID's word.
    if method.get("controller").is_some_and(|controller| controller != did.as_str()) {
        return None;
    }
    let key = match (method.get("publicKeyMultibase"), method.get("publicKeyJwk")) {
        (Some(Value::String(text)), None) => PublicKey::from_multikey(text).ok()?,
        (None, Some(jwk)) => parse_foreign(jwk).ok()?,
        _ => return None,
    };
    Some((id, key))
}

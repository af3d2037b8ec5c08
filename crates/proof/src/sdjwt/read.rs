//! The compact form: `JWT~disclosure~…~` and, from a holder, a second JWT at the end.

use canon::Digest;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use super::{DISCLOSURES_MAX, SDJWT_MAX};
use crate::foreign::{self, ForeignError};
use crate::keys::{Message, PublicKey, Signature, SignatureError};

/// Why a text is no SD-JWT, or its disclosures do not belong to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtError {
    /// Longer than is looked at.
    #[error("it is longer than {SDJWT_MAX} bytes")]
    Length,
    /// A part is missing or is not base64url without padding.
    #[error("{0} is not as RFC 9901 has it")]
    Shape(&'static str),
    /// A part holds no admissible JSON.
    #[error("{0} holds no JSON object or array: {1}")]
    Json(&'static str, ForeignError),
    /// More disclosures than [`DISCLOSURES_MAX`].
    #[error("{0} disclosures, more than {DISCLOSURES_MAX}")]
    TooMany(usize),
    /// A digest, a disclosure or a claim that stands twice.
    #[error("`{0}` stands twice")]
    Twice(String),
    /// A disclosure of no digest that is signed.
    #[error("a disclosure is of nothing the issuer signed")]
    Unsigned,
    /// A claim that must not be hidden, or no claim's name.
    #[error("`{0}` may not be disclosed")]
    Name(String),
    /// Its digests are of another algorithm than SHA-256.
    #[error("`_sd_alg` is not `sha-256`")]
    Algorithm,
    /// Disclosed values nest deeper than a document may.
    #[error("disclosed values are nested too deep")]
    Deep,
}

/// A JWT in parts; nothing is believed yet.
pub(super) struct Jwt<'a> {
    input: &'a str,
    pub(super) header: Map<String, Value>,
    pub(super) payload: Map<String, Value>,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    fn read(text: &'a str) -> Result<Self, SdJwtError> {
        let shape = || SdJwtError::Shape("a JWT");
        let (input, signature) = text.rsplit_once('.').ok_or_else(shape)?;
        let (header, payload) = input.split_once('.').ok_or_else(shape)?;
        Ok(Self {
            input,
            header: object(header, "the header")?,
            payload: object(payload, "the payload")?,
            signature: decode(signature, "a signature")?,
        })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.payload.get(name).and_then(Value::as_str)
    }

    /// Whether it is of a type.
    pub(super) fn is(&self, types: &[&str]) -> bool {
        self.header.get("typ").and_then(Value::as_str).is_some_and(|typ| types.contains(&typ))
    }

    /// A header that asks for more than Ed25519 over these bytes: code and detail.
    pub(super) fn strange(&self) -> Option<(&'static str, String)> {
        let alg = self.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        if !["EdDSA", "Ed25519"].contains(&alg) {
            let alg: String = alg.chars().take(40).collect();
            return Some(("unsupported-algorithm", format!("signed with `{alg}`")));
        }
        let asks = ["crit", "b64"].into_iter().find(|name| self.header.contains_key(*name));
        asks.map(|name| ("proof-not-supported", format!("header `{name}`")))
    }

    /// Whether its digests are SHA-256, stated or by default.
    pub(super) fn digests_by_sha256(&self) -> bool {
        self.payload.get("_sd_alg").is_none_or(|alg| alg == "sha-256")
    }

    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), SignatureError> {
        key.verify(&Message::jws(self.input), &Signature::from_slice(&self.signature)?)
    }
}

/// One salted claim, or one element of an array.
pub(super) struct Disclosure<'a> {
    pub(super) text: &'a str,
    pub(super) digest: String,
    pub(super) name: Option<String>,
    pub(super) value: Value,
}

impl<'a> Disclosure<'a> {
    fn read(text: &'a str) -> Result<Self, SdJwtError> {
        const WHAT: &str = "a disclosure";
        let bytes = decode(text, WHAT)?;
        let read = foreign::read(&bytes).map_err(|error| SdJwtError::Json(WHAT, error))?;
        let parts = read.as_array().map(Vec::as_slice);
        let (name, value) = match parts {
            Some([Value::String(_), Value::String(name), value]) => (Some(name.clone()), value),
            Some([Value::String(_), value]) => (None, value),
            _ => return Err(SdJwtError::Shape(WHAT)),
        };
        Ok(Self { text, digest: digest(text), name, value: value.clone() })
    }
}

/// The digest by which a disclosure, or all before a holder's signature, is named.
pub(super) fn digest(text: &str) -> String {
    BASE64URL_NOPAD.encode(Digest::of_blob(text.as_bytes()).as_bytes())
}

/// The whole text in parts.
pub(super) struct Parts<'a> {
    pub(super) jwt: Jwt<'a>,
    pub(super) disclosures: Vec<Disclosure<'a>>,
    /// The holder's signature.
    pub(super) binding: Option<Jwt<'a>>,
    /// What the holder's signature covers: everything before it.
    pub(super) bound: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, SdJwtError> {
        if text.len() > SDJWT_MAX {
            return Err(SdJwtError::Length);
        }
        let tail = text.rfind('~').ok_or(SdJwtError::Shape("the whole"))?;
        let (bound, last) = text.split_at(tail + 1);
        let mut parts = bound.trim_end_matches('~').split('~');
        if bound.ends_with("~~") {
            return Err(SdJwtError::Shape("an empty disclosure"));
        }
        let jwt = Jwt::read(parts.next().unwrap_or_default())?;
        let count = parts.clone().count();
        if count > DISCLOSURES_MAX {
            return Err(SdJwtError::TooMany(count));
        }
        let disclosures = parts.map(Disclosure::read).collect::<Result<_, _>>()?;
        let binding = if last.is_empty() { None } else { Some(Jwt::read(last)?) };
        Ok(Self { jwt, disclosures, binding, bound })
    }
}

fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, SdJwtError> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| SdJwtError::Shape(what))
}

fn object(text: &str, what: &'static str) -> Result<Map<String, Value>, SdJwtError> {
    let bytes = decode(text, what)?;
    match foreign::read(&bytes).map_err(|error| SdJwtError::Json(what, error))? {
        Value::Object(members) => Ok(members),
        _ => Err(SdJwtError::Shape(what)),
    }
}

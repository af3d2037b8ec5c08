//! Issuing: claims shown to everybody, and claims behind salted digests.

use canon::{Canonical, Did, Realm, Refusal, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};

use super::read::digest;
use super::{DISCLOSURES_MAX, NEVER_HIDDEN, TYP};
use crate::jwk;
use crate::keys::{Message, PublicKey, Signer, SignerError};

/// Why a credential is not issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A claim that the format itself writes.
    #[error("`{0}` is written by the format, not as a claim")]
    Reserved(String),
    /// A claim to be hidden that is not among the claims, or more than [`DISCLOSURES_MAX`].
    #[error("`{0}` is no claim that can be hidden")]
    Hidden(String),
    /// The type is empty.
    #[error("the type `vct` is empty")]
    Type,
    /// It would end before it begins.
    #[error("it would end at {until}, not after it begins at {from}")]
    Period {
        /// The first moment.
        from: Timestamp,
        /// The first moment after.
        until: Timestamp,
    },
    /// A claim has no canonical form.
    #[error("a claim has no canonical form")]
    Canonical(#[from] Refusal),
    /// The signer did not sign.
    #[error("the credential was not signed")]
    Signer(#[from] SignerError),
}

/// A credential before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// The issuer, whose key signs.
    pub issuer: Did,
    /// The type, `vct`.
    pub vct: String,
    /// The realm.
    pub realm: Realm,
    /// The key that may present it; anybody may, without.
    pub holder: Option<PublicKey>,
    /// The first moment it holds.
    pub valid_from: Timestamp,
    /// The first moment it no longer holds.
    pub valid_until: Timestamp,
    /// What it says of its subject.
    pub claims: Map<String, Value>,
    /// The claims the holder may keep back, each with 16 fresh random bytes.
    pub hidden: Vec<(String, [u8; 16])>,
}

/// Signs a credential with all its disclosures, for its holder.
///
/// # Errors
/// When a rule of the format is broken or the signer does not sign.
pub fn issue(unsigned: &Unsigned, signer: &dyn Signer, method: &str) -> Result<String, IssueError> {
    let (from, until) = (unsigned.valid_from, unsigned.valid_until);
    if until <= from {
        return Err(IssueError::Period { from, until });
    }
    if unsigned.vct.is_empty() {
        return Err(IssueError::Type);
    }
    let mut claims = unsigned.claims.clone();
    let reserved = |name: &&String| {
        NEVER_HIDDEN.contains(&name.as_str()) || ["_sd", "..."].contains(&name.as_str())
    };
    if let Some(name) = claims.keys().find(reserved) {
        return Err(IssueError::Reserved(name.clone()));
    }
    let (mut digests, mut tail) = (Vec::new(), String::new());
    for (name, salt) in &unsigned.hidden {
        let value = claims.remove(name).filter(|_| digests.len() < DISCLOSURES_MAX);
        let value = value.ok_or_else(|| IssueError::Hidden(name.clone()))?;
        let salt = BASE64URL_NOPAD.encode(salt);
        let disclosure = encode(&json!([salt, name, value]))?;
        digests.push(digest(&disclosure));
        tail.push_str(&disclosure);
        tail.push('~');
    }
    // In their own order, so that the place says nothing of the name.
    digests.sort();
    claims.insert("iss".to_owned(), json!(unsigned.issuer));
    claims.insert("vct".to_owned(), json!(unsigned.vct));
    claims.insert("realm".to_owned(), json!(unsigned.realm.to_string()));
    claims.insert("nbf".to_owned(), json!(from.unix()));
    claims.insert("exp".to_owned(), json!(until.unix()));
    if !digests.is_empty() {
        claims.insert("_sd".to_owned(), json!(digests));
        claims.insert("_sd_alg".to_owned(), json!("sha-256"));
    }
    if let Some(holder) = &unsigned.holder {
        let jwk = jwk::print_public(holder, &holder.to_multikey());
        claims.insert("cnf".to_owned(), json!({ "jwk": jwk }));
    }
    let header = json!({ "alg": "EdDSA", "kid": method, "typ": TYP });
    let jwt = sign(&header, &Value::Object(claims), signer)?;
    Ok(format!("{jwt}~{tail}"))
}

/// A JWT over two objects.
pub(super) fn sign(
    header: &Value,
    payload: &Value,
    signer: &dyn Signer,
) -> Result<String, IssueError> {
    let input = format!("{}.{}", encode(header)?, encode(payload)?);
    let signature = signer.sign(&Message::jws(&input))?;
    Ok(format!("{input}.{}", BASE64URL_NOPAD.encode(signature.bytes())))
}

fn encode(value: &Value) -> Result<String, Refusal> {
    Ok(BASE64URL_NOPAD.encode(Canonical::of_value(value)?.bytes()))
}

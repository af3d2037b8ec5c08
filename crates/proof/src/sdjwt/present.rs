//! Presenting: some disclosures, and the holder's signature over them and the verifier's nonce.

use canon::Timestamp;
use serde_json::{Value, json};

use super::TYP_BINDING;
use super::issue::{IssueError, sign};
use super::read::{Parts, SdJwtError, digest};
use crate::credential::Asked;
use crate::jwk;
use crate::keys::Signer;

/// Why nothing is presented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// Not an SD-JWT.
    #[error("the credential is no SD-JWT: {0}")]
    Read(#[from] SdJwtError),
    /// It was presented already; the holder keeps the one without a second signature.
    #[error("it was presented already")]
    Presented,
    /// No disclosure of that name.
    #[error("it has no hidden claim `{0}`")]
    Name(String),
    /// The key is not the one the issuer named.
    #[error("the key is not the one the credential names for its holder")]
    Holder,
    /// A verifier that asks gives both.
    #[error("a presentation needs the verifier's challenge and its name")]
    Asked,
    /// Not signed.
    #[error("the presentation was not signed")]
    Sign(#[from] IssueError),
}

/// Shows the claims named in `reveal` and no other hidden one, to one verifier.
///
/// # Errors
/// When the key is not the holder's, or a claim is not there.
pub fn present(
    text: &str,
    reveal: &[String],
    asked: Asked<'_>,
    created: Timestamp,
    holder: &dyn Signer,
) -> Result<String, PresentError> {
    let parts = Parts::read(text)?;
    if parts.binding.is_some() {
        return Err(PresentError::Presented);
    }
    let (Some(nonce), Some(aud)) = (asked.challenge, asked.domain) else {
        return Err(PresentError::Asked);
    };
    let named = parts.jwt.payload.get("cnf").and_then(|cnf| cnf.get("jwk"));
    let named = named.and_then(|jwk| jwk::parse_foreign(jwk).ok());
    if named.as_ref() != Some(&holder.public()) {
        return Err(PresentError::Holder);
    }
    let has = |name: &String| parts.disclosures.iter().any(|one| one.name.as_ref() == Some(name));
    if let Some(name) = reveal.iter().find(|name| !has(name)) {
        return Err(PresentError::Name(name.clone()));
    }
    let jwt = text.split('~').next().unwrap_or_default();
    let mut shown = format!("{jwt}~");
    let chosen = |name: &Option<String>| name.as_ref().is_some_and(|name| reveal.contains(name));
    for disclosure in parts.disclosures.iter().filter(|one| chosen(&one.name)) {
        shown.push_str(disclosure.text);
        shown.push('~');
    }
    let header = json!({ "alg": "EdDSA", "typ": TYP_BINDING });
    let payload: Value = json!({
        "aud": aud, "iat": created.unix(), "nonce": nonce, "sd_hash": digest(&shown),
    });
    shown.push_str(&sign(&header, &payload, holder)?);
    Ok(shown)
}

//! Signed tokens (RFC 7519, RFC 7515) under the keys of a set (RFC 7517).
//!
//! Invariant: the algorithm is the key's, never the token's: a header that names another is refused, `none` and every
//! symmetric algorithm with it. A key in a header is never looked at.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde_json::Value;

/// Longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Most keys of a set that are looked at.
const KEYS_MAX: usize = 64;
/// Seconds by which two clocks may differ.
const LEEWAY_SECS: i64 = 60;

/// Why a token is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JwtError {
    /// Not of the form.
    #[error("it is malformed: {0}")]
    Malformed(&'static str),
    /// No key of the set is the one it names; another set may have it.
    #[error("no key `{0}` is known")]
    UnknownKey(String),
    /// It names an algorithm that is not its key's.
    #[error("algorithm `{0}` is not that of its key")]
    Algorithm(String),
    /// The signature.
    #[error("its signature does not hold")]
    Signature,
    /// A claim is missing or says something else.
    #[error("claim `{0}` does not hold")]
    Claim(&'static str),
}

/// A public key of a provider, with the one algorithm it is used with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Public {
    Rs256 { modulus: Vec<u8>, exponent: Vec<u8> },
    Es256 { point: Vec<u8> },
    EdDsa { key: Vec<u8> },
}

impl Public {
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256 { .. } => "RS256",
            Self::Es256 { .. } => "ES256",
            Self::EdDsa { .. } => "EdDSA",
        }
    }

    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        let held = match self {
            Self::Rs256 { modulus, exponent } => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            Self::Es256 { point } => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Self::EdDsa { key } => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
        };
        held.is_ok()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    id: Option<String>,
    public: Public,
}

/// The keys of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeySet(Vec<Key>);

impl KeySet {
    /// The keys of a document that are for signatures and of a kind known here; others are passed over.
    ///
    /// # Errors
    /// A document that is no key set, or holds no key that can be used.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let tree: Value = serde_json::from_slice(bytes).map_err(|_| "it is no JSON")?;
        let keys = tree.get("keys").and_then(Value::as_array).ok_or("it has no `keys`")?;
        let known: Vec<Key> = keys.iter().take(KEYS_MAX).filter_map(key).collect();
        if known.is_empty() {
            return Err("it has no key for RS256, ES256 or EdDSA");
        }
        Ok(Self(known))
    }

    fn find(&self, id: Option<&str>) -> Option<&Key> {
        match (id, self.0.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn bytes(value: &Value, name: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text(value, name)?.as_bytes()).ok()
}

fn key(jwk: &Value) -> Option<Key> {
    if text(jwk, "use").is_some_and(|used| used != "sig") {
        return None;
    }
    let public = match (text(jwk, "kty")?, text(jwk, "crv")) {
        ("RSA", None) => Public::Rs256 { modulus: bytes(jwk, "n")?, exponent: bytes(jwk, "e")? },
        ("EC", Some("P-256")) => {
            let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
            // SEC 1 §2.3.3: an uncompressed point.
            let point = [&[4][..], &x, &y].concat();
            (x.len() == 32 && y.len() == 32).then_some(Public::Es256 { point })?
        }
        ("OKP", Some("Ed25519")) => Public::EdDsa { key: bytes(jwk, "x")? },
        _ => return None,
    };
    // A key that says it is for something else is for that.
    if text(jwk, "alg").is_some_and(|named| named != public.algorithm()) {
        return None;
    }
    Some(Key { id: text(jwk, "kid").map(str::to_owned), public })
}

/// What a token has to say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    /// Seconds since 1970.
    pub(super) now: i64,
}

fn part(text: &str) -> Result<Value, JwtError> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
    let bytes = bytes.map_err(|_| JwtError::Malformed("a part is no base64url"))?;
    let tree = canon::parse_value(&bytes);
    let tree = tree.map_err(|_| JwtError::Malformed("a part is no admissible JSON"))?;
    Some(tree).filter(Value::is_object).ok_or(JwtError::Malformed("a part is no object"))
}

/// The claims of a token that holds: signed by a key of the set, from this issuer, for this audience, in force.
///
/// # Errors
/// See [`JwtError`].
pub(super) fn claims(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<Value, JwtError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(JwtError::Malformed("it is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed("no parts"))?;
    let (header, payload) = signed.split_once('.').ok_or(JwtError::Malformed("two parts"))?;
    let header = part(header)?;
    if header.get("crit").is_some() {
        return Err(JwtError::Malformed("it has critical extensions"));
    }
    let algorithm = text(&header, "alg").ok_or(JwtError::Malformed("it names no algorithm"))?;
    let id = text(&header, "kid");
    if !["RS256", "ES256", "EdDSA"].contains(&algorithm) {
        return Err(JwtError::Algorithm(algorithm.to_owned()));
    }
    let unknown = || JwtError::UnknownKey(id.unwrap_or_default().to_owned());
    let key = keys.find(id).ok_or_else(unknown)?;
    if key.public.algorithm() != algorithm {
        return Err(JwtError::Algorithm(algorithm.to_owned()));
    }
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes());
    let signature = signature.map_err(|_| JwtError::Malformed("its signature is no base64url"))?;
    if !key.public.holds(signed.as_bytes(), &signature) {
        return Err(JwtError::Signature);
    }
    let claims = part(payload)?;
    hold(&claims, expected)?;
    Ok(claims)
}

/// RFC 7519 §4.1, RFC 9068 §4: who issued it, for whom, and from when to when.
fn hold(claims: &Value, expected: &Expected<'_>) -> Result<(), JwtError> {
    let at = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(JwtError::Claim(name)),
    };
    if text(claims, "iss") != Some(expected.issuer) {
        return Err(JwtError::Claim("iss"));
    }
    let meant = match claims.get("aud") {
        Some(Value::String(one)) => one == expected.audience,
        Some(Value::Array(all)) => all.iter().any(|one| one == expected.audience),
        _ => false,
    };
    if !meant {
        return Err(JwtError::Claim("aud"));
    }
    let ahead = expected.now.saturating_add(LEEWAY_SECS);
    let behind = expected.now.saturating_sub(LEEWAY_SECS);
    if at("exp")?.is_none_or(|exp| exp <= behind) {
        return Err(JwtError::Claim("exp"));
    }
    if at("nbf")?.is_some_and(|nbf| nbf > ahead) {
        return Err(JwtError::Claim("nbf"));
    }
    if at("iat")?.is_none_or(|iat| iat > ahead) {
        return Err(JwtError::Claim("iat"));
    }
    if text(claims, "sub").is_none_or(str::is_empty) {
        return Err(JwtError::Claim("sub"));
    }
    Ok(())
}

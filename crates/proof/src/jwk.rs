//! Private and public JSON Web Keys of Ed25519 (RFC 8037), and the key file that wraps one.
//!
//! Invariant: the halves of a private JWK agree (`x` is recomputed from `d`), and the text that
//! holds `d` wipes itself.

use canon::parse_value;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use crate::keys::{KeyError, PublicKey, SecretKey, wipe_stack};

/// Why a JWK or key file is refused. No variant carries secret text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkError {
    /// Not admissible JSON.
    #[error("the key file is not admissible JSON ({0})")]
    Json(&'static str),
    /// A member is missing or is not a text.
    #[error("member `{0}` is missing or is not a text")]
    Missing(&'static str),
    /// A member that is not part of the format.
    #[error("member `{0}` is not known here")]
    Unknown(String),
    /// `kty` is not `OKP` or `crv` is not `Ed25519`.
    #[error("only kty `OKP` with crv `Ed25519` is supported")]
    Kind,
    /// `x` or `d` is not 32 bytes in base64url without padding.
    #[error("member `{0}` is not 32 bytes in base64url without padding")]
    Encoding(&'static str),
    /// `x` is not the public half of `d`.
    #[error("`x` is not the public half of `d`")]
    Halves,
    /// The verification method does not name the key in the file.
    #[error("verificationMethod `{0}` does not name the key in the file")]
    Method(String),
    /// The key is not admissible.
    #[error("the key is not admissible")]
    Key(#[from] KeyError),
}

/// A private key as read from a file, with the names it carries.
pub struct KeyFile {
    /// The key.
    pub secret: SecretKey,
    /// The verification method to name in signatures, `did:key:z6Mk…#…`.
    pub verification_method: String,
}

impl KeyFile {
    /// Reads a key file: `{"private_jwk": …, "verificationMethod": …}` or a bare private JWK.
    ///
    /// # Errors
    /// Names the member at fault; never repeats secret text.
    pub fn parse(bytes: &[u8]) -> Result<Self, JwkError> {
        let parsed = Self::parsed(bytes);
        wipe_stack();
        parsed
    }

    #[inline(never)]
    fn parsed(bytes: &[u8]) -> Result<Self, JwkError> {
        let mut tree = parse_value(bytes).map_err(|refusal| JwkError::Json(refusal.rule.code()))?;
        let parsed = Self::of_value(&tree);
        wipe(&mut tree);
        parsed
    }

    fn of_value(tree: &Value) -> Result<Self, JwkError> {
        let Some(jwk) = tree.get("private_jwk") else {
            let secret = parse_private(tree)?;
            let verification_method = secret.public().verification_method();
            return Ok(Self { secret, verification_method });
        };
        only(tree, &["private_jwk", "verificationMethod"])?;
        let secret = parse_private(jwk)?;
        let method = text(tree, "verificationMethod")?;
        let base = method.split('#').next().unwrap_or_default();
        if base != secret.public().did().as_str() {
            return Err(JwkError::Method(method.chars().take(160).collect()));
        }
        Ok(Self { verification_method: method.to_owned(), secret })
    }

    /// The key file's text, to be written with mode 0600. `kid` is the fragment of the method.
    pub fn print(secret: &SecretKey) -> Zeroizing<String> {
        let public = secret.public();
        let jwk = print_private(secret, &public.to_multikey());
        let method = public.verification_method();
        Zeroizing::new(format!(
            "{{\"private_jwk\":{},\"verificationMethod\":\"{method}\"}}\n",
            jwk.as_str()
        ))
    }
}

/// Parses a private JWK `{kty,crv,x,d,kid?}`.
///
/// # Errors
/// Names the member at fault; never repeats secret text.
pub fn parse_private(jwk: &Value) -> Result<SecretKey, JwkError> {
    only(jwk, &["kty", "crv", "x", "d", "kid"])?;
    let public = public_half(jwk)?;
    let mut seed = decode32(jwk, "d")?;
    let secret = SecretKey::of_seed(&seed)?;
    seed.zeroize();
    if secret.public() != public {
        return Err(JwkError::Halves);
    }
    Ok(secret)
}

/// Parses a public JWK `{kty,crv,x,kid?}`; a private member is refused.
///
/// # Errors
/// Names the member at fault.
pub fn parse_public(jwk: &Value) -> Result<PublicKey, JwkError> {
    only(jwk, &["kty", "crv", "x", "kid"])?;
    public_half(jwk)
}

/// Parses a public JWK of others, whose further members (RFC 7517 §4) say nothing about the key itself.
/// A private member is refused, and so is a use or algorithm other than signing with Ed25519.
///
/// # Errors
/// Names the member at fault.
pub fn parse_foreign(jwk: &Value) -> Result<PublicKey, JwkError> {
    let says = |name: &str, words: &[&str]| {
        jwk.get(name).is_none_or(|value| value.as_str().is_some_and(|word| words.contains(&word)))
    };
    if jwk.get("d").is_some() {
        return Err(JwkError::Unknown("d".to_owned()));
    }
    if !says("use", &["sig"]) || !says("alg", &["EdDSA", "Ed25519"]) {
        return Err(JwkError::Kind);
    }
    public_half(jwk)
}

/// The text of a private JWK.
pub fn print_private(secret: &SecretKey, kid: &str) -> Zeroizing<String> {
    let x = BASE64URL_NOPAD.encode(secret.public().bytes());
    let d = Zeroizing::new(BASE64URL_NOPAD.encode(secret.seed_for_file().as_slice()));
    let kid = Value::from(kid);
    Zeroizing::new(format!(
        "{{\"crv\":\"Ed25519\",\"d\":\"{}\",\"kid\":{kid},\"kty\":\"OKP\",\"x\":\"{x}\"}}",
        d.as_str()
    ))
}

/// The public JWK of a key.
pub fn print_public(key: &PublicKey, kid: &str) -> Value {
    let mut jwk = Map::new();
    jwk.insert("kty".to_owned(), Value::from("OKP"));
    jwk.insert("crv".to_owned(), Value::from("Ed25519"));
    jwk.insert("x".to_owned(), Value::from(BASE64URL_NOPAD.encode(key.bytes())));
    jwk.insert("kid".to_owned(), Value::from(kid));
    Value::Object(jwk)
}

fn public_half(jwk: &Value) -> Result<PublicKey, JwkError> {
    if text(jwk, "kty")? != "OKP" || text(jwk, "crv")? != "Ed25519" {
        return Err(JwkError::Kind);
    }
    Ok(PublicKey::from_bytes(&*decode32(jwk, "x")?)?)
}

fn text<'a>(object: &'a Value, member: &'static str) -> Result<&'a str, JwkError> {
    object.get(member).and_then(Value::as_str).ok_or(JwkError::Missing(member))
}

fn decode32(jwk: &Value, member: &'static str) -> Result<Zeroizing<[u8; 32]>, JwkError> {
    let refuse = |_| JwkError::Encoding(member);
    let bytes = BASE64URL_NOPAD.decode(text(jwk, member)?.as_bytes()).map_err(refuse)?;
    let bytes = Zeroizing::new(bytes);
    let array = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| JwkError::Encoding(member))?;
    Ok(Zeroizing::new(array))
}

fn only(object: &Value, known: &[&str]) -> Result<(), JwkError> {
    let members = object.as_object().ok_or(JwkError::Json("shape"))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(JwkError::Unknown(name.chars().take(64).collect())),
        None => Ok(()),
    }
}

/// Wipes every text of a tree that held a private key.
fn wipe(tree: &mut Value) {
    match tree {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vector() -> Value {
        let text = include_str!("../tests/vectors/core-ed25519.json");
        parse_value(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_published_jwk_parses_and_prints_back() {
        let vector = vector();
        let secret = parse_private(&vector["jwk"]).unwrap();
        assert_eq!(secret.public().did().as_str(), vector["did_key"].as_str().unwrap());
        let printed = print_private(&secret, "key-1");
        assert_eq!(parse_value(printed.as_bytes()).unwrap(), vector["jwk"]);
        let public = print_public(&secret.public(), "key-1");
        assert_eq!(parse_public(&public).unwrap(), secret.public());
    }

    #[test]
    fn a_key_file_round_trips_and_binds_its_method() {
        let secret = SecretKey::from_seed([7; 32]).unwrap();
        let text = KeyFile::print(&secret);
        let file = KeyFile::parse(text.as_bytes()).unwrap();
        assert_eq!(file.secret.public(), secret.public());
        assert_eq!(file.verification_method, secret.public().verification_method());
        let other = SecretKey::from_seed([8; 32]).unwrap().public();
        let swapped = text.replace(secret.public().did().as_str(), other.did().as_str());
        assert!(matches!(KeyFile::parse(swapped.as_bytes()), Err(JwkError::Method(_))));
    }

    #[test]
    fn halves_that_disagree_and_strange_members_are_refused() {
        let mut jwk = vector()["jwk"].clone();
        let other = SecretKey::from_seed([9; 32]).unwrap().public();
        jwk["x"] = json!(BASE64URL_NOPAD.encode(other.bytes()));
        assert_eq!(parse_private(&jwk).err(), Some(JwkError::Halves));
        let mut jwk = vector()["jwk"].clone();
        jwk["use"] = json!("sig");
        assert_eq!(parse_private(&jwk).err(), Some(JwkError::Unknown("use".to_owned())));
        assert_eq!(
            parse_public(&vector()["jwk"]).err(),
            Some(JwkError::Unknown("d".to_owned())),
            "a private key is not a public one"
        );
        let mut jwk = vector()["jwk"].clone();
        jwk["kty"] = json!("EC");
        assert_eq!(parse_private(&jwk).err(), Some(JwkError::Kind));
    }
}

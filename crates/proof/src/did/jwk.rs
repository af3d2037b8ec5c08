//! `did:jwk`: the identifier is a public JWK in base64url.

use data_encoding::BASE64URL_NOPAD;

use crate::jwk::parse_foreign;
use crate::keys::PublicKey;

/// The only fragment of a `did:jwk`.
const FRAGMENT: &str = "#0";
/// Longest identifier looked at.
const TEXT_MAX: usize = 1024;

/// The key of `did:jwk:<jwk>#0`; nothing for any other text, or a key that is not an Ed25519 one.
#[must_use]
pub fn resolve(method: &str) -> Option<PublicKey> {
    let text = method.strip_prefix("did:jwk:")?.strip_suffix(FRAGMENT)?;
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|_| text.len() <= TEXT_MAX)?;
    parse_foreign(&crate::foreign::read(&bytes).ok()?).ok()
}

//! Credentials whose holder chooses what to show: SD-JWT (RFC 9901) and SD-JWT VC, with Ed25519.
//!
//! The issuer signs digests of salted claims; whoever holds the credential shows some of them and signs
//! the verifier's own nonce with the key the issuer named.
//!
//! Invariant: what is shown is bound to a digest under the issuer's signature, each digest once; a key is
//! never taken from a header, and nothing of an undisclosed claim is guessed.

mod expand;
mod issue;
mod present;
#[cfg(test)]
mod published_tests;
mod read;
#[cfg(test)]
mod tests;
mod verify;

pub use issue::{IssueError, Unsigned, issue};
pub use present::{PresentError, present};
pub use read::SdJwtError;
pub use verify::{Disclosed, stated, stated_realm, verify};

/// The `typ` of a credential.
pub const TYP: &str = "dc+sd-jwt";
/// The `typ` of drafts before it was renamed; read, never written.
pub const TYP_OLD: &str = "vc+sd-jwt";
/// The `typ` of a holder's signature.
pub const TYP_BINDING: &str = "kb+jwt";
/// Longest credential looked at, in bytes.
pub const SDJWT_MAX: usize = 1 << 20;
/// Most disclosures of one credential.
pub const DISCLOSURES_MAX: usize = 256;

/// Claims that say how far a credential may be believed: never hidden (SD-JWT VC §2.2.2.3, and the realm).
pub const NEVER_HIDDEN: [&str; 10] =
    ["iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "realm", "_sd_alg"];

/// Whether a file may be one: three parts of base64url, the first a JSON object, and a tilde.
#[must_use]
pub fn looks_like(bytes: &[u8]) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    let text = bytes.trim_ascii();
    text.starts_with(b"ey") && text.contains(&b'~') && text.iter().all(word)
}

//! Decentralized identifiers (W3C DID Core) as text; what a DID resolves to is not known here.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// Longest DID URL admitted, in bytes.
pub const DID_BYTES_MAX: usize = 512;

/// A DID or DID URL: `did:<method>:<id>[#fragment]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Did(Arc<str>);

/// Text that is not a DID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a DID: `did:<method>:<identifier>` is needed")]
pub struct BadDid(String);

impl Did {
    /// Check and keep the text.
    ///
    /// # Errors
    /// Text outside the DID grammar or longer than [`DID_BYTES_MAX`].
    pub fn parse(text: &str) -> Result<Self, BadDid> {
        let bad = || BadDid(text.chars().take(80).collect());
        let rest = text.strip_prefix("did:").ok_or_else(bad)?;
        let (method, id) = rest.split_once(':').ok_or_else(bad)?;
        let method_ok = !method.is_empty()
            && method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-:%#/?=&".contains(&b);
        if text.len() > DID_BYTES_MAX || !method_ok || id.is_empty() || !id.bytes().all(allowed) {
            return Err(bad());
        }
        Ok(Self(text.into()))
    }

    /// The text as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The DID without its fragment.
    #[must_use]
    pub fn base(&self) -> Self {
        Self(self.0.split('#').next().unwrap_or_default().into())
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Did {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl TryFrom<String> for Did {
    type Error = BadDid;
    fn try_from(text: String) -> Result<Self, BadDid> {
        Self::parse(&text)
    }
}

impl From<Did> for String {
    fn from(did: Did) -> Self {
        did.0.as_ref().to_owned()
    }
}

//! Content-addressed artifacts: references, digest rules by type, closure, and the bundle.
//!
//! Invariant: an artifact is named by type and digest; the digest is recomputed by the type's rule
//! wherever bytes come in, and hints in a reference never enter verification.

pub mod bundle;
mod closure;
mod rule;
mod walk;

use std::fmt;

use canon::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use bundle::{Bundle, BundleError, artifact_path};
pub use closure::{Edge, Finding, Named, Node, Report, closure};
pub use rule::{DigestError, DigestRule, digest_of};
pub use walk::{Limits, Looked, Walk, references};

/// Longest type name, in bytes.
pub const TYPE_MAX: usize = 64;

/// What kind of artifact a digest names; picks the digest rule. `^[a-z0-9][a-z0-9-]{0,63}$`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArtifactType(String);

/// Text that is not an artifact type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an artifact type: lower-case letters, digits and `-`, at most {TYPE_MAX}")]
pub struct BadArtifactType(String);

impl ArtifactType {
    /// Checks and keeps the text.
    ///
    /// # Errors
    /// Text outside the grammar.
    pub fn parse(text: &str) -> Result<Self, BadArtifactType> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let first = text.bytes().next().is_some_and(plain);
        if !first || text.len() > TYPE_MAX || !text.bytes().all(|b| plain(b) || b == b'-') {
            return Err(BadArtifactType(text.chars().take(TYPE_MAX).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArtifactType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ArtifactType {
    type Error = BadArtifactType;

    fn try_from(text: String) -> Result<Self, BadArtifactType> {
        Self::parse(&text)
    }
}

impl From<ArtifactType> for String {
    fn from(kind: ArtifactType) -> Self {
        kind.0
    }
}

/// A reference to an artifact: type and digest, and hints that are never verified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactRef {
    /// The type, which fixes the digest rule.
    pub artifact_type: ArtifactType,
    /// The digest under that rule.
    pub digest_sha256: Digest,
    /// Hint: where it might be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Hint: its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Hint: its length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte_length: Option<u64>,
    /// Hint: a name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Hint: remarks for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

impl ArtifactRef {
    /// A reference without hints.
    #[must_use]
    pub fn new(artifact_type: ArtifactType, digest_sha256: Digest) -> Self {
        Self {
            artifact_type,
            digest_sha256,
            uri: None,
            media_type: None,
            byte_length: None,
            display_name: None,
            notes: None,
        }
    }
}

/// A place of artifacts that cannot answer just now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the artifact store cannot answer: {0}")]
pub struct BlobsGone(pub String);

/// A place where artifacts are found by type and digest.
pub trait Blobs {
    /// The bytes, or nothing when the place does not have them. Callers recompute the digest.
    ///
    /// # Errors
    /// When the place cannot answer.
    fn fetch(&self, kind: &ArtifactType, digest: Digest) -> Result<Option<Vec<u8>>, BlobsGone>;
}

#[cfg(test)]
mod tests;

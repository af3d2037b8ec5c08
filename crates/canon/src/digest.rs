//! SHA-256 digests.

mod each;

use std::fmt;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use each::{Pieces, sha256_each};

/// A SHA-256 digest. Text form: 64 lowercase hex; `sha256:<hex>` where a prefix is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Text that is not 64 lowercase hex digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SHA-256 digest: 64 lowercase hex digits are needed")]
pub struct BadDigest(String);

impl Digest {
    /// Digest of raw bytes: files, blobs, evidence. Documents go through [`crate::Canonical`].
    #[must_use]
    pub fn of_blob(bytes: &[u8]) -> Self {
        sha256_parts(&[bytes])
    }

    /// A digest already computed.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Read 64 lowercase hex digits.
    ///
    /// # Errors
    /// Any other text, upper case included.
    pub fn from_hex(text: &str) -> Result<Self, BadDigest> {
        let mut out = [0u8; 32];
        let bad = || BadDigest(text.chars().take(80).collect());
        if text.len() != 64 {
            return Err(bad());
        }
        let done = data_encoding::HEXLOWER.decode_mut(text.as_bytes(), &mut out);
        done.map_err(|_| bad())?;
        Ok(Self(out))
    }

    /// `sha256:<hex>`.
    #[must_use]
    pub fn prefixed(self) -> String {
        format!("sha256:{self}")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut hex = [0; 64];
        data_encoding::HEXLOWER.encode_mut(&self.0, &mut hex);
        s.serialize_str(std::str::from_utf8(&hex).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::from_hex(&text).map_err(serde::de::Error::custom)
    }
}

/// SHA-256 over the concatenation of `parts`; for tree nodes and signing hashes, where the caller's
/// format fixes every length.
#[must_use]
pub fn sha256_parts(parts: &[&[u8]]) -> Digest {
    let mut hasher = Hasher::default();
    parts.iter().for_each(|part| hasher.add(part));
    hasher.finish()
}

/// SHA-256 of what is too long to be held.
#[derive(Clone)]
pub struct Hasher(Context);

impl Hasher {
    /// Goes on with `bytes`.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything so far.
    #[must_use]
    pub fn finish(self) -> Digest {
        let mut out = [0; 32];
        // Always 32 bytes: the algorithm is fixed below.
        for (to, from) in out.iter_mut().zip(self.0.finish().as_ref()) {
            *to = *from;
        }
        Digest(out)
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

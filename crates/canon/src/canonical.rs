//! The canonical bytes of a document and the digest they give.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::digest::{Digest, Pieces, sha256_each};
use crate::json::{Written, is_canonical, parse_value, write_canonical, write_string, write_typed};
use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX};
use crate::refusal::{Refusal, Rule};

/// A document in Momentum Canonical Form: RFC 8785 restricted so that every JCS library agrees.
///
/// The bytes are produced once, stored and hashed as stored; nothing is re-serialised to verify.
#[derive(Clone)]
pub struct Canonical {
    bytes: Box<[u8]>,
    /// How many levels it has, where its writer counted them.
    levels: Option<usize>,
}

impl PartialEq for Canonical {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Canonical {}

impl Canonical {
    /// Canonicalise any admissible JSON text.
    ///
    /// # Errors
    /// The first broken rule, with its position.
    pub fn parse(input: &[u8]) -> Result<Self, Refusal> {
        Self::of_value(&parse_value(input)?)
    }

    /// Accept bytes only if they already are canonical.
    ///
    /// # Errors
    /// A broken rule, or [`Rule::NotCanonical`] at the first differing byte.
    pub fn exact(input: &[u8]) -> Result<Self, Refusal> {
        Ok(Exact::of(input)?.to_canonical())
    }

    /// Why bytes are not canonical, or the document if they are; the slow way.
    #[cold]
    fn compared(input: &[u8]) -> Result<Self, Refusal> {
        let canonical = Self::parse(input)?;
        if *canonical.bytes == *input {
            return Ok(canonical);
        }
        let same = canonical.bytes.iter().zip(input).take_while(|(a, b)| a == b).count();
        Err(Refusal::at(
            input,
            same,
            Rule::NotCanonical,
            "the bytes differ from the canonical form",
        ))
    }

    /// Canonicalise a typed value.
    ///
    /// # Errors
    /// A value the form cannot express: floats, large integers, depth, size.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Refusal> {
        let Written { bytes, levels } = write_typed(value)?;
        Ok(Self { bytes, levels: Some(levels) })
    }

    /// Canonicalise a tree.
    ///
    /// # Errors
    /// As [`Canonical::of`].
    pub fn of_value(value: &Value) -> Result<Self, Refusal> {
        let mut bytes = Vec::new();
        let levels = Some(write_canonical(value, &mut bytes)?);
        Ok(Self { bytes: bytes.into(), levels })
    }

    /// An object put together from members that are canonical already.
    ///
    /// # Errors
    /// A name given twice; depth or size of the whole.
    pub fn object(members: &[(&str, &Self)]) -> Result<Self, Refusal> {
        let mut members = members.to_vec();
        members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        let whole = members.iter().map(|(name, value)| name.len() + value.bytes.len() + 4).sum();
        let mut bytes = Vec::with_capacity(whole);
        bytes.push(b'{');
        for (place, (name, value)) in members.iter().enumerate() {
            if place > 0 {
                bytes.push(b',');
            }
            write_string(name, &mut bytes);
            bytes.push(b':');
            bytes.extend_from_slice(&value.bytes);
        }
        bytes.push(b'}');
        let levels = Self::levels_with(&members);
        let fits = bytes.len() <= DOCUMENT_BYTES_MAX;
        let known = fits && levels.is_some_and(|levels| levels <= DEPTH_MAX);
        if !known && !is_canonical(&bytes) {
            Self::compared(&bytes)?;
        }
        Ok(Self { bytes: bytes.into(), levels })
    }

    /// Levels of an object of these members, where each of them is counted and no name stands twice.
    fn levels_with(members: &[(&str, &Self)]) -> Option<usize> {
        let once =
            members.windows(2).all(|pair| matches!(pair, [(one, _), (two, _)] if one != two));
        let deepest = members
            .iter()
            .map(|(_, value)| value.levels)
            .try_fold(0, |deepest, levels| levels.map(|levels| levels.max(deepest)));
        deepest.filter(|_| once).map(|deepest| deepest + 1)
    }

    /// The canonical bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the canonical bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_blob(&self.bytes)
    }

    /// The document as a tree.
    #[must_use]
    pub fn value(&self) -> Value {
        // Canonical bytes always parse; `Null` is unreachable and hashes to nothing of ours.
        parse_value(&self.bytes).unwrap_or(Value::Null)
    }

    /// Read the document as a typed value.
    ///
    /// # Errors
    /// [`Rule::Shape`] with the position serde reports.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.bytes).map_err(|e| {
            let offset = e.column().saturating_sub(1);
            Refusal::at(&self.bytes, offset, Rule::Shape, e.to_string())
        })
    }
}

/// Canonical bytes where they lie: checked in one pass, hashed in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Exact<'a>(&'a [u8]);

impl<'a> Exact<'a> {
    /// Accept bytes only if they already are canonical.
    ///
    /// # Errors
    /// As [`Canonical::exact`].
    pub fn of(input: &'a [u8]) -> Result<Self, Refusal> {
        if !is_canonical(input) {
            Canonical::compared(input)?;
        }
        Ok(Self(input))
    }

    /// The canonical bytes.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// SHA-256 of the canonical bytes.
    #[must_use]
    pub fn digest(self) -> Digest {
        Digest::of_blob(self.0)
    }

    /// The digest of each of many documents, hashed side by side.
    #[must_use]
    pub fn digest_each(documents: &[Self]) -> Vec<Digest> {
        let messages: Vec<Pieces<'a>> = documents.iter().map(|one| [one.0, &[], &[]]).collect();
        sha256_each(&messages)
    }

    /// A document of its own.
    #[must_use]
    pub fn to_canonical(self) -> Canonical {
        Canonical { bytes: self.0.into(), levels: None }
    }
}

impl std::fmt::Debug for Canonical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes))
    }
}

#[cfg(test)]
mod speed;
#[cfg(test)]
mod tests;

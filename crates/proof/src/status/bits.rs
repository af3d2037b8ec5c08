//! The bits of a list, and their compressed text.
//!
//! Invariant: decoding never allocates more than [`BITS_MAX`] bits, whatever the text claims.

use std::io::{Read, Write};

use data_encoding::BASE64URL_NOPAD;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

/// Fewest bits of a list: fewer would tell which credential is asked about (§6.1 of the standard).
pub const BITS_MIN: u64 = 131_072;
/// Most bits of a list read or made.
pub const BITS_MAX: u64 = 1 << 24;
/// Longest text looked at: base64url of a list that does not compress, and the gzip frame.
const TEXT_MAX: usize = 3 << 20;
/// Multibase: base64url without padding.
const BASE64URL: char = 'u';

/// The bits, the first one the highest of the first byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Bits(Vec<u8>);

/// Why a text is no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BitsError {
    /// Not multibase base64url.
    #[error("the list is not `u` and base64url without padding")]
    Text,
    /// Not one gzip member and nothing else.
    #[error("the list is not gzip")]
    Gzip,
    /// Fewer or more bits than a list may have.
    #[error("a list has {BITS_MIN} to {BITS_MAX} bits, and this one has not")]
    Length,
    /// A place beyond the end.
    #[error("place {index} is not among {bits} bits")]
    Place {
        /// Asked for.
        index: u64,
        /// There are.
        bits: u64,
    },
}

impl Bits {
    /// All clear; `bits` is rounded up to whole bytes and to [`BITS_MIN`].
    ///
    /// # Errors
    /// More than [`BITS_MAX`].
    pub fn clear(bits: u64) -> Result<Self, BitsError> {
        let bits = bits.max(BITS_MIN);
        let bytes = usize::try_from(bits.div_ceil(8)).map_err(|_| BitsError::Length)?;
        if bits > BITS_MAX {
            return Err(BitsError::Length);
        }
        Ok(Self(vec![0; bytes]))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        8 * self.0.len() as u64
    }

    /// Never: a list has at least [`BITS_MIN`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One bit; nothing beyond the end.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<bool> {
        let byte = self.0.get(usize::try_from(index / 8).ok()?)?;
        Some(byte & (0x80 >> (index % 8)) != 0)
    }

    /// Sets or clears one bit.
    ///
    /// # Errors
    /// A place beyond the end.
    pub fn set(&mut self, index: u64, value: bool) -> Result<(), BitsError> {
        let bits = self.len();
        let at = usize::try_from(index / 8).ok();
        let byte = at.and_then(|at| self.0.get_mut(at)).ok_or(BitsError::Place { index, bits })?;
        let mask = 0x80 >> (index % 8);
        *byte = if value { *byte | mask } else { *byte & !mask };
        Ok(())
    }

    /// How many are set.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }

    /// The text of `encodedList`: the same bits always give the same text.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        // Writing into memory does not fail.
        let _ = gzip.write_all(&self.0);
        let bytes = gzip.finish().unwrap_or_default();
        format!("{BASE64URL}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// Reads the text of `encodedList`.
    ///
    /// # Errors
    /// Any other text, a bad checksum, or a length a list may not have.
    pub fn decode(text: &str) -> Result<Self, BitsError> {
        let body = text.strip_prefix(BASE64URL).filter(|_| text.len() <= TEXT_MAX);
        let body = body.ok_or(BitsError::Text)?;
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| BitsError::Text)?;
        let mut gzip = GzDecoder::new(bytes.as_slice());
        let mut bits = Vec::new();
        let read = gzip.by_ref().take(BITS_MAX / 8 + 1).read_to_end(&mut bits);
        read.map_err(|_| BitsError::Gzip)?;
        let length = 8 * bits.len() as u64;
        if !(BITS_MIN..=BITS_MAX).contains(&length) {
            return Err(BitsError::Length);
        }
        // Only now is the checksum known to have been read; and nothing may follow it.
        match gzip.into_inner().is_empty() {
            true => Ok(Self(bits)),
            false => Err(BitsError::Gzip),
        }
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bits({} of {} set)", self.count(), self.len())
    }
}

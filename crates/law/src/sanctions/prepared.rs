//! A prepared snapshot: all lists, indexed, in one file that a screener opens without importing.
//!
//! The signed document of [`super::snapshot`] with one member more, the digest of what follows it:
//! records and index, laid flat. Format: `spec/sanctions.md`.
//!
//! **Invariant:** nothing of the index is read before the signature of the key that was named and the
//! digest in what it signed are found right. Laying the same lists gives the same bytes, so that whoever
//! holds the published files can make the file again and compare.

use canon::{Digest, Refusal, parse_value};
use proof::integrity::{self, IntegrityError};
use serde_json::Value;

use super::flat::{Laid, Rest};
use super::list::List;
use super::part::Part;
use super::screen::Screener;
use super::screening::Thresholds;
use super::snapshot::{SNAPSHOT_TYPE, lists_sha256};

/// How the file begins.
pub const MAGIC: &[u8] = b"mez prepared lists 1\n";
/// Ending of the file's name.
pub const SUFFIX: &str = ".prepared";
/// Largest file opened, in bytes.
pub const PREPARED_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Why bytes are no prepared snapshot to rely on.
#[derive(Debug, thiserror::Error)]
pub enum PreparedError {
    /// Other bytes, another version, or a file cut short.
    #[error("it is no prepared snapshot of this version, or not whole")]
    Form,
    /// The signed part is no JSON document.
    #[error("the signed document is refused")]
    Document(#[from] Refusal),
    /// A signature that does not hold.
    #[error("the signature is refused")]
    Signature(#[source] IntegrityError),
    /// Signed, but by somebody else.
    #[error("it is not signed by {0}")]
    Signer(String),
    /// The document is of other lists or another index.
    #[error("lists and index are not those that were signed")]
    Other,
}

/// The two parts of a file, not yet judged.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<'a> {
    /// The signed document.
    pub document: &'a [u8],
    /// Records and index.
    pub laid: &'a [u8],
}

impl<'a> Prepared<'a> {
    /// Part a file.
    ///
    /// # Errors
    /// [`PreparedError::Form`].
    pub fn of(bytes: &'a [u8]) -> Result<Self, PreparedError> {
        let mut rest = Rest(bytes.strip_prefix(MAGIC).ok_or(PreparedError::Form)?);
        let parts = rest.bytes().zip(rest.bytes()).filter(|_| rest.0.is_empty());
        let (document, laid) = parts.ok_or(PreparedError::Form)?;
        Ok(Self { document, laid })
    }

    /// The file of a signed document and what it was signed for.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Laid(MAGIC.to_vec());
        out.bytes(self.document);
        out.bytes(self.laid);
        out.0
    }

    /// Check the signature, then open the lists.
    ///
    /// # Errors
    /// [`PreparedError`]; nothing was opened.
    pub fn open(&self, signer: &str, thresholds: Thresholds) -> Result<Screener, PreparedError> {
        let signed = parse_value(self.document)?;
        let by = integrity::verify_document(&signed, &integrity::resolve_did_key);
        let by = by.map_err(PreparedError::Signature)?;
        if !by.iter().any(|by| by.key.did().as_str() == signer) {
            return Err(PreparedError::Signer(signer.to_owned()));
        }
        let says =
            |name: &str, value: &str| signed.get(name).and_then(Value::as_str) == Some(value);
        let digest = Digest::of_blob(self.laid).to_string();
        if !says("type", SNAPSHOT_TYPE) || !says("prepared_sha256", &digest) {
            return Err(PreparedError::Other);
        }
        let part = Part::read(Rest(self.laid)).ok_or(PreparedError::Form)?;
        let screener = Screener::of(part, thresholds);
        let lists = lists_sha256(screener.lists()).to_string();
        if says("lists_sha256", &lists) { Ok(screener) } else { Err(PreparedError::Other) }
    }
}

/// Records and index of lists, laid flat.
#[must_use]
pub fn lay(lists: &[List]) -> Vec<u8> {
    let mut ordered = lists.to_vec();
    ordered.sort_by(|a, b| a.id().cmp(b.id()));
    let (part, lists) = Part::of(ordered);
    let mut laid = Laid::default();
    part.lay(&lists, &mut laid);
    laid.0
}

//! The canonical bundle: a zip with one byte sequence per content.
//!
//! Entries are stored (not compressed), sorted by name, dated 1980-01-01 00:00, without extra
//! fields, comments, attributes or stray bytes (PKWARE APPNOTE 6.3.3, no zip64). Any unzip reads it.
//!
//! Invariant: [`Bundle::read`] accepts bytes only if re-encoding what it read gives them back, so
//! nothing can hide in a bundle; each way to differ is refused by its own name.

mod read;
mod write;

use std::collections::BTreeMap;

use canon::Digest;

use super::{ArtifactType, Blobs, BlobsGone};

/// Largest bundle, in bytes (256 MiB).
pub const BUNDLE_MAX: usize = 256 * 1024 * 1024;
/// Most entries of a bundle.
pub const ENTRIES_MAX: usize = 60_000;
/// Longest entry name, in bytes.
pub const NAME_MAX: usize = 200;

// The format counts entries in 16 bits and offsets in 32.
const _: () = assert!(ENTRIES_MAX < 0xffff && BUNDLE_MAX < 0xffff_ffff && NAME_MAX < 0xffff);

/// Why a bundle is not written or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Longer than [`BUNDLE_MAX`].
    #[error("the bundle is larger than {BUNDLE_MAX} bytes")]
    TooLarge,
    /// More than [`ENTRIES_MAX`] entries.
    #[error("the bundle has more than {ENTRIES_MAX} entries")]
    TooMany,
    /// The bytes end early or a signature is not where it must be.
    #[error("the bundle is not a zip file: {0}")]
    NotAZip(&'static str),
    /// A comment or bytes after the end record.
    #[error("the bundle has bytes after its end")]
    TrailingBytes,
    /// A comment on the archive or an entry.
    #[error("the bundle has a comment")]
    Comment,
    /// A zip64 or multi-disk archive.
    #[error("the bundle is a zip64 or multi-disk archive")]
    Zip64,
    /// A name that leaves the directory, is absolute, or uses other than plain characters.
    #[error("`{0}` is not an entry name")]
    Name(String),
    /// A name twice.
    #[error("entry `{0}` occurs twice")]
    Duplicate(String),
    /// Names out of order.
    #[error("entry `{0}` is out of order")]
    Order(String),
    /// An entry that is also the directory of another.
    #[error("entry `{0}` is both a file and a directory")]
    FileAndDirectory(String),
    /// A compressed or encrypted entry.
    #[error("entry `{0}` is compressed or encrypted")]
    Method(String),
    /// A symbolic link, directory or other attribute.
    #[error("entry `{0}` has attributes (a link or directory?)")]
    Attributes(String),
    /// An extra field.
    #[error("entry `{0}` has an extra field")]
    ExtraField(String),
    /// Another date than 1980-01-01 00:00.
    #[error("entry `{0}` has a date")]
    Date(String),
    /// The checksum does not match the content.
    #[error("entry `{0}` does not match its checksum")]
    Checksum(String),
    /// The local header and the directory disagree.
    #[error("entry `{0}` has two headers that disagree")]
    Headers(String),
    /// Bytes between or before entries.
    #[error("the bundle has stray bytes at {0}")]
    StrayBytes(usize),
    /// Something else differs from the canonical encoding.
    #[error("the bundle differs from its canonical encoding at byte {0}")]
    NotCanonical(usize),
}

/// The entries of a bundle, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    entries: BTreeMap<String, Vec<u8>>,
}

/// Where an artifact lies in a bundle: `artifacts/<type>/<digest>`.
#[must_use]
pub fn artifact_path(kind: &ArtifactType, digest: Digest) -> String {
    format!("artifacts/{kind}/{digest}")
}

impl Bundle {
    /// Encodes entries; the same entries always give the same bytes.
    ///
    /// # Errors
    /// For a name or size the format does not admit.
    pub fn write(entries: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, BundleError> {
        write::encode(entries)
    }

    /// Reads a bundle, refusing anything but its canonical encoding.
    ///
    /// # Errors
    /// Names the first difference.
    pub fn read(bytes: &[u8]) -> Result<Self, BundleError> {
        let entries = read::decode(bytes)?;
        let again = write::encode(&entries)?;
        if again != bytes {
            let same = again.iter().zip(bytes).take_while(|(a, b)| a == b).count();
            return Err(BundleError::NotCanonical(same));
        }
        Ok(Self { entries })
    }

    /// All entries, by name.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.entries
    }

    /// The content of one entry.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&[u8]> {
        self.entries.get(name).map(Vec::as_slice)
    }
}

impl Blobs for Bundle {
    fn fetch(&self, kind: &ArtifactType, digest: Digest) -> Result<Option<Vec<u8>>, BlobsGone> {
        Ok(self.entry(&artifact_path(kind, digest)).map(<[u8]>::to_vec))
    }
}

/// Checks a name: relative, `/`-separated, plain characters, no empty, `.` or `..` part.
fn check_name(name: &str) -> Result<(), BundleError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let part = |p: &str| !p.is_empty() && p != "." && p != ".." && p.bytes().all(plain);
    if name.len() > NAME_MAX || !name.split('/').all(part) {
        return Err(BundleError::Name(name.chars().take(NAME_MAX).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

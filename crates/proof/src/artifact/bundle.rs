//! The canonical bundle: a zip with one byte sequence per content.
//!
//! Entries are stored (not compressed), sorted by name, dated 1980-01-01 00:00, without extra
//! fields, comments, attributes or stray bytes (PKWARE APPNOTE 6.3.3); 64-bit fields are there exactly
//! where a number needs one. Any unzip reads it.
//!
//! [`Writer`] and [`Directory`] hold no content, so a bundle of any size streams through them;
//! [`Bundle`] holds a small one whole.
//!
//! Invariant: what is read is written again, record by record, and must be the same, so nothing can
//! hide in a bundle; each way to differ is refused by its own name.

mod names;
mod read;
mod record;
mod write;

use std::collections::BTreeMap;

use canon::Digest;

pub use read::{Directory, Record};
pub use write::Writer;

use super::{ArtifactType, Blobs, BlobsGone};

/// Largest bundle, in bytes (1 TiB).
pub const BUNDLE_MAX: u64 = 1 << 40;
/// Largest bundle that is held in memory whole, in bytes (256 MiB).
pub const HELD_MAX: usize = 256 * 1024 * 1024;
/// Largest content of one entry, in bytes (2 GiB).
pub const ENTRY_MAX: u64 = 1 << 31;
/// Most entries of a bundle.
pub const ENTRIES_MAX: u64 = 1 << 20;
/// Longest entry name, in bytes.
pub const NAME_MAX: usize = 200;

// Sizes of entries and names never need more than the plain fields.
const _: () = assert!(ENTRY_MAX < 0xffff_ffff && NAME_MAX < 0xffff);

/// Why a bundle is not written or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Longer than a limit of the format: [`BUNDLE_MAX`], [`ENTRY_MAX`] or [`HELD_MAX`].
    #[error("the bundle, or an entry of it, is larger than {0} bytes")]
    TooLarge(u64),
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
    /// Zip64 fields that are not needed or do not agree with the others, or a multi-disk archive.
    #[error("the bundle has zip64 or multi-disk fields that are untrue or not needed")]
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
    /// An entry that begins within the one before it.
    #[error("entry `{0}` overlaps another")]
    Overlap(String),
    /// An entry that begins or ends beyond where entries can be.
    #[error("entry `{0}` lies outside of the bundle")]
    Outside(String),
    /// Bytes between or before entries.
    #[error("the bundle has stray bytes at {0}")]
    StrayBytes(u64),
    /// Something else differs from the canonical encoding.
    #[error("the bundle differs from its canonical encoding at byte {0}")]
    NotCanonical(u64),
    /// Where the bundle lies does not answer.
    #[error(transparent)]
    Gone(#[from] BlobsGone),
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
        let (mut writer, mut out) = (Writer::default(), Vec::new());
        for (name, content) in entries {
            let crc = crc32fast::hash(content);
            writer.header(name, crc, content.len() as u64, &mut out)?;
            out.extend_from_slice(content);
        }
        out.extend_from_slice(&writer.finish());
        if out.len() > HELD_MAX { Err(BundleError::TooLarge(HELD_MAX as u64)) } else { Ok(out) }
    }

    /// Reads a bundle, refusing anything but its canonical encoding.
    ///
    /// # Errors
    /// Names the first difference.
    pub fn read(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > HELD_MAX {
            return Err(BundleError::TooLarge(HELD_MAX as u64));
        }
        let mut directory = Directory::open(bytes)?;
        let mut entries = BTreeMap::new();
        while let Some(record) = directory.next()? {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            let span = bytes.get(place(record.start())..place(record.end()));
            let content = record.content(span.ok_or(BundleError::NotAZip("entry"))?)?;
            entries.insert(record.name().to_owned(), content.to_vec());
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

/// The checksum of a content that comes in pieces (CRC-32).
#[derive(Clone, Debug, Default)]
pub struct Checksum(crc32fast::Hasher);

impl Checksum {
    /// That of a whole content.
    #[must_use]
    pub fn of(content: &[u8]) -> u32 {
        crc32fast::hash(content)
    }

    /// Goes on with a piece.
    pub fn add(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The checksum of all pieces.
    #[must_use]
    pub fn finish(self) -> u32 {
        self.0.finalize()
    }
}

/// A file to be read piece by piece.
pub trait Source {
    /// Bytes in all.
    fn length(&self) -> u64;

    /// Fills `into` with the bytes from `at` on.
    ///
    /// # Errors
    /// When it cannot be read, or ends before.
    fn read_at(&self, at: u64, into: &mut [u8]) -> Result<(), BlobsGone>;
}

impl Source for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> Result<(), BlobsGone> {
        let part = usize::try_from(at).ok().and_then(|at| self.get(at..)?.get(..into.len()));
        let part = part.ok_or_else(|| BlobsGone("it ends too early".to_owned()))?;
        into.copy_from_slice(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests;

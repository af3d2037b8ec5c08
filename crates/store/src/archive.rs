//! Parts of the journal that lie elsewhere: whole segments, each one file named by its digest.
//!
//! A segment is [`SEGMENT_ENTRIES`] entries of one stream, aligned. Its file ([`SegmentFile`]) holds the bodies; the
//! store keeps a row ([`Segment`]) with the root and the SHA-256 of each body, so trees, chains and proofs go on
//! without the file, and a body that comes back is judged alone. [`Archived`] stands before a store and fetches.
//!
//! Invariant: bodies leave the store only in the transaction that writes the row, after the file was put, read back
//! and compared. A store without [`Archived`] answers for them with an error, never with what comes after.

mod file;
mod read;

use canon::Digest;

use crate::contract::{PAGE_MAX, Store};
use crate::error::StoreError;

pub use file::{SegmentError, SegmentFile};
pub use read::Archived;

/// Entries of a segment: one full tile of the log (C2SP `tlog-tiles`).
pub const SEGMENT_ENTRIES: u64 = 256;
/// Largest file of a segment, in bytes; entries that need more stay in the store.
pub const SEGMENT_BYTES_MAX: usize = 48 * 1024 * 1024;

/// What the store keeps of entries whose bodies lie elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The stream.
    pub stream: String,
    /// Sequence of its first entry, a multiple of [`SEGMENT_ENTRIES`].
    pub first: u64,
    /// SHA-256 of its file.
    pub file: Digest,
    /// Length of its file.
    pub bytes: u64,
    /// The root each entry leads to.
    pub roots: Vec<Digest>,
    /// SHA-256 of each body.
    pub bodies: Vec<Digest>,
    /// When its file was given up, seconds since 1970 UTC.
    pub dropped: Option<i64>,
}

impl Segment {
    /// Where the segment of an entry begins.
    #[must_use]
    pub fn first_of(seq: u64) -> u64 {
        seq.saturating_sub(seq.checked_rem(SEGMENT_ENTRIES).unwrap_or(0))
    }

    /// Sequence after its last entry.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.roots.len()).unwrap_or(u64::MAX))
    }

    /// Roots from an entry on, at most a page.
    #[must_use]
    pub fn roots_from(&self, from: u64, limit: usize) -> Vec<(u64, Digest)> {
        let skipped = usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let rows = (self.first..).zip(self.roots.iter().copied()).skip(skipped);
        rows.take(limit.min(PAGE_MAX)).collect()
    }

    /// Digests as a column: one after the other.
    pub(crate) fn packed(digests: &[Digest]) -> Vec<u8> {
        digests.iter().flat_map(|digest| *digest.as_bytes()).collect()
    }

    pub(crate) fn unpacked(column: &[u8]) -> Result<Vec<Digest>, StoreError> {
        let (digests, rest) = column.as_chunks::<32>();
        match rest.is_empty() {
            true => Ok(digests.iter().map(|bytes| Digest::from_bytes(*bytes)).collect()),
            false => Err(StoreError::Malformed { what: "segment" }),
        }
    }

    /// Whether it is a whole, aligned segment.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let whole = usize::try_from(SEGMENT_ENTRIES).ok();
        let fits = Self::first_of(self.first) == self.first
            && Some(self.roots.len()) == whole
            && Some(self.bodies.len()) == whole;
        if fits { Ok(()) } else { Err(StoreError::Malformed { what: "segment" }) }
    }

    /// Whether these are its entries, in order; `at` counts them.
    pub(crate) fn holds(&self, at: usize, seq: u64, root: Digest, body: &[u8]) -> bool {
        let place = u64::try_from(at).ok().and_then(|at| self.first.checked_add(at));
        place == Some(seq)
            && self.roots.get(at) == Some(&root)
            && self.bodies.get(at) == Some(&Digest::of_blob(body))
    }
}

/// What a store holds, and what of it is free to be given back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes of the whole store.
    pub bytes: u64,
    /// Bytes in it that hold nothing.
    pub free: u64,
}

/// Why a file is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShelfError {
    /// It is not there, or the place does not answer.
    #[error("{0}")]
    Gone(String),
    /// Something else lies under its name.
    #[error("{0}")]
    Altered(String),
}

/// Where files of segments lie, each under its digest.
pub trait Shelf: Send + Sync {
    /// Puts a file; one that is there already stays.
    ///
    /// # Errors
    /// See [`ShelfError`]; it is durable only after `Ok`.
    fn put(&self, file: Digest, bytes: &[u8]) -> Result<(), ShelfError>;

    /// The file of this digest.
    ///
    /// # Errors
    /// See [`ShelfError`].
    fn fetch(&self, file: Digest) -> Result<Vec<u8>, ShelfError>;

    /// Removes a file; one that is not there is removed.
    ///
    /// # Errors
    /// See [`ShelfError`].
    fn remove(&self, file: Digest) -> Result<(), ShelfError>;
}

/// Why a segment stays where it is. The store is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The file.
    #[error(transparent)]
    File(#[from] SegmentError),
    /// The place of files.
    #[error("the archive: {0}")]
    Shelf(#[from] ShelfError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Moves a segment out of a store: the file is put, read back and compared, and only then the bodies go.
///
/// # Errors
/// See [`ArchiveError`]. Doing it again after any of them, or after a crash, is right.
pub fn put_away(
    store: &dyn Store,
    shelf: &dyn Shelf,
    file: &SegmentFile,
) -> Result<Segment, ArchiveError> {
    let bytes = file.write()?;
    let segment = file.segment(&bytes);
    shelf.put(segment.file, &bytes)?;
    if shelf.fetch(segment.file)? != bytes {
        let detail = format!("{} reads back otherwise than it was put", segment.file);
        return Err(ShelfError::Altered(detail).into());
    }
    store.put_away(&segment)?;
    Ok(segment)
}

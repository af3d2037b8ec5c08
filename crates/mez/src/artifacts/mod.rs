//! Where artifacts lie: an ordered list of roots, each asked by type and digest.
//!
//! A root is a folder, a witness bundle, a web server or a bucket. Adding a kind of place is one
//! file with its [`Root`] and one arm in [`Roots::open`].
//!
//! Invariant: no root is believed. What it hands out is taken only if its digest, computed here by
//! the rule of the type, is the one asked for; a root with other bytes is named and passed over.

mod bundle;
mod directory;
mod http;
pub(crate) mod pack;
mod s3;
pub(crate) mod shelf;
mod sigv4;
mod threads;
mod walk;
pub(crate) mod zip;

use std::path::Path;

use canon::{Clock, Digest};
use proof::ArtifactType;
use proof::artifact::{Blobs, BlobsGone, DigestRule, Looked, Node, digest_of};

pub(crate) use directory::Directory;
pub(crate) use s3::Bucket;

/// Most bytes of one artifact (256 MiB).
pub(crate) const ARTIFACT_MAX: u64 = proof::artifact::bundle::HELD_MAX as u64;
/// Most roots of one list.
pub(crate) const ROOTS_MAX: usize = 16;

/// Why a root is not opened, or does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RootError {
    /// Text that names no place.
    #[error("`{0}` names no root: {1}")]
    Name(String, &'static str),
    /// More than [`ROOTS_MAX`].
    #[error("more than {ROOTS_MAX} roots")]
    TooMany,
    /// A file that is no bundle, or a folder that cannot be read.
    #[error("the root `{0}` cannot be used: {1}")]
    Broken(String, String),
    /// A place across the network that does not answer, or answers otherwise.
    #[error("the root `{0}` does not answer: {1}")]
    Gone(String, String),
    /// A place that does not let us in (HTTP 401, 403).
    #[error("the root `{0}` refuses the request: status {1}")]
    Denied(String, u16),
    /// Longer than one artifact may be.
    #[error("the root `{0}` has more than {1} bytes under that name")]
    TooLarge(String, u64),
    /// Another writer is at the same name just now.
    #[error("another writer is at the same name in `{0}`")]
    Busy(String),
}

/// A place of artifacts.
pub(crate) trait Root: Sync {
    /// What it was opened as, for people.
    fn name(&self) -> &str;

    /// Everything it has under this type and digest, unchecked, in a fixed order.
    fn read(&self, kind: &ArtifactType, digest: Digest) -> Result<Vec<Vec<u8>>, RootError>;
}

/// Roots in the order they are asked.
pub(crate) struct Roots<'a>(Vec<Box<dyn Root + 'a>>);

/// What was found under a type and digest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<T = ()> {
    /// The artifact, and the root it came from.
    Whole {
        /// Its bytes, checked.
        bytes: Vec<u8>,
        /// The root's name.
        root: String,
        /// What the check saw in it.
        seen: T,
    },
    /// Bytes under that name, none of them the artifact.
    Wrong {
        /// Those of the first root that has any.
        bytes: Vec<u8>,
        /// Each root that has wrong bytes, and what is wrong with them.
        reasons: Vec<String>,
    },
    /// No root has it.
    Missing,
}

impl<'a> Roots<'a> {
    /// Opens roots by name: `http://…`, `https://…`, `s3://BUCKET/PREFIX`, a bundle, a folder.
    ///
    /// # Errors
    /// For a name that is no place, or a file that is no bundle. Nothing is asked across the
    /// network before an artifact is looked for.
    pub(crate) fn open(names: &[String], clock: &'a dyn Clock) -> Result<Self, RootError> {
        if names.len() > ROOTS_MAX {
            return Err(RootError::TooMany);
        }
        let open = |name: &String| -> Result<Box<dyn Root + 'a>, RootError> {
            Ok(if name.starts_with("http://") || name.starts_with("https://") {
                Box::new(http::Web::new(name))
            } else if name.starts_with("s3://") {
                Box::new(Bucket::open(name, clock)?)
            } else if Path::new(name).is_file() {
                Box::new(bundle::Packed::open(name)?)
            } else {
                Box::new(Directory::new(name))
            })
        };
        names.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Looks for an artifact, root after root. A root that cannot answer matters only when no
    /// other has the artifact.
    ///
    /// # Errors
    /// The first root that did not answer, when none has the artifact.
    pub(crate) fn find(&self, kind: &ArtifactType, digest: Digest) -> Result<Found, RootError> {
        self.search(kind, digest, |bytes| match fault(kind, digest, bytes) {
            None => Ok(()),
            Some(detail) => Err(detail),
        })
    }

    /// Looks for an artifact in a walk; its bytes too, where some are there.
    pub(crate) fn look(&self, node: &Node) -> Result<(Looked, Vec<u8>), RootError> {
        let (kind, digest) = (&node.artifact_type, node.digest_sha256);
        let judge = |bytes: &[u8]| match Looked::at(kind, digest, bytes) {
            Looked::Wrong { detail, .. } => Err(detail),
            seen => Ok(seen),
        };
        Ok(match self.search(kind, digest, judge)? {
            Found::Whole { bytes, seen, .. } => (seen, bytes),
            Found::Wrong { bytes, .. } => (Looked::at(kind, digest, &bytes), bytes),
            Found::Missing => (Looked::Missing, Vec::new()),
        })
    }

    fn search<T>(
        &self,
        kind: &ArtifactType,
        digest: Digest,
        judge: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<Found<T>, RootError> {
        let (mut wrong, mut reasons, mut gone) = (None, Vec::new(), None);
        for root in &self.0 {
            let held = match root.read(kind, digest) {
                Ok(held) => held,
                Err(error) => {
                    gone.get_or_insert(error);
                    continue;
                }
            };
            for bytes in held {
                match judge(&bytes) {
                    Ok(seen) => {
                        return Ok(Found::Whole { bytes, root: root.name().to_owned(), seen });
                    }
                    Err(detail) => reasons.push(format!("`{}`: {detail}", root.name())),
                }
                wrong.get_or_insert(bytes);
            }
        }
        match (wrong, gone) {
            (_, Some(gone)) => Err(gone),
            (Some(bytes), None) => Ok(Found::Wrong { bytes, reasons }),
            (None, None) => Ok(Found::Missing),
        }
    }
}

impl Blobs for Roots<'_> {
    fn fetch(&self, kind: &ArtifactType, digest: Digest) -> Result<Option<Vec<u8>>, BlobsGone> {
        match self.find(kind, digest) {
            Ok(Found::Whole { bytes, .. } | Found::Wrong { bytes, .. }) => Ok(Some(bytes)),
            Ok(Found::Missing) => Ok(None),
            Err(error) => Err(BlobsGone(error.to_string())),
        }
    }
}

/// What is wrong with bytes that go by this name, if anything.
pub(crate) fn fault(kind: &ArtifactType, digest: Digest, bytes: &[u8]) -> Option<String> {
    match digest_of(kind, bytes) {
        Ok(found) if found == digest => None,
        Ok(found) => Some(format!("the bytes have digest {found}")),
        Err(error) => Some(crate::cli::failure::chain(&error)),
    }
}

/// The extension of files of a type, where the name is ours to give.
fn extension(kind: &ArtifactType) -> &'static str {
    if DigestRule::of(kind).is_some_and(DigestRule::is_document) { "json" } else { "bin" }
}

//! A witness bundle as a root.
//!
//! Invariant: the whole container is canonical before anything in it is handed out.

use std::path::Path;

use canon::Digest;
use proof::ArtifactType;

use super::zip::{self, Index, OnDisk};
use super::{ARTIFACT_MAX, Root, RootError};
use crate::cli::failure::chain;

/// A bundle on disk, checked, and where its artifacts lie.
pub(super) struct Packed {
    name: String,
    file: OnDisk,
    index: Index,
}

impl Packed {
    pub(super) fn open(name: &str) -> Result<Self, RootError> {
        let broken = |detail: String| RootError::Broken(name.to_owned(), detail);
        let file = OnDisk::open(Path::new(name)).map_err(|error| broken(error.to_string()))?;
        let index = Index::of(&file, &[]).map_err(|error| broken(chain(&error)))?;
        Ok(Self { name: name.to_owned(), file, index })
    }
}

impl Root for Packed {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, kind: &ArtifactType, digest: Digest) -> Result<Vec<Vec<u8>>, RootError> {
        let Some(extent) = self.index.artifact(kind, digest) else { return Ok(Vec::new()) };
        if extent.1 > ARTIFACT_MAX {
            return Err(RootError::TooLarge(self.name.clone(), ARTIFACT_MAX));
        }
        let read = zip::read(&self.file, extent);
        read.map(|bytes| vec![bytes]).map_err(|gone| RootError::Broken(self.name.clone(), gone.0))
    }
}

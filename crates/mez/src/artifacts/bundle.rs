//! A witness bundle as a root.
//!
//! Invariant: the whole container is canonical before anything in it is handed out.

use std::path::Path;

use canon::Digest;
use proof::ArtifactType;
use proof::artifact::{Blobs, Bundle};

use super::{ARTIFACT_MAX, Root, RootError};
use crate::cli::failure::chain;
use crate::cli::file;

/// A bundle, read and checked.
pub(super) struct Packed {
    name: String,
    bundle: Bundle,
}

impl Packed {
    pub(super) fn open(name: &str) -> Result<Self, RootError> {
        let broken = |detail: String| RootError::Broken(name.to_owned(), detail);
        let read = file::read_up_to(Path::new(name), ARTIFACT_MAX + 1);
        let bytes = read.map_err(|failure| broken(failure.what))?;
        let bundle = Bundle::read(&bytes).map_err(|error| broken(chain(&error)))?;
        Ok(Self { name: name.to_owned(), bundle })
    }
}

impl Root for Packed {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, kind: &ArtifactType, digest: Digest) -> Result<Vec<Vec<u8>>, RootError> {
        let held = self.bundle.fetch(kind, digest);
        let broken =
            |error: proof::artifact::BlobsGone| RootError::Broken(self.name.clone(), error.0);
        Ok(held.map_err(broken)?.into_iter().collect())
    }
}

//! A folder as a root: `DIR/<type>/<digest>`, with any extension or none.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use canon::Digest;
use proof::ArtifactType;

use super::{ARTIFACT_MAX, Root, RootError};

/// A folder; one that does not exist holds nothing.
pub(crate) struct Directory {
    name: String,
}

impl Directory {
    /// The folder of this name.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// The files named by a digest, whatever their extension, in order.
    pub(crate) fn files(
        &self,
        kind: &ArtifactType,
        digest: Digest,
    ) -> std::io::Result<Vec<PathBuf>> {
        let folder = Path::new(&self.name).join(kind.as_str());
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let bare = digest.to_string();
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(&bare));
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }
}

impl Root for Directory {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, kind: &ArtifactType, digest: Digest) -> Result<Vec<Vec<u8>>, RootError> {
        let broken =
            |error: std::io::Error| RootError::Broken(self.name.clone(), error.to_string());
        let mut held = Vec::new();
        for path in self.files(kind, digest).map_err(broken)? {
            let mut bytes = Vec::new();
            let file = std::fs::File::open(&path).map_err(broken)?;
            file.take(ARTIFACT_MAX + 1).read_to_end(&mut bytes).map_err(broken)?;
            if bytes.len() as u64 > ARTIFACT_MAX {
                return Err(RootError::TooLarge(path.display().to_string(), ARTIFACT_MAX));
            }
            held.push(bytes);
        }
        Ok(held)
    }
}

//! The folder of a watcher: what it holds, what it said, what it proved.

use std::fs::File;
use std::path::{Path, PathBuf};

use canon::{Canonical, CorridorId, Digest, ZoneId};
use corridor::watcher::AttestedLane;
use serde::{Deserialize, Serialize};

use super::WatcherFault;
use crate::layout::{LayoutError, private_dir, read, write_atomic};

/// What was attested last; the next may only extend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// The corridor.
    pub(crate) corridor_id: CorridorId,
    /// The cut.
    pub(crate) cut_sha256: Digest,
    /// Both lanes of it.
    pub(crate) lanes: Vec<AttestedLane>,
}

/// A watcher's folder, held by one process.
pub(crate) struct WatcherDir {
    root: PathBuf,
    _lock: File,
}

impl WatcherDir {
    /// Take the folder; made when it is not there.
    pub(crate) fn take(root: &Path) -> Result<Self, WatcherFault> {
        private_dir(root)?;
        let path = root.join("lock");
        let lock = File::options().create(true).append(true).open(&path);
        let lock = lock.map_err(|error| LayoutError::file("open", &path, error))?;
        lock.try_lock().map_err(|_| WatcherFault::InUse)?;
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    fn mirror_path(&self, zone: &ZoneId) -> PathBuf {
        self.root.join("mirror").join(format!("{zone}.zip"))
    }

    /// The history a zone showed last, as it was verified.
    pub(crate) fn mirror(&self, zone: &ZoneId) -> Result<Option<Vec<u8>>, WatcherFault> {
        absent(read(&self.mirror_path(zone)))
    }

    /// Keep a history that was verified.
    pub(crate) fn keep_mirror(&self, zone: &ZoneId, bundle: &[u8]) -> Result<(), WatcherFault> {
        let path = self.mirror_path(zone);
        private_dir(&self.root.join("mirror"))?;
        Ok(write_atomic(&path, bundle)?)
    }

    /// What was attested last.
    pub(crate) fn said(&self) -> Result<Option<Said>, WatcherFault> {
        said(&self.root)
    }

    /// Remember, before it is sent to anybody.
    pub(crate) fn say(&self, said: &Said) -> Result<(), WatcherFault> {
        let path = self.root.join("said.json");
        let doubt = |_| WatcherFault::Doubt(path.display().to_string());
        let bytes = Canonical::of(said).map_err(doubt)?;
        Ok(write_atomic(&path, bytes.bytes())?)
    }

    /// Keep a proof; whether it is new.
    pub(crate) fn keep_evidence(&self, file: &Canonical) -> Result<bool, WatcherFault> {
        let dir = self.root.join("evidence");
        private_dir(&dir)?;
        let path = dir.join(format!("{}.json", file.digest()));
        if absent(read(&path))?.is_some() {
            return Ok(false);
        }
        write_atomic(&path, file.bytes())?;
        Ok(true)
    }

    /// Digests of the proofs kept in a folder.
    pub(crate) fn evidence(root: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(root.join("evidence")).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut found: Vec<String> =
            names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
        found.sort();
        found
    }
}

/// What the watcher of a folder attested last.
pub(crate) fn said(root: &Path) -> Result<Option<Said>, WatcherFault> {
    let path = root.join("said.json");
    let Some(bytes) = absent(read(&path))? else { return Ok(None) };
    let said = Canonical::exact(&bytes).and_then(|canonical| canonical.read());
    said.map(Some).map_err(|_| WatcherFault::Doubt(path.display().to_string()))
}

fn absent(found: Result<Vec<u8>, LayoutError>) -> Result<Option<Vec<u8>>, WatcherFault> {
    match found {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

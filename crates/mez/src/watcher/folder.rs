//! The folder of a watcher: what it holds, what it said, what it proved.

use std::fs::File;
use std::path::{Path, PathBuf};

use canon::{Canonical, ZoneId};
use corridor::watcher::{Folder, Said};

use super::WatcherFault;
use crate::layout::{LayoutError, private_dir, read, write_atomic};

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

impl Folder for WatcherDir {
    type Fault = WatcherFault;

    fn mirror(&self, zone: &ZoneId) -> Result<Option<Vec<u8>>, WatcherFault> {
        absent(read(&self.mirror_path(zone)))
    }

    fn keep_mirror(&self, zone: &ZoneId, bundle: &[u8]) -> Result<(), WatcherFault> {
        let path = self.mirror_path(zone);
        private_dir(&self.root.join("mirror"))?;
        Ok(write_atomic(&path, bundle)?)
    }

    fn said(&self) -> Result<Option<Said>, WatcherFault> {
        said(&self.root)
    }

    fn say(&self, said: &Said) -> Result<(), WatcherFault> {
        let path = self.root.join("said.json");
        let doubt = |_| WatcherFault::Doubt(path.display().to_string());
        let bytes = Canonical::of(said).map_err(doubt)?;
        Ok(write_atomic(&path, bytes.bytes())?)
    }

    fn keep_evidence(&self, file: &Canonical) -> Result<bool, WatcherFault> {
        let dir = self.root.join("evidence");
        private_dir(&dir)?;
        let path = dir.join(format!("{}.json", file.digest()));
        if absent(read(&path))?.is_some() {
            return Ok(false);
        }
        write_atomic(&path, file.bytes())?;
        Ok(true)
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

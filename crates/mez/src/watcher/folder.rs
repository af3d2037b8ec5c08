//! The folder of a watcher: what it holds, what it said, what it proved.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use canon::{Canonical, Digest, ZoneId};
use corridor::watcher::{Folder, PIECES_KEPT_MAX, Said, Shown};

use super::WatcherFault;
use crate::layout::{LayoutError, private_dir, read, write_atomic};

/// A watcher's folder, held by one process.
pub(crate) struct WatcherDir {
    root: PathBuf,
    /// Where the pieces lie that follow each zone's bundle.
    pieces: RefCell<BTreeMap<ZoneId, PathBuf>>,
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
        Ok(Self { root: root.to_owned(), pieces: RefCell::default(), _lock: lock })
    }

    fn mirror_path(&self, zone: &ZoneId) -> PathBuf {
        self.root.join("mirror").join(format!("{zone}.zip"))
    }

    /// The pieces of a zone's history, in a folder named after the bundle they follow: those of an earlier bundle are
    /// never taken for it.
    fn pieces_of(&self, zone: &ZoneId, bundle: &[u8]) -> PathBuf {
        let of_zone = self.root.join("mirror").join(zone.as_str());
        let dir = of_zone.join(Digest::of_blob(bundle).to_string());
        self.pieces.borrow_mut().insert(zone.clone(), dir.clone());
        dir
    }

    fn pieces(&self, zone: &ZoneId, bundle: &[u8]) -> Result<Vec<Vec<u8>>, WatcherFault> {
        let (dir, mut pieces) = (self.pieces_of(zone, bundle), Vec::new());
        while pieces.len() < PIECES_KEPT_MAX {
            let Some(piece) = absent(read(&piece_path(&dir, pieces.len())))? else { break };
            pieces.push(piece);
        }
        Ok(pieces)
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

    fn mirror(&self, zone: &ZoneId) -> Result<Option<Shown>, WatcherFault> {
        let Some(bundle) = absent(read(&self.mirror_path(zone)))? else { return Ok(None) };
        let pieces = self.pieces(zone, &bundle)?;
        Ok(Some(Shown { bundle, pieces }))
    }

    fn keep_mirror(&self, zone: &ZoneId, bundle: &[u8]) -> Result<(), WatcherFault> {
        let path = self.mirror_path(zone);
        private_dir(&self.root.join("mirror"))?;
        write_atomic(&path, bundle)?;
        // What followed an earlier bundle is of no use to anybody; left there, it is ignored.
        let _ = std::fs::remove_dir_all(self.root.join("mirror").join(zone.as_str()));
        self.pieces_of(zone, bundle);
        Ok(())
    }

    fn keep_piece(&self, zone: &ZoneId, place: usize, piece: &[u8]) -> Result<(), WatcherFault> {
        let dir = self.pieces.borrow().get(zone).cloned();
        let dir = dir.ok_or_else(|| WatcherFault::Doubt(format!("mirror/{zone}.zip")))?;
        private_dir(&dir)?;
        Ok(write_atomic(&piece_path(&dir, place), piece)?)
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

fn piece_path(dir: &Path, place: usize) -> PathBuf {
    dir.join(format!("{place:06}.json"))
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

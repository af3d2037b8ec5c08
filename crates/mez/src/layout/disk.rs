//! Reading and writing the files of a zone's folder.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use law::Files;

use crate::durable;

use super::{FILE_BYTES_MAX, LayoutError};

/// Bits of a mode that let others in.
const OTHERS: u32 = 0o077;

/// Read a whole file.
///
/// # Errors
/// Absent, unreadable or larger than [`FILE_BYTES_MAX`].
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, LayoutError> {
    let refuse = |error| LayoutError::file("read", path, error);
    let file = File::open(path).map_err(refuse)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(refuse)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(LayoutError::TooLarge(path.to_owned()));
    }
    Ok(bytes)
}

/// Read a secret, which nobody else may be able to.
///
/// # Errors
/// As [`read`], and [`LayoutError::NotPrivate`].
pub(crate) fn read_secret(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, LayoutError> {
    let about = std::fs::metadata(path).map_err(|e| LayoutError::file("read", path, e))?;
    if about.mode() & OTHERS != 0 {
        return Err(LayoutError::NotPrivate(path.to_owned()));
    }
    read(path).map(zeroize::Zeroizing::new)
}

/// Write a new file of mode 0600. One that exists is left alone and refused.
///
/// # Errors
/// The file system.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), LayoutError> {
    durable::create(path, bytes, 0o600).map_err(|error| LayoutError::file("create", path, error))
}

/// Put a file in place, whole or not at all.
///
/// # Errors
/// The file system.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), LayoutError> {
    durable::put(path, bytes).map_err(|error| LayoutError::file("write", path, error))
}

/// Give a file that is durable another name, in place of what has it.
///
/// # Errors
/// The file system.
pub(crate) fn put_in_place(from: &Path, to: &Path) -> Result<(), LayoutError> {
    durable::rename(from, to).map_err(|error| LayoutError::file("replace", to, error))
}

/// Remove a file, durably. Returns whether there was one.
///
/// # Errors
/// The file system.
pub(crate) fn remove(path: &Path) -> Result<bool, LayoutError> {
    let refuse = |error| LayoutError::file("remove", path, error);
    match std::fs::remove_file(path) {
        Ok(()) => durable::sync_parent(path).map(|()| true).map_err(refuse),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(refuse(error)),
    }
}

/// Make a folder that only its owner enters, with its parents.
pub(crate) fn private_dir(path: &Path) -> Result<(), LayoutError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| LayoutError::file("create", path, error))
}

/// Make the folder a file will lie in.
pub(super) fn make_parent(path: &Path) -> Result<(), LayoutError> {
    path.parent().map_or(Ok(()), private_dir)
}

/// A folder of content on disk.
#[derive(Clone, Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    fn path(&self, path: &str) -> Option<PathBuf> {
        let plain = path.split('/').all(|part| part != ".." && part != "." && !part.is_empty());
        (plain || path.is_empty()).then(|| self.0.join(path))
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some(path) = self.path(path) else { return Ok(None) };
        if path.is_dir() {
            return Ok(None);
        }
        match read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let Some(path) = self.path(folder) else { return Ok(Vec::new()) };
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.to_string()),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| error.to_string())?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

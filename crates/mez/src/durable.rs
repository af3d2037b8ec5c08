//! Files that are there whole or not at all, after a crash too.
//!
//! Invariant: when a function returns well, the bytes and the name are on the disk; when it fails, the name
//! is as it was before.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Puts a file in place: written beside, made durable, renamed over the name.
///
/// # Errors
/// The file system.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    // What a killed process left under this name is nobody's.
    let _ = std::fs::remove_file(&beside);
    let placed = write(&beside, bytes, 0o644).and_then(|()| rename(&beside, path));
    placed.inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })
}

/// Writes a new file of this mode. One that exists is left alone and refused.
///
/// # Errors
/// The file system.
pub(crate) fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write(path, bytes, mode)?;
    sync_parent(path).inspect_err(|_| {
        let _ = std::fs::remove_file(path);
    })
}

/// Gives a file that is durable another name, in place of what has it.
///
/// # Errors
/// The file system.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_parent(to)
}

/// Makes what was done to a name durable.
///
/// # Errors
/// The file system.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        // Ours alone: it did not exist before.
        let _ = std::fs::remove_file(path);
    })
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

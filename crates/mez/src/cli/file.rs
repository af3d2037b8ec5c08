//! Reading and writing files, the one way commands do it.
//!
//! Invariant: a secret file is created with mode 0600 and never replaces anything; any other file
//! appears whole under its name or not at all.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use canon::DOCUMENT_BYTES_MAX;

use crate::durable;

use super::failure::Failure;

/// The name that means standard input.
pub(crate) const STDIN: &str = "-";
/// Most bytes read of a JSON document: one more than is admitted, so that the rule can say so.
const DOCUMENT_READ_MAX: u64 = DOCUMENT_BYTES_MAX as u64 + 1;

/// Reads a JSON document from a file, or from standard input for `-`.
pub(crate) fn read_document(path: &Path) -> Result<Vec<u8>, Failure> {
    read_up_to(path, DOCUMENT_READ_MAX)
}

/// Reads at most `max` bytes of a file, or of standard input for `-`.
pub(crate) fn read_up_to(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new(STDIN) {
        std::io::stdin().lock().take(max).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(max).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::io("read", path, &error))?;
    Ok(bytes)
}

/// Makes a folder that only its owner enters, with its parents.
pub(crate) fn make_private_dir(path: &Path) -> Result<(), Failure> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| Failure::io("create", path, &error))
}

/// Makes a folder with its parents.
pub(crate) fn make_dir(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| Failure::io("create", path, &error))
}

/// Writes a new file that only its owner reads. An existing one is left alone and refused.
pub(crate) fn write_new_0600(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_new(path, bytes, 0o600)
}

/// Writes a new file that anyone may read. An existing one is left alone and refused.
pub(crate) fn write_new_0644(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_new(path, bytes, 0o644)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    durable::create(path, bytes, mode).map_err(|error| Failure::io("create", path, &error))
}

/// Puts a file in place, whole or not at all.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    durable::put(path, bytes).map_err(|error| Failure::io("write", path, &error))
}

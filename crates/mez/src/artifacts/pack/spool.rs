//! Artifacts between the walk that finds them and the bundle that has them in order: a file without a
//! name, so that each root is asked once, and nothing but places is held.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use proof::artifact::bundle::Checksum;

/// Where an artifact was put.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub at: u64,
    pub length: u64,
    /// CRC-32.
    pub crc: u32,
}

/// The file; it is gone with this value.
pub(super) struct Spool {
    file: File,
    end: AtomicU64,
}

impl Spool {
    /// Opens one beside `out`.
    pub(super) fn beside(out: &Path) -> io::Result<Self> {
        let name = out.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let path = out.with_file_name(format!(".{name}.{}.spool", std::process::id()));
        let file =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(Self { file, end: AtomicU64::new(0) })
    }

    /// Puts an artifact, from any thread.
    pub(super) fn put(&self, bytes: &[u8]) -> io::Result<Place> {
        let length = bytes.len() as u64;
        let at = self.end.fetch_add(length, Ordering::Relaxed);
        self.file.write_all_at(bytes, at)?;
        Ok(Place { at, length, crc: Checksum::of(bytes) })
    }

    /// Fills `into` from `at` on.
    pub(super) fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, at)
    }
}

//! Encoding of a bundle, entry by entry.

use super::names::Names;
use super::{BUNDLE_MAX, BundleError, ENTRIES_MAX, ENTRY_MAX, record};

/// A bundle as it is written: headers come from here, contents go straight to where they are kept.
///
/// What is held is the directory, about 50 bytes and a name for each entry, until it is taken away.
#[derive(Default)]
pub struct Writer {
    directory: Vec<u8>,
    /// Bytes of the directory that were taken away.
    taken: u64,
    names: Names,
    count: u64,
    at: u64,
}

impl Writer {
    /// Appends the header of the next entry to `out`; its content, of this checksum (CRC-32) and size
    /// in bytes, must follow. Names come in byte order.
    ///
    /// # Errors
    /// For a name or size the format does not admit; nothing is appended.
    pub fn header(
        &mut self,
        name: &str,
        crc: u32,
        size: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), BundleError> {
        self.names.next(name)?;
        if self.count >= ENTRIES_MAX {
            return Err(BundleError::TooMany);
        }
        let short = u32::try_from(size).ok().filter(|_| size <= ENTRY_MAX);
        let short = short.ok_or(BundleError::TooLarge(ENTRY_MAX))?;
        record::central(&mut self.directory, name, crc, short, self.at);
        let before = out.len();
        record::local(out, name, crc, short);
        self.at += (out.len() - before) as u64 + size;
        self.count += 1;
        if self.at > BUNDLE_MAX { Err(BundleError::TooLarge(BUNDLE_MAX)) } else { Ok(()) }
    }

    /// Takes away what is held of the directory, once that is `least` bytes. All of what was taken, in
    /// order, follows the last content.
    pub fn take_directory(&mut self, least: usize) -> Option<Vec<u8>> {
        if self.directory.len() < least {
            return None;
        }
        self.taken += self.directory.len() as u64;
        Some(std::mem::take(&mut self.directory))
    }

    /// What follows the last content, and the part of the directory that was taken away: the rest of it,
    /// and the end.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut out = self.directory;
        let length = self.taken + out.len() as u64;
        record::end(&mut out, self.count, self.at, length);
        out
    }
}

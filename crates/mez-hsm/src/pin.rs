//! The PIN: from a private file or an open descriptor, never from the command line.
//!
//! Invariant: its text is in memory that is wiped, and in no message.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

/// Longest PIN in bytes; tokens take less.
const PIN_BYTES_MAX: usize = 256;
/// Bits of a mode that let others in.
const OTHERS: u32 = 0o077;

/// Where the PIN is read from.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PinArgs {
    /// The token's user PIN: a file of mode 0600 with one line
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// The same from an open descriptor
    #[arg(long, value_name = "N")]
    pin_fd: Option<u32>,
}

/// A PIN that cannot be used. No text has any of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PinError {
    /// The file or descriptor.
    #[error("`{path}` cannot be read: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error("`{0}` is readable by others; run `chmod 600` on it")]
    NotPrivate(PathBuf),
    /// Nothing, two lines, too long, not text.
    #[error("`{0}` is not one line of at most {PIN_BYTES_MAX} bytes")]
    NotAPin(PathBuf),
}

impl PinArgs {
    /// Reads it.
    ///
    /// # Errors
    /// See [`PinError`].
    pub(crate) fn read(&self) -> Result<AuthPin, PinError> {
        match (&self.pin_file, self.pin_fd) {
            (Some(path), _) => read(path),
            (None, fd) => read(Path::new(&format!("/dev/fd/{}", fd.unwrap_or_default()))),
        }
    }
}

fn read(path: &Path) -> Result<AuthPin, PinError> {
    let refuse = |source| PinError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(refuse)?;
    let about = file.metadata().map_err(refuse)?;
    if about.is_file() && about.mode() & OTHERS != 0 {
        return Err(PinError::NotPrivate(path.to_owned()));
    }
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(PIN_BYTES_MAX + 2));
    let limit = u64::try_from(PIN_BYTES_MAX + 2).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut bytes).map_err(refuse)?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let one = !line.is_empty() && line.len() <= PIN_BYTES_MAX && !line.contains(&b'\n');
    let text = std::str::from_utf8(line).ok().filter(|_| one);
    let text = text.ok_or_else(|| PinError::NotAPin(path.to_owned()))?;
    Ok(AuthPin::from(text.to_owned()))
}

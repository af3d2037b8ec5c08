//! The files of both ends of the link, and the moving of a zone's keys out of its folder.
//!
//! Invariant: a key leaves the zone's folder only after it, and the cell beside it, lie whole in the
//! signer's; a move that was cut short is finished by asking again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use canon::{Canonical, Did, Entropy};
use link::Link;
use proof::jwk::KeyFile;
use proof::{PublicKey, Purpose, SecretKey};
use serde::{Deserialize, Serialize};
use store::cell::{Cell, CellError};
use zeroize::Zeroizing;

use crate::founding::{FoundingError, key_at, read_key, read_keys};
use crate::layout::{LayoutError, ZoneDir, private_dir, read, remove, write_atomic, write_secret};
use crate::rotating::Step;

/// Longest wait for an answer that may be set, in milliseconds.
const WAIT_MS_MAX: u64 = 60_000;

/// A folder of either end that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// Files.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A key or the inception.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// `signer.json`.
    #[error("`{0}` is not what `mez signer move` wrote")]
    Malformed(PathBuf),
    /// The cell.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The signer's folder has no log key.
    #[error("the folder holds no log key")]
    NoLogKey,
    /// The zone has its signer elsewhere already.
    #[error("the keys of this zone were moved before")]
    MovedBefore,
    /// The cell in the folder could not be copied whole.
    #[error("the cell `{0}` cannot be copied")]
    CellNotCopied(PathBuf),
}

/// `S/signer.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// The pinned DID of the zone.
    pub(crate) zone: Did,
    /// The one key calls come under.
    pub(crate) zone_key: PublicKey,
}

/// `D/<zone>/signer.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pointer {
    address: String,
    signer_key: PublicKey,
    wait_ms: u64,
}

/// The link of a zone; `None` when its keys lie in its own folder.
///
/// # Errors
/// See [`FolderError`].
pub(crate) fn link_of(dir: &ZoneDir) -> Result<Option<Link>, FolderError> {
    let path = dir.signer_elsewhere();
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.is_absent() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let pointer: Pointer = parse(&path, &bytes)?;
    if pointer.wait_ms == 0 || pointer.wait_ms > WAIT_MS_MAX {
        return Err(FolderError::Malformed(path));
    }
    Ok(Some(Link {
        address: pointer.address,
        pinned: pointer.signer_key,
        own: read_key(&zone_link(dir))?,
        wait: Duration::from_millis(pointer.wait_ms),
    }))
}

/// Where the zone keeps the key of its end.
pub(super) fn zone_link(dir: &ZoneDir) -> PathBuf {
    dir.signer().join("link.priv.json")
}

/// Point a zone at its signer.
pub(super) fn point(dir: &ZoneDir, link: &Link) -> Result<(), FolderError> {
    let wait_ms = u64::try_from(link.wait.as_millis()).unwrap_or(WAIT_MS_MAX);
    let (address, signer_key) = (link.address.clone(), link.pinned.clone());
    put(&dir.signer_elsewhere(), &Pointer { address, signer_key, wait_ms })
}

fn parse<T: for<'a> Deserialize<'a>>(path: &Path, bytes: &[u8]) -> Result<T, FolderError> {
    let malformed = |_| FolderError::Malformed(path.to_owned());
    let value = canon::parse_value(bytes).map_err(malformed)?;
    serde_json::from_value(value).map_err(|_| FolderError::Malformed(path.to_owned()))
}

fn put<T: Serialize>(path: &Path, said: &T) -> Result<(), FolderError> {
    let bytes = Canonical::of(said).map_err(FoundingError::from)?;
    Ok(write_atomic(path, bytes.bytes())?)
}

/// The signer's folder.
pub(crate) struct SignerFolder(PathBuf);

impl SignerFolder {
    /// The folder; nothing is created.
    pub(crate) fn at(root: &Path) -> Self {
        Self(root.to_owned())
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    fn key(&self, purpose: Purpose) -> PathBuf {
        self.0.join(format!("{purpose}.priv.json"))
    }

    /// Whom it serves.
    ///
    /// # Errors
    /// See [`FolderError`].
    pub(crate) fn about(&self) -> Result<About, FolderError> {
        let path = self.0.join("signer.json");
        parse(&path, &read(&path)?)
    }

    /// The running keys it holds.
    ///
    /// # Errors
    /// See [`FolderError`].
    pub(crate) fn keys(&self) -> Result<BTreeMap<Purpose, SecretKey>, FolderError> {
        let read = |purpose| Ok((purpose, read_key(&self.key(purpose))?));
        Purpose::RUNNING.into_iter().map(read).collect()
    }

    /// The key of this end of the link.
    ///
    /// # Errors
    /// See [`FolderError`].
    pub(crate) fn link(&self) -> Result<SecretKey, FolderError> {
        Ok(read_key(&self.0.join("link.priv.json"))?)
    }
}

/// What a move leaves behind.
pub(crate) struct Moved {
    /// The zone.
    pub(crate) zone: Did,
    /// The key the signer proves.
    pub(crate) signer_key: PublicKey,
    /// The key the zone proves.
    pub(crate) zone_key: PublicKey,
}

/// Move the running keys and the cell of a stopped zone into a signer's folder.
///
/// # Errors
/// See [`FolderError`]; the zone's keys are where they were, or in both places.
pub(crate) fn move_keys(
    dir: &ZoneDir,
    to: &SignerFolder,
    address: &str,
    wait: Duration,
    entropy: &dyn Entropy,
    step: Step<'_>,
) -> Result<Moved, FolderError> {
    let history = read_keys(dir)?.history;
    let pointed = link_of(dir)?;
    if pointed.as_ref().is_some_and(|link| link.address != address) {
        return Err(FolderError::MovedBefore);
    }
    private_dir(to.root())?;
    let log = history.key(Purpose::Log).to_multikey();
    // Locks the cell: a zone that runs is not robbed of its keys.
    let cell = Cell::open(&dir.signer(), &log)?;
    let name = format!("{log}.cell");
    let old = dir.signer().join(&name);
    if pointed.is_none() {
        for purpose in Purpose::RUNNING {
            copy_key(&dir.key(purpose), &to.key(purpose))?;
            step("copy a key")?;
        }
        if cell.existed() {
            let bytes = read(&old)?;
            write_atomic(&to.root().join(&name), &bytes)?;
            if read(&to.root().join(&name))? != bytes {
                return Err(FolderError::CellNotCopied(old));
            }
            step("copy the cell")?;
        }
    }
    let signer_key = key_at(&to.root().join("link.priv.json"), entropy)?.public();
    let own = key_at(&zone_link(dir), entropy)?;
    let zone_key = own.public();
    let zone = history.inception().did();
    let about = About { zone: zone.clone(), zone_key: zone_key.clone() };
    step("make the link")?;
    put(&to.root().join("signer.json"), &about)?;
    step("tell the signer")?;
    let (address, pinned) = (address.to_owned(), signer_key.clone());
    point(dir, &Link { address, pinned, own, wait })?;
    step("point the zone at it")?;
    // From here on the zone asks the signer; what it still holds is removed.
    for path in Purpose::RUNNING.map(|purpose| dir.key(purpose)).into_iter().chain([old]) {
        remove(&path)?;
        step("forget what was moved")?;
    }
    Ok(Moved { zone, signer_key, zone_key })
}

fn copy_key(from: &Path, to: &Path) -> Result<(), FolderError> {
    let key = read_key(from)?;
    match read_key(to) {
        Ok(there) if there.public() == key.public() => return Ok(()),
        Err(FoundingError::Layout(error)) if error.is_absent() => {}
        Err(other) => return Err(other.into()),
        Ok(_) => return Err(FolderError::MovedBefore),
    }
    let text: Zeroizing<String> = KeyFile::print(&key);
    Ok(write_secret(to, text.as_bytes())?)
}

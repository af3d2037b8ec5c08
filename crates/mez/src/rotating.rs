//! Putting a rotation of keys into effect in a zone's folder.
//!
//! What lies ready is written first, then `keys.json` by one rename; from that moment the new key is
//! the zone's, and the rest only clears up. Invariant: at every step the folder holds, whole, the key
//! and the cell that `keys.json` calls for; a rotation cut short before it never was, one cut short
//! after it is finished by the next start, or by asking again.

use std::path::{Path, PathBuf};

use canon::Canonical;
use proof::inception::key_commitment;
use proof::jwk::KeyFile;
use proof::{KeyHistory, PublicKey, Purpose, SecretKey};
use serde_json::Value;
use store::cell::{CellError, LastSigned};

use crate::founding::{FoundingError, read_key};
use crate::layout::{
    LayoutError, RootKeys, ZoneDir, put_in_place, remove, write_atomic, write_secret,
};

/// A rotation that is not put into effect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// Files.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A key file, or the zone's key documents.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The cell.
    #[error(transparent)]
    Cell(#[from] CellError),
}

/// Called before and after every step that changes a file; a test fails there, or dies.
pub(crate) type Step<'a> = &'a mut dyn FnMut(&'static str) -> Result<(), LayoutError>;

/// No step fails by itself.
pub(crate) fn unhindered(_: &'static str) -> Result<(), LayoutError> {
    Ok(())
}

/// Where the running keys and the cell of a zone lie: its own folder, or its signer's.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The zone.
    pub(crate) dir: &'a ZoneDir,
    /// The folder of the running keys and the cell.
    pub(crate) signer: &'a Path,
}

/// What is to take effect.
pub(crate) struct Rotated<'a> {
    /// The zone's keys with the rotation.
    pub(crate) history: &'a KeyHistory,
    /// The document that says so.
    pub(crate) document: &'a Canonical,
    /// What is replaced.
    pub(crate) purpose: Purpose,
    /// By which key.
    pub(crate) key: &'a SecretKey,
}

impl<'a> Place<'a> {
    /// The zone's own folder.
    pub(crate) fn own(dir: &'a ZoneDir, signer: &'a Path) -> Self {
        Self { dir, signer }
    }

    /// The running key of a purpose.
    pub(crate) fn key(&self, purpose: Purpose) -> PathBuf {
        self.signer.join(format!("{purpose}.priv.json"))
    }

    /// The key that lies ready to replace it.
    fn ready(&self, purpose: Purpose) -> PathBuf {
        self.signer.join(format!("{purpose}.new.priv.json"))
    }

    /// Put a rotation into effect; `cell` is that of the present log key, and held.
    ///
    /// # Errors
    /// See [`InstallError`]; the old keys are in effect until `keys.json` is replaced, then the new.
    pub(crate) fn install(
        &self,
        rotated: &Rotated<'_>,
        cell: &dyn LastSigned,
        step: Step<'_>,
    ) -> Result<(), InstallError> {
        let Rotated { history, document, purpose, key } = rotated;
        step("key")?;
        lay_ready(&self.ready(*purpose), key)?;
        step("key")?;
        if *purpose == Purpose::Log {
            cell.succeed(&key.public().to_multikey())?;
            step("cell")?;
        }
        write_atomic(&self.dir.keys(), document.bytes())?;
        step("keys.json")?;
        self.finish(history, step).map(drop)
    }

    /// Finish what `keys.json` calls for. Returns the purposes whose key was still to be put in place.
    ///
    /// # Errors
    /// See [`InstallError`]; to be asked again.
    pub(crate) fn finish(
        &self,
        history: &KeyHistory,
        step: Step<'_>,
    ) -> Result<Vec<Purpose>, InstallError> {
        let mut finished = Vec::new();
        for purpose in Purpose::RUNNING {
            let ready = self.ready(purpose);
            // One that is not called for was laid by a rotation that never was.
            if present(&ready)?.is_some_and(|key| key == *history.key(purpose)) {
                put_in_place(&ready, &self.key(purpose))?;
                step("running key")?;
                finished.push(purpose);
            }
        }
        for rotation in history.rotations().filter(|r| r.purpose == Purpose::Log) {
            let old = rotation.previous_key.to_multikey();
            for name in [format!("{old}.cell"), format!("{old}.cell.lock")] {
                if remove(&self.signer.join(name))? {
                    step("old cell")?;
                }
            }
        }
        Ok(finished)
    }
}

/// The public half of a key file; nothing where there is none.
fn present(path: &Path) -> Result<Option<PublicKey>, FoundingError> {
    match read_key(path) {
        Ok(key) => Ok(Some(key.public())),
        Err(FoundingError::Layout(error)) if error.is_absent() => Ok(None),
        Err(other) => Err(other),
    }
}

fn lay_ready(path: &Path, key: &SecretKey) -> Result<(), InstallError> {
    // A file that was not written whole is no key, and nothing calls for it.
    if present(path).ok().flatten().is_some_and(|there| there == key.public()) {
        return Ok(());
    }
    remove(path)?;
    Ok(write_secret(path, KeyFile::print(key).as_bytes())?)
}

/// The next key of a purpose among the root keys: the one the zone's keys commit to. The key after it
/// takes its name once it was rotated to.
///
/// # Errors
/// No such key lies there, or the files.
pub(crate) fn next_key(
    roots: &RootKeys,
    zone: &str,
    history: &KeyHistory,
    purpose: Purpose,
) -> Result<Option<SecretKey>, InstallError> {
    let committed =
        |key: &SecretKey| key_commitment(purpose, &key.public()) == history.commitment(purpose);
    let (next, after) = (roots.next(zone, purpose), roots.after(zone, purpose));
    if let Some(key) = read_key(&next).ok().filter(committed) {
        return Ok(Some(key));
    }
    match read_key(&after).ok().filter(committed) {
        Some(key) => {
            put_in_place(&after, &next)?;
            Ok(Some(key))
        }
        None => Ok(None),
    }
}

/// A zone's key documents with one rotation more.
///
/// # Errors
/// Documents without canonical form.
pub(crate) fn document(
    inception: &Value,
    rotations: &[Value],
    more: &Value,
) -> Result<Canonical, canon::Refusal> {
    let all: Vec<Value> = rotations.iter().chain([more]).cloned().collect();
    KeyHistory::document(inception, &all)
}

#[cfg(test)]
mod tests;

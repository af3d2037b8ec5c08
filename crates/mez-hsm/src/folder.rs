//! The signer's folder: what `init` was told and made, and the key of this end of the link.
//!
//! Invariant: the identifier of the keys is durable before the first of them is made. Only the folder
//! that has it takes them up; a second folder, and with it a second cell, cannot have the same keys.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use canon::Canonical;
use cryptoki::object::ObjectHandle;
use data_encoding::HEXLOWER;
use proof::jwk::{JwkError, KeyFile};
use proof::{PublicKey, Purpose, SecretKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::token::{KeyName, Token, TokenError};

/// Largest file of the folder that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Bits of a mode that let others in.
const OTHERS: u32 = 0o077;

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// The file system.
    #[error("`{path}`: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `hsm.json` of other content.
    #[error("`{0}` is not what `mez-hsm init` wrote")]
    Malformed(PathBuf),
    /// The link key.
    #[error("the link key is refused: {0}")]
    Key(#[from] JwkError),
    /// The link key, readable by others.
    #[error("`{0}` is readable by others; run `chmod 600` on it")]
    NotPrivate(PathBuf),
    /// No randomness.
    #[error("the system gives no randomness")]
    Entropy,
    /// The folder was laid for something else.
    #[error("the folder was laid with another {0}")]
    Other(&'static str),
    /// Not all keys are made.
    #[error("the keys of this folder are not all made")]
    Unfinished,
}

/// `S/hsm.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// The PKCS#11 library.
    pub(crate) module: PathBuf,
    /// The token's label.
    pub(crate) token: String,
    /// Its serial number.
    pub(crate) serial: String,
    /// What the labels of the keys begin with.
    pub(crate) name: String,
    /// What the `CKA_ID` of the keys begins with, 16 bytes in hex.
    pub(crate) id: String,
    /// The one key calls come under.
    pub(crate) zone_key: PublicKey,
    /// The keys that are made.
    pub(crate) keys: BTreeMap<Purpose, PublicKey>,
    /// The keys they pass to; none in a folder laid before keys of a token rotated.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) next: BTreeMap<Purpose, PublicKey>,
    /// How often each passed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) turns: BTreeMap<Purpose, u64>,
}

/// The keys of a purpose in the token, in the order they take over from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// The running one.
    Present,
    /// The one committed to.
    Next,
    /// The one after it.
    After,
}

/// Keys found in the token.
pub(crate) type Handles = BTreeMap<(Purpose, Turn), ObjectHandle>;

impl About {
    /// A key of a purpose, in the token. Those that took over are numbered.
    pub(crate) fn key(&self, purpose: Purpose, turn: Turn) -> KeyName {
        let number = self.turns.get(&purpose).copied().unwrap_or(0).saturating_add(turn as u64);
        let name = match number {
            0 => purpose.to_string(),
            number => format!("{purpose}-{number}"),
        };
        let mut id = HEXLOWER.decode(self.id.as_bytes()).unwrap_or_default();
        id.extend_from_slice(name.as_bytes());
        KeyName { label: format!("{}-{name}", self.name), id }
    }

    /// The same with the next key of a purpose as the running one.
    pub(crate) fn turned(&self, purpose: Purpose, after: PublicKey) -> Self {
        let mut turned = self.clone();
        if let Some(next) = turned.next.insert(purpose, after) {
            turned.keys.insert(purpose, next);
        }
        let number = turned.turns.entry(purpose).or_default();
        *number = number.saturating_add(1);
        turned
    }

    /// All of it that others need to know, with the key of this end of the link.
    pub(crate) fn told(&self, own: &PublicKey) -> Value {
        json!({
            "token": self.token,
            "serial": self.serial,
            "signer_key": own,
            "zone_key": self.zone_key,
            "keys": self.keys,
            "next": self.next,
        })
    }

    /// The noted keys, each found once in the token, sealed, and with the public half it was noted by.
    ///
    /// # Errors
    /// The first that is not.
    pub(crate) fn look(&self, token: &Token) -> Result<Handles, TokenError> {
        let mut handles = Handles::new();
        for (turn, keys) in [(Turn::Present, &self.keys), (Turn::Next, &self.next)] {
            for (purpose, public) in keys {
                let name = self.key(*purpose, turn);
                handles.insert((*purpose, turn), token.private(&name)?);
                if token.public(&name)? != *public {
                    return Err(TokenError::KeyOther { label: name.label });
                }
            }
        }
        Ok(handles)
    }
}

/// The folder.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder; nothing is created.
    pub(crate) fn at(root: &Path) -> Self {
        Self(root.to_owned())
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    fn path(&self) -> PathBuf {
        self.0.join("hsm.json")
    }

    /// Make the folder, entered by its owner alone.
    pub(crate) fn create(&self) -> Result<(), FolderError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.map_err(|source| FolderError::File { path: self.0.clone(), source })
    }

    /// Hold the folder against another `init`, until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, FolderError> {
        let path = self.0.join("init.lock");
        let file = File::create(&path).and_then(|file| match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::ResourceBusy.into()),
            Err(TryLockError::Error(error)) => Err(error),
        });
        file.map_err(|source| FolderError::File { path, source })
    }

    /// What it was laid with; `None` in an empty one.
    pub(crate) fn about(&self) -> Result<Option<About>, FolderError> {
        let path = self.path();
        let Some(bytes) = read(&path)? else { return Ok(None) };
        let malformed = || FolderError::Malformed(path.clone());
        let value = canon::parse_value(&bytes).map_err(|_| malformed())?;
        serde_json::from_value(value).map(Some).map_err(|_| malformed())
    }

    /// Note what it is laid with, durably.
    pub(crate) fn put(&self, about: &About) -> Result<(), FolderError> {
        let (path, beside) = (self.path(), self.0.join(".hsm.json.part"));
        let bytes = Canonical::of(about).map_err(|_| FolderError::Malformed(path.clone()))?;
        let put = || {
            let mut file = File::create(&beside)?;
            file.write_all(bytes.bytes())?;
            file.sync_all()?;
            std::fs::rename(&beside, &path)?;
            File::open(&self.0)?.sync_all()
        };
        put().map_err(|source| FolderError::File { path: path.clone(), source })
    }

    /// The key of this end of the link; made when there is none.
    pub(crate) fn link(&self) -> Result<SecretKey, FolderError> {
        let path = self.0.join("link.priv.json");
        if let Some(bytes) = read(&path)? {
            let refuse = |source| FolderError::File { path: path.clone(), source };
            if std::fs::metadata(&path).map_err(refuse)?.mode() & OTHERS != 0 {
                return Err(FolderError::NotPrivate(path));
            }
            return Ok(KeyFile::parse(&bytes)?.secret);
        }
        let seed = random()?;
        let key = SecretKey::of_seed(&seed).map_err(|_| FolderError::Entropy)?;
        let put = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(KeyFile::print(&key).as_bytes())?;
            file.sync_all()?;
            File::open(&self.0)?.sync_all()
        };
        put().map_err(|source| FolderError::File { path: path.clone(), source })?;
        Ok(key)
    }
}

/// Bytes from the kernel.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, FolderError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| FolderError::Entropy)?;
    Ok(bytes)
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FolderError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FolderError::File { path: path.to_owned(), source }),
    }
}

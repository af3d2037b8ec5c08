//! The folder of a witness: its name, key, logs, state and evidence.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use canon::{Canonical, Digest, Entropy, Timestamp};
use corridor::evidence::{By, two_notes};
use proof::jwk::KeyFile;
use proof::witness::{Cosign, CosignerKey, Held, Logs, LogsError};
use proof::{SecretKey, Signer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::state::{Disc, Doubt, Replayed, State, header, replay};
use crate::layout::{LayoutError, read, read_secret, write_atomic, write_secret};

/// Most logs of one witness.
const LOGS_MAX: usize = 10_000;
/// Largest state file read, in bytes.
const STATE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// A folder that does not make a witness.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// A file.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// There is a witness already.
    #[error("`{}` holds a witness already", .0.display())]
    Exists(PathBuf),
    /// Name or key.
    #[error("the cosigner is refused: {0}")]
    Cosigner(String),
    /// The logs file.
    #[error("the logs are refused: {0}")]
    Logs(String),
    /// No state beside a key.
    #[error("there is no state file beside the key")]
    StateMissing,
    /// A state that cannot be relied on.
    #[error("the state file is in doubt: {0}")]
    StateDoubt(#[from] Doubt),
    /// Another process serves this witness.
    #[error("another process serves this witness")]
    InUse,
    /// The state file cannot be read or written.
    #[error("the state file cannot be used")]
    State(#[source] std::io::Error),
    /// No randomness.
    #[error("no randomness for a key")]
    Entropy,
}

impl FolderError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Layout(_) => "witness-folder",
            Self::Exists(_) => "witness-exists",
            Self::Cosigner(_) => "witness-cosigner",
            Self::Logs(_) => "witness-logs",
            Self::StateMissing => "witness-state-missing",
            Self::StateDoubt(_) => "witness-state-doubt",
            Self::InUse => "witness-in-use",
            Self::State(_) => "witness-state",
            Self::Entropy => "entropy",
        }
    }

    /// What to do next.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Layout(_) => "check --dir; `mez witness init` makes a new witness",
            Self::Exists(_) => "choose another --dir; a key is never replaced",
            Self::Cosigner(_) => {
                "give a name without spaces and plus signs, such as example.com/w1"
            }
            Self::Logs(_) => "write {\"logs\":[{\"origin\":…,\"keys\":[verifier key,…]}]}",
            Self::StateMissing | Self::StateDoubt(_) => {
                "restore the newest state file; if it is lost, make a new witness with a new key: \
                 this key must never sign again"
            }
            Self::InUse => "stop the other one first",
            Self::State(_) => "check the disk, then start again",
            Self::Entropy => "run `mez doctor`, which tries the random source",
        }
    }
}

/// One log, as written in the logs file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogRow {
    /// The origin line of its checkpoints.
    pub(crate) origin: String,
    /// Its verifier keys (C2SP signed-note).
    pub(crate) keys: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogsFile {
    logs: Vec<LogRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    name: String,
}

/// The key and the name it signs under.
pub(crate) struct Cosigner {
    secret: SecretKey,
    key: CosignerKey,
}

impl Cosigner {
    fn of(name: &str, secret: SecretKey) -> Result<Self, FolderError> {
        let key = CosignerKey::new(name, secret.public());
        let key = key.map_err(|error| FolderError::Cosigner(error.to_string()))?;
        Ok(Self { secret, key })
    }

    /// Name and public key.
    pub(crate) fn key(&self) -> &CosignerKey {
        &self.key
    }

    /// Signs what is durable.
    pub(super) fn sign(
        &self,
        cosign: &Cosign,
        now: Timestamp,
    ) -> Result<String, proof::keys::SignerError> {
        cosign.sign(self.key.name(), now, &self.secret as &dyn Signer)
    }
}

/// The folder.
pub(crate) struct Folder(PathBuf);

/// A file of evidence to be written.
pub(super) struct EvidenceFile {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Folder {
    /// The folder; nothing is created.
    pub(crate) fn at(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Where evidence lies.
    pub(crate) fn evidence(&self) -> PathBuf {
        self.path("evidence")
    }

    /// Make a witness with a new key and an empty state.
    ///
    /// # Errors
    /// There is one, or the file system.
    pub(crate) fn found(
        &self,
        name: &str,
        entropy: &dyn Entropy,
    ) -> Result<CosignerKey, FolderError> {
        let mut seed = Zeroizing::new([0u8; 32]);
        entropy.fill(seed.as_mut_slice()).map_err(|_| FolderError::Entropy)?;
        let secret = SecretKey::of_seed(&seed);
        let secret = secret.map_err(|error| FolderError::Cosigner(error.to_string()))?;
        let cosigner = Cosigner::of(name, secret)?;
        if self.path("cosigner.priv.json").exists() || self.path("state").exists() {
            return Err(FolderError::Exists(self.0.clone()));
        }
        for folder in [self.0.clone(), self.evidence()] {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
            made.map_err(|error| LayoutError::file("create", &folder, error))?;
        }
        write_secret(&self.path("state"), header(&cosigner.key).as_bytes())?;
        let about = document(&About { name: name.to_owned() })?;
        write_atomic(&self.path("witness.json"), &about)?;
        if !self.path("logs.json").exists() {
            self.write_logs(&LogsFile::default())?;
        }
        write_secret(
            &self.path("cosigner.priv.json"),
            KeyFile::print(&cosigner.secret).as_bytes(),
        )?;
        Ok(cosigner.key)
    }

    /// Name and key.
    ///
    /// # Errors
    /// Absent, readable by others, or malformed.
    pub(crate) fn cosigner(&self) -> Result<Cosigner, FolderError> {
        let refuse = |error: &dyn std::fmt::Display| FolderError::Cosigner(error.to_string());
        let about = read(&self.path("witness.json"))?;
        let about: About = serde_json::from_slice(&about).map_err(|error| refuse(&error))?;
        let key = KeyFile::parse(&read_secret(&self.path("cosigner.priv.json"))?);
        Cosigner::of(&about.name, key.map_err(|error| refuse(&error))?.secret)
    }

    /// The logs, from a file or from the folder's own.
    ///
    /// # Errors
    /// Unreadable, or a row that is refused.
    pub(crate) fn logs(&self, file: Option<&Path>) -> Result<Logs, FolderError> {
        let own = self.path("logs.json");
        Self::read_logs(&read(file.unwrap_or(&own))?)
    }

    /// The logs of a file.
    ///
    /// # Errors
    /// Not of that shape, or a row that is refused.
    pub(crate) fn read_logs(bytes: &[u8]) -> Result<Logs, FolderError> {
        let mut logs = Logs::default();
        for row in &rows(bytes)?.logs {
            add(&mut logs, row)?;
        }
        Ok(logs)
    }

    /// Add a log to the folder's own file; it counts from the next start or SIGHUP on.
    ///
    /// # Errors
    /// A row that is refused; the file is unchanged.
    pub(crate) fn add_log(&self, row: LogRow) -> Result<usize, FolderError> {
        let mut logs = self.logs(None)?;
        add(&mut logs, &row)?;
        let mut rows = rows(&read(&self.path("logs.json"))?)?;
        rows.logs.push(row);
        self.write_logs(&rows)?;
        Ok(rows.logs.len())
    }

    fn write_logs(&self, rows: &LogsFile) -> Result<(), FolderError> {
        Ok(write_atomic(&self.path("logs.json"), &document(rows)?)?)
    }

    /// What the state file holds, without taking it.
    ///
    /// # Errors
    /// Missing or in doubt.
    pub(crate) fn held(&self, key: &CosignerKey) -> Result<Vec<Held>, FolderError> {
        Ok(self.replay(key)?.held.into_values().collect())
    }

    fn replay(&self, key: &CosignerKey) -> Result<Replayed, FolderError> {
        use std::io::Read;
        let path = self.path("state");
        let file = File::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => FolderError::StateMissing,
            _ => FolderError::State(error),
        })?;
        let mut bytes = Vec::new();
        file.take(STATE_BYTES_MAX).read_to_end(&mut bytes).map_err(FolderError::State)?;
        if bytes.len() as u64 >= STATE_BYTES_MAX {
            return Err(LayoutError::TooLarge(path).into());
        }
        Ok(replay(&bytes, key)?)
    }

    /// Take the state for this process alone, to go on from its last whole frame.
    ///
    /// # Errors
    /// In use, missing or in doubt.
    pub(super) fn open_state(&self, key: &CosignerKey) -> Result<(State<Disc>, File), FolderError> {
        let lock = File::create(self.path("lock")).map_err(FolderError::State)?;
        lock.try_lock().map_err(|_| FolderError::InUse)?;
        let replayed = self.replay(key)?;
        let disc = Disc::open(&self.path("state"), replayed.good).map_err(FolderError::State)?;
        Ok((State::new(disc, key.clone(), replayed), lock))
    }
}

fn rows(bytes: &[u8]) -> Result<LogsFile, FolderError> {
    let rows: LogsFile =
        serde_json::from_slice(bytes).map_err(|error| FolderError::Logs(error.to_string()))?;
    if rows.logs.len() > LOGS_MAX {
        return Err(FolderError::Logs(format!("more than {LOGS_MAX}")));
    }
    Ok(rows)
}

fn add(logs: &mut Logs, row: &LogRow) -> Result<(), FolderError> {
    let keys: Vec<&str> = row.keys.iter().map(String::as_str).collect();
    let added = logs.add(&row.origin, &keys);
    added.map_err(|error: LogsError| FolderError::Logs(error.to_string()))
}

fn document(value: &impl Serialize) -> Result<Vec<u8>, FolderError> {
    let canonical = Canonical::of(value).map_err(|e| LayoutError::Content(e.to_string()))?;
    let mut bytes = canonical.bytes().to_vec();
    bytes.push(b'\n');
    Ok(bytes)
}

/// Two roots of one size as a file that convinces by itself: under the one key that signed both.
pub(super) fn evidence_of(logs: &Logs, first: &Held, second: &Held) -> Option<EvidenceFile> {
    let notes = (String::from_utf8(first.note()).ok()?, String::from_utf8(second.note()).ok()?);
    let file = logs.keys(first.origin())?.iter().find_map(|(name, key)| {
        let by = By::VerifierKey(proof::note::verifier_key(name, key));
        two_notes(by, &notes.0, &notes.1).ok()
    })?;
    let origin = Digest::of_blob(first.origin().as_bytes()).to_string();
    let short: String = origin.chars().take(16).collect();
    let name = format!("{short}-{}.json", first.size());
    Some(EvidenceFile { name, bytes: file.bytes().to_vec() })
}

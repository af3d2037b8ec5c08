//! The signer's last-signed cell: what a lane key must never sign twice.
//!
//! One file per lane key, in the signer's directory, outside the data directory that backups copy.
//! It is advanced after the journal is durable and before anything signed is released; so a restored
//! older journal finds a cell ahead of it, and the caller signs nothing.
//! Invariant: for one lane the sequence only grows, and a sequence has one root for ever; the file is
//! either the old one or the new one, whole (write aside, fsync, rename, fsync directory).
//!
//! ```text
//! mez-signer-cell 1
//! key <key id>
//! lane <sequence> <root, 64 hex> <lane name>
//! sha256 <digest of every line above, 64 hex>
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use canon::Digest;

/// Most lanes in one cell.
pub const LANES_MAX: usize = 10_000;
/// Longest lane name or key id in bytes.
pub const LANE_BYTES_MAX: usize = 512;

const FIRST_LINE: &str = "mez-signer-cell 1";

/// The last position signed on a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    /// Its sequence.
    pub sequence: u64,
    /// The root signed there.
    pub next_root: Digest,
}

/// One step of one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The lane.
    pub lane: String,
    /// Its new last sequence.
    pub sequence: u64,
    /// The root signed there.
    pub next_root: Digest,
}

/// Why the cell did not move, or did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// The lane already stands at or beyond this sequence with other content: signing would equivocate.
    #[error("lane `{lane}` was signed up to {last}; {asked} is not after it")]
    NotAfter {
        /// The lane.
        lane: String,
        /// Its last signed sequence.
        last: u64,
        /// The sequence asked for.
        asked: u64,
    },
    /// Another process signs with this key.
    #[error("the signer cell `{path}` is in use by another process")]
    InUse {
        /// The lock file.
        path: String,
    },
    /// The file is torn, edited or of another key: sign nothing until it is recovered.
    #[error("the signer cell `{path}` is not intact: {detail}")]
    Corrupt {
        /// The cell file.
        path: String,
        /// What does not fit.
        detail: String,
    },
    /// The file could not be written; sticky, since nobody knows what the disk holds now.
    #[error("the signer cell is in doubt and signs nothing: {detail}")]
    Doubt {
        /// What the system said.
        detail: String,
    },
    /// The file system refused to open or create.
    #[error("`{path}` cannot be opened: {detail}")]
    File {
        /// The path.
        path: String,
        /// What the system said.
        detail: String,
    },
    /// The process that holds the cell does not answer; whether it moved is not known, and asking
    /// again is safe.
    #[error("the signer cannot be asked: {detail}")]
    Unavailable {
        /// What was tried.
        detail: String,
    },
    /// A key id or lane name that cannot be written in the file, or too many lanes.
    #[error("{what} does not fit the signer cell")]
    DoesNotFit {
        /// What.
        what: &'static str,
    },
}

/// What keeps a key from signing a position twice: the file beside the key, or the process that
/// holds both.
pub trait LastSigned: Send + Sync {
    /// See [`Cell::existed`].
    fn existed(&self) -> bool;

    /// See [`Cell::last`].
    fn last(&self, lane: &str) -> Option<Last>;

    /// See [`Cell::lanes`].
    fn lanes(&self) -> BTreeMap<String, Last>;

    /// See [`Cell::advance_all`].
    ///
    /// # Errors
    /// As [`Cell::advance_all`], and [`CellError::Unavailable`] of one that is elsewhere.
    fn advance_all(&self, steps: &[Advance]) -> Result<(), CellError>;

    /// See [`Cell::succeed`].
    ///
    /// # Errors
    /// As [`Cell::succeed`]; [`CellError::Unavailable`] of one that is elsewhere.
    fn succeed(&self, _key_id: &str) -> Result<(), CellError> {
        Err(CellError::Unavailable { detail: "its folder is not here".to_owned() })
    }

    /// Whether it can be asked now.
    ///
    /// # Errors
    /// [`CellError::Unavailable`].
    fn reachable(&self) -> Result<(), CellError> {
        Ok(())
    }

    /// See [`Cell::advance`].
    ///
    /// # Errors
    /// As [`LastSigned::advance_all`].
    fn advance(&self, lane: &str, sequence: u64, next_root: Digest) -> Result<(), CellError> {
        self.advance_all(&[Advance { lane: lane.to_owned(), sequence, next_root }])
    }
}

impl LastSigned for Cell {
    fn existed(&self) -> bool {
        self.existed
    }

    fn last(&self, lane: &str) -> Option<Last> {
        self.last(lane)
    }

    fn lanes(&self) -> BTreeMap<String, Last> {
        self.lanes()
    }

    fn advance_all(&self, steps: &[Advance]) -> Result<(), CellError> {
        self.advance_all(steps)
    }

    fn succeed(&self, key_id: &str) -> Result<(), CellError> {
        self.succeed(key_id)
    }
}

/// The cell of one lane key, locked for this process while it lives.
#[derive(Debug)]
pub struct Cell {
    directory: PathBuf,
    path: PathBuf,
    key_id: String,
    existed: bool,
    state: Mutex<State>,
    _lock: File,
}

#[derive(Debug, Default)]
struct State {
    lanes: BTreeMap<String, Last>,
    doubt: Option<String>,
}

impl Cell {
    /// Opens the cell of `key_id` in the signer's directory. A missing file is an empty cell; see [`Cell::existed`].
    ///
    /// # Errors
    /// `InUse`, `Corrupt`, `File`, `DoesNotFit` (key ids are letters, digits, `-`, `_` and `.`).
    pub fn open(directory: &Path, key_id: &str) -> Result<Cell, CellError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key_id.is_empty()
            || key_id.len() > 200
            || key_id.starts_with('.')
            || !key_id.chars().all(plain)
        {
            return Err(CellError::DoesNotFit { what: "the key id" });
        }
        let lock = lock(&directory.join(format!("{key_id}.cell.lock")))?;
        let path = directory.join(format!("{key_id}.cell"));
        let (existed, lanes) = match fs::read_to_string(&path) {
            Ok(text) => (true, parse(&text, key_id).map_err(|detail| corrupt(&path, detail))?),
            Err(e) if e.kind() == io::ErrorKind::NotFound => (false, BTreeMap::new()),
            Err(e) if e.kind() == io::ErrorKind::InvalidData => {
                return Err(corrupt(&path, "not text"));
            }
            Err(e) => return Err(file_error(&path, &e)),
        };
        Ok(Cell {
            directory: directory.to_owned(),
            path,
            key_id: key_id.to_owned(),
            existed,
            state: Mutex::new(State { lanes, doubt: None }),
            _lock: lock,
        })
    }

    /// Whether the file was there when it was opened. A missing cell beside a lane that is not empty
    /// signs nothing until it is recovered: that judgement is the caller's.
    pub fn existed(&self) -> bool {
        self.existed
    }

    /// Where its file lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Removes the file of a cell whose key signs no more, once its successor's is the one in use.
    ///
    /// # Errors
    /// What the system said; the file is nobody's then.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)?;
        fs::remove_file(self.directory.join(format!("{}.cell.lock", self.key_id)))
    }

    /// The last position signed on a lane; `None` when nothing was.
    pub fn last(&self, lane: &str) -> Option<Last> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).lanes.get(lane).copied()
    }

    /// Every lane of this key.
    pub fn lanes(&self) -> BTreeMap<String, Last> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).lanes.clone()
    }

    /// Makes the cell of the key that replaces this one, in the same directory and with every lane
    /// where it stands. A cell of that key that is there is replaced: its key has signed nothing yet.
    ///
    /// # Errors
    /// `Doubt`, or `File` when the new one cannot be written; this one is unchanged.
    pub fn succeed(&self, key_id: &str) -> Result<(), CellError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(detail) = &state.doubt {
            return Err(CellError::Doubt { detail: detail.clone() });
        }
        let path = self.directory.join(format!("{key_id}.cell"));
        let text = print(key_id, &state.lanes);
        replace(&self.directory, &path, text.as_bytes()).map_err(|error| file_error(&path, &error))
    }

    /// Moves one lane forward and returns when that is durable. Repeating the last position is no error.
    ///
    /// # Errors
    /// `NotAfter` (nothing changed), `DoesNotFit`, `Doubt`.
    pub fn advance(&self, lane: &str, sequence: u64, next_root: Digest) -> Result<(), CellError> {
        self.advance_all(&[Advance { lane: lane.to_owned(), sequence, next_root }])
    }

    /// Moves several lanes, or one lane several steps, with one write; all or none.
    ///
    /// # Errors
    /// As [`Cell::advance`].
    pub fn advance_all(&self, steps: &[Advance]) -> Result<(), CellError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(detail) = &state.doubt {
            return Err(CellError::Doubt { detail: detail.clone() });
        }
        let mut lanes = state.lanes.clone();
        for step in steps {
            move_lane(&mut lanes, step)?;
        }
        if lanes == state.lanes {
            return Ok(());
        }
        let text = print(&self.key_id, &lanes);
        if let Err(e) = replace(&self.directory, &self.path, text.as_bytes()) {
            let detail = e.to_string();
            state.doubt = Some(detail.clone());
            return Err(CellError::Doubt { detail });
        }
        state.lanes = lanes;
        Ok(())
    }
}

pub(crate) fn move_lane(
    lanes: &mut BTreeMap<String, Last>,
    step: &Advance,
) -> Result<(), CellError> {
    let lane = &step.lane;
    if lane.is_empty() || lane.len() > LANE_BYTES_MAX || lane.chars().any(char::is_control) {
        return Err(CellError::DoesNotFit { what: "the lane name" });
    }
    let new = Last { sequence: step.sequence, next_root: step.next_root };
    match lanes.get(lane) {
        Some(last) if *last == new => return Ok(()),
        Some(last) if step.sequence <= last.sequence => {
            let (lane, last, asked) = (lane.clone(), last.sequence, step.sequence);
            return Err(CellError::NotAfter { lane, last, asked });
        }
        None if lanes.len() >= LANES_MAX => {
            return Err(CellError::DoesNotFit { what: "one more lane" });
        }
        Some(_) | None => {}
    }
    lanes.insert(lane.clone(), new);
    Ok(())
}

fn print(key_id: &str, lanes: &BTreeMap<String, Last>) -> String {
    let mut text = format!("{FIRST_LINE}\nkey {key_id}\n");
    for (lane, last) in lanes {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "lane {} {} {lane}", last.sequence, last.next_root);
    }
    let sum = Digest::of_blob(text.as_bytes());
    let _ = writeln!(text, "sha256 {sum}");
    text
}

fn parse(text: &str, key_id: &str) -> Result<BTreeMap<String, Last>, &'static str> {
    let body = text.strip_suffix('\n').ok_or("the last line is cut")?;
    let (head, sum) = body.rsplit_once("\nsha256 ").ok_or("no checksum")?;
    let hashed = format!("{head}\n");
    if Digest::of_blob(hashed.as_bytes()).to_string() != sum {
        return Err("the checksum differs");
    }
    let mut lines = head.lines();
    if lines.next() != Some(FIRST_LINE) {
        return Err("another format");
    }
    if lines.next().and_then(|line| line.strip_prefix("key ")) != Some(key_id) {
        return Err("it belongs to another key");
    }
    let mut lanes = BTreeMap::new();
    for line in lines {
        let rest = line.strip_prefix("lane ").ok_or("an unknown line")?;
        let mut parts = rest.splitn(3, ' ');
        let sequence = parts.next().and_then(|s| s.parse().ok()).ok_or("a bad sequence")?;
        let root = parts.next().and_then(|s| Digest::from_hex(s).ok()).ok_or("a bad root")?;
        let lane = parts.next().ok_or("a lane without a name")?;
        lanes.insert(lane.to_owned(), Last { sequence, next_root: root });
    }
    Ok(lanes)
}

fn replace(directory: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("cell.new");
    let mut file = private().write(true).create(true).truncate(true).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&aside, path)?;
    File::open(directory)?.sync_all()
}

fn lock(path: &Path) -> Result<File, CellError> {
    let file = private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|e| file_error(path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CellError::InUse { path: path.display().to_string() }),
        Err(TryLockError::Error(e)) => Err(file_error(path, &e)),
    }
}

/// New files are readable by their owner only.
fn private() -> fs::OpenOptions {
    #[allow(unused_mut, reason = "only Unix has modes")]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn corrupt(path: &Path, detail: &str) -> CellError {
    CellError::Corrupt { path: path.display().to_string(), detail: detail.to_owned() }
}

fn file_error(path: &Path, error: &io::Error) -> CellError {
    CellError::File { path: path.display().to_string(), detail: error.to_string() }
}

#[cfg(test)]
mod tests;

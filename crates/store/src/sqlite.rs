//! The embedded store: one SQLite file, compiled in, write-ahead log, `synchronous = FULL`.
//!
//! One connection writes (see [`crate::writer`]), a few read. Caches are small on purpose: a whole
//! zone should fit 64 MiB. Invariant: at most one process has the file open (`PATH.lock`), and no
//! acknowledged batch is lost by a crash of the process or the machine, as far as the disk keeps its word.

mod away;
mod backup;
mod read;
mod schema;
mod write;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use canon::Digest;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

pub(crate) use backup::{dump, fill};

use crate::delta::Bases;
use crate::error::{OpenError, StoreError};
use crate::format::Format;
use crate::writer::{Condition, Writer};

/// Connections that read beside the writer.
const READERS: usize = 2;
/// Page cache of the writer, KiB.
const WRITER_CACHE_KIB: i64 = 2_048;
/// Page cache of one reader, KiB.
const READER_CACHE_KIB: i64 = 512;
/// The log file is cut back to this size once it has been folded in, bytes.
const LOG_BYTES: i64 = 8 * 1024 * 1024;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 32;

/// A store in one file.
pub struct Sqlite {
    // Order matters: the writer ends (and folds the log in) before readers close and the lock goes.
    writer: Writer,
    readers: Vec<Mutex<Connection>>,
    turn: AtomicUsize,
    condition: Arc<Condition>,
    path: PathBuf,
    _lock: File,
}

impl Sqlite {
    /// Opens `path`, creating the file when it is missing (not its directory).
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path) -> Result<Sqlite, OpenError> {
        Sqlite::open_with(path, None)
    }

    /// Opens `path` and lets the file grow to `pages_max` pages of 4 KiB; beyond, writes are `Full`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_bounded(path: &Path, pages_max: u32) -> Result<Sqlite, OpenError> {
        Sqlite::open_with(path, Some(pages_max))
    }

    fn open_with(path: &Path, pages_max: Option<u32>) -> Result<Sqlite, OpenError> {
        let text = path.display().to_string();
        let lock = lock(path)?;
        let mut conn = connect(path, false)?;
        // Counts only for a file that is made now; an older one keeps what is free in it.
        conn.pragma_update(None, "auto_vacuum", "incremental").map_err(from_sqlite).map_err(
            |e| match e {
                StoreError::Doubt { .. } => OpenError::NotOurs { path: text.clone() },
                other => OpenError::Store(other),
            },
        )?;
        conn.pragma_update(None, "journal_mode", "wal").map_err(from_sqlite).map_err(|error| {
            match error {
                StoreError::Doubt { .. } => OpenError::NotOurs { path: text.clone() },
                other => OpenError::Store(other),
            }
        })?;
        conn.pragma_update(None, "synchronous", "full").map_err(from_sqlite)?;
        conn.pragma_update(None, "wal_autocheckpoint", 0).map_err(from_sqlite)?;
        conn.pragma_update(None, "journal_size_limit", LOG_BYTES).map_err(from_sqlite)?;
        conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(from_sqlite)?;
        if let Some(pages) = pages_max {
            conn.pragma_update(None, "max_page_count", pages).map_err(from_sqlite)?;
        }
        schema::migrate(&mut conn, &text)?;
        sync_directory(path)?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let reader = connect(path, true)?;
            reader.pragma_update(None, "cache_size", -READER_CACHE_KIB).map_err(from_sqlite)?;
            reader.pragma_update(None, "query_only", true).map_err(from_sqlite)?;
            readers.push(Mutex::new(reader));
        }
        let condition = Arc::new(Condition::default());
        let engine = write::SqliteEngine {
            conn,
            condition: Arc::clone(&condition),
            transactions: 0,
            bytes: 0,
            bases: Bases::default(),
        };
        let writer = Writer::start(engine, Arc::clone(&condition))?;
        let (turn, path) = (AtomicUsize::new(0), path.to_owned());
        Ok(Sqlite { writer, readers, turn, condition, path, _lock: lock })
    }

    /// Runs a read on a free connection, or waits for one.
    fn read<T>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(READERS).unwrap_or(0);
        let conn = match (free, self.readers.get(turn)) {
            (Some(conn), _) => conn,
            (None, Some(reader)) => reader.lock().unwrap_or_else(PoisonError::into_inner),
            (None, None) => return Err(StoreError::Closed),
        };
        f(&conn).map_err(|error| self.condition.note(error))
    }
}

/// The format of a file that may be in use; of none, 0.
pub(crate) fn format(path: &Path) -> Result<Format, OpenError> {
    if !path.exists() {
        return schema::format(&Connection::open_in_memory().map_err(from_sqlite)?);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|e| file_error(path, &e))?;
    schema::format(&conn)
}

fn connect(path: &Path, existing: bool) -> Result<Connection, OpenError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if !existing {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let conn = Connection::open_with_flags(path, flags).map_err(|e| file_error(path, &e))?;
    // Closing must not fold in a log whose fsync failed; the engine decides.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(from_sqlite)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // The only other writer is a checkpoint of ours; a short wait covers it.
    conn.busy_timeout(std::time::Duration::from_secs(2)).map_err(from_sqlite)?;
    Ok(conn)
}

/// One process per file: two writers would each believe their own memory of a head.
fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|e| file_error(&lock_path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.display().to_string() }),
        Err(TryLockError::Error(e)) => Err(file_error(&lock_path, &e)),
    }
}

/// The names of new files are durable only once their directory is.
fn sync_directory(path: &Path) -> Result<(), OpenError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = parent.unwrap_or(Path::new("."));
    File::open(directory).and_then(|d| d.sync_all()).map_err(|e| file_error(directory, &e))
}

fn file_error(path: &Path, error: &dyn std::error::Error) -> OpenError {
    OpenError::File { path: path.display().to_string(), detail: error.to_string() }
}

/// Sorts what SQLite says by what it means for the caller. Result codes: <https://sqlite.org/rescode.html>.
#[expect(clippy::needless_pass_by_value, reason = "used as `map_err(from_sqlite)`")]
fn from_sqlite(error: rusqlite::Error) -> StoreError {
    use rusqlite::ffi;
    let detail = error.to_string();
    let Some(failure) = error.sqlite_error() else {
        return StoreError::Database { detail };
    };
    match (failure.extended_code & 0xff, failure.extended_code) {
        // The shared-memory index is rebuilt at will: no room for it is no doubt about the data.
        (ffi::SQLITE_FULL, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => StoreError::Full { detail },
        (ffi::SQLITE_IOERR | ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB, _) => {
            StoreError::Doubt { detail }
        }
        (ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED, _) => StoreError::Busy,
        (ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY, _) => StoreError::Unavailable { detail },
        _ => StoreError::Database { detail },
    }
}

fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Malformed { what: "sequence" })
}

fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Malformed { what: "sequence" })
}

fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    let array: [u8; 32] = bytes.try_into().map_err(|_| StoreError::Malformed { what: "digest" })?;
    Ok(Digest::from_bytes(array))
}

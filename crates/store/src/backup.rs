//! Everything a store holds, as one stream of rows: read at one moment while others write, and put into an empty
//! store of either kind.
//!
//! ```text
//! mez-backup 2\n
//! row:  <table, one byte> <columns>      text, bytes: length in 4 bytes, then as they are; integers: 8 bytes
//! end:  0xff <rows of each table, 8 bytes each> <SHA-256 of all before, 32 bytes>
//! ```
//! Integers and lengths are big-endian. Tables come in the order of [`Table::ALL`], rows in that of their keys, so two
//! backups of the same contents are the same bytes: every body of the journal is in it whole, however it lies in its row
//! ([`crate::delta`]). Format 1 had all tables but the last, and is read. Bodies that were put away are not in it: their
//! segments are, which name the files.
//!
//! Invariant: nothing of a stream is kept before its last byte was read and its digest agrees.

mod read;
mod write;

use std::io;

use crate::error::{OpenError, StoreError};
pub(crate) use read::Source;
pub(crate) use write::Sink;

pub(crate) const FIRST_LINE: &[u8] = b"mez-backup 2\n";
/// Of a backup without the last table.
pub(crate) const FIRST_LINE_1: &[u8] = b"mez-backup 1\n";
pub(crate) const END: u8 = 0xff;
/// Longest column: larger than any body a batch may hold.
pub(crate) const COLUMN_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bytes,
    Integer,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Bytes(Vec<u8>),
    Integer(i64),
}

/// A table, its columns in order, and those its rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
    pub(crate) order: &'static str,
}

use Kind::{Bytes, Integer, Text};

impl Table {
    /// Every table that holds contents. Who writes to the store, and its format, are not contents.
    pub(crate) const ALL: [Self; 9] = [
        Self { name: "meta", columns: &[("key", Text), ("value", Text)], order: "key" },
        Self {
            name: "head",
            columns: &[("stream", Text), ("seq", Integer), ("root", Bytes)],
            order: "stream",
        },
        Self {
            name: "journal",
            columns: &[("stream", Text), ("seq", Integer), ("root", Bytes), ("body", Bytes)],
            order: "stream, seq",
        },
        Self {
            name: "record",
            columns: &[("kind", Text), ("id", Text), ("rev", Integer), ("body", Bytes)],
            order: "kind, id",
        },
        Self {
            name: "record_key",
            columns: &[("kind", Text), ("key", Text), ("value", Text), ("id", Text)],
            order: "kind, key, value, id",
        },
        Self { name: "blob", columns: &[("digest", Bytes), ("body", Bytes)], order: "digest" },
        Self {
            name: "job",
            columns: &[("id", Text), ("queue", Text), ("not_before", Integer), ("body", Bytes)],
            order: "id",
        },
        Self {
            name: "idempotency",
            columns: &[
                ("principal", Text),
                ("key", Text),
                ("request", Bytes),
                ("status", Integer),
                ("answer", Bytes),
                ("at", Integer),
            ],
            order: "principal, key",
        },
        Self {
            name: "segment",
            columns: &[
                ("stream", Text),
                ("first", Integer),
                ("file", Bytes),
                ("bytes", Integer),
                ("roots", Bytes),
                ("bodies", Bytes),
                ("dropped", Integer),
            ],
            order: "stream, first",
        },
    ];

    /// Whether its last column is a body that lies in its row as [`crate::delta`] has it.
    pub(crate) fn is_journal(&self) -> bool {
        self.name == "journal"
    }

    /// Its rows, in order.
    pub(crate) fn select(&self) -> String {
        format!("select {} from {} order by {}", self.names(), self.name, self.order)
    }

    /// Whether a store of an older format, which is copied as it is, has none.
    pub(crate) fn is_newer(&self) -> bool {
        self.name == "segment"
    }

    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }
}

/// How many rows of each table were copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Name of the table and its rows.
    pub rows: Vec<(&'static str, u64)>,
    /// SHA-256 of the stream up to its own digest.
    pub sha256: canon::Digest,
}

/// Why a store was not backed up, or not restored. Nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream cannot be read or written.
    #[error("the backup cannot be read or written: {0}")]
    Stream(#[from] io::Error),
    /// The stream is not a backup, or not the one that was written.
    #[error("the backup is damaged: {0}")]
    Damaged(&'static str),
    /// There is something in the store already.
    #[error("the store is not empty; a backup is restored into an empty one")]
    NotEmpty,
}

/// Writes all a store holds at this moment. Others may write to it meanwhile.
///
/// # Errors
/// See [`BackupError`].
pub fn back_up(url: &str, out: impl io::Write) -> Result<Copied, BackupError> {
    let mut sink = Sink::begin(out)?;
    match url.strip_prefix("sqlite:") {
        Some(path) => crate::sqlite::dump(std::path::Path::new(path), &mut sink)?,
        None => crate::postgres::dump(url, &mut sink)?,
    }
    sink.end()
}

/// Puts a backup into an empty store, whole or not at all.
///
/// # Errors
/// See [`BackupError`].
pub fn restore(url: &str, from: impl io::Read) -> Result<Copied, BackupError> {
    // Makes the tables, and refuses an address that is none.
    drop(crate::open(url)?);
    let source = Source::begin(from)?;
    match url.strip_prefix("sqlite:") {
        Some(path) => crate::sqlite::fill(std::path::Path::new(path), source),
        None => crate::postgres::fill(url, source),
    }
}

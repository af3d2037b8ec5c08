//! The shared store: PostgreSQL 13 or newer, for zones that run as several replicas.
//!
//! Same contract as the embedded store. Groups are written in multi-row statements; a lost connection
//! is replaced at the next use, and until that succeeds calls fail as `Unavailable`. The connection is
//! not encrypted: keep the server on this host or on a private network.
//! Invariant: a replica believes nothing in memory that the database does not confirm.

mod away;
mod backup;
mod insert;
mod lease;
mod link;
mod ranges;
mod read;
mod schema;
mod standing;
mod write;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use canon::Digest;
use postgres::Row;
use postgres::types::ToSql;

use crate::delta::Bases;
use crate::error::{OpenError, StoreError};
use crate::format::Format;
use crate::writer::{Condition, Writer};
use lease::Fence;
use link::{Address, Link, broken, from_postgres};

pub(crate) use backup::{dump, fill};
pub use lease::{Lease, SILENCE_MS, Turn};

/// Connections that read beside the writer's.
const READERS: usize = 2;

/// A store in a schema of a PostgreSQL database.
pub struct Postgres {
    writer: Writer,
    readers: Vec<Mutex<Option<Link>>>,
    turn: AtomicUsize,
    address: Address,
    condition: Arc<Condition>,
}

impl Postgres {
    /// Opens `postgres://USER@HOST:PORT/DATABASE`; `?schema=NAME` keeps everything in that schema,
    /// which is created when it is missing.
    ///
    /// # Errors
    /// See [`OpenError`]; a server with `fsync` off is `NotDurable`.
    pub fn open(url: &str) -> Result<Postgres, OpenError> {
        Self::behind(Address::parse(url)?, None)
    }

    /// The same; behind a fence, only the process that holds its token commits.
    fn behind(address: Address, fence: Option<Arc<Fence>>) -> Result<Postgres, OpenError> {
        let mut link = address.connect().map_err(|e| from_postgres(&e))?;
        let migrated = schema::migrate(&mut link, &address);
        if let Err(error) = migrated {
            drop_links(vec![link]);
            return Err(error);
        }
        let condition = Arc::new(Condition::default());
        let bases = Bases::default();
        let engine =
            write::PostgresEngine { address: address.clone(), link: Some(link), fence, bases };
        let writer = Writer::start(engine, Arc::clone(&condition))?;
        let readers = (0..READERS).map(|_| Mutex::new(None)).collect();
        Ok(Postgres { writer, readers, turn: AtomicUsize::new(0), address, condition })
    }

    /// Runs a query on a free connection, connecting when there is none; once more when it was stale.
    fn query(
        &self,
        sql: &'static str,
        row: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(READERS).unwrap_or(0);
        let mut slot = match (free, self.readers.get(turn)) {
            (Some(slot), _) => slot,
            (None, Some(reader)) => reader.lock().unwrap_or_else(PoisonError::into_inner),
            (None, None) => return Err(StoreError::Closed),
        };
        let stale = slot.is_some();
        let mut outcome = self.query_once(&mut slot, sql, row);
        if stale && slot.is_none() {
            outcome = self.query_once(&mut slot, sql, row);
        }
        outcome.map_err(|error| self.condition.note(error))
    }

    fn query_once(
        &self,
        slot: &mut Option<Link>,
        sql: &'static str,
        row: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let mut link = match slot.take() {
            Some(link) => link,
            None => self.address.connect().map_err(|e| from_postgres(&e))?,
        };
        match link.query(sql, row) {
            Ok(rows) => {
                *slot = Some(link);
                Ok(rows)
            }
            Err(error) => {
                if !broken(&error) {
                    *slot = Some(link);
                }
                Err(from_postgres(&error))
            }
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let links = self
            .readers
            .drain(..)
            .filter_map(|reader| reader.into_inner().unwrap_or_else(PoisonError::into_inner));
        drop_links(links.collect());
    }
}

/// The format of a schema that may be in use; of none, 0.
pub(crate) fn format(url: &str) -> Result<Format, OpenError> {
    let mut link = Address::parse(url)?.connect().map_err(|e| from_postgres(&e))?;
    let format = schema::format(&mut link);
    drop_links(vec![link]);
    Ok(format?)
}

/// The driver blocks when a connection closes, which an async thread forbids; a thread of its own may.
fn drop_links(links: Vec<Link>) {
    if !links.is_empty() {
        // A failed join means the server is gone; so are the connections.
        let _ = std::thread::spawn(move || drop(links)).join();
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

//! Which of the processes that share a database writes to it.
//!
//! A lock of the server's says who may: it is free at once when the process that held it, or its connection, is
//! gone. A number in the database, the fencing token, says who did: it grows with every holder, and a commit of an
//! earlier one is refused inside its own transaction, however late it comes.
//!
//! Invariant: the token changes only under the lock that every commit takes, so none stands astride a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::link::{Address, Link, from_postgres};
use super::{Postgres, schema};
use crate::contract::Store;
use crate::error::{OpenError, StoreError};

/// After so long without a sign of its holder, whose connection still stands, a lease is taken from it.
pub const SILENCE_MS: i64 = 5_000;

/// Tries for the lock, and tells who has it and since when nothing was heard of them.
const TRY: &str = "select pg_try_advisory_lock(5063004, hashtext(current_schema())), token, holder, \
    (extract(epoch from clock_timestamp() - at) * 1000)::int8 from lease";
/// The next holder: the token grows.
const TAKE: &str =
    "update lease set token = token + 1, holder = $1, at = clock_timestamp() returning token";
/// A sign of the holder.
const RENEW: &str = "update lease set at = clock_timestamp() where token = $1";
/// Ends the connection that holds the lock, and one that hangs in the middle of a commit (the lock of `schema::LOCK`):
/// whoever holds the lease next could not even say so while it stands.
const END: &str = "select pg_terminate_backend(pid) from pg_locks \
    where locktype = 'advisory' and granted and classid::int8 in (5063003, 5063004) and objsubid = 2 \
    and objid = hashtext(current_schema())::oid \
    and database = (select oid from pg_database where datname = current_database())";

/// The token that commits carry.
#[derive(Debug)]
pub(super) struct Fence(AtomicI64);

impl Fence {
    /// No process holds this token.
    const LOST: i64 = -1;

    pub(super) fn token(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn set(&self, token: i64) {
        self.0.store(token, Ordering::SeqCst);
    }
}

/// Whose turn it is to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// This process'.
    Mine {
        /// Somebody else may have written since this process last held the lease.
        anew: bool,
    },
    /// Another's, by the name it gave.
    Theirs {
        /// Its name.
        holder: String,
    },
}

/// One process' part in the choice of who writes.
pub struct Lease {
    address: Address,
    name: String,
    link: Option<Link>,
    fence: Arc<Fence>,
    /// The last token this process held.
    last: Option<i64>,
    held: bool,
}

impl Lease {
    /// Takes part under a name that the others are told.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(url: &str, name: &str) -> Result<Lease, OpenError> {
        let address = Address::parse(url)?;
        let mut link = address.connect().map_err(|e| from_postgres(&e))?;
        if let Err(error) = schema::migrate(&mut link, &address) {
            super::drop_links(vec![link]);
            return Err(error);
        }
        let (name, fence) = (name.to_owned(), Arc::new(Fence(AtomicI64::new(Fence::LOST))));
        Ok(Lease { address, name, link: Some(link), fence, last: None, held: false })
    }

    /// The store, for as long as this process holds the lease: its commits are refused afterwards.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn store(&self) -> Result<Arc<dyn Store>, OpenError> {
        Ok(Arc::new(Postgres::behind(self.address.clone(), Some(Arc::clone(&self.fence)))?))
    }

    /// Gives a sign where this process holds the lease, and tries for it where it does not.
    ///
    /// # Errors
    /// The server cannot be asked: nothing is written until it can.
    pub fn step(&mut self) -> Result<Turn, StoreError> {
        let stepped =
            self.renewed().and_then(|held| if held { Ok(None) } else { self.tried().map(Some) });
        match stepped {
            Ok(turn) => Ok(turn.unwrap_or(Turn::Mine { anew: false })),
            Err(error) => {
                self.release();
                Err(from_postgres(&error))
            }
        }
    }

    /// Lets another process write: the lock is free once its connection is closed.
    pub fn release(&mut self) {
        self.lose();
        super::drop_links(self.link.take().into_iter().collect());
    }

    fn lose(&mut self) {
        self.held = false;
        self.fence.set(Fence::LOST);
    }

    /// Whether it is held still.
    fn renewed(&mut self) -> Result<bool, postgres::Error> {
        let (Some(link), Some(token), true) = (self.link.as_mut(), self.last, self.held) else {
            return Ok(false);
        };
        let held = link.execute(RENEW, &[&token])? == 1;
        if !held {
            self.lose();
        }
        Ok(held)
    }

    fn tried(&mut self) -> Result<Turn, postgres::Error> {
        let link = match self.link.take() {
            Some(link) => link,
            None => self.address.connect()?,
        };
        let link = self.link.insert(link);
        let rows = link.query(TRY, &[])?;
        let Some(row) = rows.first() else { return Ok(Turn::Theirs { holder: String::new() }) };
        let (free, token, holder): (bool, i64, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let silent: i64 = row.try_get(3)?;
        if !free {
            // Held by a connection of ours that the server has not missed yet, or by a process that hangs.
            if self.last == Some(token) || silent > SILENCE_MS {
                link.query(END, &[])?;
            }
            return Ok(Turn::Theirs { holder });
        }
        link.script("begin")?;
        link.query(schema::LOCK, &[])?;
        let rows = link.query(TAKE, &[&self.name])?;
        let new: i64 = rows.first().map_or(Ok(Fence::LOST), |row| row.try_get(0))?;
        link.script("commit")?;
        let anew = self.last != Some(token);
        self.last = Some(new);
        self.held = true;
        self.fence.set(new);
        Ok(Turn::Mine { anew })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.release();
    }
}

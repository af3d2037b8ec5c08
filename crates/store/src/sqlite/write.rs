//! Writing a group: one transaction, each batch a savepoint in it, one fsync.
//!
//! Invariant: a batch that is refused leaves no row (its savepoint is rolled back); a group that fails
//! leaves none at all.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params};

use super::{digest, from_sqlite, integer, unsigned};
use crate::batch::{Batch, Head, IdempotencyPut, KeyPut, RecordPut};
use crate::delta::Bases;
use crate::error::{CommitError, StoreError};
use crate::faults::{self, Point};
use crate::writer::{Condition, Engine, Verdicts};

/// The write-ahead log is folded into the database after this many transactions …
const CHECKPOINT_TRANSACTIONS: usize = 256;
/// … or this many bytes of bodies, whichever comes first.
const CHECKPOINT_BYTES: usize = 4 * 1024 * 1024;

pub(super) struct SqliteEngine {
    pub(super) conn: Connection,
    pub(super) condition: Arc<Condition>,
    pub(super) transactions: usize,
    pub(super) bytes: usize,
    pub(super) bases: Bases,
}

impl Engine for SqliteEngine {
    fn write(&mut self, group: &[Batch]) -> Result<Verdicts, StoreError> {
        let outcome = self.attempt(group);
        if outcome.is_err() && !self.conn.is_autocommit() {
            // When this fails too, SQLite has rolled back by itself; the first error is the one to tell.
            let _ = self.conn.execute_batch("rollback");
        }
        self.bases.ended(&outcome);
        outcome
    }

    fn bind(&mut self, key: &str, value: &str) -> Result<(), CommitError> {
        let insert = "insert into meta (key, value) values (?1, ?2) on conflict do nothing";
        if self.conn.execute(insert, [key, value]).map_err(from_sqlite)? == 1 {
            return Ok(());
        }
        let found: String = self
            .conn
            .query_row("select value from meta where key = ?1", [key], |row| row.get(0))
            .map_err(from_sqlite)?;
        if found == value {
            return Ok(());
        }
        Err(CommitError::MetaBound { key: key.to_owned(), found })
    }

    /// Explicit, because the automatic checkpoint of SQLite swallows a failed fsync of the database
    /// file, and a second fsync of the same pages would then claim success.
    fn settle(&mut self) -> Result<(), StoreError> {
        if self.transactions < CHECKPOINT_TRANSACTIONS && self.bytes < CHECKPOINT_BYTES {
            return Ok(());
        }
        (self.transactions, self.bytes) = (0, 0);
        checkpoint(&self.conn, "passive")
    }
}

impl SqliteEngine {
    fn attempt(&mut self, group: &[Batch]) -> Result<Verdicts, StoreError> {
        let verdicts = match self.all(group)? {
            Some(verdicts) => verdicts,
            None => self.each(group)?,
        };
        if verdicts.iter().all(Result::is_err) {
            self.conn.execute_batch("rollback").map_err(from_sqlite)?;
            return Ok(verdicts);
        }
        faults::reached(Point::BeforeFsync);
        self.conn.execute_batch("commit").map_err(from_sqlite)?;
        faults::reached(Point::AfterFsync);
        self.transactions = self.transactions.saturating_add(1);
        let bytes = group.iter().map(Batch::weight).fold(0, usize::saturating_add);
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(verdicts)
    }

    /// All batches, where none of several is refused: what one of them changes need not be kept to be taken back.
    fn all(&mut self, group: &[Batch]) -> Result<Option<Verdicts>, StoreError> {
        self.run("begin immediate", [])?;
        let mut verdicts = Vec::with_capacity(group.len());
        for batch in group {
            match self.rows(batch) {
                Err(CommitError::Store(error)) => return Err(error),
                Err(_) if group.len() > 1 => {
                    self.run("rollback", [])?;
                    self.bases.forget();
                    return Ok(None);
                }
                verdict => verdicts.push(verdict),
            }
        }
        Ok(Some(verdicts))
    }

    /// Each batch that is not refused.
    fn each(&mut self, group: &[Batch]) -> Result<Verdicts, StoreError> {
        self.run("begin immediate", [])?;
        let mut verdicts = Vec::with_capacity(group.len());
        for batch in group {
            match self.batch(batch) {
                Err(CommitError::Store(error)) => return Err(error),
                verdict => verdicts.push(verdict),
            }
        }
        Ok(verdicts)
    }

    fn batch(&mut self, batch: &Batch) -> Result<(), CommitError> {
        self.run("savepoint batch", [])?;
        let verdict = self.rows(batch);
        match &verdict {
            Err(CommitError::Store(_)) => return verdict,
            Err(_) => {
                self.run("rollback to batch", [])?;
            }
            Ok(()) => {}
        }
        self.run("release batch", [])?;
        verdict
    }

    fn rows(&mut self, batch: &Batch) -> Result<(), CommitError> {
        for swap in &batch.heads {
            self.swap(&swap.stream, swap.old, swap.new)?;
        }
        for entry in &batch.journal {
            let sql = "insert into journal (stream, seq, root, body) values (?1, ?2, ?3, ?4) \
                       on conflict do nothing";
            let (root, body) = (entry.root.as_bytes(), self.bases.row(entry));
            if self.run(sql, params![entry.stream, integer(entry.seq)?, root, body])? == 0 {
                let stream = entry.stream.clone();
                return Err(CommitError::EntryExists { stream, seq: entry.seq });
            }
        }
        for put in &batch.records {
            self.record(put)?;
        }
        self.keys(&batch.keys)?;
        for put in &batch.blobs {
            let sql = "insert into blob (digest, body) values (?1, ?2) on conflict do nothing";
            self.run(sql, params![put.digest.as_bytes(), put.body])?;
        }
        for id in &batch.jobs_done {
            self.run("delete from job where id = ?1", [id])?;
        }
        for put in &batch.jobs {
            let sql = "insert into job (id, queue, not_before, body) values (?1, ?2, ?3, ?4) \
                       on conflict (id) do update set queue = excluded.queue, \
                       not_before = excluded.not_before, body = excluded.body";
            self.run(sql, params![put.id, put.queue, put.not_before, put.body])?;
        }
        batch.idempotency.iter().try_for_each(|put| self.idempotency(put))
    }

    fn swap(&self, stream: &str, old: Option<Head>, new: Head) -> Result<(), CommitError> {
        let (seq, root) = (integer(new.seq)?, new.root.as_bytes());
        let moved = match old {
            None => {
                let sql = "insert into head (stream, seq, root) values (?1, ?2, ?3) \
                           on conflict do nothing";
                self.run(sql, params![stream, seq, root])?
            }
            Some(old) => {
                let sql = "update head set seq = ?2, root = ?3 \
                           where stream = ?1 and seq = ?4 and root = ?5";
                self.run(sql, params![stream, seq, root, integer(old.seq)?, old.root.as_bytes()])?
            }
        };
        if moved == 1 {
            return Ok(());
        }
        let found = head(&self.conn, stream)?;
        Err(CommitError::HeadMoved { stream: stream.to_owned(), found })
    }

    fn record(&self, put: &RecordPut) -> Result<(), CommitError> {
        let written = match put.old_rev {
            None => {
                let sql = "insert into record (kind, id, rev, body) values (?1, ?2, 1, ?3) \
                           on conflict do nothing";
                self.run(sql, params![put.kind, put.id, put.body])?
            }
            Some(rev) => {
                let sql = "update record set rev = rev + 1, body = ?3 \
                           where kind = ?1 and id = ?2 and rev = ?4";
                self.run(sql, params![put.kind, put.id, put.body, integer(rev)?])?
            }
        };
        if written == 1 {
            return Ok(());
        }
        let found = self
            .statement("select rev from record where kind = ?1 and id = ?2")?
            .query_row([&put.kind, &put.id], |row| row.get::<_, i64>(0))
            .optional()
            .map_err(from_sqlite)?;
        let found = found.map(unsigned).transpose()?;
        Err(CommitError::RecordMoved { kind: put.kind.clone(), id: put.id.clone(), found })
    }

    /// First every old row of every triple goes, then the new ones come.
    fn keys(&self, keys: &[KeyPut]) -> Result<(), CommitError> {
        for put in keys {
            let sql = "delete from record_key where kind = ?1 and key = ?2 and id = ?3";
            self.run(sql, [&put.kind, &put.key, &put.id])?;
        }
        for put in keys {
            let sql = "insert into record_key (kind, key, value, id) values (?1, ?2, ?3, ?4) \
                       on conflict do nothing";
            self.run(sql, [&put.kind, &put.key, &put.value, &put.id])?;
        }
        Ok(())
    }

    fn idempotency(&self, put: &IdempotencyPut) -> Result<(), CommitError> {
        let sql = "insert into idempotency (principal, key, request, status, answer, at) \
                   values (?1, ?2, ?3, ?4, ?5, ?6) on conflict do nothing";
        let request = put.request.as_bytes();
        let row = params![put.principal, put.key, request, put.status, put.answer, put.at];
        if self.run(sql, row)? == 1 {
            return Ok(());
        }
        let (principal, key) = (put.principal.clone(), put.key.clone());
        Err(CommitError::IdempotencyTaken { principal, key })
    }

    fn run(&self, sql: &str, row: impl Params) -> Result<usize, StoreError> {
        self.statement(sql)?.execute(row).map_err(from_sqlite)
    }

    fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        self.conn.prepare_cached(sql).map_err(from_sqlite)
    }
}

impl Drop for SqliteEngine {
    fn drop(&mut self) {
        // Best effort: whatever stays in the log is read back at the next opening. After a doubt it must
        // stay there, for only then are its checksums looked at before anything reaches the database.
        if self.condition.doubt().is_none() {
            let _ = checkpoint(&self.conn, "truncate");
        }
    }
}

/// Folds the log into the database. A checkpoint that readers cut short is no error.
pub(super) fn checkpoint(conn: &Connection, mode: &str) -> Result<(), StoreError> {
    conn.query_row(&format!("pragma wal_checkpoint({mode})"), [], |_| Ok(())).map_err(from_sqlite)
}

/// A row of the journal as it lies there.
pub(super) fn row(
    conn: &Connection,
    stream: &str,
    seq: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "select body from journal where stream = ?1 and seq = ?2";
    let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
    let row = statement.query_row(params![stream, integer(seq)?], |row| row.get(0));
    row.optional().map_err(from_sqlite)
}

pub(super) fn head(conn: &Connection, stream: &str) -> Result<Option<Head>, StoreError> {
    let mut statement =
        conn.prepare_cached("select seq, root from head where stream = ?1").map_err(from_sqlite)?;
    let row = statement
        .query_row([stream], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()
        .map_err(from_sqlite)?;
    row.map(|(seq, root)| Ok(Head { seq: unsigned(seq)?, root: digest(&root)? })).transpose()
}

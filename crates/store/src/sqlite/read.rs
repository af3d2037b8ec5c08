//! Reading: a few connections beside the writer; a read never waits for a write.

use canon::Digest;
use rusqlite::{OptionalExtension, params};

use super::{Sqlite, away, digest, from_sqlite, integer, unsigned, write};
use crate::archive::{Segment, Space};
use crate::batch::{Batch, Entry, Head};
use crate::contract::{
    Committed, HEADS_MAX, Health, IdempotencyRow, Job, Next, PAGE_MAX, Page, Pending, Record, Store,
};
use crate::delta::Bodies;
use crate::error::{CommitError, StoreError};

impl Store for Sqlite {
    fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.submit(batch, Next::Unknown).wait()
    }

    fn submit(&self, batch: Batch, next: Next) -> Pending {
        self.writer.submit(batch, next)
    }

    fn head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        self.read(|conn| write::head(conn, stream))
    }

    fn heads(&self, prefix: &str) -> Result<Vec<(String, Head)>, StoreError> {
        self.read(|conn| {
            let sql = "select stream, seq, root from head where stream >= ?1 order by stream";
            let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
            let mut rows = statement.query([prefix]).map_err(from_sqlite)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next().map_err(from_sqlite)? {
                let stream: String = row.get(0).map_err(from_sqlite)?;
                if !stream.starts_with(prefix) {
                    break;
                }
                if found.len() == HEADS_MAX {
                    return Err(StoreError::TooMany { what: "heads", limit: HEADS_MAX });
                }
                let seq = unsigned(row.get(1).map_err(from_sqlite)?)?;
                let root = digest(&row.get::<_, Vec<u8>>(2).map_err(from_sqlite)?)?;
                found.push((stream, Head { seq, root }));
            }
            Ok(found)
        })
    }

    fn journal(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        // No entry can lie beyond the largest integer of the database.
        let Ok(first) = integer(from) else { return Ok(Vec::new()) };
        self.read(|conn| {
            let sql = "select seq, root, body from journal where stream = ?1 and seq >= ?2 \
                       order by seq";
            let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
            let mut rows = statement.query(params![stream, first]).map_err(from_sqlite)?;
            let (mut found, mut page) = (Vec::new(), Page::new(limit));
            let mut bodies = Bodies::default();
            while let Some(row) = rows.next().map_err(from_sqlite)? {
                let seq = unsigned(row.get(0).map_err(from_sqlite)?)?;
                let stored = row.get(2).map_err(from_sqlite)?;
                let body = bodies.body(seq, stored, |seq| write::row(conn, stream, seq))?;
                if !page.takes(body.len()) {
                    break;
                }
                let root = digest(&row.get::<_, Vec<u8>>(1).map_err(from_sqlite)?)?;
                found.push(Entry { stream: stream.to_owned(), seq, body, root });
            }
            drop(rows);
            // What begins later may follow what was put away, and must not pass for it.
            let begins = found.first().is_some_and(|entry| entry.seq == from);
            if limit > 0 && !begins && away::segment(conn, stream, from)?.is_some() {
                return Err(StoreError::InArchive { stream: stream.to_owned(), seq: from });
            }
            Ok(found)
        })
    }

    fn roots(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Digest)>, StoreError> {
        let Ok(first) = integer(from) else { return Ok(Vec::new()) };
        self.read(|conn| away::roots(conn, stream, (from, first), limit))
    }

    fn segment(&self, stream: &str, seq: u64) -> Result<Option<Segment>, StoreError> {
        self.read(|conn| away::segment(conn, stream, seq))
    }

    fn put_away(&self, segment: &Segment) -> Result<(), StoreError> {
        segment.check()?;
        self.aside(|conn| away::put(conn, segment))
    }

    fn give_up(&self, stream: &str, first: u64, at: i64) -> Result<(), StoreError> {
        self.aside(|conn| away::give_up(conn, stream, first, at))
    }

    fn space(&self, give_back: u64) -> Result<Space, StoreError> {
        self.aside(|conn| away::space(conn, give_back))
    }

    fn record(&self, kind: &str, id: &str) -> Result<Option<Record>, StoreError> {
        self.read(|conn| {
            let sql = "select rev, body from record where kind = ?1 and id = ?2";
            let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
            let row = statement
                .query_row([kind, id], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
                .optional()
                .map_err(from_sqlite)?;
            row.map(|(rev, body)| Ok(Record { rev: unsigned(rev)?, body })).transpose()
        })
    }

    fn records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record)>, StoreError> {
        self.read(|conn| {
            let sql = "select id, rev, body from record where kind = ?1 and id > ?2 order by id";
            let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
            // Ids are never empty, so every id is above the empty text.
            let mut rows = statement.query([kind, after.unwrap_or("")]).map_err(from_sqlite)?;
            let (mut found, mut page) = (Vec::new(), Page::new(limit));
            while let Some(row) = rows.next().map_err(from_sqlite)? {
                let body: Vec<u8> = row.get(2).map_err(from_sqlite)?;
                if !page.takes(body.len()) {
                    break;
                }
                let rev = unsigned(row.get(1).map_err(from_sqlite)?)?;
                found.push((row.get(0).map_err(from_sqlite)?, Record { rev, body }));
            }
            Ok(found)
        })
    }

    fn find(
        &self,
        kind: &str,
        key: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.read(|conn| {
            let sql = "select id from record_key where kind = ?1 and key = ?2 and value = ?3 \
                       and id > ?4 order by id limit ?5";
            let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
            let limit = i64::try_from(limit.min(PAGE_MAX)).unwrap_or(0);
            let after = after.unwrap_or("");
            let rows = statement
                .query_map(params![kind, key, value, after, limit], |row| row.get(0))
                .map_err(from_sqlite)?;
            rows.collect::<Result<_, _>>().map_err(from_sqlite)
        })
    }

    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let body: Option<Vec<u8>> = self.read(|conn| {
            let mut statement = conn
                .prepare_cached("select body from blob where digest = ?1")
                .map_err(from_sqlite)?;
            statement
                .query_row([digest.as_bytes()], |row| row.get(0))
                .optional()
                .map_err(from_sqlite)
        })?;
        match body {
            Some(bytes) if Digest::of_blob(&bytes) != digest => {
                let detail = format!("blob {digest} does not match its digest");
                Err(self.condition.note(StoreError::Doubt { detail }))
            }
            other => Ok(other),
        }
    }

    fn jobs(&self, queue: &str, now: i64, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.read(|conn| {
            let sql = "select id, not_before, body from job where queue = ?1 and not_before <= ?2 \
                       order by not_before, id";
            let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
            let mut rows = statement.query(params![queue, now]).map_err(from_sqlite)?;
            let (mut found, mut page) = (Vec::new(), Page::new(limit));
            while let Some(row) = rows.next().map_err(from_sqlite)? {
                let body: Vec<u8> = row.get(2).map_err(from_sqlite)?;
                if !page.takes(body.len()) {
                    break;
                }
                let id = row.get(0).map_err(from_sqlite)?;
                let not_before = row.get(1).map_err(from_sqlite)?;
                found.push(Job { id, queue: queue.to_owned(), not_before, body });
            }
            Ok(found)
        })
    }

    fn idempotency(
        &self,
        principal: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        self.read(|conn| {
            let sql = "select request, status, answer, at from idempotency \
                       where principal = ?1 and key = ?2";
            let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
            let row = statement
                .query_row([principal, key], |row| {
                    Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .optional()
                .map_err(from_sqlite)?;
            let Some((request, status, answer, at)) = row else { return Ok(None) };
            let request = digest(&request)?;
            let (principal, key) = (principal.to_owned(), key.to_owned());
            Ok(Some(IdempotencyRow { principal, key, request, status, answer, at }))
        })
    }

    fn health(&self) -> Result<Health, StoreError> {
        self.read(|conn| {
            conn.query_row("select count(*) from migration", [], |_| Ok(())).map_err(from_sqlite)
        })?;
        Ok(self.condition.health("sqlite"))
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|conn| {
            let sql = "select value from meta where key = ?1";
            conn.query_row(sql, [key], |row| row.get(0)).optional().map_err(from_sqlite)
        })
    }

    fn set_meta_once(&self, key: &str, value: &str) -> Result<(), CommitError> {
        self.writer.bind(key, value)
    }
}

//! Reading: a few connections beside the writer's; a read on a stale one is tried once more.

use canon::Digest;

use super::{Postgres, away, digest, integer, unsigned};
use crate::archive::{Segment, Space};
use crate::batch::{Batch, Entry, Head};
use crate::contract::{
    Committed, HEADS_MAX, Health, IdempotencyRow, Job, Next, PAGE_BYTES_MAX, PAGE_MAX, Page,
    Pending, Record, Store,
};
use crate::delta::Bodies;
use crate::error::{CommitError, StoreError};

fn rows(limit: usize) -> i64 {
    i64::try_from(limit.min(PAGE_MAX)).unwrap_or(0)
}

fn bytes() -> i64 {
    i64::try_from(PAGE_BYTES_MAX).unwrap_or(i64::MAX)
}

impl Postgres {
    /// A row of the journal as it lies there.
    fn row_of(&self, stream: &str, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "select body from journal where stream = $1 and seq = $2";
        let found = self.query(sql, &[&stream, &integer(seq)?])?;
        found.first().map(|row| get(row, 0)).transpose()
    }
}

impl Store for Postgres {
    fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.submit(batch, Next::Unknown).wait()
    }

    fn submit(&self, batch: Batch, next: Next) -> Pending {
        self.writer.submit(batch, next)
    }

    fn head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        let found = self.query("select seq, root from head where stream = $1", &[&stream])?;
        let Some(row) = found.first() else { return Ok(None) };
        let (seq, root): (i64, Vec<u8>) = (get(row, 0)?, get(row, 1)?);
        Ok(Some(Head { seq: unsigned(seq)?, root: digest(&root)? }))
    }

    fn heads(&self, prefix: &str) -> Result<Vec<(String, Head)>, StoreError> {
        let limit = i64::try_from(HEADS_MAX).unwrap_or(i64::MAX).saturating_add(1);
        let sql = "select stream, seq, root from head where stream >= $1 \
                   and starts_with(stream, $1) order by stream limit $2";
        let found = self.query(sql, &[&prefix, &limit])?;
        if found.len() > HEADS_MAX {
            return Err(StoreError::TooMany { what: "heads", limit: HEADS_MAX });
        }
        let read = |row: &postgres::Row| {
            let (seq, root): (i64, Vec<u8>) = (get(row, 1)?, get(row, 2)?);
            Ok((get(row, 0)?, Head { seq: unsigned(seq)?, root: digest(&root)? }))
        };
        found.iter().map(read).collect()
    }

    fn journal(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        // No entry can lie beyond the largest integer of the database.
        let Ok(first) = integer(from) else { return Ok(Vec::new()) };
        let sql = "select seq, root, body from (select *, sum(octet_length(body)) over \
                   (order by seq) as total from journal where stream = $1 and seq >= $2 \
                   order by seq limit $3) page \
                   where total <= $4 or total = octet_length(body) order by seq";
        let found = self.query(sql, &[&stream, &first, &rows(limit), &bytes()])?;
        let (mut page, mut bodies) = (Page::new(limit), Bodies::default());
        let mut entries = Vec::with_capacity(found.len());
        for row in &found {
            let (seq, root): (i64, Vec<u8>) = (get(row, 0)?, get(row, 1)?);
            let (stream, seq, root) = (stream.to_owned(), unsigned(seq)?, digest(&root)?);
            let body = bodies.body(seq, get(row, 2)?, |seq| self.row_of(&stream, seq))?;
            // The server counted what lies there, which may be a small part of it.
            if !page.takes(body.len()) {
                break;
            }
            entries.push(Entry { stream, seq, body, root });
        }
        let found = entries;
        // What begins later may follow what was put away, and must not pass for it.
        let begins = found.first().is_some_and(|entry| entry.seq == from);
        if limit > 0 && !begins && self.segment_of(stream, from)?.is_some() {
            return Err(StoreError::InArchive { stream: stream.to_owned(), seq: from });
        }
        Ok(found)
    }

    fn roots(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Digest)>, StoreError> {
        self.roots_of(stream, from, rows(limit))
    }

    fn segment(&self, stream: &str, seq: u64) -> Result<Option<Segment>, StoreError> {
        self.segment_of(stream, seq)
    }

    fn put_away(&self, segment: &Segment) -> Result<(), StoreError> {
        segment.check()?;
        self.aside(|link| away::put(link, segment))
    }

    fn give_up(&self, stream: &str, first: u64, at: i64) -> Result<(), StoreError> {
        self.aside(|link| away::give_up(link, stream, first, at))
    }

    fn space(&self, give_back: u64) -> Result<Space, StoreError> {
        self.aside(|link| away::space(link, give_back))
    }

    fn record(&self, kind: &str, id: &str) -> Result<Option<Record>, StoreError> {
        let sql = "select rev, body from record where kind = $1 and id = $2";
        let found = self.query(sql, &[&kind, &id])?;
        let Some(row) = found.first() else { return Ok(None) };
        Ok(Some(Record { rev: unsigned(get(row, 0)?)?, body: get(row, 1)? }))
    }

    fn records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record)>, StoreError> {
        let sql = "select id, rev, body from (select *, sum(octet_length(body)) over \
                   (order by id) as total from record where kind = $1 and id > $2 \
                   order by id limit $3) page \
                   where total <= $4 or total = octet_length(body) order by id";
        // Ids are never empty, so every id is above the empty text.
        let after = after.unwrap_or("");
        let found = self.query(sql, &[&kind, &after, &rows(limit), &bytes()])?;
        let read = |row: &postgres::Row| {
            Ok((get(row, 0)?, Record { rev: unsigned(get(row, 1)?)?, body: get(row, 2)? }))
        };
        found.iter().map(read).collect()
    }

    fn find(
        &self,
        kind: &str,
        key: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "select id from record_key where kind = $1 and key = $2 and value = $3 \
                   and id > $4 order by id limit $5";
        let after = after.unwrap_or("");
        let found = self.query(sql, &[&kind, &key, &value, &after, &rows(limit)])?;
        found.iter().map(|row| get(row, 0)).collect()
    }

    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let name = digest.as_bytes().as_slice();
        let found = self.query("select body from blob where digest = $1", &[&name])?;
        let Some(row) = found.first() else { return Ok(None) };
        let body: Vec<u8> = get(row, 0)?;
        if Digest::of_blob(&body) != digest {
            let detail = format!("blob {digest} does not match its digest");
            return Err(self.condition.note(StoreError::Doubt { detail }));
        }
        Ok(Some(body))
    }

    fn jobs(&self, queue: &str, now: i64, limit: usize) -> Result<Vec<Job>, StoreError> {
        let sql = "select id, not_before, body from (select *, sum(octet_length(body)) over \
                   (order by not_before, id) as total from job where queue = $1 \
                   and not_before <= $2 order by not_before, id limit $3) page \
                   where total <= $4 or total = octet_length(body) order by not_before, id";
        let found = self.query(sql, &[&queue, &now, &rows(limit), &bytes()])?;
        let read = |row: &postgres::Row| {
            let queue = queue.to_owned();
            Ok(Job { id: get(row, 0)?, queue, not_before: get(row, 1)?, body: get(row, 2)? })
        };
        found.iter().map(read).collect()
    }

    fn idempotency(
        &self,
        principal: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        let sql = "select request, status, answer, at from idempotency \
                   where principal = $1 and key = $2";
        let found = self.query(sql, &[&principal, &key])?;
        let Some(row) = found.first() else { return Ok(None) };
        let (request, status): (Vec<u8>, i32) = (get(row, 0)?, get(row, 1)?);
        Ok(Some(IdempotencyRow {
            principal: principal.to_owned(),
            key: key.to_owned(),
            request: digest(&request)?,
            status: u16::try_from(status).map_err(|_| StoreError::Malformed { what: "status" })?,
            answer: get(row, 2)?,
            at: get(row, 3)?,
        }))
    }

    fn health(&self) -> Result<Health, StoreError> {
        self.query("select count(*) from migration", &[])?;
        Ok(self.condition.health("postgres"))
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let found = self.query("select value from meta where key = $1", &[&key])?;
        found.first().map(|row| get(row, 0)).transpose()
    }

    fn set_meta_once(&self, key: &str, value: &str) -> Result<(), CommitError> {
        self.writer.bind(key, value)
    }
}

pub(super) fn get<'a, T: postgres::types::FromSql<'a>>(
    row: &'a postgres::Row,
    column: usize,
) -> Result<T, StoreError> {
    row.try_get(column).map_err(|_| StoreError::Malformed { what: "column" })
}

//! Segments: their rows, what takes the place of bodies, and giving back the room those had.
//!
//! Invariant: rows of a segment go in the transaction that writes what is kept of them, compared with it there.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use canon::Digest;

use super::{Sqlite, connect, digest, from_sqlite, integer, unsigned, write};
use crate::archive::{Segment, Space};
use crate::contract::PAGE_MAX;
use crate::delta::Bodies;
use crate::error::{OpenError, StoreError};
use crate::faults::{self, Point};

/// Pages given back in one transaction: 8 MiB at 4 KiB each.
const PAGES_AT_ONCE: u64 = 2_048;

impl Sqlite {
    /// Writes on a connection beside the writer's, which waits for it as it would for a checkpoint.
    pub(super) fn aside<T>(
        &self,
        doing: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(detail) = self.condition.doubt() {
            return Err(StoreError::Doubt { detail });
        }
        let mut conn = connect(&self.path, true).map_err(|error| match error {
            OpenError::Store(error) => error,
            other => StoreError::Unavailable { detail: other.to_string() },
        })?;
        conn.pragma_update(None, "synchronous", "full").map_err(from_sqlite)?;
        conn.pragma_update(None, "wal_autocheckpoint", 0).map_err(from_sqlite)?;
        doing(&mut conn).map_err(|error| self.condition.note(error))
    }
}

/// The segment that holds an entry.
pub(super) fn segment(
    conn: &Connection,
    stream: &str,
    seq: u64,
) -> Result<Option<Segment>, StoreError> {
    let Ok(first) = integer(Segment::first_of(seq)) else { return Ok(None) };
    let sql = "select file, bytes, roots, bodies, dropped from segment \
               where stream = ?1 and first = ?2";
    let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
    type Row = (Vec<u8>, i64, Vec<u8>, Vec<u8>, i64);
    let row: Option<Row> = statement
        .query_row(params![stream, first], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .optional()
        .map_err(from_sqlite)?;
    let Some((file, bytes, roots, bodies, dropped)) = row else { return Ok(None) };
    let segment = Segment {
        stream: stream.to_owned(),
        first: unsigned(first)?,
        file: digest(&file)?,
        bytes: unsigned(bytes)?,
        roots: Segment::unpacked(&roots)?,
        bodies: Segment::unpacked(&bodies)?,
        dropped: Some(dropped).filter(|at| *at != 0),
    };
    segment.check().map(|()| Some(segment))
}

pub(super) fn roots(
    conn: &Connection,
    stream: &str,
    (from, first): (u64, i64),
    limit: usize,
) -> Result<Vec<(u64, Digest)>, StoreError> {
    let sql = "select seq, root from journal where stream = ?1 and seq >= ?2 order by seq limit ?3";
    let limit = limit.min(PAGE_MAX);
    let rows = i64::try_from(limit).unwrap_or(0);
    let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params![stream, first, rows]).map_err(from_sqlite)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let root = digest(&row.get::<_, Vec<u8>>(1).map_err(from_sqlite)?)?;
        found.push((unsigned(row.get(0).map_err(from_sqlite)?)?, root));
    }
    if found.first().is_some_and(|(seq, _)| *seq == from) {
        return Ok(found);
    }
    let away = segment(conn, stream, from)?;
    Ok(away.map_or(found, |segment| segment.roots_from(from, limit)))
}

/// Bodies out, what is kept of them in.
pub(super) fn put(conn: &mut Connection, segment: &Segment) -> Result<(), StoreError> {
    let whole =
        conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(from_sqlite)?;
    let (stream, first, end) =
        (segment.stream.as_str(), integer(segment.first)?, integer(segment.end())?);
    if let Some(kept) = self::segment(&whole, stream, segment.first)? {
        let same = Segment { dropped: segment.dropped, ..kept } == *segment;
        return if same { Ok(()) } else { Err(other(segment)) };
    }
    if !as_given(&whole, segment, (first, end))? {
        return Err(other(segment));
    }
    let sql = "insert into segment (stream, first, file, bytes, roots, bodies, dropped) \
               values (?1, ?2, ?3, ?4, ?5, ?6, 0)";
    let (roots, bodies) = (Segment::packed(&segment.roots), Segment::packed(&segment.bodies));
    let row =
        params![stream, first, segment.file.as_bytes(), integer(segment.bytes)?, roots, bodies];
    whole.execute(sql, row).map_err(from_sqlite)?;
    let sql = "delete from journal where stream = ?1 and seq >= ?2 and seq < ?3";
    whole.execute(sql, params![stream, first, end]).map_err(from_sqlite)?;
    faults::reached(Point::BeforeFsync);
    whole.commit().map_err(from_sqlite)?;
    faults::reached(Point::AfterFsync);
    Ok(())
}

fn as_given(
    conn: &Connection,
    segment: &Segment,
    (first, end): (i64, i64),
) -> Result<bool, StoreError> {
    let sql = "select seq, root, body from journal where stream = ?1 and seq >= ?2 and seq < ?3 \
               order by seq";
    let mut statement = conn.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params![segment.stream, first, end]).map_err(from_sqlite)?;
    let (mut at, mut bodies) = (0_usize, Bodies::default());
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let seq = unsigned(row.get(0).map_err(from_sqlite)?)?;
        let root = digest(&row.get::<_, Vec<u8>>(1).map_err(from_sqlite)?)?;
        let stored = row.get(2).map_err(from_sqlite)?;
        let body = bodies.body(seq, stored, |seq| write::row(conn, &segment.stream, seq))?;
        if !segment.holds(at, seq, root, &body) {
            return Ok(false);
        }
        at = at.saturating_add(1);
    }
    Ok(at == segment.roots.len())
}

pub(super) fn give_up(
    conn: &mut Connection,
    stream: &str,
    first: u64,
    at: i64,
) -> Result<(), StoreError> {
    let sql = "update segment set dropped = case dropped when 0 then ?3 else dropped end \
               where stream = ?1 and first = ?2";
    let found = conn.execute(sql, params![stream, integer(first)?, at]).map_err(from_sqlite)?;
    match found {
        1 => Ok(()),
        _ => Err(StoreError::NotInJournal { stream: stream.to_owned(), first }),
    }
}

/// Gives back free pages in steps, each a transaction that is folded into the file.
pub(super) fn space(conn: &mut Connection, give_back: u64) -> Result<Space, StoreError> {
    let page = pragma(conn, "page_size")?.max(1);
    let mut left = give_back.checked_div(page).unwrap_or(0);
    let mut free = pragma(conn, "freelist_count")?;
    while left > 0 && free > 0 {
        let step = left.min(PAGES_AT_ONCE);
        let mut statement =
            conn.prepare(&format!("pragma incremental_vacuum({step})")).map_err(from_sqlite)?;
        let mut rows = statement.query([]).map_err(from_sqlite)?;
        // Each step of the statement gives back one page.
        while rows.next().map_err(from_sqlite)?.is_some() {}
        drop(rows);
        drop(statement);
        write::checkpoint(conn, "passive")?;
        let now = pragma(conn, "freelist_count")?;
        if now >= free {
            break;
        }
        (free, left) = (now, left.saturating_sub(step));
    }
    let bytes = pragma(conn, "page_count")?.saturating_mul(page);
    Ok(Space { bytes, free: free.saturating_mul(page) })
}

fn pragma(conn: &Connection, name: &str) -> Result<u64, StoreError> {
    let value: i64 =
        conn.query_row(&format!("pragma {name}"), [], |row| row.get(0)).map_err(from_sqlite)?;
    unsigned(value)
}

fn other(segment: &Segment) -> StoreError {
    StoreError::NotInJournal { stream: segment.stream.clone(), first: segment.first }
}

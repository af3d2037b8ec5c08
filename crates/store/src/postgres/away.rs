//! Segments: their rows, and what takes the place of bodies.
//!
//! Invariant: rows of a segment go in the transaction that writes what is kept of them, compared with it there, under
//! the lock all writers take.

use canon::Digest;
use postgres::Row;

use super::link::{Link, from_postgres};
use super::read::get;
use super::{Postgres, digest, drop_links, integer, ranges, schema, unsigned};
use crate::archive::{Segment, Space};
use crate::delta::Bodies;
use crate::error::StoreError;
use crate::faults::{self, Point};

impl Postgres {
    /// Writes in a transaction of its own, under the lock of writers.
    pub(super) fn aside<T>(
        &self,
        doing: impl FnOnce(&mut Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(detail) = self.condition.doubt() {
            return Err(StoreError::Doubt { detail });
        }
        let mut link = self.address.connect().map_err(|e| from_postgres(&e))?;
        let done = whole(&mut link, doing);
        drop_links(vec![link]);
        done
    }

    pub(super) fn segment_of(&self, stream: &str, seq: u64) -> Result<Option<Segment>, StoreError> {
        let Ok(first) = integer(Segment::first_of(seq)) else { return Ok(None) };
        let found = self.query(SELECT, &[&stream, &first])?;
        found.first().map(|row| read(stream, row)).transpose()
    }

    pub(super) fn roots_of(
        &self,
        stream: &str,
        from: u64,
        limit: i64,
    ) -> Result<Vec<(u64, Digest)>, StoreError> {
        let Ok(first) = integer(from) else { return Ok(Vec::new()) };
        let sql = "select seq, root from journal where stream = $1 and seq >= $2 \
                   order by seq limit $3";
        let rows = self.query(sql, &[&stream, &first, &limit])?;
        let read = |row: &Row| {
            let (seq, root): (i64, Vec<u8>) = (get(row, 0)?, get(row, 1)?);
            Ok((unsigned(seq)?, digest(&root)?))
        };
        let found: Vec<(u64, Digest)> = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
        if found.first().is_some_and(|(seq, _)| *seq == from) {
            return Ok(found);
        }
        let limit = usize::try_from(limit).unwrap_or(0);
        let away = self.segment_of(stream, from)?;
        Ok(away.map_or(found, |segment| segment.roots_from(from, limit)))
    }
}

fn whole<T>(
    link: &mut Link,
    doing: impl FnOnce(&mut Link) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    link.script("begin").map_err(|e| from_postgres(&e))?;
    link.query(schema::LOCK, &[]).map_err(|e| from_postgres(&e))?;
    let done = doing(link)?;
    faults::reached(Point::BeforeFsync);
    link.script("commit").map_err(|e| from_postgres(&e))?;
    faults::reached(Point::AfterFsync);
    Ok(done)
}

const SELECT: &str = "select first, file, bytes, roots, bodies, dropped from segment \
                      where stream = $1 and first = $2";

fn read(stream: &str, row: &Row) -> Result<Segment, StoreError> {
    let (first, bytes, dropped): (i64, i64, i64) = (get(row, 0)?, get(row, 2)?, get(row, 5)?);
    let (file, roots, bodies): (Vec<u8>, Vec<u8>, Vec<u8>) =
        (get(row, 1)?, get(row, 3)?, get(row, 4)?);
    let segment = Segment {
        stream: stream.to_owned(),
        first: unsigned(first)?,
        file: digest(&file)?,
        bytes: unsigned(bytes)?,
        roots: Segment::unpacked(&roots)?,
        bodies: Segment::unpacked(&bodies)?,
        dropped: Some(dropped).filter(|at| *at != 0),
    };
    segment.check().map(|()| segment)
}

/// Bodies out, what is kept of them in.
pub(super) fn put(link: &mut Link, segment: &Segment) -> Result<(), StoreError> {
    let (first, end) = (integer(segment.first)?, integer(segment.end())?);
    let known = link.query(SELECT, &[&segment.stream, &first]).map_err(|e| from_postgres(&e))?;
    if let Some(row) = known.first() {
        let kept = read(&segment.stream, row)?;
        let same = Segment { dropped: segment.dropped, ..kept } == *segment;
        return if same { Ok(()) } else { Err(other(segment)) };
    }
    let sql = "select seq, root, body from journal where stream = $1 and seq >= $2 and seq < $3 \
               order by seq";
    let rows = link.query(sql, &[&segment.stream, &first, &end]).map_err(|e| from_postgres(&e))?;
    let mut same = rows.len() == segment.roots.len();
    let mut bodies = Bodies::default();
    for (at, row) in rows.iter().enumerate() {
        let (seq, root): (i64, Vec<u8>) = (get(row, 0)?, get(row, 1)?);
        let seq = unsigned(seq)?;
        // Every base is a row of the same segment.
        let base = |base: u64| {
            let at = base.checked_sub(segment.first).and_then(|at| usize::try_from(at).ok());
            at.and_then(|at| rows.get(at)).map(|row| get(row, 2)).transpose()
        };
        let body = bodies.body(seq, get(row, 2)?, base)?;
        same &= segment.holds(at, seq, digest(&root)?, &body);
    }
    if !same {
        return Err(other(segment));
    }
    let (roots, bodies) = (Segment::packed(&segment.roots), Segment::packed(&segment.bodies));
    let (file, bytes) = (segment.file.as_bytes().as_slice(), integer(segment.bytes)?);
    let sql = "insert into segment (stream, first, file, bytes, roots, bodies, dropped) \
               values ($1, $2, $3, $4, $5, $6, 0)";
    link.execute(sql, &[&segment.stream, &first, &file, &bytes, &roots, &bodies])
        .map_err(|e| from_postgres(&e))?;
    let sql = "delete from journal where stream = $1 and seq >= $2 and seq < $3";
    link.execute(sql, &[&segment.stream, &first, &end]).map_err(|e| from_postgres(&e))?;
    Ok(())
}

pub(super) fn give_up(
    link: &mut Link,
    stream: &str,
    first: u64,
    at: i64,
) -> Result<(), StoreError> {
    let sql = "update segment set dropped = case dropped when 0 then $3 else dropped end \
               where stream = $1 and first = $2";
    let found =
        link.execute(sql, &[&stream, &integer(first)?, &at]).map_err(|e| from_postgres(&e))?;
    match found {
        1 => Ok(()),
        _ => Err(StoreError::NotInJournal { stream: stream.to_owned(), first }),
    }
}

/// How large the tables are, after ranges that hold hardly anything were dropped. Room of rows that were deleted from
/// others is the server's to use again.
pub(super) fn space(link: &mut Link, give_back: u64) -> Result<Space, StoreError> {
    if give_back > 0 {
        ranges::drop_emptied(link)?;
    }
    let sql = "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 from pg_class c \
               join pg_namespace n on n.oid = c.relnamespace \
               where n.nspname = current_schema() and c.relkind in ('r', 'p')";
    let rows = link.query(sql, &[]).map_err(|e| from_postgres(&e))?;
    let bytes: i64 = rows.first().map_or(Ok(0), |row| get(row, 0))?;
    Ok(Space { bytes: unsigned(bytes)?, free: 0 })
}

fn other(segment: &Segment) -> StoreError {
    StoreError::NotInJournal { stream: segment.stream.clone(), first: segment.first }
}

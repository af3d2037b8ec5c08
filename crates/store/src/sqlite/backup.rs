//! Copying out of a file at one moment, and into an empty one.

use std::io::{Read, Write};
use std::path::Path;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};

use super::{connect, file_error, from_sqlite, lock, unsigned, write};
use crate::backup::{BackupError, Copied, Sink, Source, Table, Value};
use crate::delta::{Bases, OfStreams};

/// Another process may have the file open and write to it: a reader of the log sees one moment.
pub(crate) fn dump(path: &Path, sink: &mut Sink<impl Write>) -> Result<(), BackupError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|e| file_error(path, &e))?;
    let moment = conn.unchecked_transaction().map_err(from_sqlite)?;
    for (number, table) in Table::ALL.iter().enumerate() {
        sink.table(number);
        let there = "select exists (select 1 from sqlite_schema where name = ?1)";
        let there: bool =
            moment.query_row(there, [table.name], |row| row.get(0)).map_err(from_sqlite)?;
        if table.is_newer() && !there {
            continue;
        }
        let mut statement = moment.prepare(&table.select()).map_err(from_sqlite)?;
        let mut rows = statement.query([]).map_err(from_sqlite)?;
        let mut bodies = OfStreams::default();
        while let Some(row) = rows.next().map_err(from_sqlite)? {
            sink.row()?;
            if table.is_journal() {
                entry(&moment, row, &mut bodies, sink)?;
                continue;
            }
            for column in 0..table.columns.len() {
                match row.get_ref(column).map_err(from_sqlite)? {
                    ValueRef::Integer(value) => sink.integer(value)?,
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => sink.bytes(bytes)?,
                    ValueRef::Null | ValueRef::Real(_) => {
                        return Err(BackupError::Damaged("a row this program did not write"));
                    }
                }
            }
        }
    }
    Ok(())
}

/// A row of the journal, its body whole.
fn entry(
    conn: &Connection,
    row: &rusqlite::Row<'_>,
    bodies: &mut OfStreams,
    sink: &mut Sink<impl Write>,
) -> Result<(), BackupError> {
    let stream: String = row.get(0).map_err(from_sqlite)?;
    let seq: i64 = row.get(1).map_err(from_sqlite)?;
    let root: Vec<u8> = row.get(2).map_err(from_sqlite)?;
    let stored = row.get(3).map_err(from_sqlite)?;
    let base = |seq| write::row(conn, &stream, seq);
    let body = bodies.of(&stream).body(unsigned(seq)?, stored, base)?;
    sink.bytes(stream.as_bytes())?;
    sink.integer(seq)?;
    sink.bytes(&root)?;
    sink.bytes(&body)
}

pub(crate) fn fill(path: &Path, mut source: Source<impl Read>) -> Result<Copied, BackupError> {
    let _lock = lock(path)?;
    let mut conn = connect(path, true)?;
    conn.pragma_update(None, "synchronous", "full").map_err(from_sqlite)?;
    let whole = conn.transaction().map_err(from_sqlite)?;
    let any = "select exists (select 1 from meta) or exists (select 1 from head)";
    if whole.query_row(any, [], |row| row.get(0)).map_err(from_sqlite)? {
        return Err(BackupError::NotEmpty);
    }
    let mut bases = Bases::default();
    while let Some((number, mut row)) = source.row()? {
        let Some(table) = Table::ALL.get(number) else { continue };
        if table.is_journal() {
            bases.lay(&mut row);
        }
        let places = vec!["?"; row.len()].join(", ");
        let sql = format!("insert into {} ({}) values ({places})", table.name, table.names());
        let mut statement = whole.prepare_cached(&sql).map_err(from_sqlite)?;
        statement.execute(rusqlite::params_from_iter(row)).map_err(from_sqlite)?;
    }
    let copied = source.end()?;
    whole.commit().map_err(from_sqlite)?;
    Ok(copied)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Integer(value) => ValueRef::Integer(*value),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

//! Tables of the embedded store and the ladder of formats that leads to them.
//!
//! Invariant: a step, once released, is never edited; a new format is a new step at the end.

use rusqlite::{Connection, OptionalExtension};

use super::from_sqlite;
use crate::error::OpenError;
use crate::format::Format;

/// Marks the file as ours in its header: `MEZ1`.
const APPLICATION_ID: i64 = 0x4d45_5a31;

/// What each step does, and how.
const STEPS: &[(&str, &str)] = &[
    ("the tables of a store", TABLES),
    ("segments of the journal that were put away", SEGMENTS),
    // Rows there are stay as they are; programs before this one cannot read those that come.
    ("entries that repeat another are kept as the difference", ""),
];

const SEGMENTS: &str = "
create table segment (stream text not null, first integer not null, file blob not null,
  bytes integer not null, roots blob not null, bodies blob not null, dropped integer not null,
  primary key (stream, first));
";

const TABLES: &str = "
create table head (stream text not null primary key, seq integer not null, root blob not null)
  without rowid;
create table journal (stream text not null, seq integer not null, root blob not null,
  body blob not null, primary key (stream, seq));
create table record (kind text not null, id text not null, rev integer not null,
  body blob not null, primary key (kind, id));
create table record_key (kind text not null, key text not null, value text not null,
  id text not null, primary key (kind, key, value, id)) without rowid;
create index record_key_by_id on record_key (kind, key, id);
create table blob (digest blob not null primary key, body blob not null);
create table job (id text not null primary key, queue text not null, not_before integer not null,
  body blob not null);
create index job_due on job (queue, not_before, id);
create table idempotency (principal text not null, key text not null, request blob not null,
  status integer not null, answer blob not null, at integer not null,
  primary key (principal, key));
create table meta (key text not null primary key, value text not null) without rowid;
";

/// Brings a file to the newest format, or refuses it.
pub(super) fn migrate(conn: &mut Connection, path: &str) -> Result<(), OpenError> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let tables: i64 = conn
        .query_row("select count(*) from sqlite_schema", [], |row| row.get(0))
        .map_err(|error| foreign(error, path))?;
    let owner: i64 = conn
        .query_row("pragma application_id", [], |row| row.get(0))
        .map_err(|error| foreign(error, path))?;
    if tables > 0 && owner != APPLICATION_ID {
        return Err(OpenError::NotOurs { path: path.to_owned() });
    }
    let tx = conn.transaction().map_err(from_sqlite)?;
    tx.execute_batch(
        "create table if not exists migration (version integer not null primary key) without rowid",
    )
    .map_err(from_sqlite)?;
    let found: i64 = tx
        .query_row("select max(version) from migration", [], |row| row.get::<_, Option<i64>>(0))
        .optional()
        .map_err(from_sqlite)?
        .flatten()
        .unwrap_or(0);
    if found > known {
        return Err(OpenError::FormatNewer { found, known });
    }
    for (version, (_, step)) in (1_i64..).zip(STEPS) {
        if version > found {
            tx.execute_batch(step).map_err(from_sqlite)?;
            tx.execute("insert into migration (version) values (?1)", [version])
                .map_err(from_sqlite)?;
        }
    }
    if found == 0 {
        tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(from_sqlite)?;
    }
    tx.commit().map_err(from_sqlite)?;
    Ok(())
}

/// The format of a file, nothing changed; 0 where there is none.
pub(super) fn format(conn: &Connection) -> Result<Format, OpenError> {
    let there = "select exists (select 1 from sqlite_schema where name = 'migration')";
    let there: bool = conn.query_row(there, [], |row| row.get(0)).map_err(from_sqlite)?;
    let latest = "select coalesce(max(version), 0) from migration";
    let found = match there {
        true => conn.query_row(latest, [], |row| row.get(0)).map_err(from_sqlite)?,
        false => 0,
    };
    Ok(Format::of(found, STEPS.iter().map(|(about, _)| *about)))
}

/// A file without a database header belongs to somebody else.
fn foreign(error: rusqlite::Error, path: &str) -> OpenError {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
        return OpenError::NotOurs { path: path.to_owned() };
    }
    OpenError::Store(from_sqlite(error))
}

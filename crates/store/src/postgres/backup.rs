//! Copying out of a schema at one moment, and into an empty one.

use std::io::{Read, Write};

use postgres::Row;
use postgres::types::ToSql;

use super::link::{Address, Link, from_postgres};
use super::{drop_links, integer, unsigned};
use crate::backup::{BackupError, Copied, Kind, Sink, Source, Table, Value};
use crate::delta::{Bases, OfStreams};
use crate::error::{OpenError, StoreError};

/// Rows read from the server, or sent to it, at once.
const ROWS: usize = 500;
/// Bytes after which no further row is sent with the others.
const BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn dump(url: &str, sink: &mut Sink<impl Write>) -> Result<(), BackupError> {
    let mut link = linked(url)?;
    let dumped = read(&mut link, sink);
    drop_links(vec![link]);
    dumped
}

pub(crate) fn fill(url: &str, source: Source<impl Read>) -> Result<Copied, BackupError> {
    let mut link = linked(url)?;
    let filled = write(&mut link, source);
    drop_links(vec![link]);
    filled
}

fn linked(url: &str) -> Result<Link, OpenError> {
    Ok(Address::parse(url)?.connect().map_err(|e| from_postgres(&e))?)
}

fn refused(error: &postgres::Error) -> StoreError {
    from_postgres(error)
}

fn read(link: &mut Link, sink: &mut Sink<impl Write>) -> Result<(), BackupError> {
    link.script("begin isolation level repeatable read, read only").map_err(|e| refused(&e))?;
    for (number, table) in Table::ALL.iter().enumerate() {
        sink.table(number);
        let there = link
            .ask("select to_regclass($1) is not null", &[&table.name])
            .map_err(|e| refused(&e))?;
        let there = there.first().is_some_and(|row| row.try_get(0).unwrap_or(false));
        if table.is_newer() && !there {
            continue;
        }
        let names: Vec<String> = table
            .columns
            .iter()
            .map(|(name, kind)| match kind {
                Kind::Integer => format!("{name}::int8"),
                Kind::Text | Kind::Bytes => (*name).to_owned(),
            })
            .collect();
        let sql = format!(
            "declare rows no scroll cursor for select {} from {} order by {}",
            names.join(", "),
            table.name,
            table.order
        );
        link.script(&sql).map_err(|e| refused(&e))?;
        let mut bodies = OfStreams::default();
        loop {
            let rows =
                link.ask(&format!("fetch {ROWS} from rows"), &[]).map_err(|e| refused(&e))?;
            for row in &rows {
                match table.is_journal() {
                    true => entry(link, row, &mut bodies, sink)?,
                    false => put(row, table, sink)?,
                }
            }
            if rows.len() < ROWS {
                break;
            }
        }
        link.script("close rows").map_err(|e| refused(&e))?;
    }
    Ok(link.script("commit").map_err(|e| refused(&e))?)
}

/// A row of the journal, its body whole.
fn entry(
    link: &mut Link,
    row: &Row,
    bodies: &mut OfStreams,
    sink: &mut Sink<impl Write>,
) -> Result<(), BackupError> {
    let stream: &str = row.try_get(0).map_err(|e| refused(&e))?;
    let seq: i64 = row.try_get(1).map_err(|e| refused(&e))?;
    let stored = row.try_get(3).map_err(|e| refused(&e))?;
    let base = |seq: u64| {
        let sql = "select body from journal where stream = $1 and seq = $2";
        let found = link.query(sql, &[&stream, &integer(seq)?]).map_err(|e| refused(&e))?;
        found.first().map(|row| row.try_get(0).map_err(|e| refused(&e))).transpose()
    };
    let body = bodies.of(stream).body(unsigned(seq)?, stored, base)?;
    sink.row()?;
    sink.bytes(stream.as_bytes())?;
    sink.integer(seq)?;
    sink.bytes(row.try_get(2).map_err(|e| refused(&e))?)?;
    sink.bytes(&body)
}

fn put(row: &Row, table: &Table, sink: &mut Sink<impl Write>) -> Result<(), BackupError> {
    sink.row()?;
    for (column, (_, kind)) in table.columns.iter().enumerate() {
        match kind {
            Kind::Integer => sink.integer(row.try_get(column).map_err(|e| refused(&e))?)?,
            Kind::Text => {
                let text: &str = row.try_get(column).map_err(|e| refused(&e))?;
                sink.bytes(text.as_bytes())?;
            }
            Kind::Bytes => sink.bytes(row.try_get(column).map_err(|e| refused(&e))?)?,
        }
    }
    Ok(())
}

fn write(link: &mut Link, mut source: Source<impl Read>) -> Result<Copied, BackupError> {
    link.script("begin").map_err(|e| refused(&e))?;
    let any = "select exists (select 1 from meta) or exists (select 1 from head)";
    let rows = link.query(any, &[]).map_err(|e| refused(&e))?;
    if rows.first().is_none_or(|row| row.try_get(0).unwrap_or(true)) {
        return Err(BackupError::NotEmpty);
    }
    let mut waiting = Waiting::default();
    let mut bases = Bases::default();
    while let Some((number, mut row)) = source.row()? {
        if Table::ALL.get(number).is_some_and(Table::is_journal) {
            bases.lay(&mut row);
        }
        if number != waiting.table || waiting.rows.len() >= ROWS || waiting.bytes >= BYTES {
            waiting.send(link)?;
            waiting.table = number;
        }
        waiting.take(row);
    }
    waiting.send(link)?;
    // Dropped before this, the link takes the transaction with it.
    let copied = source.end()?;
    link.script("commit").map_err(|e| refused(&e))?;
    Ok(copied)
}

/// Rows of one table on their way.
#[derive(Default)]
struct Waiting {
    table: usize,
    rows: Vec<Vec<Value>>,
    bytes: usize,
}

/// A column of many rows.
enum Column {
    Text(Vec<String>),
    Bytes(Vec<Vec<u8>>),
    Integer(Vec<i64>),
}

impl Waiting {
    fn take(&mut self, row: Vec<Value>) {
        let weight = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Integer(_) => 8,
        };
        self.bytes = row.iter().map(weight).fold(self.bytes, usize::saturating_add);
        self.rows.push(row);
    }

    fn send(&mut self, link: &mut Link) -> Result<(), BackupError> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.rows);
        let Some(table) = Table::ALL.get(self.table).filter(|_| !rows.is_empty()) else {
            return Ok(());
        };
        let empty = |(_, kind): &(_, Kind)| match kind {
            Kind::Text => Column::Text(Vec::new()),
            Kind::Bytes => Column::Bytes(Vec::new()),
            Kind::Integer => Column::Integer(Vec::new()),
        };
        let mut columns: Vec<Column> = table.columns.iter().map(empty).collect();
        for (column, value) in rows.into_iter().flat_map(|row| row.into_iter().enumerate()) {
            match (columns.get_mut(column), value) {
                (Some(Column::Text(column)), Value::Text(text)) => column.push(text),
                (Some(Column::Bytes(column)), Value::Bytes(bytes)) => column.push(bytes),
                (Some(Column::Integer(column)), Value::Integer(value)) => column.push(value),
                _ => return Err(BackupError::Damaged("a row of another table")),
            }
        }
        let places = (1..).zip(table.columns).map(|(n, (_, kind))| match kind {
            Kind::Text => format!("${n}::text[]"),
            Kind::Bytes => format!("${n}::bytea[]"),
            Kind::Integer => format!("${n}::int8[]"),
        });
        let places: Vec<String> = places.collect();
        let sql = format!(
            "insert into {} ({}) select * from unnest({})",
            table.name,
            table.names(),
            places.join(", ")
        );
        let values: Vec<&(dyn ToSql + Sync)> = columns
            .iter()
            .map(|column| match column {
                Column::Text(column) => column as &(dyn ToSql + Sync),
                Column::Bytes(column) => column,
                Column::Integer(column) => column,
            })
            .collect();
        link.ask(&sql, &values).map_err(|e| refused(&e))?;
        Ok(())
    }
}

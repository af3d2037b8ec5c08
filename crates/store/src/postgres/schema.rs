//! Tables on the server and the ladder of formats that leads to them.
//!
//! Text columns sort by bytes (`collate "C"`), like everywhere else in this crate.
//! Invariant: a step, once released, is never edited; a new format is a new step at the end.

use super::link::{Address, Link, from_postgres};
use crate::error::{OpenError, StoreError};
use crate::format::Format;

/// Names the lock of writers and of migrations: one per schema of a database.
pub(super) const LOCK: &str = "select pg_current_xact_id()::text, \
    pg_advisory_xact_lock(5063003, hashtext(current_schema()))";

/// What each step does, and how.
const STEPS: &[(&str, &str)] = &[
    (
        "the tables of a store",
        r#"
create table head (stream text collate "C" primary key, seq int8 not null, root bytea not null);
create table journal (stream text collate "C" not null, seq int8 not null, root bytea not null,
  body bytea not null, primary key (stream, seq));
create table record (kind text collate "C" not null, id text collate "C" not null,
  rev int8 not null, body bytea not null, primary key (kind, id));
create table record_key (kind text collate "C" not null, key text collate "C" not null,
  value text collate "C" not null, id text collate "C" not null,
  primary key (kind, key, value, id));
create index record_key_by_id on record_key (kind, key, id);
create table blob (digest bytea primary key, body bytea not null);
create table job (id text collate "C" primary key, queue text collate "C" not null,
  not_before int8 not null, body bytea not null);
create index job_due on job (queue, not_before, id);
create table idempotency (principal text collate "C" not null, key text collate "C" not null,
  request bytea not null, status int4 not null, answer bytea not null, at int8 not null,
  primary key (principal, key));
create table meta (key text collate "C" primary key, value text not null);
"#,
    ),
    (
        "who of several replicas writes",
        "
create table lease (one bool primary key default true check (one), token int8 not null,
  holder text not null, at timestamptz not null);
insert into lease (token, holder, at) values (0, '', clock_timestamp());
",
    ),
    (
        "segments of the journal that were put away",
        r#"
create table segment (stream text collate "C" not null, first int8 not null, file bytea not null,
  bytes int8 not null, roots bytea not null, bodies bytea not null, dropped int8 not null,
  primary key (stream, first));
"#,
    ),
    // What there is stays where it lies, as the lowest range.
    (
        "the journal in ranges of sequences, each a table that can be dropped",
        r#"
alter table journal rename to journal_older;
alter index journal_pkey rename to journal_older_pkey;
create table journal (stream text collate "C" not null, seq int8 not null, root bytea not null,
  body bytea not null, primary key (stream, seq)) partition by range (seq);
create table journal_rest partition of journal default;
do $$
declare above int8;
begin
  select (max(seq) / 262144 + 1) * 262144 into above from journal_older;
  if above is null then
    drop table journal_older;
  else
    execute format('alter table journal attach partition journal_older '
      'for values from (minvalue) to (%s)', above);
  end if;
end $$;
"#,
    ),
    // Rows there are stay as they are; programs before this one cannot read those that come.
    ("entries that repeat another are kept as the difference", ""),
];

/// Brings the database to the newest format, or refuses it.
pub(super) fn migrate(link: &mut Link, address: &Address) -> Result<(), OpenError> {
    durable(link)?;
    link.script("begin").map_err(|e| from_postgres(&e))?;
    match step_up(link, address) {
        Ok(()) => Ok(link.script("commit").map_err(|e| from_postgres(&e))?),
        Err(error) => {
            // The first error is the one to tell.
            let _ = link.script("rollback");
            Err(error)
        }
    }
}

fn durable(link: &mut Link) -> Result<(), OpenError> {
    let sql = "select current_setting('fsync'), current_setting('server_version_num')::int4";
    let rows = link.query(sql, &[]).map_err(|e| from_postgres(&e))?;
    let row = rows.first().ok_or(StoreError::Malformed { what: "settings" })?;
    let fsync: String = row.try_get(0).map_err(|e| from_postgres(&e))?;
    let version: i32 = row.try_get(1).map_err(|e| from_postgres(&e))?;
    if fsync != "on" {
        return Err(OpenError::NotDurable { detail: "fsync is off".to_owned() });
    }
    if version < 130_000 {
        let detail = "PostgreSQL 13 or newer is needed to learn the fate of a commit".to_owned();
        return Err(OpenError::NotDurable { detail });
    }
    Ok(())
}

/// The format of a database, nothing changed; 0 where there is none.
pub(super) fn format(link: &mut Link) -> Result<Format, StoreError> {
    let there = "select to_regclass('migration') is not null";
    let rows = link.query(there, &[]).map_err(|e| from_postgres(&e))?;
    let there = rows.first().is_some_and(|row| row.try_get(0).unwrap_or(false));
    let found = match there {
        false => 0,
        true => {
            let sql = "select coalesce(max(version), 0) from migration";
            let rows = link.query(sql, &[]).map_err(|e| from_postgres(&e))?;
            let row = rows.first().ok_or(StoreError::Malformed { what: "version" })?;
            row.try_get(0).map_err(|e| from_postgres(&e))?
        }
    };
    Ok(Format::of(found, STEPS.iter().map(|(about, _)| *about)))
}

fn step_up(link: &mut Link, address: &Address) -> Result<(), OpenError> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    // A step may look at every row there is.
    link.script("set local statement_timeout = 0; select pg_advisory_xact_lock(5063003)")
        .map_err(|e| from_postgres(&e))?;
    if let Some(schema) = &address.schema {
        let sql = format!("create schema if not exists {schema}");
        link.script(&sql).map_err(|e| from_postgres(&e))?;
    }
    link.script("create table if not exists migration (version int8 primary key)")
        .map_err(|e| from_postgres(&e))?;
    let sql = "select coalesce(max(version), 0) from migration";
    let rows = link.query(sql, &[]).map_err(|e| from_postgres(&e))?;
    let row = rows.first().ok_or(StoreError::Malformed { what: "version" })?;
    let found: i64 = row.try_get(0).map_err(|e| from_postgres(&e))?;
    if found > known {
        return Err(OpenError::FormatNewer { found, known });
    }
    for (version, (_, step)) in (1_i64..).zip(STEPS) {
        if version > found {
            link.script(step).map_err(|e| from_postgres(&e))?;
            link.execute("insert into migration (version) values ($1)", &[&version])
                .map_err(|e| from_postgres(&e))?;
        }
    }
    Ok(super::ranges::ahead(link)?)
}

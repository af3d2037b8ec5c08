//! The journal's tables: one for each range of sequences, so that what was put away is dropped, not deleted.
//!
//! `journal_r<k>` holds [`RANGE`] sequences of every stream from `k` times that on, `journal_older` what was there before
//! there were ranges, `journal_rest` whatever has no range. Rows are asked of `journal`, which knows.
//!
//! Invariant: a range below the longest stream is never made again; what comes for it goes to the rest.

use super::link::{Link, from_postgres};
use super::read::get;
use crate::error::StoreError;

/// Sequences of a range: 1,024 segments. Stands in a step of the schema too.
const RANGE: i64 = 262_144;
/// Ranges that are made before there is anything for them; a process that writes more puts it with the rest, and the
/// next opening lays that into ranges.
const AHEAD: i64 = 4;
/// A range with more rows than this is not dropped: those of short streams are moved to the rest.
const MOVED_MAX: i64 = 16_384;

/// A range that is there.
struct Range {
    table: String,
    /// Sequence after its last; none for the rest.
    end: Option<i64>,
}

fn known(link: &mut Link) -> Result<Vec<Range>, StoreError> {
    let sql = "select c.relname::text, substring(pg_get_expr(c.relpartbound, c.oid) \
               from 'TO \\(''?([0-9]+)')::int8 from pg_inherits i \
               join pg_class c on c.oid = i.inhrelid \
               where i.inhparent = to_regclass('journal') order by 2 nulls last";
    let rows = link.ask(sql, &[]).map_err(|e| from_postgres(&e))?;
    rows.iter().map(|row| Ok(Range { table: get(row, 0)?, end: get(row, 1)? })).collect()
}

/// Sequence that the longest stream has reached.
fn reached(link: &mut Link) -> Result<i64, StoreError> {
    let rows = link
        .ask("select coalesce(max(seq), 0)::int8 from head", &[])
        .map_err(|e| from_postgres(&e))?;
    rows.first().map_or(Ok(0), |row| get(row, 0))
}

/// Makes the ranges that the longest stream comes to next, and lays into them what came before they were made.
pub(super) fn ahead(link: &mut Link) -> Result<(), StoreError> {
    let made = known(link)?.into_iter().filter_map(|range| range.end).max().unwrap_or(0);
    let first = reached(link)?.checked_div(RANGE).unwrap_or(0);
    for k in first..=first.saturating_add(AHEAD) {
        let from = k.saturating_mul(RANGE);
        let end = from.saturating_add(RANGE);
        if end <= made {
            continue;
        }
        let sql = format!(
            "create table journal_r{k} (like journal including all);
             with came as (delete from journal_rest where seq >= {from} and seq < {end} returning *)
             insert into journal_r{k} select * from came;
             alter table journal attach partition journal_r{k} for values from ({from}) to ({end});"
        );
        link.script(&sql).map_err(|e| from_postgres(&e))?;
    }
    Ok(())
}

/// Drops each range that all long streams have left; the few rows in it that are still of use go to the rest.
pub(super) fn drop_emptied(link: &mut Link) -> Result<(), StoreError> {
    let reached = reached(link)?;
    for Range { table, end } in known(link)? {
        if end.is_none_or(|end| end > reached) {
            continue;
        }
        // The name is one this program gave.
        let count = format!("select count(*) from (select from {table} limit {MOVED_MAX} + 1) n");
        let rows = link.ask(&count, &[]).map_err(|e| from_postgres(&e))?;
        let rows: i64 = rows.first().map_or(Ok(0), |row| get(row, 0))?;
        if rows > MOVED_MAX {
            continue;
        }
        let sql = format!(
            "alter table journal detach partition {table};
             insert into journal select * from {table};
             drop table {table};"
        );
        link.script(&sql).map_err(|e| from_postgres(&e))?;
    }
    Ok(())
}

//! Reading what a group depends on: one query per table, only for tables the group touches.

use super::link::Link;
use super::write::Failure;
use super::{digest, integer, unsigned};
use crate::batch::{Batch, Head};
use crate::plan::Standing;

pub(super) fn read(link: &mut Link, group: &[Batch]) -> Result<Standing, Failure> {
    let mut standing = Standing::default();
    let streams: Vec<&str> =
        group.iter().flat_map(|b| &b.heads).map(|swap| swap.stream.as_str()).collect();
    if !streams.is_empty() {
        let sql = "select stream, seq, root from head where stream = any($1)";
        for row in link.query(sql, &[&streams])? {
            let (seq, root): (i64, Vec<u8>) = (row.try_get(1)?, row.try_get(2)?);
            let head = Head { seq: unsigned(seq)?, root: digest(&root)? };
            standing.heads.insert(row.try_get(0)?, head);
        }
    }
    entries(link, group, &mut standing)?;
    let records = || group.iter().flat_map(|b| &b.records);
    let kinds: Vec<&str> = records().map(|put| put.kind.as_str()).collect();
    let ids: Vec<&str> = records().map(|put| put.id.as_str()).collect();
    if !kinds.is_empty() {
        let sql = "select kind, id, rev from record \
                   join unnest($1::text[], $2::text[]) as n (kind, id) using (kind, id)";
        for row in link.query(sql, &[&kinds, &ids])? {
            let rev: i64 = row.try_get(2)?;
            standing.records.insert((row.try_get(0)?, row.try_get(1)?), unsigned(rev)?);
        }
    }
    let answers = || group.iter().filter_map(|b| b.idempotency.as_ref());
    let principals: Vec<&str> = answers().map(|put| put.principal.as_str()).collect();
    let keys: Vec<&str> = answers().map(|put| put.key.as_str()).collect();
    if !keys.is_empty() {
        let sql = "select principal, key from idempotency join \
                   unnest($1::text[], $2::text[]) as n (principal, key) using (principal, key)";
        for row in link.query(sql, &[&principals, &keys])? {
            standing.answers.insert((row.try_get(0)?, row.try_get(1)?));
        }
    }
    Ok(standing)
}

fn entries(link: &mut Link, group: &[Batch], standing: &mut Standing) -> Result<(), Failure> {
    let entries = || group.iter().flat_map(|b| &b.journal);
    let streams: Vec<&str> = entries().map(|entry| entry.stream.as_str()).collect();
    if streams.is_empty() {
        return Ok(());
    }
    let seqs: Vec<i64> = entries().map(|entry| integer(entry.seq)).collect::<Result<_, _>>()?;
    let sql = "select stream, seq from journal \
               join unnest($1::text[], $2::int8[]) as n (stream, seq) using (stream, seq)";
    for row in link.query(sql, &[&streams, &seqs])? {
        let seq: i64 = row.try_get(1)?;
        standing.entries.insert((row.try_get(0)?, unsigned(seq)?));
    }
    Ok(())
}

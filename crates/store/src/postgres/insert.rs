//! Writing a plan: one multi-row statement per table.
//!
//! Invariant: each statement states what it expects to find and the rows are counted; a difference is
//! `Raced` and the transaction is rolled back.

use super::integer;
use super::link::Link;
use super::write::Failure;
use crate::batch::Head;
use crate::delta::Bases;
use crate::plan::{Plan, Revised, Standing};

pub(super) fn all(
    link: &mut Link,
    standing: &Standing,
    plan: &Plan<'_>,
    bases: &mut Bases,
) -> Result<(), Failure> {
    heads(link, standing, plan)?;
    journal(link, plan, bases)?;
    records(link, standing, plan)?;
    keys(link, plan)?;
    if !plan.blobs.is_empty() {
        let digests: Vec<&[u8]> = plan.blobs.keys().map(|d| d.as_bytes().as_slice()).collect();
        let bodies: Vec<&[u8]> = plan.blobs.values().copied().collect();
        let sql = "insert into blob (digest, body) select * from \
                   unnest($1::bytea[], $2::bytea[]) on conflict do nothing";
        link.execute(sql, &[&digests, &bodies])?;
    }
    jobs(link, plan)?;
    answers(link, plan)
}

fn expect(rows: u64, expected: usize) -> Result<(), Failure> {
    if usize::try_from(rows) == Ok(expected) { Ok(()) } else { Err(Failure::Raced) }
}

fn heads(link: &mut Link, standing: &Standing, plan: &Plan<'_>) -> Result<(), Failure> {
    let mut new: Vec<(&str, Head)> = Vec::new();
    let mut moved: Vec<(&str, Head, Head)> = Vec::new();
    for (stream, head) in &plan.heads {
        match standing.heads.get(*stream) {
            None => new.push((stream, *head)),
            Some(old) => moved.push((stream, *old, *head)),
        }
    }
    if !new.is_empty() {
        let streams: Vec<&str> = new.iter().map(|n| n.0).collect();
        let seqs = numbers(new.iter().map(|n| n.1.seq))?;
        let roots: Vec<&[u8]> = new.iter().map(|n| n.1.root.as_bytes().as_slice()).collect();
        let sql = "insert into head (stream, seq, root) select * from \
                   unnest($1::text[], $2::int8[], $3::bytea[]) on conflict do nothing";
        expect(link.execute(sql, &[&streams, &seqs, &roots])?, new.len())?;
    }
    if !moved.is_empty() {
        let streams: Vec<&str> = moved.iter().map(|m| m.0).collect();
        let old_seqs = numbers(moved.iter().map(|m| m.1.seq))?;
        let old_roots: Vec<&[u8]> = moved.iter().map(|m| m.1.root.as_bytes().as_slice()).collect();
        let seqs = numbers(moved.iter().map(|m| m.2.seq))?;
        let roots: Vec<&[u8]> = moved.iter().map(|m| m.2.root.as_bytes().as_slice()).collect();
        let sql = "update head set seq = n.seq, root = n.root from unnest($1::text[], \
                   $2::int8[], $3::bytea[], $4::int8[], $5::bytea[]) \
                   as n (stream, old_seq, old_root, seq, root) where head.stream = n.stream \
                   and head.seq = n.old_seq and head.root = n.old_root";
        let rows = link.execute(sql, &[&streams, &old_seqs, &old_roots, &seqs, &roots])?;
        expect(rows, moved.len())?;
    }
    Ok(())
}

fn journal(link: &mut Link, plan: &Plan<'_>, bases: &mut Bases) -> Result<(), Failure> {
    if plan.entries.is_empty() {
        return Ok(());
    }
    let entries = || plan.entries.values();
    let streams: Vec<&str> = entries().map(|e| e.stream.as_str()).collect();
    let seqs = numbers(entries().map(|e| e.seq))?;
    let roots: Vec<&[u8]> = entries().map(|e| e.root.as_bytes().as_slice()).collect();
    let bodies: Vec<_> = entries().map(|e| bases.row(e)).collect();
    let bodies: Vec<&[u8]> = bodies.iter().map(AsRef::as_ref).collect();
    let sql = "insert into journal (stream, seq, root, body) select * from \
               unnest($1::text[], $2::int8[], $3::bytea[], $4::bytea[]) on conflict do nothing";
    expect(link.execute(sql, &[&streams, &seqs, &roots, &bodies])?, plan.entries.len())
}

type Written<'a> = (&'a str, &'a str, u64, Revised<'a>);

fn records(link: &mut Link, standing: &Standing, plan: &Plan<'_>) -> Result<(), Failure> {
    let old = |kind: &str, id: &str| {
        standing.records.get(&(kind.to_owned(), id.to_owned())).copied().unwrap_or(0)
    };
    let written = plan.records.iter().map(|((kind, id), new)| (*kind, *id, old(kind, id), *new));
    // Revisions start at 1, so 0 stands for a record that is not there yet.
    let (new, moved): (Vec<Written<'_>>, Vec<Written<'_>>) = written.partition(|r| r.2 == 0);
    for (rows, sql) in [
        (
            new,
            "insert into record (kind, id, rev, body) select kind, id, rev, body from \
             unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::bytea[]) \
             as n (kind, id, old_rev, rev, body) on conflict do nothing",
        ),
        (
            moved,
            "update record set rev = n.rev, body = n.body from \
             unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::bytea[]) \
             as n (kind, id, old_rev, rev, body) where record.kind = n.kind \
             and record.id = n.id and record.rev = n.old_rev",
        ),
    ] {
        if rows.is_empty() {
            continue;
        }
        let kinds: Vec<&str> = rows.iter().map(|r| r.0).collect();
        let ids: Vec<&str> = rows.iter().map(|r| r.1).collect();
        let old_revs = numbers(rows.iter().map(|r| r.2))?;
        let revs = numbers(rows.iter().map(|r| r.3.rev))?;
        let bodies: Vec<&[u8]> = rows.iter().map(|r| r.3.body).collect();
        let count = link.execute(sql, &[&kinds, &ids, &old_revs, &revs, &bodies])?;
        expect(count, rows.len())?;
    }
    Ok(())
}

fn keys(link: &mut Link, plan: &Plan<'_>) -> Result<(), Failure> {
    if plan.keys.is_empty() {
        return Ok(());
    }
    let kinds: Vec<&str> = plan.keys.keys().map(|k| k.0).collect();
    let names: Vec<&str> = plan.keys.keys().map(|k| k.1).collect();
    let ids: Vec<&str> = plan.keys.keys().map(|k| k.2).collect();
    let sql = "delete from record_key using unnest($1::text[], $2::text[], $3::text[]) \
               as n (kind, key, id) where record_key.kind = n.kind \
               and record_key.key = n.key and record_key.id = n.id";
    link.execute(sql, &[&kinds, &names, &ids])?;
    let rows = || plan.keys.iter().flat_map(|(k, values)| values.iter().map(move |v| (k, *v)));
    let kinds: Vec<&str> = rows().map(|(k, _)| k.0).collect();
    let names: Vec<&str> = rows().map(|(k, _)| k.1).collect();
    let values: Vec<&str> = rows().map(|(_, value)| value).collect();
    let ids: Vec<&str> = rows().map(|(k, _)| k.2).collect();
    let sql = "insert into record_key (kind, key, value, id) select * from \
               unnest($1::text[], $2::text[], $3::text[], $4::text[]) on conflict do nothing";
    link.execute(sql, &[&kinds, &names, &values, &ids])?;
    Ok(())
}

fn jobs(link: &mut Link, plan: &Plan<'_>) -> Result<(), Failure> {
    let done: Vec<&str> =
        plan.jobs.iter().filter(|(_, put)| put.is_none()).map(|(id, _)| *id).collect();
    if !done.is_empty() {
        link.execute("delete from job where id = any($1)", &[&done])?;
    }
    let puts = || plan.jobs.values().flatten();
    let ids: Vec<&str> = puts().map(|put| put.id.as_str()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let queues: Vec<&str> = puts().map(|put| put.queue.as_str()).collect();
    let times: Vec<i64> = puts().map(|put| put.not_before).collect();
    let bodies: Vec<&[u8]> = puts().map(|put| put.body.as_slice()).collect();
    let sql = "insert into job (id, queue, not_before, body) select * from \
               unnest($1::text[], $2::text[], $3::int8[], $4::bytea[]) \
               on conflict (id) do update set queue = excluded.queue, \
               not_before = excluded.not_before, body = excluded.body";
    link.execute(sql, &[&ids, &queues, &times, &bodies])?;
    Ok(())
}

fn answers(link: &mut Link, plan: &Plan<'_>) -> Result<(), Failure> {
    if plan.answers.is_empty() {
        return Ok(());
    }
    let puts = || plan.answers.values();
    let principals: Vec<&str> = puts().map(|put| put.principal.as_str()).collect();
    let keys: Vec<&str> = puts().map(|put| put.key.as_str()).collect();
    let requests: Vec<&[u8]> = puts().map(|put| put.request.as_bytes().as_slice()).collect();
    let statuses: Vec<i32> = puts().map(|put| i32::from(put.status)).collect();
    let answers: Vec<&[u8]> = puts().map(|put| put.answer.as_slice()).collect();
    let times: Vec<i64> = puts().map(|put| put.at).collect();
    let sql = "insert into idempotency (principal, key, request, status, answer, at) \
               select * from unnest($1::text[], $2::text[], $3::bytea[], $4::int4[], \
               $5::bytea[], $6::int8[]) on conflict do nothing";
    let rows = link.execute(sql, &[&principals, &keys, &requests, &statuses, &answers, &times])?;
    expect(rows, plan.answers.len())
}

fn numbers(values: impl Iterator<Item = u64>) -> Result<Vec<i64>, Failure> {
    Ok(values.map(integer).collect::<Result<_, _>>()?)
}

//! Judging a group in memory: which of its batches may be written, given what stands now.
//!
//! For backends that read everything a group depends on under one lock and then write the survivors in
//! bulk. Batches are judged in order, each against what stands plus what earlier batches of the group
//! will write; a refused batch leaves no trace. The order of checks inside a batch is that of the
//! embedded store, so that all backends give the same reason.

use std::collections::{BTreeMap, BTreeSet};

use canon::Digest;

use crate::batch::{Batch, Entry, Head, IdempotencyPut, JobPut};
use crate::error::CommitError;

/// What a group depends on, as it stands in the database.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(crate) heads: BTreeMap<String, Head>,
    pub(crate) entries: BTreeSet<(String, u64)>,
    pub(crate) records: BTreeMap<(String, String), u64>,
    pub(crate) answers: BTreeSet<(String, String)>,
}

/// A record after the group: its revision before and after, and its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revised<'a> {
    pub(crate) rev: u64,
    pub(crate) body: &'a [u8],
}

/// What the admitted batches of a group write together.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    pub(crate) heads: BTreeMap<&'a str, Head>,
    pub(crate) entries: BTreeMap<(&'a str, u64), &'a Entry>,
    pub(crate) records: BTreeMap<(&'a str, &'a str), Revised<'a>>,
    /// `(kind, key, id)` to its values.
    pub(crate) keys: BTreeMap<(&'a str, &'a str, &'a str), BTreeSet<&'a str>>,
    pub(crate) blobs: BTreeMap<Digest, &'a [u8]>,
    /// `None`: the job goes.
    pub(crate) jobs: BTreeMap<&'a str, Option<&'a JobPut>>,
    pub(crate) answers: BTreeMap<(&'a str, &'a str), &'a IdempotencyPut>,
}

impl<'a> Plan<'a> {
    /// Adds a batch to the plan, or says why it cannot be written.
    pub(crate) fn admit(
        &mut self,
        standing: &Standing,
        batch: &'a Batch,
    ) -> Result<(), CommitError> {
        let heads = self.judge_heads(standing, batch)?;
        let entries = self.judge_entries(standing, batch)?;
        let records = self.judge_records(standing, batch)?;
        if let Some(put) = &batch.idempotency {
            let (principal, key) = (put.principal.clone(), put.key.clone());
            let taken = standing.answers.contains(&(principal.clone(), key.clone()))
                || self.answers.contains_key(&(put.principal.as_str(), put.key.as_str()));
            if taken {
                return Err(CommitError::IdempotencyTaken { principal, key });
            }
            self.answers.insert((&put.principal, &put.key), put);
        }
        self.heads.extend(heads);
        self.entries.extend(entries);
        self.records.extend(records);
        let mut keys: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for put in &batch.keys {
            let triple = (put.kind.as_str(), put.key.as_str(), put.id.as_str());
            keys.entry(triple).or_default().insert(&put.value);
        }
        self.keys.extend(keys);
        self.blobs.extend(batch.blobs.iter().map(|put| (put.digest, put.body.as_slice())));
        self.jobs.extend(batch.jobs_done.iter().map(|id| (id.as_str(), None)));
        self.jobs.extend(batch.jobs.iter().map(|put| (put.id.as_str(), Some(put))));
        Ok(())
    }

    fn judge_heads(
        &self,
        standing: &Standing,
        batch: &'a Batch,
    ) -> Result<BTreeMap<&'a str, Head>, CommitError> {
        let mut moved: BTreeMap<&str, Head> = BTreeMap::new();
        for swap in &batch.heads {
            let stream = swap.stream.as_str();
            let found = moved.get(stream).or_else(|| self.heads.get(stream));
            let found = found.or_else(|| standing.heads.get(stream)).copied();
            if found != swap.old {
                return Err(CommitError::HeadMoved { stream: swap.stream.clone(), found });
            }
            moved.insert(stream, swap.new);
        }
        Ok(moved)
    }

    fn judge_entries(
        &self,
        standing: &Standing,
        batch: &'a Batch,
    ) -> Result<BTreeMap<(&'a str, u64), &'a Entry>, CommitError> {
        let mut new = BTreeMap::new();
        for entry in &batch.journal {
            let place = (entry.stream.as_str(), entry.seq);
            let stands = self.entries.contains_key(&place)
                || standing.entries.contains(&(entry.stream.clone(), entry.seq));
            if stands || new.insert(place, entry).is_some() {
                return Err(CommitError::EntryExists {
                    stream: entry.stream.clone(),
                    seq: entry.seq,
                });
            }
        }
        Ok(new)
    }

    fn judge_records(
        &self,
        standing: &Standing,
        batch: &'a Batch,
    ) -> Result<BTreeMap<(&'a str, &'a str), Revised<'a>>, CommitError> {
        let mut revised: BTreeMap<(&str, &str), Revised<'a>> = BTreeMap::new();
        for put in &batch.records {
            let name = (put.kind.as_str(), put.id.as_str());
            let planned = revised.get(&name).or_else(|| self.records.get(&name));
            let found = planned
                .map(|r| r.rev)
                .or_else(|| standing.records.get(&(put.kind.clone(), put.id.clone())).copied());
            if found != put.old_rev {
                let (kind, id) = (put.kind.clone(), put.id.clone());
                return Err(CommitError::RecordMoved { kind, id, found });
            }
            let rev = put.old_rev.unwrap_or(0).saturating_add(1);
            revised.insert(name, Revised { rev, body: &put.body });
        }
        Ok(revised)
    }
}

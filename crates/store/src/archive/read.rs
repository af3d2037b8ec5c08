//! Reading through: what is not in the store is fetched, judged against what the store kept of it, and handed out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use canon::Digest;

use super::{Segment, SegmentFile, Shelf, ShelfError, Space};
use crate::batch::{Batch, Entry, Head};
use crate::contract::{Committed, Health, IdempotencyRow, Job, Next, Page, Pending, Record, Store};
use crate::error::{CommitError, StoreError};

/// Segments kept in memory: whoever reads entry after entry fetches each file once.
const KEPT_MAX: usize = 2;

/// A store with the archive of its journal.
pub struct Archived {
    inner: Arc<dyn Store>,
    shelf: Arc<dyn Shelf>,
    kept: Mutex<VecDeque<(Digest, Arc<SegmentFile>)>>,
}

impl Archived {
    /// A store and where the files of its segments lie.
    pub fn new(inner: Arc<dyn Store>, shelf: Arc<dyn Shelf>) -> Self {
        Self { inner, shelf, kept: Mutex::default() }
    }

    /// Entries from one on, out of the segment that holds it.
    fn fetched(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let segment = self.inner.segment(stream, from)?;
        let segment = segment.ok_or(StoreError::Malformed { what: "segment" })?;
        let skipped = usize::try_from(from.saturating_sub(segment.first)).unwrap_or(usize::MAX);
        if segment.dropped.is_some() {
            let kept = segment.roots.get(skipped).zip(segment.bodies.get(skipped));
            let (root, body) = kept.ok_or(StoreError::Malformed { what: "segment" })?;
            let (stream, end) = (stream.to_owned(), segment.end());
            return Err(StoreError::Dropped { stream, seq: from, root: *root, body: *body, end });
        }
        let file = self.file(&segment, from)?;
        let mut page = Page::new(limit);
        let mut entries = Vec::new();
        for (at, entry) in file.entries.iter().enumerate().skip(skipped) {
            if !page.takes(entry.body.len()) {
                break;
            }
            if !segment.holds(at, entry.seq, entry.root, &entry.body) {
                let why = "an entry is not the one the store kept the digest of";
                return Err(altered(&segment, entry.seq, why.to_owned()));
            }
            entries.push(entry.clone());
        }
        Ok(entries)
    }

    fn file(&self, segment: &Segment, seq: u64) -> Result<Arc<SegmentFile>, StoreError> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = kept().iter().find(|(digest, _)| *digest == segment.file) {
            return Ok(Arc::clone(file));
        }
        let bytes = self.shelf.fetch(segment.file).map_err(|error| match error {
            ShelfError::Gone(detail) => StoreError::ArchiveGone {
                stream: segment.stream.clone(),
                seq,
                file: segment.file,
                detail,
            },
            ShelfError::Altered(detail) => altered(segment, seq, detail),
        })?;
        if Digest::of_blob(&bytes) != segment.file {
            return Err(altered(segment, seq, "its bytes have another digest".to_owned()));
        }
        let file = SegmentFile::read(&bytes).map_err(|e| altered(segment, seq, e.to_string()))?;
        if file.stream != segment.stream || file.first() != segment.first {
            return Err(altered(segment, seq, "it is of other entries".to_owned()));
        }
        let file = Arc::new(file);
        let mut kept = kept();
        kept.truncate(KEPT_MAX.saturating_sub(1));
        kept.push_front((segment.file, Arc::clone(&file)));
        Ok(file)
    }
}

fn altered(segment: &Segment, seq: u64, detail: String) -> StoreError {
    let (stream, file) = (segment.stream.clone(), segment.file);
    StoreError::ArchiveAltered { stream, seq, file, detail }
}

impl Store for Archived {
    fn journal(&self, stream: &str, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        match self.inner.journal(stream, from, limit) {
            Err(StoreError::InArchive { .. }) => self.fetched(stream, from, limit),
            read => read,
        }
    }

    fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.inner.commit(batch)
    }

    fn submit(&self, batch: Batch, next: Next) -> Pending {
        self.inner.submit(batch, next)
    }

    fn head(&self, stream: &str) -> Result<Option<Head>, StoreError> {
        self.inner.head(stream)
    }

    fn heads(&self, prefix: &str) -> Result<Vec<(String, Head)>, StoreError> {
        self.inner.heads(prefix)
    }

    fn roots(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Digest)>, StoreError> {
        self.inner.roots(stream, from, limit)
    }

    fn segment(&self, stream: &str, seq: u64) -> Result<Option<Segment>, StoreError> {
        self.inner.segment(stream, seq)
    }

    fn put_away(&self, segment: &Segment) -> Result<(), StoreError> {
        self.inner.put_away(segment)
    }

    fn give_up(&self, stream: &str, first: u64, at: i64) -> Result<(), StoreError> {
        self.inner.give_up(stream, first, at)
    }

    fn space(&self, give_back: u64) -> Result<Space, StoreError> {
        self.inner.space(give_back)
    }

    fn record(&self, kind: &str, id: &str) -> Result<Option<Record>, StoreError> {
        self.inner.record(kind, id)
    }

    fn records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record)>, StoreError> {
        self.inner.records(kind, after, limit)
    }

    fn find(
        &self,
        kind: &str,
        key: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.inner.find(kind, key, value, after, limit)
    }

    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.blob(digest)
    }

    fn jobs(&self, queue: &str, now: i64, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.inner.jobs(queue, now, limit)
    }

    fn idempotency(
        &self,
        principal: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        self.inner.idempotency(principal, key)
    }

    fn health(&self) -> Result<Health, StoreError> {
        self.inner.health()
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.inner.meta(key)
    }

    fn set_meta_once(&self, key: &str, value: &str) -> Result<(), CommitError> {
        self.inner.set_meta_once(key, value)
    }
}

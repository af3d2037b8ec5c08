//! Segments leave and are read through, whatever fails on the way; nothing is lost, doubled or answered wrongly.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use canon::Digest;
use store::archive::{
    Archived, SEGMENT_ENTRIES, Segment, SegmentFile, Shelf, ShelfError, put_away,
};
use store::{Batch, Entry, HeadSwap, PAGE_MAX, Store, StoreError};

use super::{head, root};

pub const SEGMENTS: u64 = 3;
/// Entries written: three segments, and a beginning of the next.
pub const ENTRIES: u64 = SEGMENTS * SEGMENT_ENTRIES + 40;
const ZONE: &str = "did:key:z";

/// Files in memory; the n-th call fails when told so, after the fact if it is odd.
#[derive(Default)]
pub struct Files {
    pub files: Mutex<BTreeMap<Digest, Vec<u8>>>,
    calls: Mutex<(u64, Option<u64>)>,
}

impl Files {
    pub fn fail_at(&self, n: Option<u64>) {
        *self.calls.lock().unwrap() = (0, n);
    }

    fn call<T>(&self, done: impl FnOnce() -> Result<T, ShelfError>) -> Result<T, ShelfError> {
        let mut calls = self.calls.lock().unwrap();
        calls.0 += 1;
        let fails = calls.1 == Some(calls.0);
        let after = calls.0 % 2 == 1;
        drop(calls);
        if fails && !after {
            return Err(ShelfError::Gone("told to".to_owned()));
        }
        let done = done();
        if fails { Err(ShelfError::Gone("told to, afterwards".to_owned())) } else { done }
    }
}

impl Shelf for Files {
    fn put(&self, file: Digest, bytes: &[u8]) -> Result<(), ShelfError> {
        self.call(|| {
            self.files.lock().unwrap().entry(file).or_insert_with(|| bytes.to_vec());
            Ok(())
        })
    }

    fn fetch(&self, file: Digest) -> Result<Vec<u8>, ShelfError> {
        let missing = || ShelfError::Gone("no such file".to_owned());
        self.call(|| self.files.lock().unwrap().get(&file).cloned().ok_or_else(missing))
    }

    fn remove(&self, file: Digest) -> Result<(), ShelfError> {
        self.call(|| {
            self.files.lock().unwrap().remove(&file);
            Ok(())
        })
    }
}

fn entry(stream: &str, seq: u64) -> Entry {
    let body = format!("{stream} {seq} {}", "x".repeat(700)).into();
    Entry { stream: stream.into(), seq, body, root: root(seq) }
}

/// A stream from 0, [`ENTRIES`] long, in a few batches.
pub fn fill(store: &dyn Store, stream: &str) {
    let mut next = 0;
    while next < ENTRIES {
        let end = (next + 100).min(ENTRIES);
        let old = next.checked_sub(1).map(head);
        let swap = HeadSwap { stream: stream.into(), old, new: head(end - 1) };
        let journal = (next..end).map(|seq| entry(stream, seq)).collect();
        store.commit(Batch { heads: vec![swap], journal, ..Batch::default() }).unwrap();
        next = end;
    }
}

pub fn file(stream: &str, number: u64) -> SegmentFile {
    let first = number * SEGMENT_ENTRIES;
    let entries = (first..first + SEGMENT_ENTRIES).map(|seq| entry(stream, seq)).collect();
    let before = first.checked_sub(1).map(root);
    SegmentFile { zone: ZONE.to_owned(), stream: stream.to_owned(), before, entries }
}

/// Everything of a stream, page by page of this size.
pub fn all(store: &dyn Store, stream: &str, page: usize) -> Vec<Entry> {
    let (mut found, mut next) = (Vec::new(), 0);
    loop {
        let page = store.journal(stream, next, page).unwrap();
        let Some(last) = page.last() else { return found };
        next = last.seq + 1;
        found.extend(page);
    }
}

pub fn wanted(stream: &str) -> Vec<Entry> {
    (0..ENTRIES).map(|seq| entry(stream, seq)).collect()
}

fn roots(store: &dyn Store, stream: &str) -> Vec<(u64, Digest)> {
    let (mut found, mut next) = (Vec::new(), 0);
    loop {
        let page = store.roots(stream, next, PAGE_MAX).unwrap();
        let Some(last) = page.last() else { return found };
        next = last.0 + 1;
        found.extend(page);
    }
}

pub fn what_was_put_away_is_read_through(store: &Arc<dyn Store>) {
    fill(store.as_ref(), "s");
    fill(store.as_ref(), "other");
    let files = Arc::new(Files::default());
    let through = Archived::new(Arc::clone(store), Arc::clone(&files) as Arc<dyn Shelf>);
    let before = roots(store.as_ref(), "s");
    assert_eq!(store.segment("s", 0).unwrap(), None);
    for number in 0..SEGMENTS {
        let segment = put_away(store.as_ref(), files.as_ref(), &file("s", number)).unwrap();
        let place = segment.first + 7;
        assert_eq!(store.segment("s", place).unwrap().as_ref(), Some(&segment));
        // Twice is once.
        assert_eq!(put_away(store.as_ref(), files.as_ref(), &file("s", number)), Ok(segment));
        for page in [1_000, 97, 256] {
            assert_eq!(all(&through, "s", page), wanted("s"), "segment {number}, page {page}");
        }
        assert_eq!(roots(store.as_ref(), "s"), before);
        assert_eq!(roots(&through, "s"), before);
        assert_eq!(all(store.as_ref(), "other", 1_000), wanted("other"));
    }
    assert_eq!(files.files.lock().unwrap().len() as u64, SEGMENTS);
    // Without the archive: what is there, and an error for what is not.
    let end = SEGMENTS * SEGMENT_ENTRIES;
    for seq in [0, 1, 255, 256, end - 1] {
        let away = StoreError::InArchive { stream: "s".to_owned(), seq };
        assert_eq!(store.journal("s", seq, 10), Err(away));
    }
    assert_eq!(store.journal("s", end, 1).unwrap(), vec![entry("s", end)]);
    assert_eq!(store.journal("s", ENTRIES, 10).unwrap(), vec![]);
    // The stream goes on.
    let swap = HeadSwap { stream: "s".into(), old: Some(head(ENTRIES - 1)), new: head(ENTRIES) };
    let journal = vec![entry("s", ENTRIES)];
    through.commit(Batch { heads: vec![swap], journal, ..Batch::default() }).unwrap();
    assert_eq!(all(&through, "s", 500).len() as u64, ENTRIES + 1);
}

pub fn only_what_is_there_is_put_away(store: &Arc<dyn Store>) {
    fill(store.as_ref(), "s");
    let refused = |file: &SegmentFile| {
        let bytes = file.write().unwrap();
        let refused = store.put_away(&file.segment(&bytes)).unwrap_err();
        assert!(matches!(refused, StoreError::NotInJournal { .. }), "{refused:?}");
        assert_eq!(all(store.as_ref(), "s", 1_000), wanted("s"));
        assert_eq!(store.segment("s", file.first()).unwrap(), None);
    };
    let mut body = file("s", 1);
    body.entries[9].body.push(b'!');
    refused(&body);
    let mut other = file("s", 1);
    other.entries[9].root = root(1);
    refused(&other);
    refused(&file("s", SEGMENTS));
    refused(&file("no-such-stream", 0));
    let mut short = file("s", 0).segment(b"");
    short.roots.pop();
    assert_eq!(store.put_away(&short), Err(StoreError::Malformed { what: "segment" }));
    // A second file for the same entries is another segment, and is refused.
    let first = file("s", 0);
    let bytes = first.write().unwrap();
    store.put_away(&first.segment(&bytes)).unwrap();
    let twice = Segment { file: Digest::of_blob(b"other"), ..first.segment(&bytes) };
    assert!(matches!(store.put_away(&twice), Err(StoreError::NotInJournal { .. })));
}

pub fn an_archive_that_is_gone_or_altered_is_told(store: &Arc<dyn Store>) {
    fill(store.as_ref(), "s");
    let files = Arc::new(Files::default());
    let segment = put_away(store.as_ref(), files.as_ref(), &file("s", 0)).unwrap();
    let read = || {
        let shelf = Arc::clone(&files) as Arc<dyn Shelf>;
        Archived::new(Arc::clone(store), shelf).journal("s", 3, 1)
    };
    assert_eq!(read().unwrap(), vec![entry("s", 3)]);
    let good = files.files.lock().unwrap().get(&segment.file).cloned().unwrap();
    for at in (0..good.len()).step_by(1_997) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        files.files.lock().unwrap().insert(segment.file, bad);
        let told = read().unwrap_err();
        assert!(matches!(told, StoreError::ArchiveAltered { seq: 3, .. }), "{told:?}");
    }
    // The whole file of other entries is not this one's either.
    let other = file("s", 1).write().unwrap();
    files.files.lock().unwrap().insert(segment.file, other);
    assert!(matches!(read(), Err(StoreError::ArchiveAltered { .. })));
    files.files.lock().unwrap().clear();
    assert!(matches!(read(), Err(StoreError::ArchiveGone { seq: 3, .. })));
    assert_eq!(store.roots("s", 3, 1).unwrap(), vec![(3, root(3))]);
    files.files.lock().unwrap().insert(segment.file, good);
    store.give_up("s", 0, 1_790_000_000).unwrap();
    store.give_up("s", 0, 1_800_000_000).unwrap();
    assert_eq!(store.segment("s", 3).unwrap().unwrap().dropped, Some(1_790_000_000));
    let body = Digest::of_blob(&entry("s", 3).body);
    let dropped = StoreError::Dropped { stream: "s".into(), seq: 3, root: root(3), body, end: 256 };
    assert_eq!(read(), Err(dropped));
    assert_eq!(store.roots("s", 3, 1).unwrap(), vec![(3, root(3))]);
    assert!(matches!(store.give_up("s", 256, 1), Err(StoreError::NotInJournal { .. })));
}

/// Each call to the place of files fails once, before or after it did its work.
pub fn any_call_may_fail(store: &Arc<dyn Store>) {
    fill(store.as_ref(), "s");
    let files = Arc::new(Files::default());
    let through = Archived::new(Arc::clone(store), Arc::clone(&files) as Arc<dyn Shelf>);
    for number in 0..SEGMENTS {
        for n in 1..=2 {
            files.fail_at(Some(n));
            put_away(store.as_ref(), files.as_ref(), &file("s", number)).unwrap_err();
            files.fail_at(None);
            assert_eq!(store.segment("s", number * SEGMENT_ENTRIES).unwrap(), None);
            assert_eq!(all(&through, "s", 1_000), wanted("s"), "segment {number}, call {n}");
        }
        put_away(store.as_ref(), files.as_ref(), &file("s", number)).unwrap();
        assert_eq!(all(&through, "s", 1_000), wanted("s"), "segment {number}");
    }
    assert_eq!(files.files.lock().unwrap().len() as u64, SEGMENTS);
}

/// A backup of what is half put away, into another store, read with the same files.
pub fn a_backup_keeps_the_way_to_the_archive(from: &Arc<dyn Store>, from_url: &str, into: &str) {
    fill(from.as_ref(), "s");
    let files = Arc::new(Files::default());
    for number in 0..2 {
        put_away(from.as_ref(), files.as_ref(), &file("s", number)).unwrap();
    }
    from.give_up("s", 0, 5).unwrap();
    let (bytes, copied) = super::backup::taken(from_url);
    assert_eq!(store::backup::restore(into, bytes.as_slice()).unwrap(), copied);
    assert_eq!(super::backup::taken(into).0, bytes);
    let restored = store::open(into).unwrap();
    assert_eq!(restored.segment("s", 0).unwrap(), from.segment("s", 0).unwrap());
    let through = Archived::new(restored, files);
    assert_eq!(through.journal("s", 256, 1).unwrap(), vec![entry("s", 256)]);
    assert!(matches!(through.journal("s", 0, 1), Err(StoreError::Dropped { .. })));
    assert_eq!(roots(&through, "s").len() as u64, ENTRIES);
}

#[test]
fn a_file_reads_back_and_nothing_else_does() {
    let file = file("s", 1);
    let bytes = file.write().unwrap();
    assert_eq!(SegmentFile::read(&bytes).as_ref(), Ok(&file));
    for end in (0..bytes.len()).step_by(613) {
        assert!(SegmentFile::read(&bytes[..end]).is_err(), "cut at {end}");
    }
    assert!(SegmentFile::read(&[&bytes, b"x".as_slice()].concat()).is_err());
    let text = String::from_utf8_lossy(&bytes[..120]).into_owned();
    for (from, to) in [
        ("first 256", "first 0256"),
        ("first 256", "first 255"),
        ("entries 256", "entries 255"),
        ("mez-segment 1", "mez-segment 2"),
        ("stream s", "stream  s"),
        ("stream s", "stream s\r"),
    ] {
        assert!(text.contains(from), "{text}");
        let at = text.find(from).unwrap();
        let changed = [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat();
        assert!(SegmentFile::read(&changed).is_err(), "{from} as {to}");
    }
}

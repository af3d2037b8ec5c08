//! The backends that need nothing: SQLite in a file, and the simulated store, with their faults.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod conformance;
mod embedded_faults;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use conformance::{Opened, archive, backup, step, whole_prefix};
use store::sim::Sim;
use store::{OpenError, Store};

/// A directory of its own, removed afterwards.
pub struct Dir(PathBuf);

impl Dir {
    pub fn new(name: &str) -> Dir {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mez-{}-{n}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self) -> PathBuf {
        self.0.join("zone.db")
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn open(path: &Path) -> Result<Arc<dyn Store>, OpenError> {
    store::open(&format!("sqlite:{}", path.display()))
}

struct InFile {
    store: Arc<dyn Store>,
    _dir: Dir,
}

impl Opened for InFile {
    fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
}

struct InMemory(Arc<dyn Store>);

impl Opened for InMemory {
    fn store(&self) -> &Arc<dyn Store> {
        &self.0
    }
}

mod sqlite {
    use super::*;

    crate::conformance!(|name| {
        let dir = Dir::new(name);
        InFile { store: open(&dir.file()).unwrap(), _dir: dir }
    });

    fn url(dir: &Dir) -> String {
        format!("sqlite:{}", dir.file().display())
    }

    #[test]
    fn a_backup_taken_beside_a_running_store_comes_back() {
        let (from, into) = (Dir::new("backed-up"), Dir::new("restored"));
        let store = open(&from.file()).unwrap();
        backup::fill(&*store);
        backup::comes_back(&url(&from), &url(&into));
    }

    #[test]
    fn segments_leave_and_are_read_through() {
        let cases: [fn(&Arc<dyn Store>); 4] = [
            archive::what_was_put_away_is_read_through,
            archive::only_what_is_there_is_put_away,
            archive::an_archive_that_is_gone_or_altered_is_told,
            archive::any_call_may_fail,
        ];
        for case in cases {
            let dir = Dir::new("archive");
            case(&open(&dir.file()).unwrap());
        }
        let (from, into) = (Dir::new("archive-from"), Dir::new("archive-into"));
        let store = open(&from.file()).unwrap();
        archive::a_backup_keeps_the_way_to_the_archive(&store, &url(&from), &url(&into));
    }

    #[test]
    fn room_of_what_was_put_away_goes_back_to_the_disk() {
        let dir = Dir::new("room");
        let store = open(&dir.file()).unwrap();
        for n in 0..6 {
            archive::fill(&*store, &format!("s{n}"));
        }
        let before = store.space(0).unwrap();
        let files = archive::Files::default();
        for (n, number) in (0..6).flat_map(|n| (0..archive::SEGMENTS).map(move |m| (n, m))) {
            let file = archive::file(&format!("s{n}"), number);
            store::archive::put_away(&*store, &files, &file).unwrap();
        }
        let full = store.space(0).unwrap();
        assert!(full.bytes < before.bytes + 1_048_576, "{full:?} {before:?}");
        assert!(full.free > before.bytes / 2, "{full:?}");
        // A bound is kept to.
        let some = store.space(1_048_576).unwrap();
        assert_eq!(full.free - some.free, 1_048_576);
        // With the pages goes at most a page that mapped them.
        assert!(full.bytes - some.bytes <= 1_048_576 + 4_096, "{full:?} {some:?}");
        let all = store.space(u64::MAX).unwrap();
        assert_eq!(all.free, 0);
        drop(store);
        let length = std::fs::metadata(dir.file()).unwrap().len();
        assert_eq!(length, all.bytes);
        assert!(length < before.bytes / 2, "{length} of {}", before.bytes);
    }

    /// As the program before this one left it.
    #[test]
    fn a_file_of_the_first_format_goes_on_and_keeps_what_is_free_in_it() {
        let dir = Dir::new("first-format");
        drop(open(&dir.file()).unwrap());
        let raw = rusqlite::Connection::open(dir.file()).unwrap();
        let older = "drop table segment; delete from migration where version > 1; \
                     pragma journal_mode = delete; pragma auto_vacuum = none; vacuum";
        raw.execute_batch(older).unwrap();
        drop(raw);
        let format = store::format(&url(&dir)).unwrap();
        assert_eq!((format.found, format.known, format.steps.len()), (1, 3, 2));
        let mut bytes = Vec::new();
        store::backup::back_up(&url(&dir), &mut bytes).unwrap();
        let store = open(&dir.file()).unwrap();
        assert_eq!(store::format(&url(&dir)).unwrap().found, 3);
        archive::fill(&*store, "s");
        let file = archive::file("s", 0);
        store::archive::put_away(&*store, &archive::Files::default(), &file).unwrap();
        let space = store.space(u64::MAX).unwrap();
        assert!(space.free > 0, "{space:?}");
        // What an older program backed up is restored: one table less.
        let older = Dir::new("older-backup");
        let into = url(&older);
        bytes.drain(..b"mez-backup 2\n".len());
        let end = bytes.len() - 32 - 8;
        let body = [b"mez-backup 1\n".as_slice(), &bytes[..end]].concat();
        let digest = canon::Digest::of_blob(&body);
        let old = [&body, digest.as_bytes().as_slice()].concat();
        store::backup::restore(&into, old.as_slice()).unwrap();
    }

    #[test]
    fn a_backup_is_of_one_moment_while_others_write() {
        let (from, into) = (Dir::new("written"), Dir::new("moment"));
        let store = open(&from.file()).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (1..=300).for_each(|n| drop(store.commit(step("s", n)))));
            for n in 0..8 {
                let path = into.path().join(format!("{n}.db"));
                let (bytes, _) = backup::taken(&url(&from));
                let restored = format!("sqlite:{}", path.display());
                store::backup::restore(&restored, bytes.as_slice()).unwrap();
                whole_prefix(&*store::open(&restored).unwrap(), "s");
            }
            writer.join().unwrap();
        });
    }

    #[test]
    fn a_damaged_backup_leaves_the_store_empty() {
        let (from, into) = (Dir::new("whole"), Dir::new("empty"));
        let store = open(&from.file()).unwrap();
        store.set_meta_once("zone", "did:key:z").unwrap();
        (1..=4).for_each(|n| assert!(store.commit(step("s", n)).is_ok()));
        let (bytes, _) = backup::taken(&url(&from));
        backup::damaged_is_refused(&bytes, &url(&into), 7);
    }

    #[test]
    fn a_second_opening_is_refused_and_a_later_one_finds_everything() {
        let dir = Dir::new("reopen");
        let store = open(&dir.file()).unwrap();
        for seq in 1..=20 {
            store.commit(conformance::step("s", seq)).unwrap();
        }
        store.set_meta_once("zone", "sg").unwrap();
        let path = dir.file().display().to_string();
        assert_eq!(open(&dir.file()).err(), Some(OpenError::InUse { path }));
        drop(store);
        let store = open(&dir.file()).unwrap();
        assert_eq!(conformance::whole_prefix(&*store, "s"), 20);
        assert_eq!(store.meta("zone").unwrap().as_deref(), Some("sg"));
    }

    #[test]
    fn the_file_of_another_program_is_left_alone() {
        let dir = Dir::new("foreign");
        let theirs = rusqlite::Connection::open(dir.file()).unwrap();
        theirs.execute_batch("create table t (x); insert into t values (1)").unwrap();
        drop(theirs);
        let path = dir.file().display().to_string();
        assert_eq!(open(&dir.file()).err(), Some(OpenError::NotOurs { path: path.clone() }));
        std::fs::write(dir.file(), vec![b'x'; 8_192]).unwrap();
        assert_eq!(open(&dir.file()).err(), Some(OpenError::NotOurs { path }));
        assert_eq!(std::fs::read(dir.file()).unwrap(), vec![b'x'; 8_192]);
    }

    #[test]
    fn a_newer_format_is_refused_by_number() {
        let dir = Dir::new("newer");
        drop(open(&dir.file()).unwrap());
        let raw = rusqlite::Connection::open(dir.file()).unwrap();
        raw.execute_batch("insert into migration (version) values (99)").unwrap();
        drop(raw);
        let newer = OpenError::FormatNewer { found: 99, known: 3 };
        assert_eq!(open(&dir.file()).err(), Some(newer));
    }

    #[test]
    fn addresses_that_name_no_store_are_refused() {
        for url in ["", "sqlite:", "mysql://x", "zone.db"] {
            let refused = store::open(url);
            assert!(matches!(refused, Err(OpenError::BadUrl { .. })), "{url}");
        }
        let missing = store::open("sqlite:/nonexistent/dir/zone.db");
        assert!(matches!(missing, Err(OpenError::File { .. })));
    }

    #[test]
    fn a_blob_changed_on_disk_is_never_served_and_stops_writing() {
        let dir = Dir::new("bitrot");
        let digest = canon::Digest::of_blob(b"truth");
        let blobs = vec![store::BlobPut { digest, body: b"truth".to_vec() }];
        let store = open(&dir.file()).unwrap();
        store.commit(store::Batch { blobs, ..Default::default() }).unwrap();
        drop(store);
        let raw = rusqlite::Connection::open(dir.file()).unwrap();
        raw.execute("update blob set body = x'00'", []).unwrap();
        drop(raw);
        let store = open(&dir.file()).unwrap();
        assert!(matches!(store.blob(digest), Err(store::StoreError::Doubt { .. })));
        assert!(!store.health().unwrap().writable());
        let refused = store.commit(conformance::step("s", 1));
        let doubt = store::CommitError::Store(refused.clone().err().map_or(
            store::StoreError::Closed,
            |e| match e {
                store::CommitError::Store(e) => e,
                _ => store::StoreError::Closed,
            },
        ));
        assert_eq!(refused, Err(doubt.clone()));
        assert!(matches!(doubt, store::CommitError::Store(store::StoreError::Doubt { .. })));
        assert_eq!(store.head("s").unwrap(), None);
    }
}

mod sim {
    use super::*;

    crate::conformance!(|_| InMemory(Arc::new(Sim::new())));
}

/// `vectors/journal-segment.json`: the file of a segment, which another program must read and write alike.
mod golden {
    use store::archive::{SEGMENT_ENTRIES, SegmentFile};

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/journal-segment.json");

    fn file() -> SegmentFile {
        let root = |n: u64| canon::Digest::of_blob(&n.to_be_bytes());
        let entry = |seq: u64| store::Entry {
            stream: "decisions".to_owned(),
            seq,
            body: format!("{{\"sequence\":{seq}}}").into_bytes(),
            root: root(seq),
        };
        let first = SEGMENT_ENTRIES;
        SegmentFile {
            zone: "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd".to_owned(),
            stream: "decisions".to_owned(),
            before: Some(root(first - 1)),
            entries: (first..first + SEGMENT_ENTRIES).map(entry).collect(),
        }
    }

    fn written() -> String {
        let bytes = file().write().unwrap();
        let segment = file().segment(&bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "{{\n  \"body_sha256_of_first\": \"{}\",\n  \"file_hex\": \"{hex}\",\n  \
             \"file_sha256\": \"{}\",\n  \"first\": {},\n  \"stream\": \"decisions\"\n}}\n",
            segment.bodies[0], segment.file, segment.first
        )
    }

    #[test]
    fn a_segment_is_the_golden_file() {
        assert_eq!(std::fs::read_to_string(FILE).unwrap(), written());
    }

    #[test]
    #[ignore = "writes the file"]
    fn write_the_golden_segment() {
        std::fs::write(FILE, written()).unwrap();
    }
}

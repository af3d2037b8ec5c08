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

use conformance::Opened;
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
        let newer = OpenError::FormatNewer { found: 99, known: 1 };
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

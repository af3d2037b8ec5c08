//! What a durable write costs at least: as many bytes as a zone writes, and nothing else.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// The journal file is gone through again from here on, as a write-ahead log is.
const JOURNAL_BYTES: u64 = 4 << 20;

/// Two files: a journal that is appended to, a cell that is written anew.
pub(super) struct Floor {
    journal: (File, u64, Vec<u8>),
    cell: (File, Vec<u8>),
}

impl Floor {
    pub(super) fn new(folder: &Path, journal_bytes: u64, cell_bytes: u64) -> Self {
        let open = |name: &str| {
            let mut options = OpenOptions::new();
            options
                .write(true)
                .create(true)
                .truncate(false)
                .open(folder.join(name))
                .expect("a file")
        };
        let bytes = |count: u64| vec![7u8; usize::try_from(count).expect("few")];
        let mut journal = open("floor.journal");
        journal.write_all(&bytes(JOURNAL_BYTES)).expect("written");
        journal.sync_all().expect("durable");
        Self {
            journal: (journal, 0, bytes(journal_bytes)),
            cell: (open("floor.cell"), bytes(cell_bytes)),
        }
    }

    /// Journal, then cell, each durable before the next; the time of both.
    pub(super) fn write(&mut self) -> Duration {
        let began = Instant::now();
        let (journal, at, bytes) = &mut self.journal;
        journal.seek(SeekFrom::Start(*at)).expect("seeks");
        journal.write_all(bytes).expect("written");
        journal.sync_data().expect("durable");
        *at = (*at + bytes.len() as u64) % (JOURNAL_BYTES - bytes.len() as u64);
        let (cell, bytes) = &mut self.cell;
        cell.seek(SeekFrom::Start(0)).expect("seeks");
        cell.write_all(bytes).expect("written");
        cell.sync_data().expect("durable");
        began.elapsed()
    }
}

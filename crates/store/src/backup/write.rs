//! Writing a backup.

use std::io::Write;

use canon::{Digest, Hasher};

use super::{BackupError, COLUMN_BYTES_MAX, Copied, END, FIRST_LINE, Table};

/// Where rows go.
pub(crate) struct Sink<W> {
    out: W,
    hasher: Hasher,
    rows: [u64; Table::ALL.len()],
    table: usize,
}

impl<W: Write> Sink<W> {
    pub(crate) fn begin(out: W) -> Result<Self, BackupError> {
        let mut sink =
            Self { out, hasher: Hasher::default(), rows: [0; Table::ALL.len()], table: 0 };
        sink.put(FIRST_LINE)?;
        Ok(sink)
    }

    /// The rows that follow are of this table.
    pub(crate) fn table(&mut self, number: usize) {
        self.table = number;
    }

    /// A row begins; its columns follow.
    pub(crate) fn row(&mut self) -> Result<(), BackupError> {
        if let Some(rows) = self.rows.get_mut(self.table) {
            *rows = rows.saturating_add(1);
        }
        let tag = u8::try_from(self.table).unwrap_or(END);
        self.put(&[tag])
    }

    pub(crate) fn integer(&mut self, value: i64) -> Result<(), BackupError> {
        self.put(&value.to_be_bytes())
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> Result<(), BackupError> {
        let fits = u32::try_from(value.len()).ok().filter(|_| value.len() <= COLUMN_BYTES_MAX);
        let length = fits.ok_or(BackupError::Damaged("a column is too long"))?;
        self.put(&length.to_be_bytes())?;
        self.put(value)
    }

    pub(crate) fn end(mut self) -> Result<Copied, BackupError> {
        self.put(&[END])?;
        for count in self.rows {
            self.put(&count.to_be_bytes())?;
        }
        let sha256: Digest = self.hasher.finish();
        self.out.write_all(sha256.as_bytes())?;
        self.out.flush()?;
        let rows = Table::ALL.iter().map(|table| table.name).zip(self.rows).collect();
        Ok(Copied { rows, sha256 })
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.hasher.add(bytes);
        Ok(self.out.write_all(bytes)?)
    }
}

//! Reading a backup, byte by byte distrusted.

use std::io::Read;

use canon::Hasher;

use super::{
    BackupError, COLUMN_BYTES_MAX, Copied, END, FIRST_LINE, FIRST_LINE_1, Kind, Table, Value,
};

/// Most bytes of a column that are made room for before any came.
const ROOM_BYTES: usize = 64 * 1024;

/// Where rows come from.
pub(crate) struct Source<R> {
    from: R,
    hasher: Hasher,
    rows: [u64; Table::ALL.len()],
    /// How many tables its format has.
    tables: usize,
}

impl<R: Read> Source<R> {
    pub(crate) fn begin(from: R) -> Result<Self, BackupError> {
        let tables = Table::ALL.len();
        let mut source = Self { from, hasher: Hasher::default(), rows: [0; _], tables };
        let mut line = [0; FIRST_LINE.len()];
        source.take(&mut line)?;
        if line == FIRST_LINE_1 {
            source.tables = tables.saturating_sub(1);
        } else if line != FIRST_LINE {
            return Err(BackupError::Damaged("it does not begin as one of format 1 or 2"));
        }
        Ok(source)
    }

    /// The next row and the number of its table; after the last, the trailer was found to agree.
    pub(crate) fn row(&mut self) -> Result<Option<(usize, Vec<Value>)>, BackupError> {
        let mut tag = [0; 1];
        self.take(&mut tag)?;
        let [tag] = tag;
        if tag == END {
            return Ok(None);
        }
        let number = usize::from(tag);
        let table = Table::ALL.get(number).filter(|_| number < self.tables);
        let table = table.ok_or(BackupError::Damaged("an unknown table"))?;
        if let Some(rows) = self.rows.get_mut(number) {
            *rows = rows.saturating_add(1);
        }
        let row =
            table.columns.iter().map(|(_, kind)| self.value(*kind)).collect::<Result<_, _>>()?;
        Ok(Some((number, row)))
    }

    /// To be called after the last row: counts, digest, and that nothing follows.
    pub(crate) fn end(mut self) -> Result<Copied, BackupError> {
        for counted in self.rows.into_iter().take(self.tables) {
            let mut count = [0; 8];
            self.take(&mut count)?;
            if u64::from_be_bytes(count) != counted {
                return Err(BackupError::Damaged("rows are missing"));
            }
        }
        let sha256 = self.hasher.finish();
        let mut told = [0; 32];
        fill(&mut self.from, &mut told)?;
        if told != *sha256.as_bytes() {
            return Err(BackupError::Damaged("its digest differs"));
        }
        if self.from.read(&mut [0; 1])? != 0 {
            return Err(BackupError::Damaged("something follows its end"));
        }
        let rows = Table::ALL.iter().map(|table| table.name).zip(self.rows).collect();
        Ok(Copied { rows, sha256 })
    }

    fn value(&mut self, kind: Kind) -> Result<Value, BackupError> {
        if kind == Kind::Integer {
            let mut bytes = [0; 8];
            self.take(&mut bytes)?;
            return Ok(Value::Integer(i64::from_be_bytes(bytes)));
        }
        let mut length = [0; 4];
        self.take(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > COLUMN_BYTES_MAX {
            return Err(BackupError::Damaged("a column is too long"));
        }
        let mut bytes = Vec::with_capacity(length.min(ROOM_BYTES));
        let limit = u64::try_from(length).unwrap_or(u64::MAX);
        (&mut self.from).take(limit).read_to_end(&mut bytes)?;
        if bytes.len() != length {
            return Err(BackupError::Damaged("it ends early"));
        }
        self.hasher.add(&bytes);
        match kind {
            Kind::Text => {
                let text = String::from_utf8(bytes);
                text.map(Value::Text).map_err(|_| BackupError::Damaged("text that is none"))
            }
            _ => Ok(Value::Bytes(bytes)),
        }
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        fill(&mut self.from, bytes)?;
        self.hasher.add(bytes);
        Ok(())
    }
}

fn fill(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), BackupError> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => BackupError::Damaged("it ends early"),
        _ => error.into(),
    })
}

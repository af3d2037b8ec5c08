//! Tables with a heading line: rows by the names of their columns.

use super::{ImportError, size};

/// One row of a table.
pub(super) struct Row<'a> {
    heading: &'a csv::StringRecord,
    cells: &'a csv::StringRecord,
}

impl Row<'_> {
    /// The cell under a heading, trimmed; empty where there is none.
    pub(super) fn text(&self, column: &str) -> &str {
        let at = self.heading.iter().position(|name| name == column);
        at.and_then(|at| self.cells.get(at)).unwrap_or_default().trim()
    }

    /// The parts of a cell between semicolons.
    pub(super) fn parts(&self, column: &str) -> impl Iterator<Item = &str> {
        self.text(column).split(';').map(str::trim).filter(|part| !part.is_empty())
    }
}

/// A malformed row, by its line.
pub(super) fn bad(file: &str, line: u64, detail: impl Into<String>) -> ImportError {
    ImportError::BadRecord {
        file: file.to_owned(),
        at: format!("line {line}"),
        detail: detail.into(),
    }
}

/// Read every row. The heading must name each of `needed`, and each row must have as many cells.
pub(super) fn rows(
    file: &str,
    bytes: &[u8],
    delimiter: u8,
    needed: &[&str],
    mut each: impl FnMut(u64, &Row<'_>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    size(file, bytes)?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    let line_of = |error: &csv::Error| error.position().map_or(0, csv::Position::line);
    let wrong = |error: csv::Error| match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            bad(file, line_of(&error), format!("{len} columns, {expected_len} expected"))
        }
        _ => bad(file, line_of(&error), "not UTF-8 CSV"),
    };
    let heading = reader.headers().map_err(wrong)?.clone();
    if let Some(absent) = needed.iter().find(|name| !heading.iter().any(|h| h == **name)) {
        return Err(bad(file, 1, format!("no column `{absent}`")));
    }
    let mut cells = csv::StringRecord::new();
    while reader.read_record(&mut cells).map_err(wrong)? {
        let line = cells.position().map_or(0, csv::Position::line);
        each(line, &Row { heading: &heading, cells: &cells })?;
    }
    Ok(())
}

//! A list of an operator's own country, as JSON Lines: the header, then one record a line.
//!
//! The header is `{"list_id", "title", "published"}`, the records are [`Entry`]s: the form
//! `mez regpack import --store` keeps lists in, so what was kept can be imported again.

use canon::Date;
use serde::Deserialize;

use super::super::list::{Entry, List};
use super::columns::bad;
use super::{ImportError, listed, size};

/// What the names of such files end with.
pub const SUFFIX: &str = ".list.jsonl";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    list_id: String,
    title: String,
    #[serde(default)]
    published: Option<Date>,
}

/// Read the list. `file` is used in errors.
///
/// # Errors
/// A line that is no header or record, or records that make no list.
pub fn import(file: &str, bytes: &[u8]) -> Result<List, ImportError> {
    size(file, bytes)?;
    let mut lines = (1u64..).zip(bytes.split(|byte| *byte == b'\n'));
    let read = |error: serde_json::Error, line| bad(file, line, error.to_string());
    let (_, first) = lines.next().unwrap_or((1, b""));
    let header: Header = serde_json::from_slice(first).map_err(|e| read(e, 1))?;
    let mut entries: Vec<Entry> = Vec::new();
    for (line, text) in lines.filter(|(_, text)| !text.trim_ascii().is_empty()) {
        entries.push(serde_json::from_slice(text).map_err(|e| read(e, line))?);
    }
    listed(file, List::new(&header.list_id, &header.title, header.published, entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_records_are_read_and_a_bad_line_is_named() {
        let header = r#"{"list_id":"pk-nacta","title":"First Schedule","published":"2026-11-01"}"#;
        let record =
            r#"{"id":"1","kind":"organisation","names":[{"text":"X Y","strength":"primary"}]}"#;
        let list = import("pk.list.jsonl", format!("{header}\n{record}\n").as_bytes()).unwrap();
        assert_eq!((list.id(), list.entries().len()), ("pk-nacta", 1));
        let broken = format!("{header}\n{record}\n{{\"id\":2}}\n");
        let refused = import("pk.list.jsonl", broken.as_bytes()).unwrap_err();
        assert!(refused.to_string().contains("`pk.list.jsonl` at line 3"), "{refused}");
    }
}

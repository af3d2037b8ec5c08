//! What a command prints: one answer, for people or as one JSON document, and how it is laid out.
//!
//! Data goes to standard output, everything said about it to standard error. Colour only where a
//! terminal reads.

use std::io::{IsTerminal, Write};

use serde_json::Value;

use super::exit::Exit;

/// Whether words may be coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// No escape codes at all.
    Plain,
    /// A terminal reads.
    Colour,
}

impl Style {
    /// The style for standard output.
    pub(crate) fn of_stdout() -> Self {
        if std::io::stdout().is_terminal() { Self::Colour } else { Self::Plain }
    }

    /// The style for standard error.
    pub(crate) fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Colour } else { Self::Plain }
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    /// Something that holds.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Something that does not.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Something to look at.
    pub(crate) fn warn(self, text: &str) -> String {
        self.paint("33", text)
    }
}

/// The answer of a command: the same content twice.
pub(crate) struct Answer {
    /// How the process ends.
    pub exit: Exit,
    /// For people (or, for a document, its very bytes).
    pub text: Vec<u8>,
    /// For programs.
    pub json: Value,
}

impl Answer {
    /// An answer that ends the process with 0.
    pub(crate) fn done(text: impl Into<String>, json: Value) -> Self {
        Self { exit: Exit::Done, text: text.into().into_bytes(), json }
    }

    /// The same answer with another end.
    pub(crate) fn ending(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Prints it. A closed pipe is the reader's choice and no error. A document that is `null` was
    /// printed before, and is not printed twice.
    pub(crate) fn print(&self, as_json: bool) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        let printed = if as_json {
            match &self.json {
                Value::Null => Ok(()),
                json => out.write_all(pretty(json).as_bytes()),
            }
        } else {
            out.write_all(&self.text)
        };
        match printed.and_then(|()| out.flush()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// A JSON document on indented lines, with a final newline.
pub(crate) fn pretty(json: &Value) -> String {
    let mut text = serde_json::to_string_pretty(json).unwrap_or_else(|_| json.to_string());
    text.push('\n');
    text
}

/// Lines of `name  value`, values in one column.
pub(crate) fn pairs(rows: &[(&str, String)]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect();
    columns(&rows)
}

/// A table with a heading line.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let mut all = vec![heading.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()];
    all.extend(rows.iter().cloned());
    columns(&all)
}

/// Rows with each column as wide as its widest cell; digits-only columns stand to the right.
fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, at: usize| row.get(at).cloned().unwrap_or_default();
    let widths: Vec<usize> = (0..count)
        .map(|at| rows.iter().map(|row| shown(&cell(row, at))).max().unwrap_or(0))
        .collect();
    let numeric: Vec<bool> = (0..count)
        .map(|at| {
            let body = rows.iter().skip(1).map(|row| cell(row, at));
            let digits = |text: &String| text.bytes().all(|b| b.is_ascii_digit());
            rows.len() > 1
                && body.clone().any(|text| !text.is_empty())
                && body.clone().all(|t| digits(&t))
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, (width, right)) in widths.iter().zip(&numeric).enumerate() {
            let value = cell(row, at);
            let space = " ".repeat(width.saturating_sub(shown(&value)));
            if at > 0 {
                line.push_str("  ");
            }
            line.push_str(&if *right {
                format!("{space}{value}")
            } else {
                format!("{value}{space}")
            });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Characters that take up room: escape codes do not.
fn shown(text: &str) -> usize {
    let mut count = 0;
    let mut escape = false;
    for c in text.chars() {
        match (escape, c) {
            (false, '\u{1b}') => escape = true,
            (true, 'm') => escape = false,
            (true, _) => {}
            (false, _) => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_numbers_stand_to_the_right() {
        let rows = [
            vec!["sg".to_owned(), "7".to_owned(), "open".to_owned()],
            vec!["pk-sifc".to_owned(), "1024".to_owned(), Style::Colour.bad("halted")],
        ];
        expect_test::expect![[r#"
            zone     size  state
            sg          7  open
            pk-sifc  1024  <esc>[1;31mhalted<esc>[0m
        "#]]
        .assert_eq(&table(&["zone", "size", "state"], &rows).replace('\u{1b}', "<esc>"));
    }

    #[test]
    fn nothing_is_coloured_unless_a_terminal_reads() {
        assert_eq!(Style::Plain.bad("x"), "x");
    }
}

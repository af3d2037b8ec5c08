//! Where content comes from, and what is wrong with it.
//!
//! Law reads no disk: whoever calls hands in a [`Files`], embedded or from a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A read-only tree of files. Paths are relative, `/`-separated, without `.` or `..`.
pub trait Files {
    /// The bytes of a file; `None` when there is no such file.
    ///
    /// # Errors
    /// The source cannot be read, in words.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;
    /// Names (not paths) of the entries of a folder, sorted; empty when there is no such folder.
    ///
    /// # Errors
    /// The source cannot be read, in words.
    fn list(&self, folder: &str) -> Result<Vec<String>, String>;
}

/// Files held in memory: path to bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(path).cloned())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let names: BTreeSet<String> = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter_map(|rest| rest.split('/').next().map(str::to_owned))
            .collect();
        Ok(names.into_iter().collect())
    }
}

/// One thing wrong with a content file. Shown as `file:line:column: problem`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path of the file.
    pub file: String,
    /// Line from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// Column from 1, in characters; 0 when the file as a whole is meant.
    pub column: usize,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl Problem {
    /// A problem with a file as a whole.
    #[must_use]
    pub fn of_file(file: &str, detail: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 0, column: 0, detail: detail.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.detail),
            line => write!(f, "{}:{}:{}: {}", self.file, line, self.column, self.detail),
        }
    }
}

/// Everything wrong with a piece of content; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

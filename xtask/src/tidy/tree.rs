//! Every text file of the checkout, read once.

use std::fs;
use std::path::Path;

use super::lexer::{self, Split};
use crate::Failure;

/// Never ours: what tools make, and what git keeps.
const SKIPPED: [&str; 6] =
    [".git", "target", "node_modules", "deploy-data", "mutants.out", ".venv"];
const FILE_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The checkout in memory.
pub(super) struct Tree {
    pub(super) files: Vec<Source>,
}

/// One file.
pub(super) struct Source {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    /// Code and comments apart, for Rust.
    pub(super) rust: Option<Split>,
}

impl Tree {
    pub(super) fn read(root: &Path) -> Result<Tree, Failure> {
        let mut files = Vec::new();
        walk(root, "", &mut files)?;
        Ok(Tree { files })
    }

    pub(super) fn find(&self, path: &str) -> Option<&Source> {
        self.files.iter().find(|file| file.path == path)
    }

    /// All Rust files with their split text.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&Source, &Split)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }
}

impl Source {
    /// The room this file belongs to: `crates/<room>/…`.
    pub(super) fn room(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// The last part of the name after a dot; empty without one.
    pub(super) fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Code that only tests see: its own files, by place or by name.
    pub(super) fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || self.path.ends_with("/tests.rs")
    }

    /// A snippet that a compile-fail test feeds to the compiler.
    pub(super) fn is_snippet(&self) -> bool {
        self.path.contains("/tests/ui/")
    }
}

fn walk(directory: &Path, prefix: &str, files: &mut Vec<Source>) -> Result<(), Failure> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(&entry.path(), &path, files)?;
        } else if kind.is_file() && entry.metadata()?.len() <= FILE_MAX_BYTES {
            // Bytes that are no text have no lines to check.
            let Ok(text) = String::from_utf8(fs::read(entry.path())?) else { continue };
            let rust = path.ends_with(".rs").then(|| lexer::split(&text));
            files.push(Source { path, text, rust });
        }
    }
    Ok(())
}

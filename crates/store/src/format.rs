//! Which format a store has, and the steps to the newest.

use std::path::Path;

use crate::error::OpenError;

/// The format of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// What was found; 0 where there is no store yet.
    pub found: i64,
    /// The newest this program knows.
    pub known: i64,
    /// What opening the store will do to it: number and purpose of each step.
    pub steps: Vec<(i64, &'static str)>,
}

impl Format {
    pub(crate) fn of(found: i64, all: impl ExactSizeIterator<Item = &'static str>) -> Self {
        let known = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let steps = (1..).zip(all).filter(|(version, _)| *version > found).collect();
        Self { found, known, steps }
    }
}

/// Looks at a store without changing it; it may be in use.
///
/// # Errors
/// See [`OpenError`].
pub fn format(url: &str) -> Result<Format, OpenError> {
    match url.strip_prefix("sqlite:") {
        Some(path) => crate::sqlite::format(Path::new(path)),
        None => crate::postgres::format(url),
    }
}

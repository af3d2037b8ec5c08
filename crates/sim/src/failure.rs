//! How a run ends other than well.

use std::fmt;

/// What a run found, or what kept it from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something that must always hold did not.
    Broken {
        /// Which promise.
        promise: &'static str,
        /// How.
        detail: String,
    },
    /// The run itself could not go on; nothing is said of the zones.
    Rig(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { promise, detail } => write!(f, "BROKEN {promise}: {detail}"),
            Self::Rig(detail) => write!(f, "the run cannot go on: {detail}"),
        }
    }
}

/// Anything that only the run itself can be at fault for.
pub(crate) fn rig(error: impl fmt::Display) -> Failure {
    Failure::Rig(error.to_string())
}

/// A promise that did not hold.
pub(crate) fn broken(promise: &'static str, detail: impl Into<String>) -> Failure {
    Failure::Broken { promise, detail: detail.into() }
}

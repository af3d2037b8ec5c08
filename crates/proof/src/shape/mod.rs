//! Whether a document has the shape a JSON Schema (2020-12) states.
//!
//! Invariant: an answer is yes, no with the place, or *not checked* with the reason; what this evaluator does not
//! know (remote references, `unevaluatedProperties`, …) is never passed over. Nothing is fetched. Time is bounded by
//! a number of steps, and patterns run in linear time.

mod eval;
mod pattern;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::foreign::{self, ForeignError};

/// The dialect read.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Most places of a schema and a document looked at together.
pub const STEPS_MAX: usize = 1_000_000;
/// Deepest nesting of a schema applied, references included.
pub const NESTING_MAX: usize = 128;

/// Why a schema is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Not JSON.
    #[error("the schema is not JSON: {0}")]
    Json(#[from] ForeignError),
    /// Neither an object nor a boolean.
    #[error("the schema is neither an object nor a boolean")]
    Kind,
    /// Of another dialect.
    #[error("`$schema` is not `{DIALECT}`")]
    Dialect,
}

/// Why a document is not of the shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// It could not be told.
    NotChecked {
        /// What the evaluator does not do.
        what: String,
    },
    /// It is not.
    Differs {
        /// Where in the document: a JSON pointer (RFC 6901).
        pointer: String,
        /// The keyword broken.
        keyword: String,
    },
}

/// A schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    document: Value,
}

impl Shape {
    /// Reads a schema, which names its dialect.
    ///
    /// # Errors
    /// When it is no JSON, or of another dialect.
    pub fn read(bytes: &[u8]) -> Result<Self, SchemaError> {
        Self::of(foreign::read(bytes)?)
    }

    /// Takes a schema, which names its dialect.
    ///
    /// # Errors
    /// When it is of another dialect.
    pub fn of(document: Value) -> Result<Self, SchemaError> {
        let Value::Object(members) = &document else { return Err(SchemaError::Kind) };
        if members.get("$schema").and_then(Value::as_str) != Some(DIALECT) {
            return Err(SchemaError::Dialect);
        }
        Ok(Self { document })
    }

    /// Its `$id`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.document.get("$id").and_then(Value::as_str)
    }

    /// Judges a document.
    ///
    /// # Errors
    /// Where it differs, or why that cannot be told; a difference outweighs what cannot be told.
    pub fn check(&self, instance: &Value) -> Result<(), Misfit> {
        eval::check(&self.document, instance)
    }
}

//! The payload of `generic`: one zone states something to the other; neither changes by it.

use canon::{Canonical, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest subject, in bytes.
pub const SUBJECT_BYTES_MAX: usize = 200;

/// Payload of `generic`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What is stated, in any members both sides agree on.
    pub body: Map<String, Value>,
    /// What it is about.
    pub subject: String,
    /// Always `MEZStatement`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = Self::TYPE))]
    pub type_: String,
}

/// A statement that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Not the shape.
    #[error("not a statement: {0}")]
    Shape(#[from] Refusal),
    /// Another type.
    #[error("`{0}` is not `MEZStatement`")]
    Type(String),
    /// No subject, or one too long.
    #[error("`subject` is empty or longer than {SUBJECT_BYTES_MAX} bytes")]
    Subject,
}

impl Statement {
    /// The payload type.
    pub const TYPE: &'static str = "MEZStatement";

    /// State `body` about `subject`.
    ///
    /// # Errors
    /// A subject that is empty or too long.
    pub fn about(subject: &str, body: Map<String, Value>) -> Result<Self, StatementError> {
        let subject = subject.trim().to_owned();
        Self { body, subject, type_: Self::TYPE.to_owned() }.checked()
    }

    /// Read and check a payload.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, StatementError> {
        Canonical::of_value(payload)?.read::<Self>()?.checked()
    }

    fn checked(self) -> Result<Self, StatementError> {
        match () {
            () if self.type_ != Self::TYPE => Err(StatementError::Type(self.type_)),
            () if self.subject.trim().is_empty() || self.subject.len() > SUBJECT_BYTES_MAX => {
                Err(StatementError::Subject)
            }
            () => Ok(self),
        }
    }
}

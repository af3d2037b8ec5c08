//! Why a message was refused, and where.

/// A message that was refused: nothing of it was used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not XML, or XML of a kind these messages never are.
    #[error("not a message in XML: {0}")]
    Xml(String),
    /// Too large.
    #[error("the message is larger than {} bytes", super::MESSAGE_BYTES_MAX)]
    Size,
    /// Nested too deep.
    #[error("the message nests deeper than {} elements", super::MESSAGE_DEPTH_MAX)]
    Depth,
    /// A message, or a version of one, that is not in the table.
    #[error("`{0}` is no message of the versions supported")]
    Unknown(String),
    /// An element that must be there.
    #[error("`{0}` is missing")]
    Missing(String),
    /// An element twice, or not where its order is.
    #[error("`{0}` stands twice or out of order")]
    Order(String),
    /// A value that is none.
    #[error("`{path}`: {why}")]
    Value {
        /// Where.
        path: String,
        /// Why.
        why: String,
    },
    /// Values that contradict each other.
    #[error("`{path}`: {rule}")]
    Rule {
        /// Where.
        path: &'static str,
        /// What must hold.
        rule: &'static str,
    },
}

impl Fault {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Xml(_) => "iso20022-xml",
            Self::Size => "iso20022-size",
            Self::Depth => "iso20022-depth",
            Self::Unknown(_) => "iso20022-version",
            Self::Missing(_) => "iso20022-missing",
            Self::Order(_) => "iso20022-order",
            Self::Value { .. } => "iso20022-value",
            Self::Rule { .. } => "iso20022-rule",
        }
    }

    /// What the writer of the message can do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Xml(_) => "send well-formed XML in UTF-8, without document type and entities",
            Self::Size | Self::Depth => "send one message at a time",
            Self::Unknown(_) => "use a version of the table in spec/settlement.md",
            Self::Missing(_) | Self::Order(_) => "follow the message's schema",
            Self::Value { .. } => "correct the value; nothing is shortened or rounded here",
            Self::Rule { .. } => "make the values agree",
        }
    }
}

//! Why a document was refused, and where.

use std::fmt;

/// The rule of the canonical form that a document broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The bytes are not JSON (RFC 8259).
    Syntax,
    /// A number with a fraction or an exponent.
    Float,
    /// The number `-0`.
    NegativeZero,
    /// An integer outside ±(2^53 − 1).
    IntegerRange,
    /// The same key twice in one object.
    DuplicateKey,
    /// An escaped surrogate without its pair.
    LoneSurrogate,
    /// Bytes that are not UTF-8.
    Utf8,
    /// A byte order mark.
    ByteOrderMark,
    /// Nested deeper than [`crate::DEPTH_MAX`].
    Depth,
    /// Larger than [`crate::DOCUMENT_BYTES_MAX`].
    Size,
    /// Something follows the document.
    Trailing,
    /// Admissible, but not the canonical bytes.
    NotCanonical,
    /// Canonical JSON that does not have the shape asked for.
    Shape,
}

impl Rule {
    /// Stable code, used in errors and documentation.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Float => "float",
            Self::NegativeZero => "negative-zero",
            Self::IntegerRange => "integer-range",
            Self::DuplicateKey => "duplicate-key",
            Self::LoneSurrogate => "lone-surrogate",
            Self::Utf8 => "utf-8",
            Self::ByteOrderMark => "byte-order-mark",
            Self::Depth => "depth",
            Self::Size => "size",
            Self::Trailing => "trailing-bytes",
            Self::NotCanonical => "not-canonical",
            Self::Shape => "shape",
        }
    }

    /// What the sender can do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Syntax => "send one well-formed JSON document",
            Self::Float => "write integers, or decimal numbers as strings",
            Self::NegativeZero => "write 0",
            Self::IntegerRange => "write larger quantities as decimal strings",
            Self::DuplicateKey => "keep each key once",
            Self::LoneSurrogate => "escape supplementary characters as a surrogate pair",
            Self::Utf8 => "encode the document as UTF-8",
            Self::ByteOrderMark => "remove the byte order mark",
            Self::Depth => "nest at most 64 levels",
            Self::Size => "keep the document within 8 MiB",
            Self::Trailing => "send exactly one document",
            Self::NotCanonical => "send the canonical bytes (RFC 8785), as `mez canon` prints them",
            Self::Shape => "follow the schema of the document's type",
        }
    }
}

/// A document was refused: nothing of it was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Byte offset of the offending token, from 0.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// The rule broken.
    pub rule: Rule,
    /// What was found.
    pub detail: String,
}

impl Refusal {
    /// A refusal at `offset` of `input`; line and column are derived.
    #[must_use]
    pub fn at(input: &[u8], offset: usize, rule: Rule, detail: impl Into<String>) -> Self {
        let before = input.get(..offset.min(input.len())).unwrap_or_default();
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|b| **b != b'\n').count();
        Self { offset, line, column, rule, detail: detail.into() }
    }

    /// A refusal of a value that never was text.
    #[must_use]
    pub fn of_value(rule: Rule, detail: impl Into<String>) -> Self {
        Self { offset: 0, line: 1, column: 1, rule, detail: detail.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {} column {} (byte {}): {} [{}]; {}",
            self.line,
            self.column,
            self.offset,
            self.detail,
            self.rule.code(),
            self.rule.remedy()
        )
    }
}

impl std::error::Error for Refusal {}

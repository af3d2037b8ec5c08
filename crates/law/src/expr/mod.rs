//! The condition language of rules: small, total, three-valued.
//!
//! `true false 123 "text" [..]`, dotted fact names, `param.name`, `present(fact)`, `not and or`,
//! `== != < <= > >= in`, parentheses. No floats, no loops, no I/O, no way to fail at run time: what
//! cannot be known is *unknown*, which no connective turns into a definite answer unless the other
//! side decides alone (Kleene's strong logic).

mod check;
mod eval;
mod lexer;
mod parser;

pub(crate) use check::check;
pub(crate) use eval::{Lookup, Read, Reads, Truth, evaluate};
pub(crate) use parser::parse;

use crate::facts::Value;

/// Longest expression, in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 2_000;
/// Most tokens in an expression.
pub const EXPRESSION_TOKENS_MAX: usize = 200;
/// Deepest nesting of an expression.
pub const EXPRESSION_DEPTH_MAX: usize = 16;

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

impl Op {
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
        }
    }
}

/// A node of an expression; `column` is from 1, in characters, for errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    Literal { value: Value, column: usize },
    Fact { name: String, column: usize },
    Param { name: String, column: usize },
    Present { name: String, column: usize },
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare { op: Op, left: Box<Expr>, right: Box<Expr>, column: usize },
}

impl Expr {
    /// Every fact the expression reads, `present` included.
    pub(crate) fn facts<'e>(&'e self, out: &mut Vec<&'e str>) {
        match self {
            Self::Literal { .. } | Self::Param { .. } => {}
            Self::Fact { name, .. } | Self::Present { name, .. } => out.push(name),
            Self::Not(inner) => inner.facts(out),
            Self::And(left, right) | Self::Or(left, right) | Self::Compare { left, right, .. } => {
                left.facts(out);
                right.facts(out);
            }
        }
    }
}

/// Why an expression does not load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("in the expression, column {column}: {detail}")]
pub struct BadExpression {
    /// Column from 1, in characters of the expression.
    pub column: usize,
    /// What is wrong.
    pub detail: String,
}

impl BadExpression {
    pub(crate) fn at(column: usize, detail: impl Into<String>) -> Self {
        Self { column, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests;

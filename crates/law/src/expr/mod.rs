//! The condition language of rules: small, total, three-valued.
//!
//! `true false 123 "text" [..]`, dotted fact names, `param.name`, `present(fact)`, functions over
//! dates, sets, amounts and scales, `not and or`, `== != < <= > >= in`, parentheses. No floats, no loops, no I/O, no way to fail at run time: what
//! cannot be known is *unknown*, which no connective turns into a definite answer unless the other
//! side decides alone (Kleene's strong logic).
//!
//! `present(fact)` alone draws on an absence. What a declaration accounts for is not there; what nobody
//! accounts for is taken as not there, and the [`Answer`] says that it rests on that.

pub(crate) mod calendar;
mod check;
pub(crate) mod ear;
pub(crate) mod flat;
mod function;
mod lexer;
mod parser;
#[cfg(test)]
pub(crate) mod tree;
mod truth;

pub(crate) use check::check;
pub(crate) use function::Function;
pub(crate) use parser::parse;
pub(crate) use truth::{Answer, Bits, Read, Reads, Truth, compare};

use crate::facts::Value;

/// Longest expression, in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 2_000;
/// Most tokens in an expression.
pub const EXPRESSION_TOKENS_MAX: usize = 200;
/// Deepest nesting of an expression.
pub const EXPRESSION_DEPTH_MAX: usize = 16;

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    Call { function: Function, given: Vec<Expr>, column: usize },
}

/// A condition as loaded: the tree that is linted and counted, and the flat form that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) tree: Expr,
    pub(crate) flat: flat::Flat,
}

impl From<Expr> for Condition {
    fn from(tree: Expr) -> Self {
        let flat = flat::Flat::of(&tree);
        Self { tree, flat }
    }
}

/// The functions of the language: name, what each takes and what it gives.
#[must_use]
pub fn functions() -> Vec<(&'static str, Vec<&'static str>, &'static str)> {
    let told = |function: &Function| {
        let takes = function.takes().iter().map(|takes| takes.word()).collect();
        (function.name(), takes, function.gives().word())
    };
    Function::ALL.iter().map(told).collect()
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
            Self::Call { given, .. } => given.iter().for_each(|argument| argument.facts(out)),
        }
    }
}

impl Expr {
    /// The expression with every figure, text and parameter replaced by `_`: what two rules that
    /// are equal up to names have in common.
    pub(crate) fn shape(&self) -> String {
        match self {
            Self::Literal { .. } | Self::Param { .. } => "_".to_owned(),
            Self::Fact { name, .. } => name.clone(),
            Self::Present { name, .. } => format!("present({name})"),
            Self::Not(inner) => format!("not ({})", inner.shape()),
            Self::And(left, right) => format!("({} and {})", left.shape(), right.shape()),
            Self::Or(left, right) => format!("({} or {})", left.shape(), right.shape()),
            Self::Compare { op, left, right, .. } => {
                format!("({} {} {})", left.shape(), op.sign(), right.shape())
            }
            Self::Call { function, given, .. } => {
                let given: Vec<String> = given.iter().map(Self::shape).collect();
                format!("{}({})", function.name(), given.join(", "))
            }
        }
    }

    /// A whole number above one written into the expression: a figure that wants a citation.
    pub(crate) fn figure(&self) -> Option<i64> {
        match self {
            Self::Literal { value: Value::Int(value), .. } => Some(*value).filter(|v| *v > 1),
            Self::Literal { .. }
            | Self::Fact { .. }
            | Self::Param { .. }
            | Self::Present { .. } => None,
            Self::Not(inner) => inner.figure(),
            Self::And(left, right) | Self::Or(left, right) | Self::Compare { left, right, .. } => {
                left.figure().or_else(|| right.figure())
            }
            Self::Call { given, .. } => given.iter().find_map(Self::figure),
        }
    }

    /// Whether anything is compared.
    pub(crate) fn compares(&self) -> bool {
        match self {
            Self::Compare { .. } | Self::Call { .. } => true,
            Self::Not(inner) => inner.compares(),
            Self::And(left, right) | Self::Or(left, right) => left.compares() || right.compares(),
            Self::Literal { .. }
            | Self::Fact { .. }
            | Self::Param { .. }
            | Self::Present { .. } => false,
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

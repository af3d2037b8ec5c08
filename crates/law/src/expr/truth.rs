//! Three-valued truth, how a name was found, and how two values compare.

use std::collections::BTreeMap;

use super::Op;
use crate::facts::{Fact, Value};

/// Three-valued truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// Not known.
    Unknown,
}

impl Truth {
    pub(super) const fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    pub(super) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    pub(super) const fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// How a name was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read<'c> {
    /// A fact that holds.
    Fresh(&'c Fact),
    /// A fact whose end has passed.
    Expired(&'c Fact),
    /// No such fact.
    Missing,
    /// A parameter in force, or none.
    Param(Option<&'c Value>),
}

/// The names read, with what was found.
pub(crate) type Reads<'c> = BTreeMap<String, Read<'c>>;

pub(super) fn compare(op: Op, left: &Value, right: &Value) -> Truth {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (left, right) {
        (Value::Text(text), Value::Texts(list)) if op == Op::In => {
            return list.contains(text).into();
        }
        (Value::Int(int), Value::Ints(list)) if op == Op::In => return list.contains(int).into(),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Money(a), Value::Money(b)) if a.currency() == b.currency() => {
            a.minor().cmp(&b.minor())
        }
        _ => return Truth::Unknown,
    };
    match op {
        Op::Equal => (order == Equal).into(),
        Op::Unequal => (order != Equal).into(),
        Op::Less => (order == Less).into(),
        Op::LessEqual => (order != Greater).into(),
        Op::Greater => (order == Greater).into(),
        Op::GreaterEqual => (order != Less).into(),
        Op::In => Truth::Unknown,
    }
}

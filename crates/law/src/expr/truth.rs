//! Three-valued truth, how a name was found, what absence says, and how two values compare.

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

/// What an expression comes to, and whether that rests on an absence nobody accounts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// With everything absent taken as not there.
    pub(crate) truth: Truth,
    /// Were that left open, it would be unknown.
    pub(crate) assumed: bool,
}

impl Answer {
    /// With everything absent and unaccounted for left open.
    const fn sure(self) -> Truth {
        if self.assumed { Truth::Unknown } else { self.truth }
    }

    pub(super) const fn not(self) -> Self {
        Self { truth: self.truth.not(), assumed: self.assumed }
    }

    pub(super) fn joined(self, other: Self, join: fn(Truth, Truth) -> Truth) -> Self {
        let (truth, sure) = (join(self.truth, other.truth), join(self.sure(), other.sure()));
        Self { truth, assumed: sure != truth }
    }
}

impl From<Truth> for Answer {
    fn from(truth: Truth) -> Self {
        Self { truth, assumed: false }
    }
}

/// An [`Answer`] in four bits: proved true and proved false, with what is absent taken as not there
/// and with it left open. Connectives are the same on all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bits(u8);

impl Bits {
    const TRUE: u8 = 0b0101;
    const FALSE: u8 = 0b1010;
    /// Proved neither way.
    pub(crate) const UNKNOWN: Self = Self(0);

    pub(crate) const fn of(answer: Answer) -> Self {
        let taken = match answer.truth {
            Truth::True => 0b01,
            Truth::False => 0b10,
            Truth::Unknown => 0,
        };
        Self(if answer.assumed { taken } else { taken << 2 | taken })
    }

    pub(crate) const fn answer(self) -> Answer {
        let truth = match self.0 & 0b11 {
            0b01 => Truth::True,
            0b10 => Truth::False,
            _ => Truth::Unknown,
        };
        Answer { truth, assumed: self.0 >> 2 != self.0 & 0b11 }
    }

    pub(crate) const fn not(self) -> Self {
        Self((self.0 & Self::TRUE) << 1 | (self.0 & Self::FALSE) >> 1)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0 & Self::TRUE | (self.0 | other.0) & Self::FALSE)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self((self.0 | other.0) & Self::TRUE | self.0 & other.0 & Self::FALSE)
    }
}

/// What becomes of asking whether a fact is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is.
    Yes,
    /// It was, and has ended: neither there nor absent. Were it absent, waiting for an expiry could
    /// satisfy `not present(x)`.
    Ended,
    /// It is not, and that is accounted for: its credential is there and does not claim it, or a
    /// declaration says that its kind does not arise.
    No,
    /// It is not, though a declaration says that its kind arises.
    Withheld,
    /// It is not, and nobody says whether its kind arises.
    Unstated,
}

impl Presence {
    pub(super) const fn answer(self) -> Answer {
        let truth = match self {
            Self::Yes => Truth::True,
            Self::Ended | Self::Withheld => Truth::Unknown,
            Self::No | Self::Unstated => Truth::False,
        };
        Answer { truth, assumed: matches!(self, Self::Unstated) }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Ended => "expired",
            Self::No => "no",
            Self::Withheld => "arises, not handed in",
            Self::Unstated => "not stated",
        }
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
    /// No such fact, and whether it is there was asked, and nobody says why it is not.
    Unstated,
    /// A parameter in force, or none.
    Param(Option<&'c Value>),
}

/// The names read, with what was found.
pub(crate) type Reads<'c> = BTreeMap<String, Read<'c>>;

pub(crate) fn compare(op: Op, left: &Value, right: &Value) -> Truth {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_join_as_answers_do() {
        let truths = [Truth::True, Truth::False, Truth::Unknown];
        let answers = truths
            .into_iter()
            .flat_map(|truth| [false, true].map(|assumed| Answer { truth, assumed }).into_iter());
        // What is unknown either way rests on nothing.
        let all: Vec<Answer> =
            answers.filter(|a| a.truth != Truth::Unknown || !a.assumed).collect();
        for a in &all {
            assert_eq!(Bits::of(*a).answer(), *a);
            assert_eq!(Bits::of(*a).not().answer(), a.not());
            for b in &all {
                let (one, other) = (Bits::of(*a), Bits::of(*b));
                let (and, or) = (a.joined(*b, Truth::and), a.joined(*b, Truth::or));
                assert_eq!(one.and(other).answer(), and, "{a:?} and {b:?}");
                assert_eq!(one.or(other).answer(), or, "{a:?} or {b:?}");
            }
        }
    }
}

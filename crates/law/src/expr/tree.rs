//! The slow and obvious way to run an expression: down its tree. What is compiled is held against it.

use std::fmt::Write as _;

use canon::{Date, Timestamp};

use super::calendar::Calendar;
use super::truth::{Read, Reads, Truth, compare};
use super::{Expr, Function};
use crate::facts::{Fact, Value};

/// What an expression came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The truth value.
    pub(crate) truth: Truth,
    /// The expression with the value of each name beside it.
    pub(crate) explanation: String,
}

/// What an expression may look up. `moment` decides expiry.
pub(crate) struct Lookup<'c, 'l> {
    pub(crate) fact: &'l dyn Fn(&str) -> Option<&'c Fact>,
    pub(crate) param: &'l dyn Fn(&str) -> Option<&'c Value>,
    pub(crate) moment: Timestamp,
    pub(crate) as_of: Date,
    pub(crate) calendar: &'l Calendar,
    /// Whether an absence wants an account.
    pub(crate) stating: bool,
    /// Whether one that nobody accounts for is left open.
    pub(crate) open: bool,
}

struct Run<'c, 'l> {
    lookup: &'l Lookup<'c, 'l>,
    reads: &'l mut Reads<'c>,
    shown: String,
}

/// Evaluate, adding to `reads`. Both sides of a connective always run, so that equal facts give
/// equal records.
pub(crate) fn evaluate<'c>(expr: &Expr, lookup: &Lookup<'c, '_>, reads: &mut Reads<'c>) -> Verdict {
    let mut run = Run { lookup, reads, shown: String::new() };
    let truth = run.truth(expr);
    let explanation = format!("{} is {}", run.shown, truth.word());
    Verdict { truth, explanation }
}

impl<'c> Run<'c, '_> {
    fn truth(&mut self, expr: &Expr) -> Truth {
        match expr {
            Expr::Not(inner) => {
                self.shown.push_str("not ");
                self.group(inner).not()
            }
            Expr::And(left, right) => {
                let left = self.group(left);
                self.shown.push_str(" and ");
                left.and(self.group(right))
            }
            Expr::Or(left, right) => {
                let left = self.group(left);
                self.shown.push_str(" or ");
                left.or(self.group(right))
            }
            Expr::Compare { op, left, right, .. } => {
                let left = self.value(left);
                let _ = write!(self.shown, " {} ", op.sign());
                let right = self.value(right);
                match (left, right) {
                    (Some(left), Some(right)) => compare(*op, &left, &right),
                    _ => Truth::Unknown,
                }
            }
            Expr::Present { name, .. } => {
                // An expired fact is neither there nor absent: were it absent, waiting for an
                // expiry could satisfy `not present(x)`.
                let (truth, word) = match self.look(name) {
                    Read::Fresh(_) => (Truth::True, "yes"),
                    Read::Expired(_) => (Truth::Unknown, "expired"),
                    _ if self.lookup.stating => self.absent(name),
                    _ => (Truth::False, "no"),
                };
                let _ = write!(self.shown, "present({name}) [{word}]");
                truth
            }
            Expr::Literal { .. } | Expr::Fact { .. } | Expr::Param { .. } | Expr::Call { .. } => {
                match self.value(expr) {
                    Some(Value::Bool(value)) => value.into(),
                    _ => Truth::Unknown,
                }
            }
        }
    }

    /// Nobody handed it in: because there is none, because somebody keeps it back, or nobody knows.
    fn absent(&mut self, name: &str) -> (Truth, &'static str) {
        let kind = name.strip_prefix("evidence.").and_then(|rest| rest.split('.').next());
        let Some(kind) = kind else { return self.unstated(name) };
        let whole = self.look(&format!("evidence.{kind}"));
        if matches!(whole, Read::Fresh(_)) {
            return (Truth::False, "no");
        }
        let occasions = "evidence.declaration.occasions";
        let Some(declared) = (self.lookup.fact)(occasions) else { return self.unstated(name) };
        if !matches!(self.look(occasions), Read::Fresh(_)) {
            return self.unstated(name);
        }
        let Value::Texts(kinds) = &declared.value else { return self.unstated(name) };
        if matches!(whole, Read::Missing) && !kinds.iter().any(|listed| listed == kind) {
            return (Truth::False, "no");
        }
        (Truth::Unknown, "arises, not handed in")
    }

    fn unstated(&mut self, name: &str) -> (Truth, &'static str) {
        self.reads.insert(name.to_owned(), Read::Unstated);
        (if self.lookup.open { Truth::Unknown } else { Truth::False }, "not stated")
    }

    /// An operand of a connective, in parentheses when it is a connective itself.
    fn group(&mut self, expr: &Expr) -> Truth {
        if !matches!(expr, Expr::And(..) | Expr::Or(..)) {
            return self.truth(expr);
        }
        self.shown.push('(');
        let truth = self.truth(expr);
        self.shown.push(')');
        truth
    }

    fn look(&mut self, name: &str) -> Read<'c> {
        let read = match (self.lookup.fact)(name) {
            None => Read::Missing,
            Some(fact) => match fact.provenance.expires {
                Some(end) if end <= self.lookup.moment => Read::Expired(fact),
                _ => Read::Fresh(fact),
            },
        };
        self.reads.entry(name.to_owned()).or_insert(read);
        read
    }

    fn value(&mut self, expr: &Expr) -> Option<Value> {
        match expr {
            Expr::Literal { value, .. } => {
                self.show(value);
                Some(value.clone())
            }
            Expr::Fact { name, .. } => {
                let read = self.look(name);
                let _ = write!(self.shown, "{name} [");
                let value = match read {
                    Read::Fresh(fact) => {
                        self.show(&fact.value);
                        Some(fact.value.clone())
                    }
                    Read::Expired(_) => {
                        self.shown.push_str("expired");
                        None
                    }
                    Read::Missing | Read::Unstated | Read::Param(_) => {
                        self.shown.push_str("missing");
                        None
                    }
                };
                self.shown.push(']');
                value
            }
            Expr::Param { name, .. } => {
                let value = (self.lookup.param)(name);
                self.reads.insert(format!("param.{name}"), Read::Param(value));
                let _ = write!(self.shown, "param.{name} [");
                match value {
                    Some(value) => self.show(value),
                    None => self.shown.push_str("none in force"),
                }
                self.shown.push(']');
                value.cloned()
            }
            Expr::Call { function, given, .. } => self.call(*function, given),
            other => match self.truth(other) {
                Truth::Unknown => None,
                truth => Some(Value::Bool(truth == Truth::True)),
            },
        }
    }

    /// `name(arguments with their values) [value]`.
    fn call(&mut self, function: Function, given: &[Expr]) -> Option<Value> {
        let _ = write!(self.shown, "{}(", function.name());
        let mut values = Vec::new();
        let mut source = None;
        for (index, argument) in given.iter().enumerate() {
            if index > 0 {
                self.shown.push_str(", ");
            }
            if let Expr::Fact { name, .. } = argument {
                source = match self.look(name) {
                    Read::Fresh(fact) => function.of(&fact.provenance),
                    _ => None,
                };
            }
            values.push(self.value(argument));
        }
        let known: Option<Vec<&Value>> = values.iter().map(Option::as_ref).collect();
        let value = match function {
            Function::Issuer | Function::Expiry => source,
            _ => known.and_then(|v| function.apply(&v, self.lookup.as_of, self.lookup.calendar)),
        };
        self.shown.push_str(") [");
        match &value {
            Some(value) => self.show(value),
            None => self.shown.push_str("unknown"),
        }
        self.shown.push(']');
        value
    }

    fn show(&mut self, value: &Value) {
        super::ear::show(&mut self.shown, value, self.lookup.as_of);
    }
}

//! Expressions as compiled: one row of steps over a small stack, names replaced by positions. It
//! says what [`super::evaluate`] says, without telling why, and without touching a name.

use canon::{Date, Timestamp};

use super::calendar::Calendar;
use super::eval::compare;
use super::function::Function;
use super::{Expr, Op, Truth};
use crate::facts::{Fact, Value, find};

/// One step; operands are taken from the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Constant(Value),
    Fact(usize),
    Param(usize),
    Present(usize),
    Provenance(Function, usize),
    Not,
    And,
    Or,
    Compare(Op),
    Call(Function, usize),
}

/// A compiled expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flat {
    steps: Vec<Step>,
    /// Names of parameters, by position.
    pub(crate) params: Vec<String>,
    /// Positions of every fact read.
    pub(crate) facts: Vec<usize>,
}

/// A value on the stack; borrowed where the case or the pack owns it.
#[derive(Clone, Debug)]
enum Held<'v> {
    Unknown,
    Bool(bool),
    Borrowed(&'v Value),
    Owned(Value),
}

impl Held<'_> {
    fn truth(&self) -> Truth {
        match self {
            Self::Bool(value)
            | Self::Borrowed(Value::Bool(value))
            | Self::Owned(Value::Bool(value)) => (*value).into(),
            _ => Truth::Unknown,
        }
    }

    fn value(&self) -> Option<&Value> {
        match self {
            Self::Borrowed(value) => Some(value),
            Self::Owned(value) => Some(value),
            Self::Bool(true) => Some(&Value::Bool(true)),
            Self::Bool(false) => Some(&Value::Bool(false)),
            Self::Unknown => None,
        }
    }
}

impl From<Truth> for Held<'_> {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Self::Bool(true),
            Truth::False => Self::Bool(false),
            Truth::Unknown => Self::Unknown,
        }
    }
}

/// What a compiled expression runs over.
pub(crate) struct World<'c, 'l> {
    /// Facts by position in the vocabulary.
    pub(crate) facts: &'l [Option<&'c Fact>],
    /// A parameter by name.
    pub(crate) param: &'l dyn Fn(&str) -> Option<&'c Value>,
    /// The moment that decides expiry.
    pub(crate) moment: Timestamp,
    /// The day whose law applies.
    pub(crate) as_of: Date,
    /// The calendar of the rule's packs.
    pub(crate) calendar: &'l Calendar,
}

impl<'c> World<'c, '_> {
    fn fact(&self, at: usize) -> Option<(&'c Fact, bool)> {
        let fact = self.facts.get(at).copied().flatten()?;
        let ended = fact.provenance.expires.is_some_and(|end| end <= self.moment);
        Some((fact, !ended))
    }

    /// Whether a fact at one of these positions has expired, and the earliest end of the others.
    pub(crate) fn ends(&self, facts: &[usize]) -> (bool, Option<Timestamp>) {
        let mut expired = false;
        let mut first: Option<Timestamp> = None;
        for (fact, fresh) in facts.iter().filter_map(|at| self.fact(*at)) {
            match (fresh, fact.provenance.expires) {
                (false, _) => expired = true,
                (true, Some(end)) => first = Some(first.map_or(end, |other| other.min(end))),
                (true, None) => {}
            }
        }
        (expired, first)
    }
}

impl Flat {
    /// Compile. Names were checked before; one that is not in the vocabulary reads as missing.
    pub(crate) fn of(expr: &Expr) -> Self {
        let mut flat = Self::default();
        flat.push(expr);
        flat.facts.sort_unstable();
        flat.facts.dedup();
        flat
    }

    fn position(&mut self, name: &str) -> usize {
        let at = find(name).map_or(usize::MAX, |(at, _)| at);
        self.facts.push(at);
        at
    }

    fn push(&mut self, expr: &Expr) {
        let step = match expr {
            Expr::Literal { value, .. } => Step::Constant(value.clone()),
            Expr::Fact { name, .. } => Step::Fact(self.position(name)),
            Expr::Present { name, .. } => Step::Present(self.position(name)),
            Expr::Param { name, .. } => {
                let known = self.params.iter().position(|param| param == name);
                let at = known.unwrap_or(self.params.len());
                if known.is_none() {
                    self.params.push(name.clone());
                }
                Step::Param(at)
            }
            Expr::Not(inner) => {
                self.push(inner);
                Step::Not
            }
            Expr::And(left, right) => {
                self.push(left);
                self.push(right);
                Step::And
            }
            Expr::Or(left, right) => {
                self.push(left);
                self.push(right);
                Step::Or
            }
            Expr::Compare { op, left, right, .. } => {
                self.push(left);
                self.push(right);
                Step::Compare(*op)
            }
            Expr::Call { function, given, .. } => match (function, given.as_slice()) {
                (Function::Issuer | Function::Expiry, [Expr::Fact { name, .. }]) => {
                    Step::Provenance(*function, self.position(name))
                }
                _ => {
                    given.iter().for_each(|argument| self.push(argument));
                    Step::Call(*function, given.len())
                }
            },
        };
        self.steps.push(step);
    }

    /// Run it. Total: whatever is missing is unknown.
    pub(crate) fn run<'v>(&'v self, world: &World<'v, '_>) -> Truth {
        let mut stack: Vec<Held<'v>> = Vec::with_capacity(8);
        for step in &self.steps {
            let held = self.step(step, &mut stack, world);
            stack.push(held);
        }
        stack.pop().map_or(Truth::Unknown, |held| held.truth())
    }

    fn step<'v>(
        &'v self,
        step: &'v Step,
        stack: &mut Vec<Held<'v>>,
        world: &World<'v, '_>,
    ) -> Held<'v> {
        let mut take = || stack.pop().unwrap_or(Held::Unknown);
        match step {
            Step::Constant(value) => Held::Borrowed(value),
            Step::Fact(at) => match world.fact(*at) {
                Some((fact, true)) => Held::Borrowed(&fact.value),
                _ => Held::Unknown,
            },
            Step::Param(at) => {
                let value = self.params.get(*at).and_then(|name| (world.param)(name));
                value.map_or(Held::Unknown, Held::Borrowed)
            }
            Step::Present(at) => match world.fact(*at) {
                Some((_, true)) => Held::Bool(true),
                Some((_, false)) => Held::Unknown,
                None => Held::Bool(false),
            },
            Step::Provenance(function, at) => match world.fact(*at) {
                Some((fact, true)) => {
                    function.of(&fact.provenance).map_or(Held::Unknown, Held::Owned)
                }
                _ => Held::Unknown,
            },
            Step::Not => take().truth().not().into(),
            Step::And => take().truth().and(take().truth()).into(),
            Step::Or => take().truth().or(take().truth()).into(),
            Step::Compare(op) => {
                let (right, left) = (take(), take());
                match (left.value(), right.value()) {
                    (Some(left), Some(right)) => compare(*op, left, right).into(),
                    _ => Held::Unknown,
                }
            }
            Step::Call(function, count) => {
                let given = stack.split_off(stack.len().saturating_sub(*count));
                let values: Option<Vec<&Value>> = given.iter().map(Held::value).collect();
                let value = values.and_then(|v| function.apply(&v, world.as_of, world.calendar));
                value.map_or(Held::Unknown, Held::Owned)
            }
        }
    }
}

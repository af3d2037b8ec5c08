//! Expressions as compiled: one row of steps over a small stack, names replaced by positions. This is
//! what decides; an [`Ear`] may listen, and then the same run also tells why.

use canon::{Date, Timestamp};

use super::calendar::Calendar;
use super::ear::Ear;
use super::function::Function;
use super::truth::{Answer, Presence, Read, Truth, compare};
use super::{Expr, Op};
use crate::facts::{Fact, OCCASIONS, Value, find, known, of_credential};

/// One step; operands are taken from the stack. Names are positions in [`Flat`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// The name of a fact, and where it stands in the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    name: String,
    at: usize,
    /// The evidence it is, or is a claim of.
    credential: Option<usize>,
    /// Whether its absence is asked about.
    asked: bool,
}

/// A compiled expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flat {
    steps: Vec<Step>,
    facts: Vec<Name>,
    /// Names of parameters, by position.
    pub(crate) params: Vec<String>,
}

/// A value on the stack; borrowed where the case or the pack owns it.
#[derive(Clone, Debug)]
enum Held<'v> {
    Unknown,
    Bool(bool),
    /// True or false as long as an absence nobody accounts for is taken as such.
    Assumed(bool),
    Borrowed(&'v Value),
    Owned(Value),
}

impl Held<'_> {
    fn answer(&self) -> Answer {
        match self {
            Self::Bool(value)
            | Self::Borrowed(Value::Bool(value))
            | Self::Owned(Value::Bool(value)) => Truth::from(*value).into(),
            Self::Assumed(value) => Answer { truth: (*value).into(), assumed: true },
            _ => Truth::Unknown.into(),
        }
    }

    fn value(&self) -> Option<&Value> {
        match self {
            Self::Borrowed(value) => Some(value),
            Self::Owned(value) => Some(value),
            Self::Bool(true) | Self::Assumed(true) => Some(&Value::Bool(true)),
            Self::Bool(false) | Self::Assumed(false) => Some(&Value::Bool(false)),
            Self::Unknown => None,
        }
    }
}

impl From<Answer> for Held<'_> {
    fn from(answer: Answer) -> Self {
        let held = if answer.assumed { Self::Assumed } else { Self::Bool };
        match answer.truth {
            Truth::True => held(true),
            Truth::False => held(false),
            Truth::Unknown => Self::Unknown,
        }
    }
}

impl From<Option<Value>> for Held<'_> {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::Unknown, Self::Owned)
    }
}

/// What a compiled expression runs over.
pub(crate) struct World<'c, 'l> {
    /// Facts by position in the vocabulary.
    pub(crate) facts: &'l [Option<&'c Fact>],
    /// A parameter by position in the expression and by name.
    pub(crate) param: &'l dyn Fn(usize, &str) -> Option<&'c Value>,
    /// The moment that decides expiry.
    pub(crate) moment: Timestamp,
    /// The day whose law applies.
    pub(crate) as_of: Date,
    /// The calendar of the rule's packs.
    pub(crate) calendar: &'l Calendar,
    /// What is declared to arise; none where absence needs no account (engine `law/1`).
    pub(crate) declared: Option<&'l Declared<'c>>,
}

/// What evidence a declaration says arises for the subject.
#[derive(Clone, Debug)]
pub(crate) struct Declared<'c> {
    read: Read<'c>,
    /// Places of the evidence in the vocabulary, ascending.
    kinds: Vec<usize>,
}

impl<'c> Declared<'c> {
    /// As the facts of a case have it, by position in the vocabulary.
    pub(crate) fn of(facts: &[Option<&'c Fact>], moment: Timestamp) -> Self {
        let at = find(OCCASIONS).map_or(usize::MAX, |(at, _)| at);
        let read = read(facts, at, moment);
        let mut kinds = Vec::new();
        if let Read::Fresh(Fact { value: Value::Texts(texts), .. }) = read {
            let places = texts.iter().filter_map(|kind| find(&format!("evidence.{kind}")));
            kinds.extend(places.map(|(at, _)| at));
            kinds.sort_unstable();
        }
        Self { read, kinds }
    }
}

fn read<'c>(facts: &[Option<&'c Fact>], at: usize, moment: Timestamp) -> Read<'c> {
    let Some(fact) = facts.get(at).copied().flatten() else { return Read::Missing };
    match fact.provenance.expires {
        Some(end) if end <= moment => Read::Expired(fact),
        _ => Read::Fresh(fact),
    }
}

impl<'c> World<'c, '_> {
    fn read(&self, at: usize) -> Read<'c> {
        read(self.facts, at, self.moment)
    }

    /// Whether a fact is there, and if not, what accounts for that; `hear` what is read beside it.
    fn presence(&self, name: &Name, mut hear: impl FnMut(&'static str, Read<'c>)) -> Presence {
        match self.read(name.at) {
            Read::Fresh(_) => return Presence::Yes,
            Read::Expired(_) => return Presence::Ended,
            _ => {}
        }
        let Some(declared) = self.declared else { return Presence::No };
        // A declaration speaks of evidence, and of nothing else.
        let Some(kind) = name.credential else { return Presence::Unstated };
        // A claim is absent with its credential; where that is there, its issuer made no such claim.
        let whole = self.read(kind);
        if let Some(credential) = known().get(kind).filter(|_| kind != name.at) {
            hear(&credential.name, whole);
        }
        if matches!(whole, Read::Fresh(_)) {
            return Presence::No;
        }
        match declared.read {
            Read::Missing => return Presence::Unstated,
            read => hear(OCCASIONS, read),
        }
        let arises =
            matches!(whole, Read::Expired(_)) || declared.kinds.binary_search(&kind).is_ok();
        match (declared.read, arises) {
            (Read::Fresh(_), true) => Presence::Withheld,
            (Read::Fresh(_), false) => Presence::No,
            _ => Presence::Unstated,
        }
    }

    /// What an expression comes to that asks for one fact's presence and nothing else.
    pub(crate) fn present(&self, flat: &Flat) -> Option<Answer> {
        let [Step::Present(at)] = flat.steps.as_slice() else { return None };
        let name = flat.facts.get(*at)?;
        Some(self.presence(name, |_, _| {}).answer())
    }

    /// Whether a fact that is read has expired, and the earliest end of the others.
    pub(crate) fn ends(&self, flat: &Flat) -> (bool, Option<Timestamp>) {
        let mut expired = false;
        let mut first: Option<Timestamp> = None;
        let mut note = |read: Read<'_>| match read {
            Read::Expired(_) => expired = true,
            Read::Fresh(fact) => first = first.into_iter().chain(fact.provenance.expires).min(),
            Read::Missing | Read::Unstated | Read::Param(_) => {}
        };
        for name in &flat.facts {
            note(self.read(name.at));
            if name.asked {
                self.presence(name, |_, read| note(read));
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
        flat
    }

    /// Names whose absence is asked about.
    pub(crate) fn presence(&self) -> impl Iterator<Item = &str> {
        let asked = self.steps.iter().filter_map(|step| match step {
            Step::Present(at) => self.facts.get(*at),
            _ => None,
        });
        asked.map(|name| name.name.as_str())
    }

    fn fact(&mut self, name: &str) -> usize {
        let known = self.facts.iter().position(|fact| fact.name == name);
        known.unwrap_or_else(|| {
            let place = |name: &str| find(name).map(|(at, _)| at);
            self.facts.push(Name {
                name: name.to_owned(),
                at: place(name).unwrap_or(usize::MAX),
                credential: of_credential(name).and_then(place),
                asked: false,
            });
            self.facts.len() - 1
        })
    }

    fn asked(&mut self, name: &str) -> usize {
        let at = self.fact(name);
        if let Some(fact) = self.facts.get_mut(at) {
            fact.asked = true;
        }
        at
    }

    fn push(&mut self, expr: &Expr) {
        let step = match expr {
            Expr::Literal { value, .. } => Step::Constant(value.clone()),
            Expr::Fact { name, .. } => Step::Fact(self.fact(name)),
            Expr::Present { name, .. } => Step::Present(self.asked(name)),
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
                    Step::Provenance(*function, self.fact(name))
                }
                _ => {
                    given.iter().for_each(|argument| self.push(argument));
                    Step::Call(*function, given.len())
                }
            },
        };
        self.steps.push(step);
    }
}

/// Runs expressions one after the other, over one stack.
pub(crate) struct Runner<'v, E: Ear<'v>> {
    stack: Vec<(Held<'v>, E::Text)>,
    /// Who listens.
    pub(crate) ear: E,
}

impl<'v, E: Ear<'v>> Runner<'v, E> {
    pub(crate) fn new(ear: E) -> Self {
        Self { stack: Vec::with_capacity(16), ear }
    }

    /// Run one. Total: whatever is missing is unknown. Both sides of a connective run, so that equal
    /// facts give equal records.
    pub(crate) fn run(&mut self, flat: &'v Flat, world: &World<'v, '_>) -> (Answer, E::Text) {
        self.stack.clear();
        for step in &flat.steps {
            let held = self.step(flat, step, world);
            self.stack.push(held);
        }
        let (held, text) = self.take();
        (held.answer(), text)
    }

    /// The stack is never short: an expression has as many operands as its steps take.
    fn take(&mut self) -> (Held<'v>, E::Text) {
        self.stack.pop().unwrap_or_else(|| (Held::Unknown, E::Text::default()))
    }

    fn step(
        &mut self,
        flat: &'v Flat,
        step: &'v Step,
        world: &World<'v, '_>,
    ) -> (Held<'v>, E::Text) {
        match step {
            Step::Constant(value) => (Held::Borrowed(value), self.ear.constant(value)),
            Step::Fact(at) => {
                let Some(name) = flat.facts.get(*at) else { return self.lost() };
                let read = world.read(name.at);
                let held = match read {
                    Read::Fresh(fact) => Held::Borrowed(&fact.value),
                    _ => Held::Unknown,
                };
                (held, self.ear.fact(&name.name, read))
            }
            Step::Param(at) => {
                let Some(name) = flat.params.get(*at) else { return self.lost() };
                let value = (world.param)(*at, name);
                (value.map_or(Held::Unknown, Held::Borrowed), self.ear.param(name, value))
            }
            Step::Present(at) => {
                let Some(name) = flat.facts.get(*at) else { return self.lost() };
                let ear = &mut self.ear;
                let found = world.presence(name, |beside, read| {
                    let _ = ear.fact(beside, read);
                });
                let text = self.ear.present(&name.name, world.read(name.at), found);
                (found.answer().into(), text)
            }
            Step::Provenance(function, at) => {
                let Some(name) = flat.facts.get(*at) else { return self.lost() };
                let read = world.read(name.at);
                let value = match read {
                    Read::Fresh(fact) => function.of(&fact.provenance),
                    _ => None,
                };
                let text = self.ear.fact(&name.name, read);
                let text = self.ear.called(*function, [text], value.as_ref());
                (value.into(), text)
            }
            Step::Not => self.negated(),
            Step::And => self.joined("and", Truth::and),
            Step::Or => self.joined("or", Truth::or),
            Step::Compare(op) => {
                let ((right, told), (left, text)) = (self.take(), self.take());
                let truth = match (left.value(), right.value()) {
                    (Some(left), Some(right)) => compare(*op, left, right),
                    _ => Truth::Unknown,
                };
                let open = [&left, &right].iter().any(|held| matches!(held, Held::Assumed(_)));
                let answer = Answer { truth, assumed: open && truth != Truth::Unknown };
                (answer.into(), self.ear.compared(text, *op, told))
            }
            Step::Call(function, count) => {
                let from = self.stack.len().saturating_sub(*count);
                let given = self.stack.get(from..).unwrap_or_default();
                let values: Option<Vec<&Value>> =
                    given.iter().map(|(held, _)| held.value()).collect();
                let value = values.and_then(|v| function.apply(&v, world.as_of, world.calendar));
                let texts = self.stack.drain(from..).map(|(_, text)| text);
                let text = self.ear.called(*function, texts, value.as_ref());
                (value.into(), text)
            }
        }
    }

    fn negated(&mut self) -> (Held<'v>, E::Text) {
        let (held, text) = self.take();
        (held.answer().not().into(), self.ear.not(text))
    }

    fn joined(&mut self, word: &str, join: fn(Truth, Truth) -> Truth) -> (Held<'v>, E::Text) {
        let ((right, told), (left, text)) = (self.take(), self.take());
        let answer = left.answer().joined(right.answer(), join);
        (answer.into(), self.ear.joined(text, word, told))
    }

    fn lost(&self) -> (Held<'v>, E::Text) {
        (Held::Unknown, E::Text::default())
    }
}

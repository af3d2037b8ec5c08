//! What a case is decided on, and the packs on its way: each condition runs once in a pack, whoever asks.

use canon::{Date, Timestamp};

use super::program::{Atom, Joint, Operand, Program};
use crate::expr::calendar::Calendar;
use crate::expr::ear::Silent;
use crate::expr::flat::{Declared, Runner, World};
use crate::expr::{Answer, Bits, Truth, compare};
use crate::facts::{Fact, Value};
use crate::pack::{Pack, Pinned};

/// The parameter that names the days of rest, where they are not Saturday and Sunday.
const WEEKEND: &str = "weekend";

/// The facts of a case, the moment they are judged at, and the day whose law applies.
pub(super) struct Ground<'r> {
    /// By position in the vocabulary.
    pub(super) facts: Vec<Option<&'r Fact>>,
    /// What is declared to arise; none under an engine that does not ask.
    pub(super) declared: Option<Declared<'r>>,
    /// Whether any of them ends.
    pub(super) ending: bool,
    pub(super) moment: Timestamp,
    pub(super) as_of: Date,
}

impl<'r> Ground<'r> {
    /// The value of a fact that is there and has not ended.
    fn value(&self, at: usize) -> Option<&'r Value> {
        let fact = (*self.facts.get(at)?)?;
        let ended = fact.provenance.expires.is_some_and(|end| end <= self.moment);
        (!ended).then_some(&fact.value)
    }

    pub(super) fn world<'l>(
        &'l self,
        calendar: &'l Calendar,
        param: &'l dyn Fn(usize, &str) -> Option<&'r Value>,
    ) -> World<'r, 'l> {
        let Self { facts, declared, moment, as_of, .. } = self;
        let (moment, as_of, declared) = (*moment, *as_of, declared.as_ref());
        World { facts, param, moment, as_of, calendar, declared }
    }
}

/// What a condition came to.
#[derive(Clone, Copy)]
pub(super) struct Settled {
    pub(super) answer: Answer,
    /// A fact it reads has ended.
    pub(super) expired: bool,
    /// The first end of the others.
    pub(super) expires: Option<Timestamp>,
}

/// One pack on the way of a case, with those behind it.
pub(super) struct Link<'r> {
    pub(super) pack: &'r Pinned<Pack>,
    pub(super) program: &'r Program,
    pub(super) calendar: Calendar,
    behind: Vec<&'r Pinned<Pack>>,
    as_of: Date,
    atoms: Vec<Option<Bits>>,
    conditions: Vec<Option<Settled>>,
    stack: Vec<Bits>,
    runner: Runner<'r, Silent>,
}

impl<'r> Link<'r> {
    /// The links of a chain of packs, the nearest first.
    pub(super) fn chain(packs: &[&'r Pinned<Pack>], as_of: Date) -> Vec<Self> {
        let behind = |at: usize| packs.get(at..).unwrap_or_default().to_vec();
        let each = packs.iter().enumerate();
        each.map(|(at, pack)| Self::new(pack, behind(at + 1), as_of)).collect()
    }

    fn new(pack: &'r Pinned<Pack>, behind: Vec<&'r Pinned<Pack>>, as_of: Date) -> Self {
        let program = pack.program();
        let mut link = Self {
            pack,
            program,
            calendar: Calendar::default(),
            behind,
            as_of,
            atoms: vec![None; program.atoms.len()],
            conditions: vec![None; program.conditions.len()],
            stack: Vec::with_capacity(16),
            runner: Runner::new(Silent),
        };
        link.calendar = link.reckoned();
        link
    }

    /// The calendar the rules reckon by.
    fn reckoned(&self) -> Calendar {
        let mut all = std::iter::once(&self.pack).chain(&self.behind);
        let own = all.find_map(|pack| pack.calendar.clone()).unwrap_or_default();
        match self.named(WEEKEND) {
            Some(Value::Texts(days)) => own.resting(days),
            _ => own,
        }
    }

    /// A figure by name: that of the nearest pack that has one.
    pub(super) fn named(&self, name: &str) -> Option<&'r Value> {
        self.pack.parameter(name, self.as_of).or_else(|| self.inherited(name))
    }

    fn inherited(&self, name: &str) -> Option<&'r Value> {
        self.behind.iter().find_map(|pack| pack.parameter(name, self.as_of))
    }

    /// A figure by its position in the program.
    fn figure(&self, at: usize) -> Option<&'r Value> {
        let figure = self.program.figures.get(at)?;
        let own = self.pack.parameter_of(figure.own.clone(), self.as_of);
        own.or_else(|| self.inherited(&figure.name))
    }

    fn operand(&self, ground: &Ground<'r>, operand: &'r Operand) -> Option<&'r Value> {
        match operand {
            Operand::Constant(value) => Some(value),
            Operand::Fact(at) => ground.value(*at),
            Operand::Figure(at) => self.figure(*at),
        }
    }

    /// What a condition comes to.
    pub(super) fn settled(&mut self, ground: &Ground<'r>, at: usize) -> Option<Settled> {
        if let Some(Some(settled)) = self.conditions.get(at) {
            return Some(*settled);
        }
        let condition = self.program.conditions.get(at)?;
        let answer = self.run(ground, &condition.joints).answer();
        let (expired, expires) = match ground.ending {
            true => ground.world(&self.calendar, &|_, _| None).ends(&condition.whole),
            false => (false, None),
        };
        let settled = Settled { answer, expired, expires };
        if let Some(slot) = self.conditions.get_mut(at) {
            *slot = Some(settled);
        }
        Some(settled)
    }

    fn run(&mut self, ground: &Ground<'r>, mut joints: &[Joint]) -> Bits {
        self.stack.clear();
        while let [joint, rest @ ..] = joints {
            joints = rest;
            let bits = match joint {
                Joint::Atom(at) => self.atom(ground, *at),
                Joint::Not => self.take().not(),
                Joint::And => self.take().and(self.take()),
                Joint::Or => self.take().or(self.take()),
                Joint::Settled(decides, behind) => {
                    if self.stack.last() == Some(decides) {
                        joints = rest.get(*behind..).unwrap_or_default();
                    }
                    continue;
                }
            };
            self.stack.push(bits);
        }
        self.take()
    }

    /// The stack is never short: a condition has as many operands as its steps take.
    fn take(&mut self) -> Bits {
        self.stack.pop().unwrap_or(Bits::UNKNOWN)
    }

    fn atom(&mut self, ground: &Ground<'r>, at: usize) -> Bits {
        if let Some(Some(bits)) = self.atoms.get(at) {
            return *bits;
        }
        let answer = match self.program.atoms.get(at) {
            Some(Atom::Fact(at)) => match ground.value(*at) {
                Some(Value::Bool(value)) => Truth::from(*value).into(),
                _ => Truth::Unknown.into(),
            },
            Some(Atom::Compare(op, left, right)) => {
                match (self.operand(ground, left), self.operand(ground, right)) {
                    (Some(left), Some(right)) => compare(*op, left, right).into(),
                    _ => Truth::Unknown.into(),
                }
            }
            Some(Atom::Run(flat, figures)) => {
                let known: Vec<_> = figures.iter().map(|at| self.figure(*at)).collect();
                let figure = |at: usize, _: &str| known.get(at).copied().flatten();
                let world = ground.world(&self.calendar, &figure);
                world.present(flat).unwrap_or_else(|| self.runner.run(flat, &world).0)
            }
            None => Truth::Unknown.into(),
        };
        let bits = Bits::of(answer);
        if let Some(slot) = self.atoms.get_mut(at) {
            *slot = Some(bits);
        }
        bits
    }
}

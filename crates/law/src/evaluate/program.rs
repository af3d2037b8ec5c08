//! The rules of a pack as they are run: found by transition and domain, their conditions cut at the
//! connectives, and what two rules have in common kept once. Compiled when the pack is first asked.
//!
//! Invariant: a program says what the rules say one by one; the slow model of the tests holds it to that.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use canon::Date;

use crate::domain::{DOMAINS, Domain};
use crate::expr::flat::Flat;
use crate::expr::{Bits, Expr, Op, Truth};
use crate::facts::{Value, find};
use crate::kind::Kind;
use crate::pack::Pack;
use crate::rule::{Effect, Rule};

/// Kinds, domains, effects: a list of rules for each.
const LISTS: usize = Kind::ALL.len() * DOMAINS * 2;

/// The program of a pack, made when it is first asked for. A copy of the pack, which may be changed,
/// begins without.
#[derive(Debug, Default)]
pub(crate) struct Compiled(OnceLock<Program>);

impl Clone for Compiled {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Compiled {
    /// The program of these rules, which are those of its pack.
    pub(crate) fn program(&self, pack: &Pack) -> &Program {
        self.0.get_or_init(|| Program::of(pack))
    }
}

/// The conditions of a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(super) when: Option<usize>,
    pub(super) require: Option<usize>,
}

/// One step of a condition; operands are taken from the stack.
#[derive(Clone, Copy, Debug)]
pub(super) enum Joint {
    Atom(usize),
    Not,
    And,
    Or,
    /// Goes on behind so many steps when what is on the stack decides a connective alone.
    Settled(Bits, usize),
}

/// A part of a condition that no connective joins.
#[derive(Debug)]
pub(super) enum Atom {
    /// A fact that is true or false, by position in the vocabulary.
    Fact(usize),
    /// Two values.
    Compare(Op, Operand, Operand),
    /// Anything else, with its figures.
    Run(Flat, Vec<usize>),
}

/// What is compared.
#[derive(Debug)]
pub(super) enum Operand {
    Constant(Value),
    Fact(usize),
    Figure(usize),
}

/// A parameter that rules refer to.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) name: String,
    /// Its values in the pack itself.
    pub(super) own: Range<usize>,
}

/// A condition.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) joints: Vec<Joint>,
    /// The whole of it, which knows the facts it stands on.
    pub(super) whole: Flat,
}

/// The rules of a pack, compiled.
#[derive(Debug)]
pub(crate) struct Program {
    /// By position in the pack.
    entries: Vec<Entry>,
    /// The rules that speak of a kind in a domain.
    lists: Vec<Vec<usize>>,
    pub(super) atoms: Vec<Atom>,
    pub(super) conditions: Vec<Joined>,
    pub(super) figures: Vec<Figure>,
}

impl Program {
    fn of(pack: &Pack) -> Self {
        let mut compiler = Compiler::of(pack);
        let (mut entries, mut lists) = (Vec::new(), vec![Vec::new(); LISTS]);
        for (at, rule) in pack.rules.iter().enumerate() {
            entries.push(compiler.entry(rule));
            for kind in Kind::ALL.into_iter().filter(|kind| rule.kinds.contains(kind)) {
                if let Some(list) = lists.get_mut(list_of(kind, rule.domain, rule.effect)) {
                    list.push(at);
                }
            }
        }
        let Compiler { atoms, conditions, figures, .. } = compiler;
        let (atoms, conditions, figures) = (atoms.rows, conditions.rows, figures.rows);
        Self { entries, lists, atoms, conditions, figures }
    }

    /// The rules of a pack that speak of a transition in a domain, in order, and are in force.
    pub(super) fn rules<'r>(
        &'r self,
        pack: &'r Pack,
        (kind, domain, effect): (Kind, Domain, Effect),
        as_of: Date,
    ) -> impl Iterator<Item = (&'r Rule, Entry)> {
        let list = self.lists.get(list_of(kind, domain, effect)).map_or(&[][..], Vec::as_slice);
        let rules =
            list.iter().filter_map(|at| Some((pack.rules.get(*at)?, *self.entries.get(*at)?)));
        rules.filter(move |(rule, _)| rule.in_force(as_of))
    }

    /// All rules, in order.
    pub(super) fn all<'r>(&self, pack: &'r Pack) -> impl Iterator<Item = (&'r Rule, Entry)> {
        pack.rules.iter().zip(self.entries.iter().copied())
    }
}

fn list_of(kind: Kind, domain: Domain, effect: Effect) -> usize {
    let scoping = usize::from(effect == Effect::Scoping);
    (kind as usize * DOMAINS + domain.ordinal()) * 2 + scoping
}

/// Where a fact stands in the vocabulary; one that does not reads as missing.
fn place_of(name: &str) -> usize {
    find(name).map_or(usize::MAX, |(at, _)| at)
}

/// Rows, each kept once.
struct Once<K, T> {
    places: BTreeMap<K, usize>,
    rows: Vec<T>,
}

impl<K, T> Default for Once<K, T> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), rows: Vec::new() }
    }
}

impl<K: Ord + Clone, T> Once<K, T> {
    fn place(&mut self, key: K, row: impl FnOnce(K) -> T) -> usize {
        if let Some(at) = self.places.get(&key) {
            return *at;
        }
        let at = self.rows.len();
        self.rows.push(row(key.clone()));
        self.places.insert(key, at);
        at
    }
}

struct Compiler<'p> {
    pack: &'p Pack,
    atoms: Once<Flat, Atom>,
    conditions: Once<Flat, Joined>,
    figures: Once<String, Figure>,
}

impl<'p> Compiler<'p> {
    fn of(pack: &'p Pack) -> Self {
        let (atoms, conditions, figures) = (Once::default(), Once::default(), Once::default());
        Self { pack, atoms, conditions, figures }
    }

    fn entry(&mut self, rule: &Rule) -> Entry {
        let [when, require] = [&rule.when, &rule.require].map(|part| {
            let condition = part.as_ref()?;
            let mut joints = Vec::new();
            self.cut(&condition.tree, &mut joints);
            let whole = condition.flat.clone();
            Some(self.conditions.place(whole, |whole| Joined { joints, whole }))
        });
        Entry { when, require }
    }

    /// A condition, cut at its connectives.
    fn cut(&mut self, expr: &Expr, out: &mut Vec<Joint>) {
        let joint = match expr {
            Expr::Not(inner) => {
                self.cut(inner, out);
                Joint::Not
            }
            Expr::And(left, right) => {
                self.join(left, Bits::of(Truth::False.into()), right, out);
                Joint::And
            }
            Expr::Or(left, right) => {
                self.join(left, Bits::of(Truth::True.into()), right, out);
                Joint::Or
            }
            atom => {
                let flat = Flat::of(atom);
                let made = self.atom(atom, &flat);
                Joint::Atom(self.atoms.place(flat, |_| made))
            }
        };
        out.push(joint);
    }

    /// Both sides of a connective; the right one and the connective are left out when the left decides.
    fn join(&mut self, left: &Expr, decides: Bits, right: &Expr, out: &mut Vec<Joint>) {
        self.cut(left, out);
        let mut rest = Vec::new();
        self.cut(right, &mut rest);
        out.push(Joint::Settled(decides, rest.len() + 1));
        out.append(&mut rest);
    }

    fn atom(&mut self, expr: &Expr, flat: &Flat) -> Atom {
        match expr {
            Expr::Fact { name, .. } => Atom::Fact(place_of(name)),
            Expr::Compare { op, left, right, .. } => {
                match (self.operand(left), self.operand(right)) {
                    (Some(left), Some(right)) => Atom::Compare(*op, left, right),
                    _ => self.run(flat),
                }
            }
            _ => self.run(flat),
        }
    }

    fn run(&mut self, flat: &Flat) -> Atom {
        Atom::Run(flat.clone(), flat.params.iter().map(|name| self.figure(name)).collect())
    }

    fn operand(&mut self, expr: &Expr) -> Option<Operand> {
        match expr {
            Expr::Literal { value, .. } => Some(Operand::Constant(value.clone())),
            Expr::Fact { name, .. } => Some(Operand::Fact(place_of(name))),
            Expr::Param { name, .. } => Some(Operand::Figure(self.figure(name))),
            _ => None,
        }
    }

    fn figure(&mut self, name: &str) -> usize {
        let pack = self.pack;
        self.figures.place(name.to_owned(), |name| {
            let own = pack.named(&name);
            Figure { name, own }
        })
    }
}

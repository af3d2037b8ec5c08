//! The order in which a case is decided, written once: FORMAT.md, "How a domain is decided".
//!
//! It runs compiled conditions and hears them with an [`Ear`]: with nobody listening it allocates next
//! to nothing, for reads that ask a thousand questions where a write asks one; with a scribe the same
//! walk gives everything a record says. So a verdict and a record cannot disagree.

use canon::{JurisdictionId, Realm, Timestamp};

use super::Case;
use super::link::{Ground, Link, Settled};
use super::program::Entry;
use super::zone::{Demand, Kept};
use crate::decision::{Engine, Reason};
use crate::domain::{DOMAINS, Domain};
use crate::expr::calendar::Calendar;
use crate::expr::ear::{Ear, Heard, Lacks};
use crate::expr::flat::{Declared, Flat, Runner};
use crate::expr::{Condition, Truth};
use crate::facts::{Fact, Value, exemption_name, known};
use crate::kind::Kind;
use crate::pack::{Pack, Pinned};
use crate::rule::{Displacement, Effect, Mode, Rule, Unsourced};
use crate::rulebook::Rulebook;
use crate::state::State;

/// One jurisdiction on the way: its packs, nearest first.
pub(super) struct Place<'r> {
    pub(super) jurisdiction: &'r JurisdictionId,
    chain: Vec<Link<'r>>,
}

/// What running the conditions of a rule came to.
pub(super) struct Finding<T> {
    pub(super) met: Truth,
    pub(super) truth: Truth,
    /// It asks for nothing, or is satisfied, by an absence nobody accounts for.
    pub(super) unstated: bool,
    /// It stands on an absence nobody accounts for, whichever way it came out.
    pub(super) assumed: bool,
    /// It is unknown and stands on a fact that has ended.
    pub(super) expired: bool,
    pub(super) expires: Option<Timestamp>,
    pub(super) told: T,
}

/// What one rule said.
pub(super) struct Spoken<'r, T> {
    pub(super) rule: &'r Rule,
    pub(super) pack: &'r Pinned<Pack>,
    pub(super) state: State,
    pub(super) reason: Reason,
    pub(super) counted: bool,
    pub(super) assumed: bool,
    pub(super) displaced_by: Option<(&'r Rule, &'r Displacement)>,
    pub(super) expires: Option<Timestamp>,
    pub(super) told: T,
}

/// What is said of a domain in a place, and by whom.
pub(super) enum Word<'r, T> {
    /// A rule.
    Rule(Spoken<'r, T>),
    /// No rule: a pack without a file for the domain.
    NoRuleFile(&'r Pinned<Pack>),
    /// No rule: this requirement is in force but not enforced.
    NotEnforced(&'r Rule),
    /// No rule.
    NoRule,
    /// A credential that exempts, or did.
    Exemption { fact: &'r Fact, counted: bool },
    /// A duty without a source.
    Unsourced(&'r Unsourced),
    /// The zone itself.
    Zone(&'r Demand, Kept<T>),
}

/// One word with the place it is said of; none for the zone itself.
pub(super) struct Said<'r, T> {
    pub(super) place: Option<usize>,
    pub(super) word: Word<'r, T>,
}

impl<T> Said<'_, T> {
    /// A rule that counts says that it rests on an absence nobody accounts for. A domain that holds
    /// one is never compliant, whatever other jurisdictions say.
    fn unstated(&self) -> bool {
        matches!(&self.word, Word::Rule(rule) if rule.counted && rule.reason == Reason::NotStated)
    }
}

/// One domain.
#[derive(Default)]
pub(super) struct Decided {
    /// State by place.
    pub(super) places: Vec<State>,
    /// How many words were said of it.
    pub(super) words: usize,
}

/// Whose law is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Ours: what is not known refuses.
    Here,
    /// That of the other end, who knows more: the zone here asks nothing of its own, and a rule that may
    /// be displaced there is taken as displaced.
    There,
}

/// A case, decided.
pub(super) struct Walk<'r, E: Ear<'r>> {
    book: &'r Rulebook,
    case: &'r Case,
    ground: Ground<'r>,
    exemptions: bool,
    end: End,
    runner: Runner<'r, E>,
    pub(super) places: Vec<Place<'r>>,
    /// The sandbox rulebook, where it is admitted.
    sandbox: Vec<Link<'r>>,
    pub(super) said: Vec<Said<'r, E::Told>>,
    pub(super) states: [State; DOMAINS],
    pub(super) decided: Vec<Decided>,
}

/// A rule that displaces another, where it does.
type Displaced<'r> = Vec<(usize, &'r Rule, &'r Displacement)>;

impl<'r, E: Ear<'r>> Walk<'r, E> {
    /// Decide all 20 domains of a case without faults.
    pub(super) fn new(
        book: &'r Rulebook,
        case: &'r Case,
        jurisdictions: &[&'r JurisdictionId],
        (engine, ear): (Engine, E),
        end: End,
    ) -> Self {
        let mut facts = vec![None; known().len()];
        let (mut exemptions, mut ending) = (false, false);
        for (at, fact) in case.facts.placed() {
            ending |= fact.provenance.expires.is_some();
            match at.and_then(|at| facts.get_mut(at)) {
                Some(slot) => *slot = Some(fact),
                None => exemptions = true,
            }
        }
        let (moment, as_of) = (case.moment(), case.as_of);
        let declared = (engine >= Engine::Two).then(|| Declared::of(&facts, moment));
        let place = |jurisdiction: &&'r JurisdictionId| Place {
            jurisdiction,
            chain: Link::chain(&book.chain(jurisdiction), as_of),
        };
        let sandbox = book.sandbox.iter().filter(|_| book.realm == Realm::Sandbox);
        let sandbox: Vec<_> = sandbox.collect();
        let mut walk = Self {
            book,
            case,
            ground: Ground { facts, declared, ending, moment, as_of },
            exemptions,
            end,
            runner: Runner::new(ear),
            places: jurisdictions.iter().map(place).collect(),
            sandbox: Link::chain(&sandbox, as_of),
            said: Vec::with_capacity(256),
            states: [State::Pending; DOMAINS],
            decided: Vec::with_capacity(DOMAINS),
        };
        let mut places = std::mem::take(&mut walk.places);
        for domain in Domain::ALL {
            let decided = walk.domain(domain, &mut places);
            if let Some(state) = walk.states.get_mut(domain.ordinal()) {
                *state = decided.0;
            }
            walk.decided.push(decided.1);
        }
        walk.places = places;
        walk
    }

    /// The fold of D7 over jurisdictions, and what the zone itself asks.
    fn domain(&mut self, domain: Domain, places: &mut [Place<'r>]) -> (State, Decided) {
        let begin = self.said.len();
        let places = places.iter_mut().enumerate();
        let states: Vec<State> =
            places.map(|(at, place)| self.place((at, place), domain)).collect();
        let law = states.iter().copied().filter(|state| *state != State::NotApplicable).min();
        let mut state = law.unwrap_or(State::NotApplicable);
        if self.said.iter().skip(begin).any(Said::unstated) {
            state = state.meet(State::NotApplicable);
        }
        let (book, kind) = (self.book, self.case.kind);
        let demands = if self.end == End::Here { book.demands.as_slice() } else { &[] };
        for demand in demands.iter().filter(|demand| demand.reaches(domain, kind)) {
            let kept = demand.kept(book.realm, &mut |flat| self.asked(flat));
            state = state.meet(kept.state);
            self.said.push(Said { place: None, word: Word::Zone(demand, kept) });
        }
        (state, Decided { places: states, words: self.said.len() - begin })
    }

    /// One jurisdiction in one domain, and beside it the duties its packs know of without a source:
    /// told in a sandbox, refusing in production.
    fn place(&mut self, (at, place): (usize, &mut Place<'r>), domain: Domain) -> State {
        let mut state = self.law((at, place), domain);
        let kind = self.case.kind;
        for duty in place.chain.iter().flat_map(|link| &link.pack.unsourced) {
            if duty.domain == domain && duty.kinds.contains(&kind) {
                if self.book.realm == Realm::Production {
                    state = state.meet(State::Pending);
                }
                self.say(at, Word::Unsourced(duty));
            }
        }
        state
    }

    fn say(&mut self, place: usize, word: Word<'r, E::Told>) {
        self.said.push(Said { place: Some(place), word });
    }

    /// A word that no rule stands behind.
    fn alone(&mut self, place: usize, word: Word<'r, E::Told>) -> State {
        self.say(place, word);
        State::Pending
    }

    fn law(&mut self, (at, place): (usize, &mut Place<'r>), domain: Domain) -> State {
        let Place { jurisdiction, chain } = place;
        if let Some(link) = chain.iter().find(|link| !link.pack.present.contains(&domain)) {
            return self.alone(at, Word::NoRuleFile(link.pack));
        }
        let begin = self.said.len();
        let displaced = self.displaced(chain, domain);
        let (state, idle) = self.rules(at, (domain, Effect::Requirement), chain, &displaced);
        if let Some(state) = state {
            return self.exempted(at, jurisdiction, domain, begin).unwrap_or(state);
        }
        if let Some(rule) = idle {
            return self.alone(at, Word::NotEnforced(rule));
        }
        let (mut state, _) = self.rules(at, (domain, Effect::Scoping), chain, &displaced);
        if state.is_none() && domain != Domain::Sanctions {
            let mut sandbox = std::mem::take(&mut self.sandbox);
            state = self.rules(at, (domain, Effect::Scoping), &mut sandbox, &displaced).0;
            self.sandbox = sandbox;
        }
        state.unwrap_or_else(|| self.alone(at, Word::NoRule))
    }

    /// The minimum over what counts, and the first rule where none is enforced.
    fn rules(
        &mut self,
        at: usize,
        (domain, effect): (Domain, Effect),
        chain: &mut [Link<'r>],
        displaced: &Displaced<'r>,
    ) -> (Option<State>, Option<&'r Rule>) {
        let (mut state, mut idle): (Option<State>, Option<&'r Rule>) = (None, None);
        let asked = (self.case.kind, domain, effect);
        for (depth, link) in chain.iter_mut().enumerate() {
            let (pack, program) = (link.pack, link.program);
            for (rule, entry) in program.rules(pack, asked, self.case.as_of) {
                let gone =
                    displaced.iter().find(|(own, _, gone)| *own < depth && gone.rule == rule.id);
                let displaced_by = gone.map(|(_, rule, displacement)| (*rule, *displacement));
                if displaced_by.is_none() {
                    idle = idle.or(Some(rule));
                }
                if rule.mode == Mode::Off {
                    continue;
                }
                let spoken = self.rule((rule, entry), link, displaced_by);
                if spoken.counted {
                    state = Some(state.map_or(spoken.state, |other| other.meet(spoken.state)));
                }
                self.say(at, Word::Rule(spoken));
            }
        }
        (state, idle)
    }

    fn rule(
        &mut self,
        (rule, entry): (&'r Rule, Entry),
        link: &mut Link<'r>,
        displaced_by: Option<(&'r Rule, &'r Displacement)>,
    ) -> Spoken<'r, E::Told> {
        let found = self.conditions((rule, entry), link);
        let (state, reason) = match rule.effect {
            Effect::Requirement => requires(&found),
            Effect::Scoping => scopes(found.met, found.expired),
        };
        let silent = rule.effect == Effect::Scoping && found.met == Truth::False;
        let stands = displaced_by.is_none();
        Spoken {
            rule,
            pack: link.pack,
            state,
            reason: if stands { reason } else { Reason::Displaced },
            counted: stands && rule.mode == Mode::Enforce && !silent,
            assumed: found.assumed,
            displaced_by,
            expires: found.expires.filter(|_| stands),
            told: found.told,
        }
    }

    /// What `when` comes to, then `require` unless `when` is false; told where somebody listens.
    fn conditions(
        &mut self,
        (rule, entry): (&'r Rule, Entry),
        link: &mut Link<'r>,
    ) -> Finding<E::Told> {
        let ground = &self.ground;
        let when = entry.when.and_then(|at| link.settled(ground, at));
        let met = when.map_or(Truth::True, |when| when.answer.truth);
        let asked = entry.require.filter(|_| met != Truth::False);
        let require = asked.and_then(|at| link.settled(ground, at));
        let came = Came::to(when, entry.require.is_some(), require);
        let mut heard = Heard { when: None, require: None, lacks: came.lacks };
        if E::HEARS {
            let param = |_, name: &str| link.named(name);
            let world = ground.world(&link.calendar, &param);
            let mut hear = |condition: &'r Condition| {
                let (answer, text) = self.runner.run(&condition.flat, &world);
                (answer.truth, text)
            };
            heard.when = rule.when.as_ref().map(&mut hear);
            heard.require = rule.require.as_ref().filter(|_| met != Truth::False).map(hear);
        }
        came.told(self.runner.ear.told(heard))
    }

    /// One condition of the zone's own.
    fn asked(&mut self, flat: &'r Flat) -> Finding<E::Told> {
        let calendar = Calendar::default();
        let world = self.ground.world(&calendar, &|_, _| None);
        let (answer, text) = self.runner.run(flat, &world);
        let (expired, expires) = world.ends(flat);
        let came = Came::to(None, true, Some(Settled { answer, expired, expires }));
        let require = Some((answer.truth, text));
        let heard = Heard { when: None, require, lacks: came.lacks };
        came.told(self.runner.ear.told(heard))
    }

    /// What rules of nearer packs displace in packs above them. A rule displaces while it is in force,
    /// enforced, not displaced itself, and its `when` is true: where that is not known, both count.
    fn displaced(&self, chain: &mut [Link<'r>], domain: Domain) -> Displaced<'r> {
        let (mut displaced, kind): (Displaced<'r>, Kind) = (Vec::new(), self.case.kind);
        for (depth, link) in chain.iter_mut().enumerate() {
            if !link.pack.displaces.contains(&domain) {
                continue;
            }
            let (pack, program) = (link.pack, link.program);
            for (rule, entry) in program.all(pack).filter(|(rule, _)| rule.domain == domain) {
                let gone =
                    displaced.iter().any(|(own, _, gone)| *own < depth && gone.rule == rule.id);
                let speaks = rule.mode == Mode::Enforce && rule.reaches(kind, self.case.as_of);
                if rule.displaces.is_empty() || gone || !speaks {
                    continue;
                }
                let when = entry.when.and_then(|at| link.settled(&self.ground, at));
                let answer = when.map_or(Truth::True.into(), |when| when.answer);
                let may = answer.assumed || answer.truth == Truth::Unknown;
                if answer.truth == Truth::True || (may && self.end == End::There) {
                    displaced.extend(rule.displaces.iter().map(|gone| (depth, rule, gone)));
                }
            }
        }
        displaced
    }

    /// An exemption replaces what the jurisdiction's requirements say; never in sanctions.
    fn exempted(
        &mut self,
        at: usize,
        jurisdiction: &JurisdictionId,
        domain: Domain,
        begin: usize,
    ) -> Option<State> {
        if domain == Domain::Sanctions || !self.exemptions {
            return None;
        }
        let case = self.case;
        let fact = case.facts.get(&exemption_name(jurisdiction.as_str(), domain))?;
        fact.provenance.issuer.as_ref()?;
        let counted =
            fact.provenance.expires? > self.ground.moment && fact.value == Value::Bool(true);
        if counted {
            for said in self.said.iter_mut().skip(begin) {
                if let Word::Rule(spoken) = &mut said.word {
                    spoken.counted = false;
                }
            }
        }
        self.say(at, Word::Exemption { fact, counted });
        counted.then_some(State::Exempt)
    }
}

/// What running the conditions of a rule came to, before anybody is told.
struct Came {
    met: Truth,
    truth: Truth,
    unstated: bool,
    assumed: bool,
    expired: bool,
    expires: Option<Timestamp>,
    lacks: Lacks,
}

impl Came {
    /// From `when`, whether anything is required, and `require` unless `when` is false.
    fn to(when: Option<Settled>, requirement: bool, require: Option<Settled>) -> Self {
        let given = when.map_or(Truth::True.into(), |when| when.answer);
        let met = given.truth;
        let answer = match (require, met) {
            (Some(require), Truth::True) => require.answer,
            _ => given,
        };
        let truth = answer.truth;
        let favors = met == Truth::False || truth == Truth::True;
        let assumed = given.assumed || answer.assumed;
        let unstated = requirement && favors && assumed;
        let both = || when.iter().chain(&require);
        let unknown = met == Truth::Unknown || truth == Truth::Unknown;
        let lacks = match (unknown, unstated) {
            (true, _) => Lacks::Facts,
            (false, true) => Lacks::Stating,
            (false, false) => Lacks::Nothing,
        };
        let expired = unknown && both().any(|settled| settled.expired);
        let expires = both().filter_map(|settled| settled.expires).min();
        Self { met, truth, unstated, assumed, expired, expires, lacks }
    }

    fn told<T>(self, told: T) -> Finding<T> {
        let Self { met, truth, unstated, assumed, expired, expires, .. } = self;
        Finding { met, truth, unstated, assumed, expired, expires, told }
    }
}

/// What a requirement comes to.
pub(super) const fn requires<T>(found: &Finding<T>) -> (State, Reason) {
    match (found.met, found.truth) {
        _ if found.unstated => (State::NotApplicable, Reason::NotStated),
        (Truth::False, _) => (State::Compliant, Reason::ConditionNotMet),
        (Truth::True, Truth::True) => (State::Compliant, Reason::Satisfied),
        (Truth::True, Truth::False) => (State::NonCompliant, Reason::Broken),
        _ if found.expired => (State::NonCompliant, Reason::Expired),
        _ => (State::Pending, Reason::Unknown),
    }
}

/// What a scoping rule comes to.
pub(super) const fn scopes(met: Truth, expired: bool) -> (State, Reason) {
    match met {
        Truth::True => (State::NotApplicable, Reason::OutOfScope),
        Truth::False => (State::Pending, Reason::ConditionNotMet),
        Truth::Unknown if expired => (State::NonCompliant, Reason::Expired),
        Truth::Unknown => (State::Pending, Reason::Unknown),
    }
}

//! The order in which a case is decided, written once: FORMAT.md, "How a domain is decided".
//!
//! It runs compiled conditions and hears them with an [`Ear`]: with nobody listening it allocates next
//! to nothing, for reads that ask a thousand questions where a write asks one; with a scribe the same
//! walk gives everything a record says. So a verdict and a record cannot disagree.

use canon::{Date, JurisdictionId, Realm, Timestamp};

use super::Case;
use super::zone::{Demand, Kept};
use crate::decision::{Engine, Reason};
use crate::domain::{DOMAINS, Domain};
use crate::expr::calendar::Calendar;
use crate::expr::ear::{Ear, Heard, Lacks, Silent};
use crate::expr::flat::{Declared, Flat, Runner, World};
use crate::expr::{Answer, Truth};
use crate::facts::{Fact, Value, exemption_name, known};
use crate::pack::{Pack, Pinned};
use crate::rule::{Displacement, Effect, Mode, Rule, Unsourced};
use crate::rulebook::Rulebook;
use crate::state::State;

/// The parameter that names the days of rest, where they are not Saturday and Sunday.
const WEEKEND: &str = "weekend";

/// One jurisdiction on the way: its packs, nearest first, and the calendar each of them reckons by.
pub(super) struct Place<'r> {
    pub(super) jurisdiction: &'r JurisdictionId,
    pub(super) chain: Vec<&'r Pinned<Pack>>,
    calendars: Vec<Calendar>,
}

/// Packs, nearest first, each with what is above it and its calendar.
type Chain<'r, 'p> = (&'p [&'r Pinned<Pack>], &'p [Calendar]);

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
    moment: Timestamp,
    facts: Vec<Option<&'r Fact>>,
    /// What is declared to arise; none under an engine that does not ask.
    declared: Option<Declared<'r>>,
    exemptions: bool,
    end: End,
    runner: Runner<'r, E>,
    pub(super) places: Vec<Place<'r>>,
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
        let mut exemptions = false;
        for (at, fact) in case.facts.placed() {
            match at.and_then(|at| facts.get_mut(at)) {
                Some(slot) => *slot = Some(fact),
                None => exemptions = true,
            }
        }
        let place = |jurisdiction: &&'r JurisdictionId| place(book, jurisdiction, case.as_of);
        let moment = case.moment();
        let mut walk = Self {
            book,
            case,
            moment,
            declared: (engine >= Engine::Two).then(|| Declared::of(&facts, moment)),
            facts,
            exemptions,
            end,
            runner: Runner::new(ear),
            places: jurisdictions.iter().map(place).collect(),
            said: Vec::with_capacity(128),
            states: [State::Pending; DOMAINS],
            decided: Vec::with_capacity(DOMAINS),
        };
        let places = std::mem::take(&mut walk.places);
        for domain in Domain::ALL {
            let decided = walk.domain(domain, &places);
            if let Some(state) = walk.states.get_mut(domain.ordinal()) {
                *state = decided.0;
            }
            walk.decided.push(decided.1);
        }
        walk.places = places;
        walk
    }

    /// The fold of D7 over jurisdictions, and what the zone itself asks.
    fn domain(&mut self, domain: Domain, places: &[Place<'r>]) -> (State, Decided) {
        let begin = self.said.len();
        let states: Vec<State> =
            places.iter().enumerate().map(|(at, place)| self.place((at, place), domain)).collect();
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
    fn place(&mut self, at: (usize, &Place<'r>), domain: Domain) -> State {
        let mut state = self.law(at, domain);
        let kind = self.case.kind;
        for duty in at.1.chain.iter().flat_map(|pack| &pack.unsourced) {
            if duty.domain == domain && duty.kinds.contains(&kind) {
                if self.book.realm == Realm::Production {
                    state = state.meet(State::Pending);
                }
                self.say(at.0, Word::Unsourced(duty));
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

    fn law(&mut self, (at, place): (usize, &Place<'r>), domain: Domain) -> State {
        if let Some(pack) = place.chain.iter().find(|pack| !pack.present.contains(&domain)) {
            return self.alone(at, Word::NoRuleFile(pack));
        }
        let begin = self.said.len();
        let displaced = self.displaced(place, domain);
        let chain = (place.chain.as_slice(), place.calendars.as_slice());
        let (state, idle) = self.rules(at, (domain, Effect::Requirement), chain, &displaced);
        if let Some(state) = state {
            return self.exempted(at, place, domain, begin).unwrap_or(state);
        }
        if let Some(rule) = idle {
            return self.alone(at, Word::NotEnforced(rule));
        }
        let (mut state, _) = self.rules(at, (domain, Effect::Scoping), chain, &displaced);
        if let (None, Some(pack), Realm::Sandbox) = (state, &self.book.sandbox, self.book.realm)
            && domain != Domain::Sanctions
        {
            let (pack, calendar) = ([pack], [Calendar::default()]);
            let own = (pack.as_slice(), calendar.as_slice());
            state = self.rules(at, (domain, Effect::Scoping), own, &displaced).0;
        }
        state.unwrap_or_else(|| self.alone(at, Word::NoRule))
    }

    /// The minimum over what counts, and the first rule where none is enforced.
    fn rules(
        &mut self,
        at: usize,
        (domain, effect): (Domain, Effect),
        (chain, calendars): Chain<'r, '_>,
        displaced: &Displaced<'r>,
    ) -> (Option<State>, Option<&'r Rule>) {
        let (mut state, mut idle): (Option<State>, Option<&'r Rule>) = (None, None);
        let (kind, as_of) = (self.case.kind, self.case.as_of);
        for (depth, (pack, calendar)) in chain.iter().copied().zip(calendars).enumerate() {
            let above = chain.get(depth..).unwrap_or_default();
            for rule in pack.rules_of(domain) {
                if rule.effect != effect || !rule.reaches(kind, as_of) {
                    continue;
                }
                let gone =
                    displaced.iter().find(|(own, _, gone)| *own < depth && gone.rule == rule.id);
                let displaced_by = gone.map(|(_, rule, displacement)| (*rule, *displacement));
                if displaced_by.is_none() {
                    idle = idle.or(Some(rule));
                }
                if rule.mode == Mode::Off {
                    continue;
                }
                let spoken = self.rule((rule, pack), above, calendar, displaced_by);
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
        (rule, pack): (&'r Rule, &'r Pinned<Pack>),
        chain: &[&'r Pinned<Pack>],
        calendar: &Calendar,
        displaced_by: Option<(&'r Rule, &'r Displacement)>,
    ) -> Spoken<'r, E::Told> {
        let found = self.conditions(rule, chain, calendar);
        let (state, reason) = match rule.effect {
            Effect::Requirement => requires(&found),
            Effect::Scoping => scopes(found.met, found.expired),
        };
        let silent = rule.effect == Effect::Scoping && found.met == Truth::False;
        let stands = displaced_by.is_none();
        Spoken {
            rule,
            pack,
            state,
            reason: if stands { reason } else { Reason::Displaced },
            counted: stands && rule.mode == Mode::Enforce && !silent,
            assumed: found.assumed,
            displaced_by,
            expires: found.expires.filter(|_| stands),
            told: found.told,
        }
    }

    /// Run `when`, then `require` unless `when` is false.
    fn conditions(
        &mut self,
        rule: &'r Rule,
        chain: &[&'r Pinned<Pack>],
        calendar: &Calendar,
    ) -> Finding<E::Told> {
        let (moment, as_of) = (self.moment, self.case.as_of);
        let param = |name: &str| chain.iter().find_map(|pack| pack.parameter(name, as_of));
        let declared = self.declared.as_ref();
        let world = World { facts: &self.facts, param: &param, moment, as_of, calendar, declared };
        let [when, require] =
            [&rule.when, &rule.require].map(|part| part.as_ref().map(|condition| &condition.flat));
        found(&mut self.runner, &world, when, require)
    }

    /// One condition of the zone's own.
    fn asked(&mut self, flat: &'r Flat) -> Finding<E::Told> {
        let (moment, as_of) = (self.moment, self.case.as_of);
        let calendar = &Calendar::default();
        let (facts, declared) = (&self.facts, self.declared.as_ref());
        let world = World { facts, param: &|_| None, moment, as_of, calendar, declared };
        found(&mut self.runner, &world, None, Some(flat))
    }

    /// What rules of nearer packs displace in packs above them. A rule displaces while it is in force,
    /// enforced, not displaced itself, and its `when` is true: where that is not known, both count.
    fn displaced(&self, place: &Place<'r>, domain: Domain) -> Displaced<'r> {
        let mut displaced: Displaced<'r> = Vec::new();
        let (moment, as_of) = (self.moment, self.case.as_of);
        for (depth, (pack, calendar)) in place.chain.iter().zip(&place.calendars).enumerate() {
            if !pack.displaces.contains(&domain) {
                continue;
            }
            let above = place.chain.get(depth..).unwrap_or_default();
            let param = |name: &str| above.iter().find_map(|pack| pack.parameter(name, as_of));
            let (facts, declared) = (&self.facts, self.declared.as_ref());
            let world = World { facts, param: &param, moment, as_of, calendar, declared };
            for rule in pack.rules_of(domain) {
                let gone =
                    displaced.iter().any(|(own, _, gone)| *own < depth && gone.rule == rule.id);
                let speaks = rule.mode == Mode::Enforce && rule.reaches(self.case.kind, as_of);
                if rule.displaces.is_empty() || gone || !speaks {
                    continue;
                }
                let when = rule.when.as_ref().map(|condition| &condition.flat);
                let found = found(&mut Runner::new(Silent), &world, when, None);
                let may = found.assumed || found.met == Truth::Unknown;
                if found.met == Truth::True || (may && self.end == End::There) {
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
        place: &Place<'r>,
        domain: Domain,
        begin: usize,
    ) -> Option<State> {
        if domain == Domain::Sanctions || !self.exemptions {
            return None;
        }
        let case = self.case;
        let fact = case.facts.get(&exemption_name(place.jurisdiction.as_str(), domain))?;
        fact.provenance.issuer.as_ref()?;
        let counted = fact.provenance.expires? > self.moment && fact.value == Value::Bool(true);
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

fn place<'r>(book: &'r Rulebook, jurisdiction: &'r JurisdictionId, as_of: Date) -> Place<'r> {
    let chain = book.chain(jurisdiction);
    let calendars = (0..chain.len()).map(|depth| {
        let packs = chain.get(depth..).unwrap_or_default();
        let own = packs.iter().find_map(|pack| pack.calendar.clone()).unwrap_or_default();
        match packs.iter().find_map(|pack| pack.parameter(WEEKEND, as_of)) {
            Some(Value::Texts(days)) => own.resting(days),
            _ => own,
        }
    });
    let calendars = calendars.collect();
    Place { jurisdiction, chain, calendars }
}

fn found<'r, E: Ear<'r>>(
    runner: &mut Runner<'r, E>,
    world: &World<'r, '_>,
    when: Option<&'r Flat>,
    require: Option<&'r Flat>,
) -> Finding<E::Told> {
    let guard = when.map(|flat| runner.run(flat, world));
    let given = guard.as_ref().map_or(Truth::True.into(), |(answer, _)| *answer);
    let met = given.truth;
    let requirement = require.is_some();
    let require = require.filter(|_| met != Truth::False);
    let heard = E::HEARS || met == Truth::True;
    let asked = require.filter(|_| heard).map(|flat| runner.run(flat, world));
    let answer = match (&asked, met) {
        (Some((answer, _)), Truth::True) => *answer,
        _ => given,
    };
    let truth = answer.truth;
    let favors = met == Truth::False || truth == Truth::True;
    let assumed = given.assumed || answer.assumed;
    let unstated = requirement && favors && assumed;
    let (mut expired, mut expires): (bool, Option<Timestamp>) = (false, None);
    for flat in when.into_iter().chain(require) {
        let (ended, end) = world.ends(flat);
        expired |= ended;
        expires = expires.into_iter().chain(end).min();
    }
    let unknown = met == Truth::Unknown || truth == Truth::Unknown;
    let lacks = match (unknown, unstated) {
        (true, _) => Lacks::Facts,
        (false, true) => Lacks::Stating,
        (false, false) => Lacks::Nothing,
    };
    let plain = |(answer, text): (Answer, E::Text)| (answer.truth, text);
    let told = runner.ear.told(Heard { when: guard.map(plain), require: asked.map(plain), lacks });
    Finding { met, truth, unstated, assumed, expired: unknown && expired, expires, told }
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

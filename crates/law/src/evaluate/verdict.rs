//! The verdict alone: which state each domain has, and which rule said so, without the record.
//!
//! It runs the compiled conditions and allocates next to nothing, for reads that ask a thousand
//! questions where a write asks one. Invariant: its states are those of [`super::evaluate`], for
//! every rulebook and case (tested over random ones); what opens a write is the record alone.

use canon::{JurisdictionId, Realm, Timestamp};

use super::judge::{WEEKEND, exempted};
use super::{Case, faults};
use crate::decision::Reason;
use crate::domain::{DOMAINS, Domain};
use crate::expr::Truth;
use crate::expr::calendar::Calendar;
use crate::expr::flat::World;
use crate::facts::{Fact, Value, exemption_name, find, known};
use crate::pack::{Pack, Pinned};
use crate::rule::{Effect, Mode, Rule};
use crate::rulebook::Rulebook;
use crate::state::State;

/// What one rule said.
#[derive(Clone, Debug)]
pub struct Told<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// What it says.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// Whether it counts.
    pub counted: bool,
    /// First moment at which a fact it stands on ends.
    pub expires: Option<Timestamp>,
}

/// The states of a case.
#[derive(Clone, Debug)]
pub struct Verdict<'r> {
    /// By ordinal of the domain. All pending for a case that cannot be evaluated.
    pub states: [State; DOMAINS],
    /// What each rule said, in order of domain and jurisdiction.
    pub told: Vec<Told<'r>>,
    /// Until when this holds, as far as facts end.
    pub valid_until: Option<Timestamp>,
}

/// One jurisdiction on the way: its packs, nearest first, and their calendar.
struct Place<'r> {
    jurisdiction: &'r JurisdictionId,
    chain: Vec<&'r Pinned<Pack>>,
    calendar: Calendar,
}

struct Judge<'r, 'c> {
    book: &'r Rulebook,
    case: &'c Case,
    moment: Timestamp,
    facts: Vec<Option<&'c Fact>>,
    told: Vec<Told<'r>>,
}

/// The states of all 20 domains.
#[must_use]
pub fn verdict<'r>(book: &'r Rulebook, case: &'r Case) -> Verdict<'r> {
    let mut jurisdictions: Vec<&JurisdictionId> = case.jurisdictions.iter().collect();
    jurisdictions.sort_unstable();
    jurisdictions.dedup();
    let owned: Vec<JurisdictionId> = jurisdictions.iter().map(|j| (*j).clone()).collect();
    let mut states = [State::Pending; DOMAINS];
    if !faults(book, &owned).is_empty() {
        return Verdict { states, told: Vec::new(), valid_until: None };
    }
    let mut facts = vec![None; known().len()];
    for (name, fact) in case.facts.iter() {
        if let Some(slot) = find(name).and_then(|(at, _)| facts.get_mut(at)) {
            *slot = Some(fact);
        }
    }
    let mut judge =
        Judge { book, case, moment: case.moment(), facts, told: Vec::with_capacity(64) };
    let places: Vec<Place<'r>> = jurisdictions.into_iter().map(|j| judge.place(j)).collect();
    for (domain, state) in Domain::ALL.into_iter().zip(&mut states) {
        *state = judge.domain(domain, &places);
    }
    let valid_until = judge.told.iter().filter_map(|told| told.expires).min();
    Verdict { states, told: judge.told, valid_until }
}

impl<'r> Judge<'r, 'r> {
    fn place(&self, jurisdiction: &'r JurisdictionId) -> Place<'r> {
        let chain = self.book.chain(jurisdiction);
        let own = chain.iter().find_map(|pack| pack.calendar.clone()).unwrap_or_default();
        let weekend = chain.iter().find_map(|pack| pack.parameter(WEEKEND, self.case.as_of));
        let calendar = match weekend {
            Some(Value::Texts(days)) => own.resting(days),
            _ => own,
        };
        Place { jurisdiction, chain, calendar }
    }

    /// The fold of D7 over jurisdictions, and what the zone itself asks.
    fn domain(&mut self, domain: Domain, places: &[Place<'r>]) -> State {
        let states: Vec<State> = places.iter().map(|place| self.in_place(domain, place)).collect();
        let law = states.iter().filter(|state| **state != State::NotApplicable).min();
        law.copied().unwrap_or(State::NotApplicable).meet(self.of_zone(domain))
    }

    fn in_place(&mut self, domain: Domain, place: &Place<'r>) -> State {
        let state = self.decided(domain, place);
        let kind = self.case.kind;
        let mut duties = place.chain.iter().flat_map(|pack| &pack.unsourced);
        let known = duties.any(|duty| duty.domain == domain && duty.kinds.contains(&kind));
        if known && self.book.realm == Realm::Production {
            return state.meet(State::Pending);
        }
        state
    }

    fn decided(&mut self, domain: Domain, place: &Place<'r>) -> State {
        if place.chain.iter().any(|pack| !pack.present.contains(&domain)) {
            return State::Pending;
        }
        let (state, idle) = self.rules(domain, Effect::Requirement, &place.chain, &place.calendar);
        if let Some(state) = state {
            if domain == Domain::Sanctions {
                return state;
            }
            let name = exemption_name(place.jurisdiction.as_str(), domain);
            let exempt = exempted(self.case.facts.get(&name), self.moment);
            return if exempt { State::Exempt } else { state };
        }
        if idle {
            return State::Pending;
        }
        let (state, _) = self.rules(domain, Effect::Scoping, &place.chain, &place.calendar);
        let sandbox = self.book.sandbox.as_ref();
        let sandbox = sandbox.filter(|_| self.book.realm == Realm::Sandbox);
        match (state, sandbox) {
            (None, Some(pack)) if domain != Domain::Sanctions => {
                let own = [pack];
                let (state, _) = self.rules(domain, Effect::Scoping, &own, &Calendar::default());
                state.unwrap_or(State::Pending)
            }
            (state, _) => state.unwrap_or(State::Pending),
        }
    }

    /// The minimum over what counts, and whether a rule in force is not enforced.
    fn rules(
        &mut self,
        domain: Domain,
        effect: Effect,
        chain: &[&'r Pinned<Pack>],
        calendar: &Calendar,
    ) -> (Option<State>, bool) {
        let (mut state, mut idle): (Option<State>, bool) = (None, false);
        for (depth, pack) in chain.iter().enumerate() {
            let above = chain.get(depth..).unwrap_or_default();
            let rules = pack.rules_of(domain).iter();
            let (kind, as_of) = (self.case.kind, self.case.as_of);
            for rule in rules.filter(|rule| rule.effect == effect && rule.reaches(kind, as_of)) {
                idle |= rule.mode != Mode::Enforce;
                if rule.mode == Mode::Off {
                    continue;
                }
                let told = self.rule(rule, above, calendar);
                if told.counted {
                    state = Some(state.map_or(told.state, |other| other.meet(told.state)));
                }
                self.told.push(told);
            }
        }
        (state, idle)
    }

    fn rule(&self, rule: &'r Rule, chain: &[&'r Pinned<Pack>], calendar: &Calendar) -> Told<'r> {
        let as_of = self.case.as_of;
        let param = |name: &str| chain.iter().find_map(|pack| pack.parameter(name, as_of));
        let world =
            World { facts: &self.facts, param: &param, moment: self.moment, as_of, calendar };
        let met = rule.when.as_ref().map_or(Truth::True, |when| when.flat.run(&world));
        let asked = rule.require.as_ref().filter(|_| met != Truth::False);
        let truth = match (met, asked) {
            (Truth::True, Some(require)) => require.flat.run(&world),
            _ => met,
        };
        let read = rule.when.iter().chain(asked).map(|condition| world.ends(&condition.flat.facts));
        let (mut expired, mut expires): (bool, Option<Timestamp>) = (false, None);
        for (ended, end) in read {
            expired |= ended;
            expires = expires.into_iter().chain(end).min();
        }
        let unknown = met == Truth::Unknown || truth == Truth::Unknown;
        let (state, reason) = match rule.effect {
            Effect::Requirement => super::judge::requires(met, truth, unknown && expired),
            Effect::Scoping => super::judge::scopes(met, unknown && expired),
        };
        let silent = rule.effect == Effect::Scoping && met == Truth::False;
        Told { rule, state, reason, counted: rule.mode == Mode::Enforce && !silent, expires }
    }

    /// The zone's own demands, as `zone.rs` writes them down.
    fn of_zone(&self, domain: Domain) -> State {
        let mut state = State::Compliant;
        if domain == Domain::Sanctions {
            state = state.meet(self.flag("screening.clear")).meet(self.list_age());
        }
        let evidence = self.book.evidence.as_ref();
        if let Some(evidence) = evidence.filter(|e| e.kinds.contains(&self.case.kind)) {
            for ask in evidence.asks.get(&domain).into_iter().flatten() {
                state = state.meet(self.flag(&format!("evidence.{ask}")));
            }
        }
        state
    }

    fn fresh(&self, name: &str) -> Result<&Value, bool> {
        let fact = self.case.facts.get(name).ok_or(false)?;
        let ended = fact.provenance.expires.is_some_and(|end| end <= self.moment);
        if ended { Err(true) } else { Ok(&fact.value) }
    }

    fn flag(&self, name: &str) -> State {
        match self.fresh(name) {
            Ok(Value::Bool(true)) => State::Compliant,
            Ok(_) | Err(true) => State::NonCompliant,
            Err(false) => State::Pending,
        }
    }

    fn list_age(&self) -> State {
        let sandbox = self.book.realm == Realm::Sandbox;
        match (self.fresh("screening.list_age_days"), self.book.screening.max_list_age_days) {
            (Ok(Value::Int(days)), Some(most)) if *days >= 0 && *days <= most => State::Compliant,
            (Ok(Value::Int(days)), Some(_)) if *days >= 0 => State::Pending,
            (Ok(Value::Int(days)), None) if *days >= 0 => State::Compliant,
            (Err(true), None) => State::Compliant,
            (Err(true), Some(_)) => State::Pending,
            (_, None) | (_, Some(_)) if sandbox => State::Compliant,
            _ => State::Pending,
        }
    }
}

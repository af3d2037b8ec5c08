//! The verdict alone: which state each domain has, and which rule said so, without the record.
//!
//! It is the walk of [`super::evaluate`] with nobody listening. What opens a write is the record alone.

use canon::Timestamp;

use super::walk::{End, Spoken, Walk, Word};
use super::{Case, faults, sorted, there};
use crate::decision::{Engine, Reason};
use crate::domain::DOMAINS;
use crate::expr::ear::Silent;
use crate::rule::Rule;
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

/// The states of all 20 domains.
#[must_use]
pub fn verdict<'r>(book: &'r Rulebook, case: &'r Case) -> Verdict<'r> {
    if !faults(book, case).is_empty() {
        let states = [State::Pending; DOMAINS];
        return Verdict { states, told: Vec::new(), valid_until: None };
    }
    let silent = (Engine::NOW, Silent);
    let walk = Walk::new(book, case, &sorted(&case.jurisdictions), silent, End::Here);
    let rules = walk.said.iter().filter_map(|said| match &said.word {
        Word::Rule(spoken) => Some(spoken.into()),
        _ => None,
    });
    let (mut told, mut states) = (Vec::<Told<'r>>::with_capacity(walk.said.len()), walk.states);
    told.extend(rules);
    if let Some(case) = &case.there {
        let walk = there::walk(book, case, (Engine::NOW, Silent));
        let mut said = walk.said.iter();
        for (state, decided) in states.iter_mut().zip(walk.decided) {
            for broken in said.by_ref().take(decided.words).filter_map(there::broken) {
                *state = state.meet(broken.state);
                told.push(broken.into());
            }
        }
    }
    let valid_until = told.iter().filter_map(|told| told.expires).min();
    Verdict { states, told, valid_until }
}

impl<'r> From<&Spoken<'r, ()>> for Told<'r> {
    fn from(spoken: &Spoken<'r, ()>) -> Self {
        let Spoken { rule, state, reason, counted, expires, .. } = *spoken;
        Self { rule, state, reason, counted, expires }
    }
}

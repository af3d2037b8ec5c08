//! The verdict alone: which state each domain has, and which rule said so, without the record.
//!
//! It is the walk of [`super::evaluate`] with nobody listening. What opens a write is the record alone.

use canon::{JurisdictionId, Timestamp};

use super::walk::{Walk, Word};
use super::{Case, faults};
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
    let mut jurisdictions: Vec<&JurisdictionId> = case.jurisdictions.iter().collect();
    jurisdictions.sort_unstable();
    jurisdictions.dedup();
    if !faults(book, &jurisdictions).is_empty() {
        let states = [State::Pending; DOMAINS];
        return Verdict { states, told: Vec::new(), valid_until: None };
    }
    let walk = Walk::new(book, case, &jurisdictions, (Engine::NOW, Silent));
    let rules = walk.said.into_iter().filter_map(|said| match said.word {
        Word::Rule(spoken) => Some(Told {
            rule: spoken.rule,
            state: spoken.state,
            reason: spoken.reason,
            counted: spoken.counted,
            expires: spoken.expires,
        }),
        _ => None,
    });
    let told: Vec<Told<'r>> = rules.collect();
    let valid_until = told.iter().filter_map(|told| told.expires).min();
    Verdict { states: walk.states, told, valid_until }
}

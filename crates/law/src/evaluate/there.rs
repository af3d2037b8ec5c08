//! The law at the other end of a corridor, asked over what is known at this one (ADR 050).
//!
//! Its subject is not ours to know: the other zone holds the facts that decide most of its rules, and
//! decides them in its acknowledgement. So one thing counts here, a rule there that is broken whatever
//! else is known there; everything else is left to the other end. Invariant: more facts never mend what
//! counts here.

use canon::JurisdictionId;

use super::walk::{End, Said, Spoken, Walk, Word};
use super::{Case, sorted};
use crate::decision::{Engine, Reason};
use crate::expr::ear::Ear;
use crate::rulebook::Rulebook;

/// Walk the law of the other end; none where the case has no other end.
pub(super) fn walk<'r, E: Ear<'r>>(
    book: &'r Rulebook,
    there: &'r Case,
    (engine, ear): (Engine, E),
) -> Walk<'r, E> {
    Walk::new(book, there, &sorted(&there.jurisdictions), (engine, ear), End::There)
}

/// A rule that no further fact can satisfy, silence or displace.
pub(super) fn broken<'s, 'r, T>(said: &'s Said<'r, T>) -> Option<&'s Spoken<'r, T>> {
    match &said.word {
        Word::Rule(rule) if rule.counted && rule.reason == Reason::Broken && !rule.assumed => {
            Some(rule)
        }
        _ => None,
    }
}

impl Case {
    /// The same write as the law at the other end sees it: under which kind, and what is known of it
    /// here.
    #[must_use]
    pub fn and_there(
        mut self,
        kind: crate::kind::Kind,
        jurisdiction: JurisdictionId,
        facts: crate::facts::Facts,
    ) -> Self {
        let (as_of, known_at, jurisdictions) = (self.as_of, self.known_at, vec![jurisdiction]);
        self.there =
            Some(Box::new(Self { kind, jurisdictions, as_of, known_at, facts, there: None }));
        self
    }
}

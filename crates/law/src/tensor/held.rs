//! What stands behind a row: for every cell the rule that decided it, what that rule read, and when
//! it ends; for the row the decision it came from.

use std::collections::BTreeMap;

use canon::{Date, Digest, JurisdictionId, RuleId, Timestamp};

use crate::decision::{Cell, Cited, Decision, Outcome, Reason, Row as Said};
use crate::domain::{DOMAINS, Domain};
use crate::kind::Kind;
use crate::state::State;

use super::domains::Domains;
use super::row::Row;

/// Why a cell has its state: shared by all cells the same rule decided the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Why.
    pub reason: Reason,
    /// The rule; absent when no rule decides.
    pub rule: Option<RuleId>,
    /// Where it is written.
    pub cited: Option<Cited>,
    /// What to do about it, when it refuses.
    pub remedy: Option<String>,
    /// Whether it was the sandbox rulebook that decided.
    pub unsourced: bool,
}

/// One cell as decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which of the tensor's grounds decided it.
    pub(super) ground: u32,
    /// When the first fact it rests on ends.
    pub expires: Option<Timestamp>,
    /// Commitment to what the deciding rule read.
    pub inputs_sha256: Digest,
}

/// One decision about one subject in one jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The day whose law was applied.
    pub as_of: Date,
    /// The moment whose knowledge was used.
    pub known_at: Timestamp,
    /// Where its record is in the journal.
    pub sequence: u64,
    /// The transition it was about.
    pub kind: Kind,
    /// What it came to.
    pub outcome: Outcome,
    /// SHA-256 of its record.
    pub decision_sha256: Digest,
    pub(super) decided: Row,
    pub(super) cells: Box<[Held; DOMAINS]>,
}

impl Version {
    /// What it reads at a moment: cells that have ended are `non_compliant`.
    #[must_use]
    pub fn row(&self, moment: Timestamp) -> Row {
        if !self.decided.is_due(moment) {
            return self.decided;
        }
        let over = self.ended(moment);
        let ends = self.cells.iter().filter_map(|cell| cell.expires);
        self.decided.ended(over, ends.filter(|end| *end > moment).min())
    }

    /// The cells whose grounds have ended at a moment.
    #[must_use]
    pub fn ended(&self, moment: Timestamp) -> Domains {
        let over = |held: &Held| held.expires.is_some_and(|end| end <= moment);
        Domain::ALL.into_iter().filter(|domain| over(self.held(*domain))).collect()
    }

    /// One cell of it.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "20 cells, indexed by the ordinals 0 to 19")]
    pub fn held(&self, domain: Domain) -> &Held {
        &self.cells[domain.ordinal()]
    }

    pub(super) const fn order(&self) -> (Date, Timestamp, u64) {
        (self.as_of, self.known_at, self.sequence)
    }
}

/// What tells grounds apart. A rule's id is unique in its pack.
type Name = (Option<RuleId>, Option<Digest>, Option<String>, Reason);

/// Each ground once.
#[derive(Clone, Debug, Default)]
pub(super) struct Grounds {
    all: Vec<Ground>,
    named: BTreeMap<Name, u32>,
}

impl Grounds {
    pub(super) fn of(&self, held: &Held) -> Option<&Ground> {
        self.all.get(usize::try_from(held.ground).ok()?)
    }

    fn keep(&mut self, said: Option<&Said>) -> u32 {
        let cited = said.and_then(|said| said.cited.as_ref());
        let reason = said.map_or(Reason::NoRule, |said| said.reason);
        let rule = said.and_then(|said| said.rule.clone());
        let section = cited.map(|cited| cited.citation.to_string());
        let name = (rule, cited.and_then(|cited| cited.pack_sha256), section, reason);
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let Self { all, named } = self;
        *named.entry(name).or_insert_with_key(|(rule, ..)| {
            all.push(Ground {
                reason,
                rule: rule.clone(),
                cited: cited.cloned(),
                remedy: said.and_then(|said| said.remedy.clone()),
                unsourced: said.is_some_and(|said| said.unsourced),
            });
            next
        })
    }

    /// A decision as it stands in one of its jurisdictions.
    pub(super) fn version(
        &mut self,
        (sequence, decision_sha256): (u64, Digest),
        decision: &Decision,
        place: &JurisdictionId,
    ) -> Version {
        let mut states = [State::Pending; DOMAINS];
        let cells = Box::new(std::array::from_fn(|lane| {
            let cell = decision.cells.get(lane);
            let state = cell.map_or(State::Pending, |cell| in_place(cell, place));
            if let Some(slot) = states.get_mut(lane) {
                *slot = state;
            }
            self.held(cell, place, state)
        }));
        let ends = cells.iter().filter_map(|held: &Held| held.expires).min();
        Version {
            as_of: decision.as_of,
            known_at: decision.known_at,
            sequence,
            kind: decision.kind,
            outcome: decision.outcome(),
            decision_sha256,
            decided: Row::of(&states, ends).unsettled(unsettled(decision, place)),
            cells,
        }
    }

    fn held(&mut self, cell: Option<&Cell>, place: &JurisdictionId, state: State) -> Held {
        let rows = cell.into_iter().flat_map(|cell| counted(cell, place));
        let expires = rows.filter_map(|row| row.expires).min();
        let mut rows = cell.into_iter().flat_map(|cell| counted(cell, place));
        let deciding = rows.find(|row| row.state <= state);
        Held {
            ground: self.keep(deciding),
            expires,
            inputs_sha256: deciding
                .map_or_else(crate::evaluate::no_inputs, |row| row.inputs_sha256),
        }
    }
}

/// What counts in a jurisdiction: its own rows, and what the zone itself asks.
fn counted<'c>(cell: &'c Cell, place: &'c JurisdictionId) -> impl Iterator<Item = &'c Said> {
    let here = move |row: &&Said| row.jurisdiction.as_ref().is_none_or(|of| of == place);
    cell.rows.iter().filter(|row| row.counted).filter(here)
}

/// The domains in which a rule of the place rests on an absence nobody accounts for.
fn unsettled(decision: &Decision, place: &JurisdictionId) -> Domains {
    let open = |cell: &&Cell| counted(cell, place).any(|row| row.reason == Reason::NotStated);
    decision.cells.iter().filter(open).map(|cell| cell.domain).collect()
}

/// The state of a cell in one jurisdiction, never better than a row that counts there; where none
/// counts, pending. The fold of D7 over these is the cell's own state.
fn in_place(cell: &Cell, place: &JurisdictionId) -> State {
    let said = cell.by_jurisdiction.iter().find(|said| said.jurisdiction == *place);
    let own = |row: &&Said| row.jurisdiction.is_some();
    let Some(said) = said.filter(|_| counted(cell, place).any(|row| own(&row))) else {
        return State::Pending;
    };
    counted(cell, place).map(|row| row.state).fold(said.state, State::meet)
}

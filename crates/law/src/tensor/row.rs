//! One subject in one jurisdiction: 20 states in one word.
//!
//! Bits 0–79 are four planes of 20 lanes. A lane's state is written as a thermometer: plane 0 is set
//! from `pending` up, plane 1 from `not_applicable` up, plane 2 from `exempt` up, plane 3 for
//! `compliant` alone. So the worse of two states is the AND of their bits. Bits 80–99 say in which
//! domains the jurisdiction's law applies; bits 100–127 are the minute, counted from 1970 and rounded
//! down, at which the word is to be looked at again because something it rests on may have ended.
//!
//! A domain that is `not_applicable` although its law applies is *unsettled*: nobody says whether what
//! it asks about arises. Another jurisdiction does not speak for it.
//!
//! Invariant: every [`Row`] is in normal form (each lane a thermometer, and the law applies in every
//! lane that is not `not_applicable`), so equal rows are equal words; a word that is not is refused.

use canon::Timestamp;

use crate::domain::{DOMAINS, Domain};
use crate::state::{State, passes};

use super::domains::Domains;

const LANES: u32 = DOMAINS as u32;
const LANE_BITS: u128 = (1 << LANES) - 1;
const PLANES: u32 = 4;
const STATES: u128 = (1 << (LANES * PLANES)) - 1;
const APPLIES_AT: u32 = LANES * PLANES;
const DUE_AT: u32 = APPLIES_AT + LANES;
/// The due minute of a word that nothing ends.
const NEVER: u128 = u128::MAX >> DUE_AT;

/// Lanes whose lowest passing state is `compliant`, and those that pass from `not_applicable` up,
/// taken from the one rule of [`crate::state`].
const STRICT: u32 = lanes_passing_only_when_compliant();

const fn lanes_passing_only_when_compliant() -> u32 {
    let (mut lanes, mut at) = (0, 0);
    while at < DOMAINS {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within the array")]
        let domain = Domain::ALL[at];
        if !passes(domain, State::NotApplicable) {
            lanes |= 1 << at;
        }
        at += 1;
    }
    lanes
}

/// The 20 states of one subject in one jurisdiction, as one word of 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Row(u128);

/// A word that no row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a row: a lane is no thermometer, or its law applies where it does not reach")]
pub struct BadRow;

impl Row {
    /// Every domain compliant and nothing that ends: what meets change nothing with.
    pub const TOP: Self = Self(STATES | LANE_BITS << APPLIES_AT | NEVER << DUE_AT);
    /// Every domain pending: what is read where nothing was decided.
    pub const PENDING: Self = Self(LANE_BITS | LANE_BITS << APPLIES_AT | NEVER << DUE_AT);

    /// A row of 20 states in ordinal order; `due` is the first moment at which one of them ends.
    #[must_use]
    pub fn of(states: &[State; DOMAINS], due: Option<Timestamp>) -> Self {
        let lanes = states.iter().enumerate();
        let bits = lanes.fold(0, |bits, (lane, state)| bits | thermometer(*state) << lane);
        Self::normal(bits, minute(due), 0)
    }

    /// The same row, with the law applying in these domains even where they are `not_applicable`.
    #[must_use]
    pub fn unsettled(self, domains: Domains) -> Self {
        Self(self.0 | u128::from(domains.bits()) << APPLIES_AT)
    }

    /// The row of these states that is due again at this minute; `open`: the lanes unsettled.
    fn normal(states: u128, due: u128, open: u128) -> Self {
        Self(states | (LANE_BITS & (!out_of_scope(states) | open)) << APPLIES_AT | due << DUE_AT)
    }

    /// The lanes at `not_applicable` in which the law applies.
    fn open(self) -> u128 {
        out_of_scope(self.0) & self.0 >> APPLIES_AT
    }

    /// The row of a word at rest.
    ///
    /// # Errors
    /// [`BadRow`] for a word that is not in normal form.
    pub fn from_bits(bits: u128) -> Result<Self, BadRow> {
        let row = Self(bits);
        let ordered = (1..PLANES).all(|plane| row.plane(plane) & !row.plane(plane - 1) == 0);
        if ordered && Self::normal(bits & STATES, bits >> DUE_AT, row.open()) == row {
            return Ok(row);
        }
        Err(BadRow)
    }

    /// The word.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }

    #[allow(clippy::cast_possible_truncation, reason = "masked to 20 bits")]
    const fn plane(self, plane: u32) -> u32 {
        (self.0 >> (plane * LANES) & LANE_BITS) as u32
    }

    /// The state of a domain.
    #[must_use]
    pub fn state(self, domain: Domain) -> State {
        let lane = domain.ordinal();
        let lit = (0..PLANES).take_while(|plane| self.plane(*plane) >> lane & 1 == 1).count();
        State::ALL.get(lit).copied().unwrap_or(State::NonCompliant)
    }

    /// All 20 states in ordinal order.
    #[must_use]
    pub fn states(self) -> [State; DOMAINS] {
        Domain::ALL.map(|domain| self.state(domain))
    }

    /// The domains this jurisdiction's law applies in.
    #[must_use]
    pub const fn applies(self) -> Domains {
        Domains::of_bits(self.plane(PLANES))
    }

    /// The domains whose state lets a write pass. A reading, and no permission: what opens a write is
    /// [`crate::Admission`] alone.
    #[must_use]
    pub const fn passing(self) -> Domains {
        Domains::of_bits((self.plane(1) & !STRICT) | (self.plane(3) & STRICT))
    }

    /// Whether something it rests on may have ended at `moment`.
    #[must_use]
    pub fn is_due(self, moment: Timestamp) -> bool {
        self.0 >> DUE_AT <= now(moment).min(NEVER - 1)
    }

    /// The worse of both in every domain: AND.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        let due = (self.0 >> DUE_AT).min(other.0 >> DUE_AT);
        Self::normal(self.0 & other.0 & STATES, due, self.open() | other.open())
    }

    /// The rows of several jurisdictions read as one: the minimum over those where the domain
    /// applies, not applicable only if so in all. No rows at all read as pending.
    #[must_use]
    pub fn across(rows: impl IntoIterator<Item = Self>) -> Self {
        let mut rows = rows.into_iter();
        let Some(first) = rows.next() else { return Self::PENDING };
        let (worst, applying, due, open) = rows.fold(
            (first.as_identity(), first.applies(), first.0 >> DUE_AT, first.open()),
            |(worst, applying, due, open), row| {
                let applying = applying.or(row.applies());
                (worst & row.as_identity(), applying, due.min(row.0 >> DUE_AT), open | row.open())
            },
        );
        let nowhere = u128::from(applying.not().bits());
        Self::normal(worst & !(nowhere << (2 * LANES) | nowhere << (3 * LANES)), due, open)
    }

    /// Its states, with `compliant` where the law does not apply, so that AND passes over it.
    fn as_identity(self) -> u128 {
        let silent = u128::from(self.applies().not().bits());
        self.0 & STATES | silent << (2 * LANES) | silent << (3 * LANES)
    }

    /// The row with these domains at `non_compliant`, due again at `due`.
    #[must_use]
    pub(super) fn ended(self, ended: Domains, due: Option<Timestamp>) -> Self {
        let lanes = u128::from(ended.bits());
        let off = (0..PLANES).fold(0, |off, plane| off | lanes << (plane * LANES));
        Self::normal(self.0 & STATES & !off, minute(due), self.open())
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(Domain::ALL.map(|domain| (domain, self.state(domain)))).finish()
    }
}

/// A state's bits in the four planes, in lane 0.
const fn thermometer(state: State) -> u128 {
    let lit = state as u32 * LANES;
    // One bit at the foot of each plane, cut to as many planes as the state is high.
    let feet = 1 | 1 << LANES | 1 << (2 * LANES) | 1 << (3 * LANES);
    feet & ((1 << lit) - 1)
}

/// The lanes at `not_applicable`.
const fn out_of_scope(states: u128) -> u128 {
    (states >> LANES & !(states >> (2 * LANES))) & LANE_BITS
}

fn now(moment: Timestamp) -> u128 {
    u128::from(moment.unix().unsigned_abs() / 60)
}

/// The minute in which a moment falls. What ends after the year 2480 is looked at too early, which
/// costs a look and changes nothing.
fn minute(due: Option<Timestamp>) -> u128 {
    due.map_or(NEVER, |due| now(due).min(NEVER - 1))
}

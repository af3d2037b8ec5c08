//! Netting: what zones owe each other over signed cuts, reduced to the least that must be paid.
//!
//! [`Book`] holds obligations of many corridors and sums them; [`Plan`] says which legs settle them,
//! over which corridors, and what is deferred; [`Outcome`] says what remains when legs fail.
//! [`accepted_over`] takes the obligations of one corridor from a cut.
//!
//! **Invariants:** currencies never meet; every sum is exact; for every zone and currency what is
//! received less what is paid is the same before and after, whichever legs fail; no zone pays more
//! over all its legs than it owed; the same obligations in any order give the same bytes.

mod accepted;
mod blocks;
mod book;
mod flow;
mod obligation;
mod outcome;
mod plan;
mod problem;
mod report;

pub use accepted::{AcceptedError, Owing, accepted_over};
pub use blocks::EXACT_ZONES_MAX;
pub use book::{Book, Gross, Position};
pub use obligation::{
    Allowance, Channel, LegSource, MINOR_MAX, OBLIGATIONS_MAX, Obligation, PRIORITIES, Source,
    ZONES_MAX,
};
pub use outcome::{Outcome, OutcomeError, waiting};
pub use plan::{Deferred, Leg, NettingError, Plan, Reach};
pub use report::{CurrencyReport, ZonePosition};

//! Forks of a lane: one writer, two histories.
//!
//! A fork is proven by evidence files ([`crate::evidence`]), told by an [`Alarm`], and ended by one
//! [`Resolution`], a record that both lanes carry. What stands is read from what was acknowledged, else
//! from a cut, else from a choice by whoever may choose; never from clocks, weights or order of digests.
//!
//! Invariant: a resolution names every candidate that the evidence names, and the first one is final.

mod alarm;
mod judge;
mod ledger;
mod point;
mod resolution;

pub use alarm::{ALARM_TYPE, Alarm, AlarmError, Raised};
pub use judge::judge_alarm;
pub(crate) use ledger::Scene;
pub use ledger::{ForkError, Forks, Known};
pub use point::{Candidate, Fork, evidence_set, found, parted_before};
pub use resolution::{Basis, Chosen, Resolution, ResolutionError, Standing};

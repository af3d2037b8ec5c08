//! What a regulator sees of a zone, and the log of what they saw.
//!
//! Figures are made of the decision journal and nothing else, so that they read the same whenever they are asked for
//! as of a day and as known at a moment. From a figure one gets to its records, from a record to the decision, the
//! facts it was made upon, and the law it cites.
//!
//! Invariant: nothing is shown to a regulator that is not in their log first ([`Zone::keep_view`]); a view that
//! cannot be logged is not given.
//!
//! [`Zone::keep_view`]: crate::Zone::keep_view

mod acknowledged;
mod alerts;
mod export;
mod fold;
mod members;
mod population;
mod query;
mod report;
mod sample;
mod show;
mod views;

pub(crate) use acknowledged::Acknowledged;
pub use acknowledged::{AcknowledgeAsk, NOTE_CHARS_MAX};
pub(crate) use fold::Kept;
pub use query::{Of, PopulationQuery, Split};
pub use report::Period;
pub use views::Viewed;

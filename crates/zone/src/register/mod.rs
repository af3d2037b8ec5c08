//! The register of entities over time: changes of names, offices, owners and officers under law; reading it as of a
//! day; searching it; handing out who owns what.
//!
//! Invariant: law is asked about an entity as it is after the change, and what was so before stays readable.

mod alpha3;
mod bods;
mod change;
mod members;
mod read;
mod search;

pub use change::ChangeAsk;
pub use read::RegisterQuery;
pub use search::EntityQuery;

//! Sanctions screening: who is on a list, and why we say so.
//!
//! [`import`] reads published lists (OFAC SDN files, UN consolidated XML) into [`List`]s, each
//! with a digest over every record. [`Screener`] answers a [`Query`] with a [`Screening`]:
//! identifiers first, then the same name, then similar names; every score is an integer in basis
//! points and explains itself token by token.
//!
//! **Invariants.** Screening is a pure function of the lists, the thresholds and the query. The
//! index never loses a name a full scan would have found at the thresholds in use. *Could not
//! screen* ([`Outcome::Unknown`]) is never *clear*.
//!
//! Names in other scripts are written in Latin letters first (see `script`); one that cannot be is
//! never answered `clear`.

pub mod birth;
pub mod disposition;
mod flat;
mod forms;
mod han;
pub mod import;
mod index;
pub mod list;
mod name;
mod part;
pub mod perturb;
pub mod prepared;
mod records;
mod score;
mod screen;
mod screening;
mod script;
mod similar;
pub mod snapshot;
pub mod sweep;
mod table;
mod whole;

pub use birth::Birth;
pub use list::{Age, Entry, Identifier, List, ListError, Name, Scheme, Strength, SubjectKind};
pub use score::{Channel, Reason, TokenMatch, TokenRule};
pub use screen::Screener;
pub use screening::{
    BadThresholds, HITS_MAX, Hit, ListUsed, Outcome, QUERY_IDENTIFIERS_MAX, QUERY_NAME_BYTES_MAX,
    QUERY_NAMES_MAX, Query, Screening, Silenced, Thresholds, Unscreened,
};
pub use snapshot::lists_sha256;

#[cfg(test)]
mod tests;

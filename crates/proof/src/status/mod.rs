//! W3C Bitstring Status List 1.0: whether a credential was revoked or suspended since it was issued.
//!
//! A list is itself a credential and is judged like one before its bits are looked at. Nothing is
//! fetched here: the caller brings the lists.
//!
//! Invariant: a status that cannot be read (no list, another issuer's, too old) is UNKNOWN, never good.

mod bits;
mod entry;
mod list;
#[cfg(test)]
mod tests;

pub use bits::{BITS_MAX, BITS_MIN, Bits, BitsError};
pub(crate) use entry::ENTRY_TYPE;
pub use entry::{ENTRIES_MAX, Entry, EntryError};
pub(crate) use list::SUBJECT_TYPE;
pub use list::{LIST_TYPE, ListError, Purpose, StatusList, subject};

use canon::{Did, Timestamp};

/// How old a list may be unless the caller says otherwise, in seconds: a day.
pub const AGE_SECS_MAX: u64 = 24 * 3600;

/// The lists at hand, each judged before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses {
    lists: Vec<StatusList>,
    age_secs: u64,
}

/// What a list says of one credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The bit is not set.
    Clear,
    /// The bit is set, and the purpose says what that means.
    Set(Purpose),
    /// No list of that id and purpose by that issuer is at hand.
    Missing,
    /// The list is older than may be.
    Stale {
        /// When it was issued.
        issued: Timestamp,
    },
    /// The list has no such place.
    OutOfRange {
        /// Its length.
        bits: u64,
    },
}

impl Default for Statuses {
    fn default() -> Self {
        Self { lists: Vec::new(), age_secs: AGE_SECS_MAX }
    }
}

impl Statuses {
    /// These lists, and none older than `age_secs` when a credential is judged.
    #[must_use]
    pub fn of(lists: Vec<StatusList>, age_secs: u64) -> Self {
        Self { lists, age_secs }
    }

    /// What is said of the credential of `issuer` that carries this entry. The newest list counts.
    #[must_use]
    pub fn standing(&self, entry: &Entry, issuer: &Did, as_of: Timestamp) -> Standing {
        let fits = |list: &&StatusList| {
            list.id() == entry.list
                && list.purpose() == entry.purpose
                && list.issuer().base() == issuer.base()
        };
        let newest = self.lists.iter().filter(fits).max_by_key(|list| list.issued());
        let Some(list) = newest else { return Standing::Missing };
        let age = as_of.unix().saturating_sub(list.issued().unix());
        if u64::try_from(age).unwrap_or(0) > self.age_secs {
            return Standing::Stale { issued: list.issued() };
        }
        match list.bits().get(entry.index) {
            None => Standing::OutOfRange { bits: list.bits().len() },
            Some(false) => Standing::Clear,
            Some(true) => Standing::Set(entry.purpose),
        }
    }
}

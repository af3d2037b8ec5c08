//! What follows from other records, derived again and compared with what is kept.
//!
//! | file | what | from what |
//! |---|---|---|
//! | `ledger` | entries of accounts, and what is on each | postings, and transfers that are promised |
//! | `shares` | registers of members | their entries |
//! | `taxes` | what is owed to authorities | tax events |
//! | `keys` | under what records are found | the records |
//!
//! What was decided and said follows from nothing: that it is whole is for [`fsck`](crate::fsck()) to say.
//!
//! Invariant: reads only, a page at a time; what is held in memory is a few sums for each account and liability.

mod keys;
mod ledger;
mod shares;
mod taxes;

use canon::Canonical;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{PAGE_MAX, Store, StoreError};

/// Most differences told; the count goes on.
pub const DIFFERENCES_MAX: usize = 1_000;

/// Something kept that is not what follows from the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Kind of the record.
    pub kind: &'static str,
    /// Its identifier.
    pub id: String,
    /// What of it differs.
    pub member: &'static str,
    /// As it is kept.
    pub kept: String,
    /// As it should be.
    pub derived: String,
}

/// One thing that was derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Derived {
    /// Kind of the records compared.
    pub kind: &'static str,
    /// What they follow from.
    pub from: &'static str,
    /// How many were compared.
    pub records: u64,
    /// How often something differs.
    pub differences: u64,
}

/// The whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// What was derived.
    pub derived: Vec<Derived>,
    /// What differs, at most [`DIFFERENCES_MAX`].
    pub differences: Vec<Difference>,
    /// How much differs in all.
    pub found: u64,
}

struct Walk<'a> {
    store: &'a dyn Store,
    told: Rebuilt,
    /// Of what is being derived.
    records: u64,
    differences: u64,
}

/// Derive again what follows from other records of a stopped zone that keeps them itself.
///
/// # Errors
/// The store cannot be read.
pub fn rebuilt(store: &dyn Store) -> Result<Rebuilt, StoreError> {
    let mut walk = Walk { store, told: Rebuilt::default(), records: 0, differences: 0 };
    walk.ledger()?;
    walk.shares()?;
    walk.taxes()?;
    walk.keys()?;
    Ok(walk.told)
}

/// A record by the bytes that are kept of it.
fn read<T: DeserializeOwned>(kept: &[u8]) -> Result<T, canon::Refusal> {
    Canonical::exact(kept)?.read()
}

impl Walk<'_> {
    /// Every record of a kind that can be read, in the order of their identifiers.
    fn each<T: DeserializeOwned>(
        &mut self,
        kind: &'static str,
        mut each: impl FnMut(&mut Self, &str, T) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        loop {
            let rows = self.store.records(kind, after.as_deref(), PAGE_MAX)?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = Some(last.clone());
            for (id, row) in rows {
                match read(&row.body) {
                    Ok(record) => each(self, &id, record)?,
                    Err(why) => {
                        self.differs((kind, &id, "record"), &why, &"a record that can be read")
                    }
                }
            }
        }
    }

    /// Compare one thing.
    fn compare<T: PartialEq + ToString>(
        &mut self,
        place: (&'static str, &str, &'static str),
        kept: &T,
        derived: &T,
    ) {
        if kept != derived {
            self.differs(place, kept, derived);
        }
    }

    fn differs(
        &mut self,
        (kind, id, member): (&'static str, &str, &'static str),
        kept: &dyn ToString,
        derived: &dyn ToString,
    ) {
        self.differences = self.differences.saturating_add(1);
        self.told.found = self.told.found.saturating_add(1);
        if self.told.differences.len() < DIFFERENCES_MAX {
            let (kept, derived) = (kept.to_string(), derived.to_string());
            self.told.differences.push(Difference {
                kind,
                id: id.to_owned(),
                member,
                kept,
                derived,
            });
        }
    }

    /// One more record was compared.
    fn one(&mut self) {
        self.records = self.records.saturating_add(1);
    }

    /// All of a kind were.
    fn done(&mut self, kind: &'static str, from: &'static str) {
        let (records, differences) = (self.records, self.differences);
        self.told.derived.push(Derived { kind, from, records, differences });
        (self.records, self.differences) = (0, 0);
    }
}

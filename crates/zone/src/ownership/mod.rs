//! Registers of members: opened for an entity, changed by dated entries under law, read as on any day.
//!
//! Invariant: the table kept is the fold of the entries kept; both change in one commit, with the proposal that an
//! entry rests on. An entry that needs a vote is made with the approval of exactly that operation, which is used up by
//! it.

mod enter;
mod gather;
mod kept;
mod open;
mod paid;
mod shown;

pub use enter::EnterOwnership;
pub(crate) use kept::{Entry as KeptEntry, entered, entry_id};
pub use open::OpenCapTable;
pub(crate) use paid::{BY_DIVIDEND, place as dividend_place};

/// The kind of record.
pub(crate) const TABLE: &str = "cap-table";
/// The kind of record of its entries.
pub(crate) const ENTRY: &str = "cap-table-entry";

/// Whose act a decision is about.
fn subject(id: &canon::EntityId) -> String {
    format!("cap-table:{id}")
}

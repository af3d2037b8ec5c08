//! Who owns an entity: its register of members, made of dated entries.
//!
//! Entries are made in the order of the days they count from and never changed, so the cap table on any day is the fold
//! of the entries up to it. Of every class: what its holders hold sums to what is issued, and what is issued and what
//! is set aside for options is no more than what is authorized. More is authorized only by a vote of the holders
//! ([`crate::consent`]); an entry that needs one names it.

mod class;
mod dividend;
mod event;
pub mod limits;
mod moves;
mod options;
mod shares;
mod stake;
mod table;
#[cfg(test)]
mod tests;
mod vesting;
mod view;

pub use class::{Holder, HolderKind, ShareClass, TransferRule, Votes};
pub use dividend::Declared;
pub use event::{Allotment, Dated, Few, IllegalOwnership, OwnershipEvent, Waiver};
pub use shares::{BadPerShare, BadShares, PerShare, PerShareText, Shares};
pub use stake::Stake;
pub use table::{CapTable, Class};
pub use vesting::{Grant, NewGrant, Vesting, VestingSent};
pub use view::{CapTableShown, ClassShown, DividendShown, GrantShown, Holding};

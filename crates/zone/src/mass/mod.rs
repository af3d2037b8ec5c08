//! Where entities, accounts and payments are kept: in the zone's own store, or at Mass (ADR 085).
//!
//! In proxy mode the zone admits, attests and journals as ever; the record itself lies at Mass, and here lies a
//! [`Reference`]: the identifier there and the digest of what was put there. Reads fetch and compare. How a call
//! travels is not known here: the door hands in a function.
//!
//! Invariant: in proxy mode no body of a record that belongs at Mass is written here, and nothing counts as done that
//! Mass did not answer for, in the form and with the members that were asked.

mod at_mass;
mod call;
mod calls;
mod client;
mod keep;
mod pay;
mod read;
mod told;

pub use at_mass::{AtMass, Unwell};
pub use call::{Call, Method, Reply};
pub use client::Client;
pub(crate) use keep::Primitive;
pub(crate) use told::Stands;

/// Where primitives are kept.
pub enum Primitives {
    /// In the zone's own store.
    Sovereign,
    /// At Mass.
    Mass(Client),
}

/// Kinds of records that are Mass's in proxy mode, and can be kept there.
pub(crate) const AT_MASS: [&str; 3] = ["entity", "account", "payment"];
/// Kinds that no call of Mass can carry as the zone keeps them: what would write them is refused in proxy mode.
pub(crate) const NOT_AT_MASS: [&str; 6] =
    ["posting", "transfer", "tax-event", "cap-table", "cap-table-entry", "consent"];

#[cfg(test)]
mod tests;

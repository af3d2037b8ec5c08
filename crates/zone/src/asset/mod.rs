//! Assets: registered here under law, sent over a corridor to a holder in another zone, taken from one.
//!
//! Invariant: an asset has one holder. From the commit of the receipt that sends it nobody holds it here; the other
//! zone's acceptance gives it its holder there, and a refusal gives it back here once law admits that. What became of
//! a crossing is read from the verdict on its receipt, which is never changed.

mod again;
mod arrive;
mod follow;
mod gather;
mod kept;
mod register;
mod returned;
mod send;
mod shown;

pub(crate) use again::AssetAgain;
pub use register::RegisterAsset;
pub use send::SendAsset;

/// The kind of record.
const KIND: &str = "asset";

/// Whose act a decision is about.
fn subject(id: &canon::Digest) -> String {
    format!("asset:{id}")
}

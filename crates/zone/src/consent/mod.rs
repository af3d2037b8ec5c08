//! Consent: proposals put to the vote of an electorate, under law; an approval is used in the commit of what it
//! authorises.

mod gather;
mod open;
mod roll;
mod shown;
mod used;
mod votes;

pub use open::OpenConsent;
pub(crate) use open::line;
pub(crate) use shown::{brief, shown};
pub(crate) use used::refused;
pub use votes::CancelConsent;

/// The kind of record.
const KIND: &str = "consent";

/// Whose act a decision is about.
fn subject(id: &canon::RecordId) -> String {
    format!("consent:{id}")
}

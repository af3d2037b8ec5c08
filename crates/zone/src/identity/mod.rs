//! Identity: persons and organisations, kept under keys of their own, identified by evidence, forgotten for good.
//!
//! Invariants. What is known of somebody lies in the data only sealed under that subject's key, which lies there only
//! wrapped under the zone's key for personal data, which never lies there (ADR 070). The journal holds salted
//! commitments. No answer to a write says anything personal. A tier follows from evidence alone; what an office says of
//! an identifier is asked by `adapter`.

mod act;
mod did;
mod erase;
mod kept;
mod limits;
mod paid;
mod screened;
mod shown;

pub use act::{AddEvidence, RegisterPerson};
pub use did::BindDid;
pub use limits::TierLimitsAsk;
pub(crate) use paid::Counted;
pub(crate) use screened::{Found, PersonScreened};

/// The kind of record.
const KIND: &str = "identity";

/// Whose act a decision is about.
fn subject(id: &canon::RecordId) -> String {
    format!("identity:{id}")
}

//! Licenses: what a regulator lets a legal person do, for how long, and under which obligations.
//!
//! ```text
//! APPLIED ─review─▶ UNDER_REVIEW ─issue─▶ ACTIVE ⇄ SUSPENDED        ACTIVE ─renew─▶ ACTIVE
//!    └─────reject────────┴─▶ REJECTED        └────┬────┴─▶ REVOKED · SURRENDERED · EXPIRED
//! ```
//! A license that was issued has a first day and may have a last; it expires only when that day has passed, and from
//! then on it counts as expired whether or not anybody has said so. Obligations are met one period after another.

mod lifecycle;
mod obligation;
#[cfg(test)]
mod tests;

pub use lifecycle::{
    Applied, IllegalLicense, License, LicenseEvent, LicenseInput, LicenseStatus, LicenseTerm,
    NUMBER_CHARS_MAX,
};
pub use obligation::{Every, OBLIGATION_CHARS_MAX, OBLIGATIONS_MAX, Obligation, ObligationInput};

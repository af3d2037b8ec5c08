//! Certificates of finality: files that convince alone.
//!
//! A certificate names one receipt and carries what its level rests on. *Local* (LVC): the other zone
//! verified, decided and accepted it. *Economic* (EFC): moreover a cut signed by both covers it, and a
//! quorum of bonded watchers attested that cut. *Anchored* (AFC): and another chain holds that cut; which, and under
//! which root of trust, the certificate says.
//!
//! Invariant: nothing is believed because the file says so. Keys come from inception documents under
//! the DIDs the caller pins, positions from receipts, sizes and roots from what the zones signed.

mod efc;
mod file;
mod judge;
mod lvc;

pub use file::{Acceptance, CERTIFICATE_TYPE, Certificate, Coverage, Grade};
pub(crate) use judge::party;
pub use judge::{Judgement, Told, judge, judge_under};
pub use lvc::{ACKS_MAX, CertificateError};

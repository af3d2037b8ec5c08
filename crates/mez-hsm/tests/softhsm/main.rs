//! `mez-hsm` with SoftHSM2 as its token: one token for each test, one process for each signer.
//!
//! Nothing is skipped: without SoftHSM2 every test fails and names the package.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

#[path = "../../../mez/tests/deployed/evidence.rs"]
mod evidence;
mod keys;
mod place;
mod rotate;
mod session;
mod zone;

//! Whole zones in one process, on the real packs of this checkout.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

mod adopt;
mod agree;
mod asked;
mod asset;
mod audited;
mod bridge;
mod carried;
mod compliance;
mod crash;
mod event;
mod fiscal;
mod fork;
mod fsck;
mod held;
mod idempotency;
mod ownership;
mod partition;
mod peer;
mod people;
mod rotate;
mod scenario;
mod screening;
mod settle;
mod settle_again;
mod start;
mod there;
mod three;
mod totals;
mod trade;
mod wanted;
mod watchers;

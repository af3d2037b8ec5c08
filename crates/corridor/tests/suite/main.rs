//! The corridor between two zones, driven from both sides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod agree;
mod anchor;
mod append;
mod binding;
mod bridge;
mod bundle;
mod chain;
mod compile_fail;
mod cut;
mod ethereum;
mod evidence;
mod fork;
mod halt;
mod handshake;
mod happy;
mod iso20022;
mod kinds;
mod lifecycle;
mod long;
mod messages;
mod model;
mod netting;
mod payloads;
mod payment;
mod rotation;
mod schedule;
mod trade;
mod vector;
mod watchers;
mod zones;

//! The command line as a user meets it: the real program, its words, its exit codes.
//!
//! Every test runs in a folder of its own, away from the checkout, so content is what is built in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod artifacts;
mod bundles;
mod canonical;
mod catalogues;
mod chain;
mod content;
mod credentials;
mod deploy;
mod doctor;
mod keys;
mod law;
mod log;
mod modules;
mod money;
mod packs;
mod path;
mod place;
#[path = "../deployed/ports.rs"]
mod ports;
mod quick_start;
mod registries;
mod reports;
mod resolve;
mod roots;
mod schemas;
mod snapshot;
mod usage;
mod verify;
mod wallet;

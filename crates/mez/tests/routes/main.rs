//! Routes against a real process on loopback, asked by an HTTP client that is not ours.
//!
//! Each test founds its own zone in its own folder, with packs and profiles of this checkout.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    dead_code,
    unused_imports,
    reason = "tests"
)]

// The folder a zone runs from is laid by the very code `mez deploy` uses.
#[path = "../../src/durable.rs"]
mod durable;
#[path = "../../src/founding.rs"]
mod founding;
#[path = "../../src/layout/mod.rs"]
mod layout;
#[path = "../../src/http/signature.rs"]
mod signature;

mod access;
mod assets;
mod bodies;
mod books;
mod bridge;
mod corridors;
mod entities;
mod forks;
mod health;
mod home;
mod jurisdictions;
mod logs;
mod memory;
mod modules;
mod national;
mod ownership;
mod packs;
mod peers;
mod people;
mod recovery;
mod rotation;
mod screening;
mod server;
mod settle;
mod signers;
mod startup;
mod tax;
mod tls;
mod trade;
mod watchers;
mod witnesses;

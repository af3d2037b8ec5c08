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
mod archive;
mod assets;
mod audit;
mod backup;
mod board;
mod bodies;
mod books;
mod bridge;
mod compliance;
mod corridors;
mod council;
mod dividends;
mod entities;
mod etags;
mod etags_races;
mod events;
mod export;
mod forks;
mod handshake;
mod health;
mod home;
mod isolation;
mod jurisdictions;
mod logs;
mod memory;
mod modules;
mod national;
mod older;
mod ownership;
mod packs;
mod peers;
mod people;
#[path = "../deployed/ports.rs"]
mod ports;
mod rebuild;
mod recovery;
mod refused;
mod regulator;
mod rehearsals;
mod repeats;
mod rotation;
mod screening;
mod server;
mod settle;
mod signers;
mod startup;
mod tax;
mod thresholds;
mod tls;
mod trade;
mod travel;
mod two_persons;
mod watchers;
mod witnesses;

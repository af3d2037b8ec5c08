//! One public contract, two modes: the same requests to a zone that keeps its records, and to one that keeps them at Mass.
//!
//! Every zone and every simulator is a process of its own; what Mass was asked is read from the simulator's own log.

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

#[path = "../../src/durable.rs"]
mod durable;
#[path = "../../src/founding.rs"]
mod founding;
#[path = "../routes/home.rs"]
mod home;
#[path = "../../src/layout/mod.rs"]
mod layout;
#[path = "../deployed/ports.rs"]
mod ports;
#[path = "../routes/server.rs"]
mod server;

mod contract;
mod ground;
mod modes;
mod secured;
mod series;
mod started;
mod wrong;

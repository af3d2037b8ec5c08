//! Every decoder as a plain function over bytes, with what must hold of whatever it accepts.
//!
//! [`TARGETS`] is the list of the pure rooms: the [`driver`], the replay in `cargo test` and the manifest
//! for cargo-fuzz in `nightly/` take it from here. What the doors decode has its targets beside the doors
//! (`crates/mez/src/http/fuzz.rs`), run by the same driver. Seeds are the golden vectors, taken
//! apart by [`seeds`], and the inputs that once failed, in `corpus/TARGET/`.
//!
//! Invariant: a target has no state and no randomness; it panics exactly when a decoder is wrong.

#![allow(clippy::panic, reason = "a target panics to say that a decoder is wrong")]

pub mod driver;
pub mod mutate;
pub mod seeds;
mod targets;

pub use targets::{TARGETS, Target, find};

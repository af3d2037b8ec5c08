//! The way to Mass over HTTP, for a zone that keeps its records there (ADR 085).
//!
//! ```text
//! D/<zone>/primitives.json    where entities, accounts and payments are kept; without it, here
//! D/<zone>/mass/…             the token (0600), certificates and their keys (0600)
//! ```
//! Invariant: a call ends within its bound, a token is in no text that anybody is told, and a zone of realm production
//! does not start on the way to a simulator.

mod carry;
mod config;

pub(crate) use config::{MassError, primitives};

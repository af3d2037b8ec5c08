//! National systems over HTTP: who is asked where, under which key an answer is believed, and when nobody is asked.
//!
//! ```text
//! D/<zone>/adapters.json      which adapters there are; without it there are none
//! D/<zone>/adapters/…         certificates, their keys (0600), tokens (0600)
//! ```
//! Invariant: nothing is believed that the pinned key did not sign for this very question in this very realm
//! ([`signed`]); an adapter of another realm than the zone's keeps the zone from starting.

mod client;
mod config;
mod signed;

pub(crate) use client::Adapters;
pub(crate) use config::AdaptersError;

#[cfg(test)]
mod tests;

//! Witnesses: what others say they saw of a log (C2SP `tlog-witness`, `tlog-cosignature`).
//!
//! A witness keeps, per log, the last checkpoint it cosigned, and cosigns only what provably extends
//! it. [`Logs::read`] checks a request, [`Asked::against`] decides it against that state, and the
//! [`Cosign`] it gives is the only thing [`Cosign::sign`] signs. [`Policy`] is the other end: how
//! many of which witnesses make a checkpoint believable. [`client`] is the log's side.
//!
//! Invariant: a pure state machine; whoever runs it makes [`Cosign::held`] durable before it signs
//! or answers. One size of one log is never cosigned with two roots.

pub mod client;
mod cosignature;
mod quorum;
mod request;
mod state;

pub use cosignature::{CosignerKey, CosignerKeyError};
pub use quorum::{Cosigned, Policy, PolicyError, QuorumError, Seen, WITNESSES_MAX};
pub use request::{REQUEST_BYTES_MAX, Request, RequestError};
pub use state::{Asked, Cosign, Held, HeldError, LOG_KEYS_MAX, Logs, LogsError, Refusal};

#[cfg(test)]
mod tests;

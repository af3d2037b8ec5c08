//! Why a stranger should believe it.
//!
//! Keys with strict admission, W3C Data Integrity signatures, the RFC 9162 log, signed notes and
//! checkpoints, a zone's inception document, content-addressed artifacts with their closure and
//! canonical bundle, and verifiable credentials. Everything here is a pure function of bytes.
//!
//! Invariant: no clock, no I/O, no randomness. Private keys are never `Clone`, `Debug` or
//! `Serialize`. A verifier hands out [`Verified<T>`](Verified), never a bool beside an unverified
//! copy; trust comes from what the caller pins, never from a key the message itself carries.

pub mod artifact;
pub mod base64;
pub mod chain;
pub mod checkpoint;
pub mod credential;
pub mod did;
pub mod foreign;
pub mod hpke;
pub mod inception;
pub mod integrity;
pub mod jwk;
pub mod keys;
pub mod merkle;
pub mod note;
pub mod personal;
pub mod rotation;
pub mod sample;
pub mod schema;
pub mod sdjwt;
pub mod shape;
pub mod status;
pub mod table;
pub mod tiles;
pub mod tlog_proof;
mod verified;
pub mod views;
pub mod webhook;
pub mod witness;

pub use artifact::{ArtifactRef, ArtifactType, Blobs};
pub use checkpoint::Checkpoint;
pub use inception::Inception;
pub use keys::{Message, PublicKey, Purpose, SecretKey, Signature, Signer};
pub use rotation::KeyHistory;
pub use verified::Verified;

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

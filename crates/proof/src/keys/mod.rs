//! Ed25519 keys, signatures, and the typed messages a key may sign.
//!
//! Invariant: a [`PublicKey`] in hand is canonical, not of small order and free of torsion, wherever
//! it was parsed from; a signature is believed only through [`PublicKey::verify`], which is strict
//! (S < L, canonical R not of small order, cofactorless equation). Strict is a subset of what every
//! standard library accepts, so no one can repudiate what we accept.

pub(crate) mod base58;
pub mod batch;
mod known;
mod message;
mod public;
mod secret;
#[cfg(test)]
mod tests;

pub use message::{Message, MessageKind, Purpose, Signer, SignerError};
pub use public::{KeyError, PublicKey, Signature, SignatureError};
pub use secret::SecretKey;
pub(crate) use secret::wipe_stack;

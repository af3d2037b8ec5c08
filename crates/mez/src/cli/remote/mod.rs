//! Commands that ask a running zone over its HTTP API, like any integrator.
//!
//! Invariant: what a zone refuses, the command refuses, with the zone's own code, rules and remedy;
//! the exit code alone tells apart: refused by law (3), out of reach (69), try again (75).

mod agreeing;
mod bilateral;
mod binding;
mod bundle;
pub(crate) mod corridor;
mod demands;
pub(crate) mod disposition;
mod forks;
mod handshake;
mod health;
mod openapi;
mod receipts;
mod refusal;
pub(crate) mod status;
pub(crate) mod sweep;
mod target;
pub(crate) mod token;

use canon::Entropy;
use data_encoding::HEXLOWER;

use super::{Exit, Failure};

pub(crate) use openapi::Openapi;
pub(crate) use receipts::Pages;
pub(crate) use refusal::refused;
pub(crate) use target::{DEFAULT_URL, Target};

/// Bytes of a fresh idempotency key.
const KEY_BYTES: usize = 16;

/// The idempotency key given, or a fresh one.
fn key(given: Option<&String>, entropy: &dyn Entropy) -> Result<String, Failure> {
    if let Some(key) = given {
        return Ok(key.clone());
    }
    let mut bytes = [0; KEY_BYTES];
    entropy.fill(&mut bytes).map_err(|error| {
        let remedy = "give --idempotency-key KEY";
        Failure::new(Exit::Unavailable, "entropy", "no randomness is to be had", remedy)
            .because(&error)
    })?;
    Ok(HEXLOWER.encode(&bytes))
}

//! What the pure rooms may ask of the outside, as traits, so that a simulator can own it.

use crate::time::Timestamp;

/// The present.
pub trait Clock: Send + Sync {
    /// Now, in whole seconds.
    fn now(&self) -> Timestamp;
}

/// The source of randomness is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's source of randomness is unavailable")]
pub struct EntropyGone;

/// Unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fill `out` with unpredictable bytes.
    ///
    /// # Errors
    /// When the source fails; nothing may be made of a partly filled buffer.
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyGone>;
}

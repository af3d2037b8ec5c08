//! The witness that a check was made.
//!
//! Invariant: only the verifiers of this crate construct a [`Verified`]; holding one means the
//! value inside passed its full check against trust the caller named.

use std::ops::Deref;

/// A value that passed verification. It cannot be built, changed or deserialised elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// Seals a value whose check has just succeeded.
    pub(crate) fn seal(value: T) -> Self {
        Self(value)
    }

    /// Gives up the witness and returns the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

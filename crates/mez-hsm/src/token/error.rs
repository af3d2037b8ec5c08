//! What a token, or the module in front of it, does not do; each with a code in `failure`.

use std::path::PathBuf;

use cryptoki::error::Error;

/// What the token does not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// The library cannot be loaded or begun with.
    #[error("the module `{}` cannot be used: {detail}", path.display())]
    Module {
        /// Which.
        path: PathBuf,
        /// What it said.
        detail: String,
    },
    /// No such token.
    #[error("no token has the label `{label}` and the serial number that is known")]
    Absent {
        /// Which.
        label: String,
    },
    /// Two such tokens.
    #[error("two tokens have the label `{label}`")]
    Twice {
        /// Which.
        label: String,
    },
    /// The PIN is not the token's.
    #[error("the token refuses the PIN")]
    WrongPin,
    /// Too many wrong PINs.
    #[error("the token has locked its PIN")]
    PinLocked,
    /// It does not do Ed25519.
    #[error("the token `{label}` has no {what}")]
    NoEd25519 {
        /// Which.
        label: String,
        /// The mechanism.
        what: &'static str,
    },
    /// No such key.
    #[error("the token holds no {half} key of label `{label}`")]
    KeyMissing {
        /// Its label.
        label: String,
        /// `private` or `public`.
        half: &'static str,
    },
    /// Two such keys.
    #[error("the token holds {count} {half} keys of label `{label}`")]
    KeyTwice {
        /// Their label.
        label: String,
        /// `private` or `public`.
        half: &'static str,
        /// How many.
        count: usize,
    },
    /// A key of the label that was not made for this folder.
    #[error("the key of label `{label}` is not the one that was made here")]
    KeyOther {
        /// Its label.
        label: String,
    },
    /// A key that could be copied, or was brought in from outside.
    #[error("the key of label `{label}` is {how}")]
    KeyExposed {
        /// Its label.
        label: String,
        /// What the token says of it.
        how: &'static str,
    },
    /// Anything else the module said.
    #[error("the token failed while {doing}: {detail}")]
    Device {
        /// What was asked.
        doing: &'static str,
        /// The module's return value and function.
        detail: String,
    },
}

/// The texts of the library are paragraphs of the specification; the names of the codes say the same.
pub(super) fn said(error: &Error) -> String {
    match error {
        Error::Pkcs11(code, function) => format!("{function:?} says {code:?}"),
        other => other.to_string(),
    }
}

/// A failure of no kind of its own.
pub(super) fn device(doing: &'static str) -> impl Fn(Error) -> TokenError {
    move |error| TokenError::Device { doing, detail: said(&error) }
}

//! Identifiers that states give to persons and companies, kept only in the form the state writes them.
//!
//! What is checked is what the identifier itself carries: its length, its signs, its check digit where one is
//! published. Whether anybody has it, only the authority knows: see `zone::adapter`.

mod pakistan;
mod singapore;
mod uae;

pub use pakistan::{Cnic, Mobile, Ntn, SecpNumber};
pub use singapore::Uen;
pub use uae::EmiratesId;

/// Text that is not an identifier of the kind asked for. It never repeats the text: that may be a person's number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not {kind}: {rule}")]
pub struct BadIdentifier {
    pub(super) kind: &'static str,
    pub(super) rule: &'static str,
}

/// The digits of a text that holds nothing but digits and the given separators.
fn digits(text: &str, separators: &[char]) -> Option<String> {
    let kept: String = text.chars().filter(|sign| !separators.contains(sign)).collect();
    kept.bytes().all(|byte| byte.is_ascii_digit()).then_some(kept)
}

macro_rules! written {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = BadIdentifier;
            fn try_from(text: String) -> Result<Self, BadIdentifier> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl $name {
            /// As the authority writes it, without separators.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
use written;

#[cfg(test)]
mod tests;

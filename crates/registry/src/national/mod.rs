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

/// Why a text is no such identifier. It never repeats the text: that may be a person's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentifier {
    /// Other characters, or another length.
    #[error("is not of the form `{0}`")]
    Form(&'static str),
    /// A part that is none of those there are.
    #[error("has no {0} of that number")]
    Part(&'static str),
    /// A check digit or letter that does not fit.
    #[error("has a check digit that does not fit the rest")]
    Check,
}

/// The digits of a text of one of these patterns: `9` a digit, any other character itself.
fn digits(text: &str, patterns: &[&str]) -> Option<String> {
    let fits = |pattern: &&&str| {
        let mut signs = text.chars();
        let of = |wanted: char| match (wanted, signs.next()) {
            ('9', Some(is)) => is.is_ascii_digit(),
            (wanted, is) => is == Some(wanted),
        };
        pattern.chars().all(of) && signs.next().is_none()
    };
    patterns.iter().find(fits)?;
    Some(text.chars().filter(char::is_ascii_digit).collect())
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

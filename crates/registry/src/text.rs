//! Text that has been looked at: one-line strings and slugs with a length limit, and the list of field problems.
//!
//! Legal names travel into screening, credentials and reports. A name that hides a control character, a bidirectional
//! override or a zero-width space can look like one name and compare as another, so such characters are refused here,
//! once. Zero-width joiners (U+200C, U+200D) stay: Persian, Urdu and Indic names need them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// More characters than the field takes.
    #[error("has {found} characters, at most {max} are taken")]
    TooLong {
        /// Characters found.
        found: usize,
        /// Characters taken.
        max: usize,
    },
    /// Leading or trailing white space, which compares unequal to the same text without it.
    #[error("begins or ends with white space")]
    Untrimmed,
    /// A control, bidirectional-override, zero-width or private character.
    #[error("holds U+{0:04X}, which is not a visible character")]
    Invisible(u32),
    /// A slug takes lower-case letters, digits, `_`, `-` and `.`, and starts with a letter.
    #[error("is not a slug: lower-case letters, digits, `_`, `-`, `.`, starting with a letter")]
    NotASlug,
}

/// One line of visible text, 1 to `MAX` characters, without surrounding white space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// Reads a line.
    ///
    /// # Errors
    /// [`BadText`] naming the first rule that does not hold.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        if text.trim().is_empty() {
            return Err(BadText::Empty);
        }
        let found = text.chars().count();
        if found > MAX {
            return Err(BadText::TooLong { found, max: MAX });
        }
        if text.trim().len() != text.len() {
            return Err(BadText::Untrimmed);
        }
        match text.chars().find(|c| is_invisible(*c)) {
            Some(c) => Err(BadText::Invisible(c.into())),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_invisible(c: char) -> bool {
    let hidden = matches!(u32::from(c),
        0xAD | 0x61C | 0x180E | 0x200B | 0x200E | 0x200F | 0x2028..=0x202E | 0x2060..=0x206F
        | 0xFEFF | 0xFFF9..=0xFFFB | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF | 0xF0000..=0x10FFFF);
    c.is_control() || hidden
}

/// A code word of 1 to 100 characters: lower-case letters, digits, `_`, `-`, `.`, starting with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Longest [`Slug`], in characters.
pub const SLUG_CHARS_MAX: usize = 100;

impl Slug {
    /// Reads a slug.
    ///
    /// # Errors
    /// [`BadText::Empty`], [`BadText::TooLong`] or [`BadText::NotASlug`].
    pub fn parse(text: &str) -> Result<Self, BadText> {
        if text.is_empty() {
            return Err(BadText::Empty);
        }
        let found = text.chars().count();
        if found > SLUG_CHARS_MAX {
            return Err(BadText::TooLong { found, max: SLUG_CHARS_MAX });
        }
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        let rest =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
        if starts && text.chars().all(rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadText::NotASlug)
        }
    }

    /// The code word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Line<MAX> {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(&text)
    }
}
impl TryFrom<String> for Slug {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(&text)
    }
}
impl<const MAX: usize> From<Line<MAX>> for String {
    fn from(line: Line<MAX>) -> Self {
        line.0
    }
}
impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}
impl<const MAX: usize> fmt::Display for Line<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One field that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the field in what was sent.
    pub pointer: String,
    /// What is wrong with it, completing the sentence "`/legal_name` …".
    pub detail: String,
}

/// Every field that could not be read, in the order of the document. Never empty in an `Err`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems, in the order of the document.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    pub(crate) fn add(&mut self, pointer: impl Into<String>, detail: impl fmt::Display) {
        self.0.push(Problem { pointer: pointer.into(), detail: detail.to_string() });
    }

    /// Keeps the value of a field, or its problem.
    pub(crate) fn take<T, E: fmt::Display>(
        &mut self,
        pointer: &str,
        field: Result<T, E>,
    ) -> Option<T> {
        field.map_err(|why| self.add(pointer, why)).ok()
    }

    /// Takes over the problems of a part, under the pointer of that part.
    pub(crate) fn nest<T>(&mut self, pointer: &str, part: Result<T, Self>) -> Option<T> {
        match part {
            Ok(value) => Some(value),
            Err(inner) => {
                for problem in inner.0 {
                    self.add(format!("{pointer}{}", problem.pointer), problem.detail);
                }
                None
            }
        }
    }

    /// The whole, when every part of it could be read.
    pub(crate) fn finish<T>(self, whole: Option<T>) -> Result<T, Self> {
        match whole {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            let gap = if n == 0 { "" } else { "; " };
            write!(f, "{gap}`{}` {}", problem.pointer, problem.detail)?;
        }
        Ok(())
    }
}
impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_hides_a_character_is_refused() {
        for hidden in ["Acme\u{202E}Ltd", "Ac\u{200B}me", "Acme\nLtd", "Acme\u{FEFF}", "A\u{0}"] {
            assert!(matches!(Line::<50>::parse(hidden), Err(BadText::Invisible(_))), "{hidden:?}");
        }
    }

    #[test]
    fn names_in_any_script_are_taken() {
        for name in ["شرکت می\u{200C}خواهم", "株式会社モメンタム", "Ünal & Søn A/S", "محمد علي"]
        {
            assert_eq!(Line::<50>::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert!(Line::<3>::parse("株式会").is_ok());
        assert_eq!(Line::<3>::parse("abcd"), Err(BadText::TooLong { found: 4, max: 3 }));
        assert_eq!(Line::<3>::parse(" a"), Err(BadText::Untrimmed));
        assert_eq!(Line::<3>::parse("  "), Err(BadText::Empty));
    }

    #[test]
    fn slugs_are_lower_case_code_words() {
        assert!(Slug::parse("private_limited-2.b").is_ok());
        for bad in ["Private", "2x", "a b", "_a", "ä"] {
            assert_eq!(Slug::parse(bad), Err(BadText::NotASlug), "{bad}");
        }
    }
}

//! United Arab Emirates: persons.

use serde::{Deserialize, Serialize};

use super::{BadIdentifier, digits, written};

/// Where the number begins: the country's code in ISO 3166-1 numeric.
const COUNTRY: &str = "784";

/// An Emirates ID: `784`, four digits that may be the year of birth, seven digits and a check digit (ISO/IEC 7812-1
/// Annex B). The authority told that the four need not be that year; that the last is such a check digit is told by
/// those who look for such numbers in texts, not by the authority.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmiratesId(String);

impl EmiratesId {
    /// Reads 15 digits, with or without the hyphens of the card.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let kept = digits(text, &["999-9999-9999999-9", "999999999999999"]);
        let kept = kept.ok_or(BadIdentifier::Form("784-9999-9999999-9"))?;
        if !kept.starts_with(COUNTRY) {
            return Err(BadIdentifier::Part("country"));
        }
        if luhn(&kept) { Ok(Self(kept)) } else { Err(BadIdentifier::Check) }
    }

    /// All but the last digit hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        let last = self.0.chars().last().unwrap_or('*');
        format!("784-****-*******-{last}")
    }
}

impl std::fmt::Debug for EmiratesId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EmiratesId({})", self.masked())
    }
}
written!(EmiratesId);

/// Every second digit from the right counts double, its digits added.
fn luhn(digits: &str) -> bool {
    let weigh = |(at, sign): (usize, char)| {
        let digit = sign.to_digit(10)?;
        let double = digit * 2;
        Some(match at % 2 {
            0 => digit,
            _ if double > 9 => double - 9,
            _ => double,
        })
    };
    let sum: Option<u32> = digits.chars().rev().enumerate().map(weigh).sum();
    sum.is_some_and(|sum| sum % 10 == 0)
}

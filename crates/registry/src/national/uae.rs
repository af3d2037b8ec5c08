//! United Arab Emirates: persons.

use serde::{Deserialize, Serialize};

use super::{BadIdentifier, digits, written};

/// Where the number begins: the country's code in ISO 3166-1 numeric.
const COUNTRY: &str = "784";
/// Years of birth it can carry.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2099;

/// An Emirates ID: `784`, the year of birth, seven digits and a check digit. How that digit is reckoned is not
/// published by the authority, so it is not checked here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmiratesId(String);

impl EmiratesId {
    /// Reads 15 digits, with or without the hyphens of the card.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let bad = |rule| BadIdentifier { kind: "an Emirates ID", rule };
        let kept = digits(text, &['-', ' ']).ok_or(bad("it holds more than digits and hyphens"))?;
        if kept.len() != 15 || !kept.starts_with(COUNTRY) {
            return Err(bad("it has 15 digits and begins with 784"));
        }
        let year = kept.get(3..7).and_then(|year| year.parse().ok());
        if !year.is_some_and(|year| YEARS.contains(&year)) {
            return Err(bad("its fourth to seventh digit are a year of birth"));
        }
        Ok(Self(kept))
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

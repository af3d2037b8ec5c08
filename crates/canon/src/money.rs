//! Money: integer minor units of one currency.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::time::Date;

/// Most digits admitted in a decimal amount; 10^28 minor units stay far inside `i128`.
pub const AMOUNT_DIGITS_MAX: usize = 28;

/// An amount that cannot be expressed exactly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// Not a plain decimal number.
    #[error("`{0}` is not a decimal amount such as `12.50`")]
    Form(String),
    /// More decimals than the currency has.
    #[error("`{text}` has more decimals than {currency} has on {date} ({exponent})")]
    Decimals {
        /// The text given.
        text: String,
        /// The currency.
        currency: Currency,
        /// The day whose exponent binds.
        date: Date,
        /// Decimal digits of the minor unit.
        exponent: u8,
    },
    /// A unit that has no minor unit cannot be an amount of money.
    #[error("{0} has no minor unit and cannot be paid")]
    NoMinorUnit(Currency),
    /// Two currencies in one sum.
    #[error("{0} and {1} cannot be added")]
    Mixed(Currency, Currency),
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
}

/// Minor units of one currency, signed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    currency: Currency,
    #[serde(with = "minor_text")]
    #[schemars(with = "String", regex(pattern = r"^(0|-?[1-9][0-9]{0,38})$"))]
    minor: i128,
}

impl Amount {
    /// From minor units.
    #[must_use]
    pub const fn of_minor(minor: i128, currency: Currency) -> Self {
        Self { currency, minor }
    }

    /// From a decimal string, e.g. `12.50`, with the exponent in force on `date`.
    ///
    /// # Errors
    /// Another form (signs `+`, exponents, spaces), too many decimals, too many digits.
    pub fn parse(text: &str, currency: Currency, date: Date) -> Result<Self, BadAmount> {
        let form = || BadAmount::Form(text.chars().take(60).collect());
        let exponent = currency.exponent_at(date).ok_or(BadAmount::NoMinorUnit(currency))?;
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text),
        };
        let (whole, fraction) = match body.split_once('.') {
            Some((_, "")) => return Err(form()),
            Some((whole, fraction)) => (whole, fraction),
            None => (body, ""),
        };
        let padded = whole.len() > 1 && whole.starts_with('0');
        let ascii = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || padded || !ascii(whole) || !ascii(fraction) {
            return Err(form());
        }
        if fraction.len() > usize::from(exponent) {
            let text = text.chars().take(60).collect();
            return Err(BadAmount::Decimals { text, currency, date, exponent });
        }
        if whole.len() + usize::from(exponent) > AMOUNT_DIGITS_MAX {
            return Err(BadAmount::Overflow);
        }
        let digits = format!("{whole}{fraction:0<width$}", width = usize::from(exponent));
        let magnitude: i128 = digits.parse().map_err(|_| form())?;
        Ok(Self { currency, minor: if negative { -magnitude } else { magnitude } })
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(&self) -> i128 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Sum in one currency.
    ///
    /// # Errors
    /// Two currencies, or overflow.
    pub fn checked_add(self, other: Self) -> Result<Self, BadAmount> {
        if self.currency != other.currency {
            return Err(BadAmount::Mixed(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(BadAmount::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Difference in one currency.
    ///
    /// # Errors
    /// As [`Amount::checked_add`].
    pub fn checked_sub(self, other: Self) -> Result<Self, BadAmount> {
        let minor = other.minor.checked_neg().ok_or(BadAmount::Overflow)?;
        self.checked_add(Self { minor, ..other })
    }

    /// Decimal text with the exponent in force on `date`, e.g. `12.50`.
    #[must_use]
    pub fn to_decimal(&self, date: Date) -> String {
        let exponent = usize::from(self.currency.exponent_at(date).unwrap_or(0));
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        if exponent == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} minor units of {}", self.minor, self.currency)
    }
}

/// `i128` as a decimal string: canonical JSON keeps integers only up to 2^53 − 1.
mod minor_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(minor: &i128, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(minor)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<i128, D::Error> {
        let text = String::deserialize(d)?;
        let minor: i128 = text.parse().map_err(serde::de::Error::custom)?;
        // One value, one text: `+1`, `01` and `-0` are other spellings and refused.
        if minor.to_string() == text {
            return Ok(minor);
        }
        Err(serde::de::Error::custom(format!("`{text}` is not a canonical integer")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, code: &str, date: &str) -> Result<Amount, BadAmount> {
        Amount::parse(text, Currency::parse(code).unwrap(), Date::parse(date).unwrap())
    }

    #[test]
    fn amounts_are_exact_in_the_minor_unit_of_the_day() {
        assert_eq!(read("12.50", "USD", "2026-01-01").unwrap().minor(), 1_250);
        assert_eq!(read("-0.05", "EUR", "2026-01-01").unwrap().minor(), -5);
        assert_eq!(read("7", "JPY", "2026-01-01").unwrap().minor(), 7);
        assert_eq!(read("1.234", "KWD", "2026-01-01").unwrap().minor(), 1_234);
        assert_eq!(read("1.50", "ISK", "2006-12-31").unwrap().minor(), 150);
        assert!(matches!(read("1.50", "ISK", "2007-01-01"), Err(BadAmount::Decimals { .. })));
        assert!(matches!(read("1", "XAU", "2026-01-01"), Err(BadAmount::NoMinorUnit(_))));
        for text in ["", "1.", ".5", "+1", "01", "1e3", "1,5", " 1", "--1", "1.2.3"] {
            assert!(matches!(read(text, "USD", "2026-01-01"), Err(BadAmount::Form(_))), "{text}");
        }
        assert!(matches!(read(&"9".repeat(40), "USD", "2026-01-01"), Err(BadAmount::Overflow)));
    }

    #[test]
    fn an_amount_is_written_as_it_was_read() {
        for (text, code) in [("0.05", "USD"), ("-12.50", "USD"), ("7", "JPY"), ("0.001", "BHD")] {
            let date = Date::parse("2026-01-01").unwrap();
            assert_eq!(read(text, code, "2026-01-01").unwrap().to_decimal(date), text);
        }
        let rest = r#"{"currency":"USD","minor":"-5"}"#;
        let amount: Amount = serde_json::from_str(rest).unwrap();
        assert_eq!(serde_json::to_string(&amount).unwrap(), rest);
        assert!(serde_json::from_str::<Amount>(r#"{"currency":"USD","minor":"05"}"#).is_err());
    }
}

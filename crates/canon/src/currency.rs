//! ISO 4217 currency codes with dated minor-unit exponents.
//!
//! Source: ISO 4217 List One (SIX, published 2024-06-25) for active codes; changes of exponent or
//! validity are kept as dated rows.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Date;

/// Codes with two minor digits.
const TWO: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN \
BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP \
GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL \
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR \
RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD \
TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
/// Codes without minor digits.
const ZERO: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
/// Codes with three minor digits.
const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";
/// Codes with four minor digits.
const FOUR: &str = "CLF UYW";
/// Units that have no minor unit at all: metals, drawing rights, test codes.
const NONE: &str = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX";

/// Changes that matter to a ledger: (code, first day of the later exponent, exponent before it).
const CHANGED: &[(&str, &str, u8)] = &[
    // The eyrir was withdrawn on 2007-01-01 (ISO 4217 amendment 135).
    ("ISK", "2007-01-01", 2),
    // Uganda's cent was withdrawn from the list with amendment 154, 2013.
    ("UGX", "2013-01-01", 2),
];

/// Whether a list of codes, one space apart, has this one. Every amount that is read or shown asks.
fn has(list: &str, code: [u8; 3]) -> bool {
    list.as_bytes().chunks(4).any(|word| word.starts_with(&code))
}

/// An ISO 4217 alphabetic code known to the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// A code the list does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an active ISO 4217 currency code")]
pub struct UnknownCurrency(String);

impl Currency {
    /// Look a code up.
    ///
    /// # Errors
    /// A code that is not on the list; lower case included.
    pub fn parse(text: &str) -> Result<Self, UnknownCurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if [TWO, ZERO, THREE, FOUR, NONE].iter().any(|list| has(list, code)) => {
                Ok(Self(code))
            }
            _ => Err(UnknownCurrency(text.chars().take(16).collect())),
        }
    }

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        // Only ASCII codes of the list are ever held.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal digits of the minor unit on `date`; `None` for units without one.
    #[must_use]
    pub fn exponent_at(self, date: Date) -> Option<u8> {
        for (_, since, before) in CHANGED.iter().filter(|(code, ..)| *code == self.code()) {
            if Date::parse(since).is_ok_and(|since| date < since) {
                return Some(*before);
            }
        }
        [(TWO, 2), (ZERO, 0), (THREE, 3), (FOUR, 4)]
            .into_iter()
            .find_map(|(list, exponent)| has(list, self.0).then_some(exponent))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;
    fn try_from(text: String) -> Result<Self, UnknownCurrency> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every three letters there are, beside the lists read word by word.
    #[test]
    fn a_code_is_known_with_its_digits_if_and_only_if_a_list_has_it() {
        let day = Date::parse("2026-01-01").unwrap();
        let lists =
            [(TWO, Some(2)), (ZERO, Some(0)), (THREE, Some(3)), (FOUR, Some(4)), (NONE, None)];
        for n in 0..26u32.pow(3) {
            let letter = |n: u32| char::from(b'A' + u8::try_from(n % 26).unwrap());
            let text: String = [letter(n / 676), letter(n / 26), letter(n)].iter().collect();
            let known = lists.iter().find(|(list, _)| list.split(' ').any(|code| code == text));
            let parsed = Currency::parse(&text).ok().map(|currency| currency.exponent_at(day));
            assert_eq!(parsed, known.map(|(_, exponent)| *exponent), "{text}");
        }
        for text in ["ED ", "eur", " AE", "EURO", ""] {
            assert!(Currency::parse(text).is_err(), "{text}");
        }
    }
}

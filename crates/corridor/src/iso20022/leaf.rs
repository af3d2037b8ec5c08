//! Values that are one text: what may stand in an element, and how.

use canon::{Amount, Bic, Currency, Date, Iban, Lei, Timestamp, Uetr};
use serde::{Deserialize, Serialize};

/// Digits of an amount, all together (`totalDigits` of the schemas).
const AMOUNT_DIGITS_MAX: usize = 18;

/// Text, and a currency for an amount.
pub(super) type Put = (String, Option<String>);

/// A value of one element.
pub(super) trait Leaf: Clone {
    /// Text of the value on a day.
    fn put(&self, date: Option<Date>) -> Result<Put, String>;
    /// The value of a text on a day.
    fn take(text: &str, currency: Option<&str>, date: Option<Date>) -> Result<Self, String>;
}

/// 1 to `N` characters, none of them a control character, no space at either end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const N: usize>(String);

/// Text that does not fit its element.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text of 1 to {most} characters is expected, without control characters or outer spaces")]
pub struct BadText {
    most: usize,
}

/// A text that was cut to fit its element, and what was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shortened {
    /// Which element.
    pub element: &'static str,
    /// What is kept.
    pub kept: String,
    /// What is not.
    pub lost: String,
}

impl<const N: usize> Text<N> {
    /// Check and keep.
    ///
    /// # Errors
    /// Another length, or characters that do not travel.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let travels = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
        let count = text.chars().count();
        if (1..=N).contains(&count) && text.chars().all(travels) && text.trim() == text {
            return Ok(Self(text.to_owned()));
        }
        Err(BadText { most: N })
    }

    /// Keep what fits, and say what does not: nothing is cut in silence.
    ///
    /// # Errors
    /// As [`Text::parse`], but for length.
    pub fn shortened(
        element: &'static str,
        text: &str,
        cuts: &mut Vec<Shortened>,
    ) -> Result<Self, BadText> {
        let at = text.char_indices().nth(N).map_or(text.len(), |(at, _)| at);
        let kept = text.get(..at).unwrap_or_default().trim_end();
        let lost = text.get(kept.len()..).unwrap_or_default();
        let value = Self::parse(kept)?;
        if !lost.is_empty() {
            cuts.push(Shortened { element, kept: kept.to_owned(), lost: lost.to_owned() });
        }
        Ok(value)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> TryFrom<String> for Text<N> {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(&text)
    }
}

impl<const N: usize> From<Text<N>> for String {
    fn from(text: Text<N>) -> Self {
        text.0
    }
}

impl<const N: usize> Leaf for Text<N> {
    fn put(&self, _: Option<Date>) -> Result<Put, String> {
        Ok((self.0.clone(), None))
    }

    fn take(text: &str, _: Option<&str>, _: Option<Date>) -> Result<Self, String> {
        Self::parse(text).map_err(|e| e.to_string())
    }
}

/// A code of an external list: 1 to 4 capitals and digits; which codes there are, the lists say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

impl Code {
    /// Check and keep.
    ///
    /// # Errors
    /// Another form.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let fits = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if fits && (1..=4).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadText { most: 4 })
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Code {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(&text)
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}

/// Two capitals: a country (ISO 3166-1 alpha-2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

impl Country {
    /// Check and keep.
    ///
    /// # Errors
    /// Another form.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadText { most: 2 })
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Country {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(&text)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}

/// A leaf whose text is what it parses from.
macro_rules! plain {
    ($($name:ty),*) => {$(
        impl Leaf for $name {
            fn put(&self, _: Option<Date>) -> Result<Put, String> {
                Ok((String::from(self.clone()), None))
            }

            fn take(text: &str, _: Option<&str>, _: Option<Date>) -> Result<Self, String> {
                Self::parse(text).map_err(|e| e.to_string())
            }
        }
    )*};
}

plain!(Bic, Iban, Lei, Uetr, Code, Country, Currency);

/// How many there are (`Max15NumericText`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count(u64);

impl Count {
    pub(super) fn of(count: usize) -> Self {
        Self(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

impl Leaf for Count {
    fn put(&self, _: Option<Date>) -> Result<Put, String> {
        Ok((self.0.to_string(), None))
    }

    fn take(text: &str, _: Option<&str>, _: Option<Date>) -> Result<Self, String> {
        let digits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let count = digits.then(|| text.parse().ok()).flatten();
        count.map(Self).ok_or_else(|| "1 to 15 digits are expected".to_owned())
    }
}

/// Places of a fraction that are kept: no currency has more than four.
const FRACTION_MAX: usize = 5;

/// A sum whatever its currency (`DecimalNumber`), of at most five places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal(i128);

impl Decimal {
    /// Digits, and a point with digits after it where there is a fraction.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let refuse = || {
            format!(
                "a sum of {AMOUNT_DIGITS_MAX} digits is expected, {FRACTION_MAX} after the point"
            )
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let fits = whole.len() + fraction.len() <= AMOUNT_DIGITS_MAX + 1;
        if !(digits(whole) && digits(fraction) && fraction.len() <= FRACTION_MAX && fits) {
            return Err(refuse());
        }
        format!("{whole}{fraction:0<FRACTION_MAX$}").parse().map(Self).map_err(|_| refuse())
    }

    /// All of them together, if each is one.
    pub(super) fn sum(parts: impl Iterator<Item = Option<Self>>) -> Option<Self> {
        let mut sum = 0_i128;
        for part in parts {
            sum = sum.checked_add(part?.0)?;
        }
        Some(Self(sum))
    }
}

impl Leaf for Decimal {
    fn put(&self, _: Option<Date>) -> Result<Put, String> {
        let digits = format!("{:0>width$}", self.0, width = FRACTION_MAX + 1);
        let (whole, fraction) = digits.split_at(digits.len() - FRACTION_MAX);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        Ok((format!("{whole}{point}{fraction}"), None))
    }

    fn take(text: &str, _: Option<&str>, _: Option<Date>) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl Leaf for Date {
    fn put(&self, _: Option<Date>) -> Result<Put, String> {
        Ok((self.to_string(), None))
    }

    fn take(text: &str, _: Option<&str>, _: Option<Date>) -> Result<Self, String> {
        Self::parse(text).map_err(|e| e.to_string())
    }
}

impl Leaf for Timestamp {
    fn put(&self, _: Option<Date>) -> Result<Put, String> {
        Ok((self.to_string(), None))
    }

    /// In UTC; whole seconds, as all moments here. `+00:00` is another spelling of `Z`.
    fn take(text: &str, _: Option<&str>, _: Option<Date>) -> Result<Self, String> {
        let utc = text.strip_suffix("+00:00").map(|moment| format!("{moment}Z"));
        Self::parse(utc.as_deref().unwrap_or(text)).map_err(|e| e.to_string())
    }
}

impl Leaf for Amount {
    fn put(&self, date: Option<Date>) -> Result<Put, String> {
        let date = date.ok_or("an amount before the date of the message")?;
        let currency = self.currency();
        currency.exponent_at(date).ok_or_else(|| format!("{currency} has no minor unit"))?;
        let text = self.to_decimal(date);
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if self.minor() < 0 || digits > AMOUNT_DIGITS_MAX {
            return Err(format!("{text} is negative or has more than {AMOUNT_DIGITS_MAX} digits"));
        }
        Ok((text, Some(currency.code().to_owned())))
    }

    fn take(text: &str, currency: Option<&str>, date: Option<Date>) -> Result<Self, String> {
        let date = date.ok_or("an amount before the date of the message")?;
        let currency = Currency::parse(currency.ok_or("the currency is missing")?);
        let amount = Self::parse(text, currency.map_err(|e| e.to_string())?, date);
        let amount = amount.map_err(|e| e.to_string())?;
        amount.put(Some(date))?;
        Ok(amount)
    }
}

/// Closed lists of codes.
macro_rules! closed {
    ($($(#[$doc:meta])* $name:ident { $($(#[$row:meta])* $variant:ident = $code:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$row])* #[serde(rename = $code)] $variant,)*
        }

        impl Leaf for $name {
            fn put(&self, _: Option<Date>) -> Result<Put, String> {
                let text = match self { $(Self::$variant => $code,)* };
                Ok((text.to_owned(), None))
            }

            fn take(text: &str, _: Option<&str>, _: Option<Date>) -> Result<Self, String> {
                match text {
                    $($code => Ok(Self::$variant),)*
                    other => Err(format!("`{}` is not one of its codes", other.chars().take(20).collect::<String>())),
                }
            }
        }
    )*};
}

closed! {
    /// Who bears the charges (`ChargeBearerType1Code`).
    ChargeBearer {
        /// The debtor.
        Debtor = "DEBT",
        /// The creditor.
        Creditor = "CRED",
        /// Each its own.
        Shared = "SHAR",
        /// As agreed.
        Agreed = "SLEV",
    }
    /// How agents settle (`SettlementMethod1Code`).
    Settlement {
        /// On the books of the instructed agent.
        Instructed = "INDA",
        /// On the books of the instructing agent.
        Instructing = "INGA",
        /// By a cover payment.
        Cover = "COVE",
        /// By a clearing system.
        Clearing = "CLRG",
    }
    /// Which way money goes (`CreditDebitCode`).
    Direction {
        /// To the account.
        Credit = "CRDT",
        /// From the account.
        Debit = "DBIT",
    }
    /// What became of a request for cancellation (`CancellationIndividualStatus1Code`).
    Cancellation {
        /// Cancelled.
        Accepted = "ACCR",
        /// Not cancelled.
        Rejected = "RJCR",
        /// Not yet known.
        Pending = "PDCR",
    }
    /// The figure one, where a schema counts and there is one.
    One {
        /// One.
        One = "1",
    }
}

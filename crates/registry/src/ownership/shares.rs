//! Counts of shares and values per share: whole numbers that are never rounded.

use std::fmt;

use canon::Currency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{PER_SHARE_DECIMALS, PER_SHARE_UNITS_MAX, SHARES_MAX};

/// A number of shares, 1 to [`SHARES_MAX`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Shares(u64);

/// A number that is no number of shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of shares, 1 to {SHARES_MAX}")]
pub struct BadShares(pub u64);

impl Shares {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Shares {
    type Error = BadShares;
    fn try_from(number: u64) -> Result<Self, BadShares> {
        if (1..=SHARES_MAX).contains(&number) { Ok(Self(number)) } else { Err(BadShares(number)) }
    }
}
impl From<Shares> for u64 {
    fn from(shares: Shares) -> Self {
        shares.0
    }
}
impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value per share: par value, price, strike or dividend. Up to eight decimals, more than a currency has, because a
/// share may be worth less than the smallest coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "PerShareText", into = "PerShareText")]
pub struct PerShare {
    currency: Currency,
    units: u64,
}

/// The same as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerShareText {
    /// ISO 4217 code.
    pub currency: Currency,
    /// A decimal such as `0.0001`.
    pub value: String,
}

/// A text that is no value per share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a value per share: more than 0, at most 90000000, up to 8 decimals")]
pub struct BadPerShare(String);

const SCALE: u64 = 10_u64.pow(PER_SHARE_DECIMALS);

impl PerShare {
    /// Units of the last decimal.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.units
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The value after every `old` shares became `new`; none where it cannot be written exactly.
    #[must_use]
    pub fn split(self, new: u64, old: u64) -> Option<Self> {
        let scaled = u128::from(self.units).checked_mul(u128::from(old))?;
        let whole = scaled.checked_rem(u128::from(new))? == 0;
        let units = u64::try_from(scaled.checked_div(u128::from(new))?).ok()?;
        let fits = whole && (1..=PER_SHARE_UNITS_MAX).contains(&units);
        fits.then_some(Self { units, ..self })
    }

    fn parse(text: &str) -> Option<u64> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole, fraction),
            None => (text, ""),
        };
        let ascii = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let width = usize::try_from(PER_SHARE_DECIMALS).ok()?;
        let padded = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || padded || !ascii(whole) || !ascii(fraction) || fraction.len() > width
        {
            return None;
        }
        let units: u64 = format!("{whole}{fraction:0<width$}").parse().ok()?;
        (1..=PER_SHARE_UNITS_MAX).contains(&units).then_some(units)
    }
}

impl TryFrom<PerShareText> for PerShare {
    type Error = BadPerShare;
    fn try_from(sent: PerShareText) -> Result<Self, BadPerShare> {
        let bad = || BadPerShare(sent.value.chars().take(60).collect());
        let units = Self::parse(&sent.value).ok_or_else(bad)?;
        Ok(Self { currency: sent.currency, units })
    }
}

impl From<PerShare> for PerShareText {
    fn from(known: PerShare) -> Self {
        let (whole, fraction) = (known.units / SCALE, known.units % SCALE);
        let fraction = format!("{fraction:08}");
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        Self { currency: known.currency, value: format!("{whole}{point}{fraction}") }
    }
}

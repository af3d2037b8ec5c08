//! The chart of accounts: under which code a balance is reported, and on which side it normally stands.
//!
//! The zone's own kinds of accounts stand under built-in codes, so every account has one from the day it is opened;
//! further codes are added by the zone and hold accounts of their own ([`AccountKind::Ledger`]).

use serde::{Deserialize, Serialize};
use std::fmt;

use super::account::AccountKind;
use super::posting::Side;
use crate::text::Line;

/// Longest code, in characters.
pub const CHART_CODE_CHARS_MAX: usize = 16;
/// Longest name of a code, in characters.
pub const CHART_NAME_CHARS_MAX: usize = 100;

/// Why a code was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChart {
    /// Not the form.
    #[error("`{0}` is not a code: 1 to 16 digits, the first from 1 to 5")]
    Code(String),
    /// The first digit says another class.
    #[error("code `{code}` begins the class {wanted}, not {found}")]
    Class {
        /// The code.
        code: ChartCode,
        /// The class of its first digit.
        wanted: &'static str,
        /// The class given.
        found: &'static str,
    },
    /// The code stands for one of the zone's own kinds.
    #[error("code `{0}` is built in")]
    BuiltIn(ChartCode),
}

/// A code: digits, the first of which is the class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChartCode(String);

impl ChartCode {
    /// Reads a code.
    ///
    /// # Errors
    /// [`BadChart::Code`].
    pub fn parse(text: &str) -> Result<Self, BadChart> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let class = text.bytes().next().is_some_and(|b| (b'1'..=b'5').contains(&b));
        if digits && class && text.len() <= CHART_CODE_CHARS_MAX {
            return Ok(Self(text.to_owned()));
        }
        Err(BadChart::Code(text.chars().take(40).collect()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The class its first digit says.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.0.bytes().next() {
            Some(b'1') => Class::Asset,
            Some(b'2') => Class::Liability,
            Some(b'3') => Class::Equity,
            Some(b'4') => Class::Income,
            _ => Class::Expense,
        }
    }
}

impl fmt::Display for ChartCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for ChartCode {
    type Error = BadChart;
    fn try_from(text: String) -> Result<Self, BadChart> {
        Self::parse(&text)
    }
}
impl From<ChartCode> for String {
    fn from(code: ChartCode) -> Self {
        code.0
    }
}

/// What a balance is to the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// What it has.
    Asset,
    /// What it owes.
    Liability,
    /// What is left.
    Equity,
    /// What it earned.
    Income,
    /// What it spent.
    Expense,
}

impl Class {
    /// Name as at rest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }

    /// The side that raises it in the books of the zone.
    #[must_use]
    pub const fn normal(self) -> Side {
        match self {
            Self::Asset | Self::Expense => Side::Debit,
            Self::Liability | Self::Equity | Self::Income => Side::Credit,
        }
    }

    /// Name of the root account in journals of plain-text accounting.
    #[must_use]
    pub const fn root(self) -> &'static str {
        match self {
            Self::Asset => "assets",
            Self::Liability => "liabilities",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expenses",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum ChartType {
    #[serde(rename = "MEZChartAccount")]
    ChartAccount,
}

/// A code the zone added, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartAccount {
    r#type: ChartType,
    code: ChartCode,
    name: Line<CHART_NAME_CHARS_MAX>,
    class: Class,
}

impl ChartAccount {
    /// A new code.
    ///
    /// # Errors
    /// [`BadChart::Class`] where the code's first digit says another class, [`BadChart::BuiltIn`].
    pub fn new(
        code: ChartCode,
        name: Line<CHART_NAME_CHARS_MAX>,
        class: Class,
    ) -> Result<Self, BadChart> {
        if code.class() != class {
            let (wanted, found) = (code.class().name(), class.name());
            return Err(BadChart::Class { code, wanted, found });
        }
        if BUILT_IN.iter().any(|built| built.code == code.as_str()) {
            return Err(BadChart::BuiltIn(code));
        }
        Ok(Self { r#type: ChartType::ChartAccount, code, name, class })
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &ChartCode {
        &self.code
    }
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
    /// Its class.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }
}

/// A code that stands for one of the zone's own kinds of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its class.
    pub class: Class,
    /// The kind of account that stands under it, by [`AccountKind::name`].
    pub kind: &'static str,
}

const fn built(
    code: &'static str,
    name: &'static str,
    class: Class,
    kind: &'static str,
) -> BuiltIn {
    BuiltIn { code, name, class, kind }
}

/// The codes every zone has, in order.
pub const BUILT_IN: [BuiltIn; 9] = [
    built("1000", "Treasury", Class::Asset, "treasury"),
    built("2000", "Customer accounts", Class::Liability, "customer"),
    built("2100", "Corridor accounts", Class::Liability, "corridor"),
    built("2200", "Held for others", Class::Liability, "held"),
    built("2300", "Bonds of watchers", Class::Liability, "bond"),
    built("2310", "Slashed bonds", Class::Liability, "slashed"),
    built("2400", "Tax withheld", Class::Liability, "tax"),
    built("3000", "Currency positions", Class::Equity, "position"),
    built("4000", "Fees", Class::Income, "fees"),
];

impl AccountKind {
    /// The code it is reported under.
    #[must_use]
    pub fn chart_code(&self) -> &str {
        match self {
            Self::Ledger { code } => code.as_str(),
            other => {
                let of_kind = BUILT_IN.iter().find(|built| built.kind == other.name());
                of_kind.map_or("3000", |built| built.code)
            }
        }
    }

    /// What its balance is to the zone.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Ledger { code } => code.class(),
            other => {
                let of_kind = BUILT_IN.iter().find(|built| built.kind == other.name());
                of_kind.map_or(Class::Equity, |built| built.class)
            }
        }
    }
}

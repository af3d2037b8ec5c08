//! Pakistan: persons (NADRA), taxpayers (FBR), companies (SECP), and the mobile numbers that Raast knows accounts by.

use serde::{Deserialize, Serialize};

use super::{BadIdentifier, digits, written};

/// A computerised national identity card: 13 digits, written `12345-1234567-1`.
///
/// It is a person's number, so it does not show itself: [`Cnic::masked`] is what may be told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cnic(String);

impl Cnic {
    /// Reads 13 digits, with or without the hyphens of the card.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let bad = |rule| BadIdentifier { kind: "a CNIC", rule };
        let kept = digits(text, &['-', ' ']).ok_or(bad("it holds more than digits and hyphens"))?;
        match kept.len() {
            13 if kept.starts_with('0') => Err(bad("no province begins with 0")),
            13 => Ok(Self(kept)),
            _ => Err(bad("it has 13 digits")),
        }
    }

    /// All but the last digit hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        let last = self.0.chars().last().unwrap_or('*');
        format!("*****-*******-{last}")
    }
}

impl std::fmt::Debug for Cnic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cnic({})", self.masked())
    }
}
written!(Cnic);

/// A national tax number: seven digits, leading zeros kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ntn(String);

impl Ntn {
    /// Reads exactly seven digits.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let kept = digits(text, &[]).filter(|kept| kept.len() == 7);
        kept.map(Self).ok_or(BadIdentifier { kind: "an NTN", rule: "it has seven digits" })
    }
}
written!(Ntn);

/// The number under which SECP registered a company.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecpNumber(String);

impl SecpNumber {
    /// Reads one to ten digits.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let kept = digits(text, &[]).filter(|kept| (1..=10).contains(&kept.len()));
        let rule = "it has one to ten digits";
        kept.map(Self).ok_or(BadIdentifier { kind: "a SECP registration number", rule })
    }
}
written!(SecpNumber);

/// A mobile number by which Raast knows an account: `03` and nine digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mobile(String);

impl Mobile {
    /// Reads eleven digits that begin with `03`.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let kept =
            digits(text, &['-', ' ']).filter(|kept| kept.len() == 11 && kept.starts_with("03"));
        let rule = "it has eleven digits and begins with 03";
        kept.map(Self).ok_or(BadIdentifier { kind: "a mobile number of Pakistan", rule })
    }
}
written!(Mobile);

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
    /// Reads 13 digits, with or without the hyphens of the card; the first is a province or territory of 1 to 8.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let kept = digits(text, &["99999-9999999-9", "9999999999999"]);
        let kept = kept.ok_or(BadIdentifier::Form("99999-9999999-9"))?;
        match kept.starts_with(['0', '9']) {
            false => Ok(Self(kept)),
            true => Err(BadIdentifier::Part("province")),
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

/// Digits of an NTN, without its check digit.
const NTN_DIGITS: usize = 7;

/// A national tax number: seven digits, leading zeros kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ntn(String);

impl Ntn {
    /// Reads seven digits. A check digit after them is dropped: how it is reckoned is not published.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let kept = digits(text, &["9999999", "9999999-9"]);
        let mut kept = kept.ok_or(BadIdentifier::Form("9999999 or 9999999-9"))?;
        kept.truncate(NTN_DIGITS);
        Ok(Self(kept))
    }
}
written!(Ntn);

/// Most digits of a number of SECP.
const SECP_DIGITS_MAX: usize = 10;

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
        let fits = (1..=SECP_DIGITS_MAX).contains(&text.len());
        let fits = fits && text.bytes().all(|byte| byte.is_ascii_digit());
        let form = BadIdentifier::Form("one to ten digits");
        fits.then(|| Self(text.to_owned())).ok_or(form)
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
        let kept = digits(text, &["0399-9999999", "03999999999"]);
        kept.map(Self).ok_or(BadIdentifier::Form("0399-9999999"))
    }
}
written!(Mobile);

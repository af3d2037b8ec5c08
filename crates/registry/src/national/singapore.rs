//! Singapore: the number every organisation has.

use serde::{Deserialize, Serialize};

use super::{BadIdentifier, written};

/// A unique entity number, in one of its three forms, its check letter right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uen(String);

/// Weights and check letters of a business: eight digits and a letter.
const BUSINESS: ([usize; 8], &str) = ([10, 4, 9, 3, 8, 2, 7, 1], "XMKECAWLJDB");
/// Of a local company: the year, five digits and a letter.
const COMPANY: ([usize; 9], &str) = ([10, 8, 6, 4, 9, 7, 5, 3, 1], "ZKCMDNERGWH");
/// Of everybody else: `T`, `S` or `R`, the year, two letters, four digits and a letter.
const OTHER: ([usize; 9], &str) =
    ([4, 3, 5, 3, 10, 2, 2, 5, 7], "ABCDEFGHJKLMNPQRSTUVWX0123456789");
/// What is taken off the sum of [`OTHER`].
const OTHER_LESS: usize = 5;
/// Every check letter stands for a remainder by this.
const MODULUS: usize = 11;

impl Uen {
    /// Reads a number with its check letter.
    ///
    /// # Errors
    /// [`BadIdentifier`].
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let form = BadIdentifier::Form("99999999X, 199999999X or T99XX9999X");
        let Some((body, check)) = text.char_indices().last().and_then(|(at, check)| {
            Some((text.get(..at)?, check)).filter(|_| check.is_ascii_uppercase())
        }) else {
            return Err(form);
        };
        let numeric = body.bytes().all(|byte| byte.is_ascii_digit());
        let reckoned = match body.len() {
            8 if numeric => letter(body, &BUSINESS.0, "0123456789", 0, BUSINESS.1),
            9 if numeric => letter(body, &COMPANY.0, "0123456789", 0, COMPANY.1),
            9 if is_other(body) => letter(body, &OTHER.0, OTHER.1, OTHER_LESS, OTHER.1),
            _ => return Err(form),
        };
        match reckoned {
            Some(letter) if letter == check => Ok(Self(text.to_owned())),
            Some(_) => Err(BadIdentifier::Check),
            None => Err(form),
        }
    }
}
written!(Uen);

/// `T08LL0001`: when it was given, of what kind, which.
fn is_other(body: &str) -> bool {
    let at = |range: std::ops::Range<usize>| body.as_bytes().get(range).unwrap_or_default();
    matches!(body.as_bytes().first(), Some(b'R' | b'S' | b'T'))
        && at(1..3).iter().all(u8::is_ascii_digit)
        && at(3..5).iter().all(u8::is_ascii_uppercase)
        && at(5..9).iter().all(u8::is_ascii_digit)
}

fn letter(
    body: &str,
    weights: &[usize],
    alphabet: &str,
    less: usize,
    letters: &str,
) -> Option<char> {
    let values = body.chars().map(|sign| alphabet.find(sign));
    let products = values.zip(weights).map(|(value, weight)| value.map(|value| value * weight));
    let sum: usize = products.sum::<Option<usize>>()?;
    letters.chars().nth((sum + MODULUS - less) % MODULUS)
}

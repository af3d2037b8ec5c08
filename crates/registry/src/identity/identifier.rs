//! Identifiers of persons and companies that can be checked by themselves: form, and check digits where they are public.
//!
//! A form that fits says that the text can be such an identifier, never that it was issued, nor to whom. NTN have a
//! check digit whose rule is not published; it is kept and not judged.

use canon::{Iban, Lei};

/// Why a text is no such identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentifier {
    /// Other characters, or another length.
    #[error("is not of the form `{0}`")]
    Form(&'static str),
    /// A part that is none of those there are.
    #[error("has no {0} of that number")]
    Part(&'static str),
    /// A check digit or letter that does not fit.
    #[error("has a check digit that does not fit the rest")]
    Check,
}

/// The schemes that are checked; any other is taken as it stands.
pub const CHECKED: [&str; 6] = ["cnic", "ntn", "emirates_id", "uen", "lei", "iban"];

/// The identifier in the one form in which it is compared, where its scheme is known.
///
/// # Errors
/// See [`BadIdentifier`].
pub fn checked(scheme: &str, text: &str) -> Result<String, BadIdentifier> {
    match scheme {
        "cnic" => cnic(text),
        "ntn" => ntn(text),
        "emirates_id" => emirates_id(text),
        "uen" => uen(text),
        "lei" => {
            let form =
                BadIdentifier::Form("20 letters and digits, the last two a check (ISO 17442)");
            Lei::parse(text).map(|lei| lei.as_str().to_owned()).map_err(|_| form)
        }
        "iban" => {
            let form = BadIdentifier::Form("an IBAN of its country (ISO 13616)");
            Iban::parse(text).map(|iban| iban.as_str().to_owned()).map_err(|_| form)
        }
        _ => Ok(text.to_owned()),
    }
}

/// The digits of a text of this pattern: `9` a digit, any other character itself.
fn digits(text: &str, pattern: &str) -> Option<Vec<u8>> {
    if text.len() != pattern.len() {
        return None;
    }
    let mut found = Vec::new();
    for (is, wanted) in text.bytes().zip(pattern.bytes()) {
        match wanted {
            b'9' if is.is_ascii_digit() => found.push(is - b'0'),
            b'9' => return None,
            _ if is == wanted => {}
            _ => return None,
        }
    }
    Some(found)
}

fn joined(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

/// Computerised national identity card (Pakistan): 13 digits, the first a province or territory of 1 to 8.
fn cnic(text: &str) -> Result<String, BadIdentifier> {
    let found = digits(text, "99999-9999999-9").or_else(|| digits(text, "9999999999999"));
    let found = found.ok_or(BadIdentifier::Form("99999-9999999-9"))?;
    match found.first() {
        Some(1..=8) => Ok(joined(&found)),
        _ => Err(BadIdentifier::Part("province")),
    }
}

/// National tax number (Pakistan): 7 digits, with or without the check digit; of a person also the CNIC.
fn ntn(text: &str) -> Result<String, BadIdentifier> {
    let found = digits(text, "9999999").or_else(|| digits(text, "9999999-9"));
    match found {
        Some(found) => Ok(joined(found.get(..7).unwrap_or(&found))),
        None => cnic(text).map_err(|_| BadIdentifier::Form("9999999, 9999999-9 or a CNIC")),
    }
}

/// Emirates ID: 784, a year of birth, seven digits, and a check digit (ISO/IEC 7812-1 Annex B).
fn emirates_id(text: &str) -> Result<String, BadIdentifier> {
    let found = digits(text, "999-9999-9999999-9").or_else(|| digits(text, "999999999999999"));
    let found = found.ok_or(BadIdentifier::Form("784-9999-9999999-9"))?;
    if found.get(..3) != Some(&[7, 8, 4]) {
        return Err(BadIdentifier::Part("country"));
    }
    if luhn(&found) { Ok(joined(&found)) } else { Err(BadIdentifier::Check) }
}

/// Every second digit from the right counts double, its digits added.
fn luhn(digits: &[u8]) -> bool {
    let weigh = |(at, digit): (usize, &u8)| {
        let double = u32::from(*digit) * 2;
        match at % 2 {
            0 => u32::from(*digit),
            _ if double > 9 => double - 9,
            _ => double,
        }
    };
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}

/// Unique entity number (Singapore): of a business, of a local company, or of another entity; the last is a letter
/// that checks the rest.
fn uen(text: &str) -> Result<String, BadIdentifier> {
    let form = BadIdentifier::Form("99999999X, 199999999X or T99XX9999X");
    let bytes = text.as_bytes();
    let (last, rest) = bytes.split_last().ok_or(form)?;
    if !text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return Err(form);
    }
    let sum = |alphabet: &[u8], weights: &[usize]| -> Option<usize> {
        let value = |b: &u8| alphabet.iter().position(|known| known == b);
        let parts = rest.iter().zip(weights).map(|(b, weight)| Some(value(b)? * weight));
        parts.sum::<Option<usize>>()
    };
    let check = match rest.len() {
        8 => sum(b"0123456789", &[10, 4, 9, 3, 8, 2, 7, 1])
            .and_then(|sum| b"XMKECAWLJDB".get(sum % 11)),
        9 if bytes.first().is_some_and(u8::is_ascii_digit) => {
            sum(b"0123456789", &[10, 8, 6, 4, 9, 7, 5, 3, 1])
                .and_then(|sum| b"ZKCMDNERGWH".get(sum % 11))
        }
        9 if others(rest) => {
            let alphabet = b"ABCDEFGHJKLMNPQRSTUVWX0123456789";
            sum(alphabet, &[4, 3, 5, 3, 10, 2, 2, 5, 7])
                .and_then(|sum| alphabet.get((sum + 6) % 11))
        }
        _ => return Err(form),
    };
    match check {
        Some(letter) if letter == last => Ok(text.to_owned()),
        Some(_) => Err(BadIdentifier::Check),
        None => Err(form),
    }
}

/// `TyyPQnnnn`: a century (R, S or T), a year, two letters of the kind of entity, four digits.
fn others(rest: &[u8]) -> bool {
    let digit = |at: usize| rest.get(at).is_some_and(u8::is_ascii_digit);
    let letter = |at: usize| rest.get(at).is_some_and(u8::is_ascii_uppercase);
    rest.first().is_some_and(|b| b"RST".contains(b))
        && [1, 2, 5, 6, 7, 8].into_iter().all(digit)
        && [3, 4].into_iter().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cnic_is_thirteen_digits_of_a_province_and_nothing_between_them_but_dashes() {
        assert_eq!(checked("cnic", "61101-1234567-1").unwrap(), "6110112345671");
        assert_eq!(checked("cnic", "6110112345671").unwrap(), "6110112345671");
        for bad in ["61101-1234567", "6110x112345671", "61101 1234567 1", "٦1101-1234567-1", ""] {
            assert!(matches!(checked("cnic", bad), Err(BadIdentifier::Form(_))), "{bad}");
        }
        let nowhere = checked("cnic", "01101-1234567-1");
        assert_eq!(nowhere, Err(BadIdentifier::Part("province")));
    }

    #[test]
    fn a_tax_number_keeps_its_leading_zeros_and_drops_a_check_digit_nobody_can_judge() {
        assert_eq!(checked("ntn", "0123456").unwrap(), "0123456");
        assert_eq!(checked("ntn", "0123456-7").unwrap(), "0123456");
        assert_eq!(checked("ntn", "61101-1234567-1").unwrap(), "6110112345671");
        assert!(checked("ntn", "123456").is_err());
    }

    #[test]
    fn numbers_of_singapore_end_in_their_check_letter() {
        for good in ["00192200M", "197401143C", "S16FC0121D", "T01FC6132D"] {
            assert_eq!(checked("uen", good).unwrap(), good);
        }
        assert_eq!(checked("uen", "00192200X"), Err(BadIdentifier::Check));
        assert_eq!(checked("uen", "197401143D"), Err(BadIdentifier::Check));
        for bad in ["", "197401143c", "Z16FC0121D", "16FC0121D", "S1XFC0121D"] {
            assert!(matches!(checked("uen", bad), Err(BadIdentifier::Form(_))), "{bad}");
        }
    }

    #[test]
    fn an_emirates_id_begins_with_its_country_and_ends_in_its_check_digit() {
        assert_eq!(checked("emirates_id", "784-1985-1234567-8").unwrap_err(), BadIdentifier::Check);
        let other = checked("emirates_id", "785-1985-1234567-8");
        assert_eq!(other, Err(BadIdentifier::Part("country")));
        // Exactly one last digit fits.
        let good = |d: u8| checked("emirates_id", &format!("784-1985-1234567-{d}")).is_ok();
        assert_eq!((0..10).filter(|d| good(*d)).count(), 1);
    }

    proptest! {
        #[test]
        fn one_digit_changed_is_seen(birth in 0u32..10_000, serial in 0u32..10_000_000, at in 0usize..15, by in 1u8..10) {
            let stem = format!("784{birth:04}{serial:07}");
            let whole = (0..10).map(|d| format!("{stem}{d}"));
            let good = whole.into_iter().find(|id| checked("emirates_id", id).is_ok()).unwrap();
            let mut bytes = good.into_bytes();
            bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
            prop_assert!(checked("emirates_id", &String::from_utf8(bytes).unwrap()).is_err());
        }

        #[test]
        fn no_text_breaks_the_checks(text in ".{0,24}") {
            for scheme in CHECKED {
                let _ = checked(scheme, &text);
            }
        }
    }
}

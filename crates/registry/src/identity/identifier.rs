//! Identifiers of persons and companies that can be checked by themselves, by the name of their scheme.
//!
//! A form that fits says that the text can be such an identifier, never that it was issued, nor to whom: that is asked of
//! the register itself (`zone::adapter`). What is checked of each is in [`crate::national`].

use canon::{Iban, Lei};

use crate::national::{Cnic, EmiratesId, Ntn, Uen};

pub use crate::national::BadIdentifier;

/// The schemes that are checked; any other is taken as it stands.
pub const CHECKED: [&str; 6] = ["cnic", "ntn", "emirates_id", "uen", "lei", "iban"];

/// The identifier in the one form in which it is compared, where its scheme is known.
///
/// # Errors
/// See [`BadIdentifier`].
pub fn checked(scheme: &str, text: &str) -> Result<String, BadIdentifier> {
    match scheme {
        "cnic" => Cnic::parse(text).map(String::from),
        "ntn" => ntn(text),
        "emirates_id" => EmiratesId::parse(text).map(String::from),
        "uen" => Uen::parse(text).map(String::from),
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

/// The tax number of a company, or of a person, whose tax number is that of the card.
fn ntn(text: &str) -> Result<String, BadIdentifier> {
    let company = Ntn::parse(text).map(String::from);
    let person = || Cnic::parse(text).map(String::from);
    let form = BadIdentifier::Form("9999999, 9999999-9 or a CNIC");
    company.or_else(|_| person()).map_err(|_| form)
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

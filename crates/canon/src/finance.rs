//! Identifiers of the financial world: who banks, which account, which entity, which payment.
//!
//! Each is kept exactly as it travels, in capitals and without spaces, and only after its check digits
//! agree. What a registry says of it (whether the bank exists) is not known here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Text that is not an identifier of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}: {rule}")]
pub struct BadCode {
    kind: &'static str,
    rule: &'static str,
    text: String,
}

/// Lengths of IBANs by country (ISO 13616; SWIFT IBAN Registry, release 99, 2024-12).
const IBAN_LENGTHS: [(&str, usize); 88] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// The remainder by 97 of a text whose letters stand for 10 to 35 (ISO/IEC 7064, MOD 97-10).
fn mod97(text: impl Iterator<Item = u8>) -> Option<u32> {
    text.into_iter().try_fold(0, |rest, byte| {
        let value = char::from(byte).to_digit(36).filter(|_| !byte.is_ascii_lowercase())?;
        Some(if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 })
    })
}

/// Whether every byte is of the class that stands in its place: `a` capital, `n` digit, `c` either.
fn shaped(text: &str, shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, class)| match class {
            b'a' => byte.is_ascii_uppercase(),
            b'n' => byte.is_ascii_digit(),
            _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        })
}

fn bic(text: &str) -> bool {
    shaped(text, b"aaaaaacc") || shaped(text, b"aaaaaaccccc")
}

fn iban(text: &str) -> bool {
    let country = text.get(..2).unwrap_or_default();
    let known = IBAN_LENGTHS.contains(&(country, text.len()));
    let digits = text.get(2..4).unwrap_or_default();
    // 02 to 98: the others are what a remainder never gives.
    let check = digits.parse::<u8>().is_ok_and(|check| (2..=98).contains(&check));
    let turned = text.bytes().skip(4).chain(text.bytes().take(4));
    known && check && shaped(digits, b"nn") && mod97(turned) == Some(1)
}

fn lei(text: &str) -> bool {
    shaped(text, b"ccccccccccccccccccnn") && mod97(text.bytes()) == Some(1)
}

fn uetr(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => hex(byte),
        })
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $check:path, $rule:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Check and keep the text.
            ///
            /// # Errors
            /// Another form, or check digits that do not agree.
            pub fn parse(text: &str) -> Result<Self, BadCode> {
                if $check(text) {
                    return Ok(Self(text.to_owned()));
                }
                let text = text.chars().take(40).collect();
                Err(BadCode { kind: $kind, rule: $rule, text })
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadCode;
            fn try_from(text: String) -> Result<Self, BadCode> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }
    )*};
}

codes! {
    /// A business identifier code (ISO 9362): `DEUTDEFF` or `DEUTDEFF500`.
    Bic, "a BIC", bic, "8 or 11 capitals and digits, the first six letters";
    /// An international bank account number (ISO 13616), without spaces.
    Iban, "an IBAN", iban, "country, check digits and the country's length must agree";
    /// A legal entity identifier (ISO 17442).
    Lei, "an LEI", lei, "18 capitals and digits, then two check digits that agree";
    /// A unique end-to-end transaction reference: a version 4 UUID (RFC 9562) in small letters.
    Uetr, "a UETR", uetr, "a version 4 UUID in small letters";
}

impl Bic {
    /// The country of the institution (ISO 3166-1 alpha-2).
    #[must_use]
    pub fn country(&self) -> &str {
        self.0.get(4..6).unwrap_or_default()
    }
}

impl Uetr {
    /// From 16 unpredictable bytes, six bits of which give way to version and variant.
    #[must_use]
    pub fn of_bytes(random: [u8; 16]) -> Self {
        let mut text = String::with_capacity(36);
        for (at, byte) in random.into_iter().enumerate() {
            let byte = match at {
                6 => byte & 0x0f | 0x40,
                8 => byte & 0x3f | 0x80,
                _ => byte,
            };
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_read() {
        // Examples of the SWIFT IBAN Registry.
        for text in [
            "AE070331234567890123456",
            "DE89370400440532013000",
            "GB29NWBK60161331926819",
            "PK36SCBL0000001123456702",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
            "SA0380000000608010167519",
            "KZ86125KZT5004100100",
            "BR1800360305000010009795493C1",
        ] {
            assert_eq!(Iban::parse(text).unwrap().as_str(), text);
        }
        // Deutsche Bank and the GLEIF, as published by the GLEIF.
        for text in ["7LTWFZYICNSX8D621K86", "506700GE1G29325QX363"] {
            assert_eq!(Lei::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(Bic::parse("DEUTDEFF500").unwrap().country(), "DE");
        assert!(Bic::parse("DEUTDEFF").is_ok());
        assert!(Uetr::parse("eb6305c9-1f7f-49de-aed0-16487c27b42d").is_ok());
    }

    #[test]
    fn every_single_wrong_character_is_noticed() {
        let other = |byte: u8| if byte == b'7' { b'4' } else { b'7' };
        type Check = fn(&str) -> bool;
        let checked: [(&str, Check); 2] = [
            ("DE89370400440532013000", |t| Iban::parse(t).is_ok()),
            ("7LTWFZYICNSX8D621K86", |t| Lei::parse(t).is_ok()),
        ];
        for (good, accepted) in checked {
            for at in 0..good.len() {
                let mut bytes = good.as_bytes().to_vec();
                bytes[at] = other(bytes[at]);
                assert!(!accepted(std::str::from_utf8(&bytes).unwrap()), "{good} at {at}");
            }
            // Neighbours that changed places, too.
            for at in 0..good.len() - 1 {
                let mut bytes = good.as_bytes().to_vec();
                bytes.swap(at, at + 1);
                let same = bytes == good.as_bytes();
                assert!(same || !accepted(std::str::from_utf8(&bytes).unwrap()), "{good} at {at}");
            }
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "DE",
            "DE8937040044053201300",
            "de89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "ZZ89370400440532013000",
            "DEÄ9370400440532013000",
            // Check digits 01 leave the right remainder too, but are never given out.
            "NO0086011117947",
        ] {
            assert!(Iban::parse(text).is_err(), "{text}");
        }
        for text in
            ["", "DEUTDEF", "DEUTDEFFXX", "DEUTD3FF", "deutdeff", "DEUTDEFF 500", "1EUTDEFF"]
        {
            assert!(Bic::parse(text).is_err(), "{text}");
        }
        for text in ["", "7LTWFZYICNSX8D621K8", "7LTWFZYICNSX8D621K87", "7ltwfzyicnsx8d621k86"] {
            assert!(Lei::parse(text).is_err(), "{text}");
        }
        for text in [
            "",
            "EB6305C9-1F7F-49DE-AED0-16487C27B42D",
            "eb6305c9-1f7f-19de-aed0-16487c27b42d",
            "eb6305c9-1f7f-49de-ced0-16487c27b42d",
            "eb6305c91f7f49deaed016487c27b42d",
        ] {
            assert!(Uetr::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn random_bytes_make_a_reference() {
        for fill in [0, 0x5a, 0xff] {
            let one = Uetr::of_bytes([fill; 16]);
            assert_eq!(Uetr::parse(one.as_str()), Ok(one));
        }
    }

    #[test]
    fn lengths_are_in_order_and_within_the_standard() {
        assert!(IBAN_LENGTHS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(IBAN_LENGTHS.iter().all(|(_, length)| (15..=34).contains(length)));
    }
}

//! Versions `MAJOR.MINOR.PATCH` and what a dependency asks of them (semver.org §§2, 11).
//!
//! A requirement is comparators joined by commas, all of which must hold: `>=0.1.0, <0.3.0`. A bare
//! version means exactly that version: what is not promised is not assumed.

use std::fmt;

/// Most comparators of one requirement.
const COMPARATORS_MAX: usize = 8;

/// A version; compared number by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

impl Version {
    /// Read `MAJOR.MINOR.PATCH`, digits only, no leading zeros.
    ///
    /// # Errors
    /// Anything else, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |part: &str| {
            let plain = part.bytes().all(|b| b.is_ascii_digit());
            let led = part.len() > 1 && part.starts_with('0');
            part.parse().ok().filter(|_| plain && !led)
        };
        let parts: Option<Vec<u32>> = text.split('.').map(number).collect();
        match parts.as_deref() {
            Some([major, minor, patch]) => Ok(Self(*major, *minor, *patch)),
            _ => Err(format!("`{text}` is not a version MAJOR.MINOR.PATCH")),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparator {
    Exactly,
    AtLeast,
    Above,
    AtMost,
    Below,
}

const SIGNS: [(&str, Comparator); 5] = [
    (">=", Comparator::AtLeast),
    ("<=", Comparator::AtMost),
    (">", Comparator::Above),
    ("<", Comparator::Below),
    ("=", Comparator::Exactly),
];

/// What a dependency asks of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    text: String,
    all: Vec<(Comparator, Version)>,
}

impl Requirement {
    /// Read a requirement.
    ///
    /// # Errors
    /// A comparator or version that is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let one = |part: &str| {
            let part = part.trim();
            let signed = SIGNS.iter().find_map(|(sign, c)| Some((*c, part.strip_prefix(sign)?)));
            let (comparator, version) = signed.unwrap_or((Comparator::Exactly, part));
            Version::parse(version.trim()).map(|version| (comparator, version))
        };
        let all = text.split(',').map(one).collect::<Result<Vec<_>, _>>();
        let all = all.map_err(|error| format!("{error}, nor `>=A.B.C, <D.E.F`"))?;
        if all.len() > COMPARATORS_MAX {
            return Err(format!("more than {COMPARATORS_MAX} comparators"));
        }
        Ok(Self { text: text.to_owned(), all })
    }

    /// Whether a version is what was asked for.
    #[must_use]
    pub fn admits(&self, version: Version) -> bool {
        self.all.iter().all(|(comparator, bound)| match comparator {
            Comparator::Exactly => version == *bound,
            Comparator::AtLeast => version >= *bound,
            Comparator::Above => version > *bound,
            Comparator::AtMost => version <= *bound,
            Comparator::Below => version < *bound,
        })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn admits(requirement: &str, version: &str) -> bool {
        Requirement::parse(requirement).unwrap().admits(Version::parse(version).unwrap())
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(admits(">=0.9.0, <0.11.0", "0.10.0"));
        assert!(!admits(">=0.1.0,<0.3.0", "0.3.0"));
        assert!(admits("0.2.0", "0.2.0") && !admits("0.2.0", "0.2.1"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in
            ["", "1", "1.2", "1.2.3.4", "01.0.0", "1.0.x", "1.0.0-pre", "^1.0.0", ">", "1.0.0,"]
        {
            assert!(Requirement::parse(text).is_err(), "{text}");
        }
        assert!(Requirement::parse("=99999999999.0.0").is_err());
    }

    proptest! {
        #[test]
        fn a_range_admits_what_lies_between(v in (0u32..4, 0u32..4, 0u32..4), a in (0u32..4, 0u32..4, 0u32..4), b in (0u32..4, 0u32..4, 0u32..4)) {
            let text = |(x, y, z): (u32, u32, u32)| format!("{x}.{y}.{z}");
            prop_assert_eq!(admits(&format!(">={},<{}", text(a), text(b)), &text(v)), a <= v && v < b);
            prop_assert_eq!(admits(&format!(">{}, <={}", text(a), text(b)), &text(v)), a < v && v <= b);
        }
    }
}

//! UTC time in whole seconds and civil dates, as the canonical form writes them.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

const DAY_SECS: i64 = 86_400;
/// 9999-12-31.
const DAYS_MAX: i32 = 2_932_896;
/// 1583-01-01, the first whole year of the Gregorian calendar.
const DAYS_MIN: i32 = -141_349;

/// Text or a number that is not a real date of 1583–9999 or moment of 1970–9999.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {form}")]
pub struct BadTime {
    text: String,
    form: &'static str,
}

const STAMP_FORM: &str = "a time `YYYY-MM-DDTHH:MM:SSZ`, a real one of 1970 to 9999";
const DATE_FORM: &str = "a date `YYYY-MM-DD`, a real one of 1583 to 9999";

fn bad(text: impl fmt::Display, form: &'static str) -> BadTime {
    BadTime { text: text.to_string().chars().take(60).collect(), form }
}

/// A civil date of 1583–9999: dates of birth and of statutes lie before 1970. Text `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Date(i32);

/// A moment in UTC, whole seconds, 1970–9999. Text form `YYYY-MM-DDTHH:MM:SSZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Timestamp(i64);

/// Days since 1970-01-01 of a proleptic Gregorian date (Hinnant's `days_from_civil`).
fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn civil_from_days(days: i32) -> (i32, i32, i32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i32::from(month <= 2);
    (year, month, day)
}

/// `width` ASCII digits of `text` starting at `from`.
fn digits(text: &str, from: usize, width: usize) -> Option<i32> {
    let part = text.get(from..from + width)?;
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten()
}

fn date_part(text: &str) -> Option<i32> {
    let dashes = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let (year, month, day) = (digits(text, 0, 4)?, digits(text, 5, 2)?, digits(text, 8, 2)?);
    let days = days_from_civil(year, month, day);
    let real = dashes && days >= DAYS_MIN && civil_from_days(days) == (year, month, day);
    real.then_some(days)
}

impl Date {
    /// Read `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Any other form, or a day that does not exist.
    pub fn parse(text: &str) -> Result<Self, BadTime> {
        let days = if text.len() == 10 { date_part(text) } else { None };
        days.map(Self).ok_or_else(|| bad(text, DATE_FORM))
    }

    /// Days since 1970-01-01, negative before it.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// Days from this date to `later`; negative when it is earlier.
    #[must_use]
    pub fn days_until(self, later: Self) -> i64 {
        i64::from(later.0) - i64::from(self.0)
    }

    /// Monday = 0 … Sunday = 6.
    #[must_use]
    pub const fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday; the remainder is in 0..=6.
        ((self.0 + 3).rem_euclid(7)) as u8
    }

    /// The date `days` later (earlier when negative).
    ///
    /// # Errors
    /// Outside 1583–9999.
    pub fn plus_days(self, days: i64) -> Result<Self, BadTime> {
        let sum = i64::from(self.0).saturating_add(days);
        let day = i32::try_from(sum).unwrap_or(i32::MAX);
        if (DAYS_MIN..=DAYS_MAX).contains(&day) { Ok(Self(day)) } else { Err(bad(sum, DATE_FORM)) }
    }

    /// Midnight UTC at which the date begins; for dates before 1970 the first moment there is.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0.max(0)) * DAY_SECS)
    }
}

impl Timestamp {
    /// Read `YYYY-MM-DDTHH:MM:SSZ`.
    ///
    /// # Errors
    /// Any other form (offsets, fractions, lower case), or a moment that does not exist.
    pub fn parse(text: &str) -> Result<Self, BadTime> {
        Self::read(text).ok_or_else(|| bad(text, STAMP_FORM))
    }

    fn read(text: &str) -> Option<Self> {
        let marks = text.get(10..11) == Some("T")
            && text.get(13..14) == Some(":")
            && text.get(16..17) == Some(":")
            && text.get(19..) == Some("Z");
        if text.len() != 20 || !marks {
            return None;
        }
        let days = date_part(text.get(..10)?).filter(|days| *days >= 0)?;
        let (h, m, s) = (digits(text, 11, 2)?, digits(text, 14, 2)?, digits(text, 17, 2)?);
        let real = h < 24 && m < 60 && s < 60;
        real.then(|| Self(i64::from(days) * DAY_SECS + i64::from(h * 3600 + m * 60 + s)))
    }

    /// From seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// Outside 1970–9999.
    pub fn from_unix(secs: i64) -> Result<Self, BadTime> {
        let end = (i64::from(DAYS_MAX) + 1) * DAY_SECS;
        if (0..end).contains(&secs) { Ok(Self(secs)) } else { Err(bad(secs, STAMP_FORM)) }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The UTC date of this moment.
    #[must_use]
    pub fn date(self) -> Date {
        Date(i32::try_from(self.0 / DAY_SECS).unwrap_or(DAYS_MAX))
    }

    /// The moment `secs` later (earlier when negative).
    ///
    /// # Errors
    /// Outside 1970–9999.
    pub fn plus_secs(self, secs: i64) -> Result<Self, BadTime> {
        Self::from_unix(self.0.checked_add(secs).unwrap_or(-1))
    }
}

/// The last two digits of a number.
const fn two(number: i32) -> [u8; 2] {
    let number = (number.unsigned_abs() % 100) as u8;
    [b'0' + number / 10, b'0' + number % 10]
}

impl Date {
    fn text(self) -> [u8; 10] {
        let (year, month, day) = civil_from_days(self.0);
        let ([c1, c2], [y1, y2]) = (two(year / 100), two(year));
        let ([m1, m2], [d1, d2]) = (two(month), two(day));
        [c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2]
    }
}

impl Timestamp {
    fn text(self) -> [u8; 20] {
        let [c1, c2, y1, y2, _, m1, m2, _, d1, d2] = self.date().text();
        // Below a day's seconds.
        let secs = (self.0 % DAY_SECS) as i32;
        let ([h1, h2], [n1, n2], [s1, s2]) =
            (two(secs / 3600), two(secs / 60 % 60), two(secs % 60));
        [c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z']
    }
}

macro_rules! text_form {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(std::str::from_utf8(&self.text()).unwrap_or_default())
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadTime;
            fn try_from(text: String) -> Result<Self, BadTime> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(time: $name) -> Self {
                time.to_string()
            }
        }
    };
}
text_form!(Date);
text_form!(Timestamp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_reach_back_to_births_and_statutes_and_times_do_not() {
        for text in ["1583-01-01", "1947-08-14", "1951-06-19", "1969-12-31", "2024-02-29"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        for text in ["1582-12-31", "1900-02-29", "2026-13-01", "2026-1-01", "0000-00-00"] {
            assert!(Date::parse(text).is_err(), "{text}");
        }
        let eve = Date::parse("1969-12-31").unwrap();
        assert_eq!((eve.days(), eve.weekday()), (-1, 2));
        assert_eq!(eve.plus_days(1).unwrap().to_string(), "1970-01-01");
        assert_eq!(eve.start(), Timestamp::from_unix(0).unwrap());
        assert!(Timestamp::parse("1969-12-31T23:59:59Z").is_err());
        assert!(Date::parse("1583-01-01").unwrap().plus_days(-1).is_err());
        assert!(Date::parse("9999-12-31").unwrap().plus_days(1).is_err());
    }

    #[test]
    fn every_day_is_written_as_it_is_read() {
        for days in DAYS_MIN..=DAYS_MAX {
            let (date, (y, m, d)) = (Date(days), civil_from_days(days));
            if days % 97 == 0 || d == 1 {
                assert_eq!(date.to_string(), format!("{y:04}-{m:02}-{d:02}"));
            }
            assert_eq!(Date::parse(&date.to_string()), Ok(date));
        }
        for secs in 0..DAY_SECS {
            let text = Timestamp(secs).to_string();
            let (h, m, s) = (secs / 3600, secs / 60 % 60, secs % 60);
            assert_eq!(text, format!("1970-01-01T{h:02}:{m:02}:{s:02}Z"));
        }
    }

    #[test]
    fn times_are_read_in_one_form_only() {
        let moment = Timestamp::parse("2026-01-15T12:00:00Z").unwrap();
        assert_eq!(moment.unix(), 1_768_478_400);
        assert_eq!(moment.to_string(), "2026-01-15T12:00:00Z");
        for text in [
            "2026-01-15T12:00:00+00:00",
            "2026-01-15t12:00:00z",
            "2026-01-15T12:00:00.0Z",
            "2026-01-15T24:00:00Z",
            "2026-01-15T23:59:60Z",
            "2026-02-30T00:00:00Z",
            "2026-01-15 12:00:00Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}

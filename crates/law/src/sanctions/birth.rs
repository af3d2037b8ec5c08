//! Dates of birth as lists publish them: a day, a month, a year, a span, or *about* one of these.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::flat::Cell;

/// Years a published *about* is taken to be wrong by, either way.
const ABOUT_YEARS: u32 = 1;

/// Text that is not a date of birth.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date of birth: `1974`, `1974-02`, `1974-02-17` or a span `1948/1950`")]
pub struct BadBirth(String);

/// A span of days in which someone was born, both ends included. Years 1000–9999.
///
/// Text form: the shortest of `1974`, `1974-02`, `1974-02-17`, or two of them joined by `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Birth {
    /// First day, as the number `yyyymmdd`.
    from: u32,
    /// Last day, as the number `yyyymmdd`.
    until: u32,
}

impl Cell for Birth {
    const BYTES: usize = <(u32, u32)>::BYTES;
    fn put(self, to: &mut Vec<u8>) {
        (self.from, self.until).put(to);
    }
    fn take(bytes: &[u8]) -> Option<Self> {
        let (from, until) = <(u32, u32)>::take(bytes)?;
        Some(Self { from, until })
    }
}

fn month_days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 31,
    }
}

fn number(text: &str, width: usize) -> Option<u32> {
    let plain = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl Birth {
    /// A day, a month (`day` absent) or a year (`month` absent too); `None` if it does not exist.
    #[must_use]
    pub fn of(year: u32, month: Option<u32>, day: Option<u32>) -> Option<Self> {
        let (first, last) = (month.unwrap_or(1), month.unwrap_or(12));
        let (start, end) = (day.unwrap_or(1), day.unwrap_or_else(|| month_days(year, last)));
        let real = (1000..=9999).contains(&year)
            && (1..=12).contains(&first)
            && (1..=month_days(year, first)).contains(&start)
            && (day.is_none() || month.is_some());
        real.then_some(Self {
            from: year * 10_000 + first * 100 + start,
            until: year * 10_000 + last * 100 + end,
        })
    }

    /// From the start of this span to the end of `later`; `None` when it would run backwards.
    #[must_use]
    pub fn to(self, later: Self) -> Option<Self> {
        (self.from <= later.until).then_some(Self { from: self.from, until: later.until })
    }

    /// The whole years around the span, one more on each side: how *circa* is read.
    #[must_use]
    pub fn about(self) -> Self {
        Self {
            from: (self.from / 10_000 - ABOUT_YEARS) * 10_000 + 101,
            until: (self.until / 10_000 + ABOUT_YEARS) * 10_000 + 1231,
        }
    }

    /// Whether it is one day.
    #[must_use]
    pub const fn is_day(self) -> bool {
        self.from == self.until
    }

    /// Read the text form.
    ///
    /// # Errors
    /// Any other form, or a day that does not exist.
    pub fn parse(text: &str) -> Result<Self, BadBirth> {
        let bad = || BadBirth(text.chars().take(60).collect());
        let one = |part: &str| {
            let mut fields = part.splitn(3, '-');
            let year = number(fields.next()?, 4)?;
            let rest: Vec<&str> = fields.collect();
            let month = rest.first().map(|m| number(m, 2).ok_or(())).transpose().ok()?;
            let day = rest.get(1).map(|d| number(d, 2).ok_or(())).transpose().ok()?;
            Self::of(year, month, day)
        };
        match text.split_once('/') {
            None => one(text).ok_or_else(bad),
            Some((a, b)) => one(a).zip(one(b)).and_then(|(a, b)| a.to(b)).ok_or_else(bad),
        }
    }

    /// Whether the two spans share a day.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.from <= other.until && other.from <= self.until
    }

    /// Whole years between the two spans; 0 when they share a year.
    #[must_use]
    pub fn years_apart(self, other: Self) -> u32 {
        let gap = |a: Self, b: Self| (b.from / 10_000).saturating_sub(a.until / 10_000);
        gap(self, other).max(gap(other, self))
    }

    /// Whether day and month are the same numbers swapped within one year, a common slip.
    #[must_use]
    pub fn is_swap_of(self, other: Self) -> bool {
        let swap = |n: u32| n / 10_000 * 10_000 + n % 100 * 100 + n / 100 % 100;
        self.from == self.until && other.from == other.until && swap(self.from) == other.from
    }
}

impl fmt::Display for Birth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let split = |n: u32| (n / 10_000, n / 100 % 100, n % 100);
        let ((y, m, d), (ly, lm, ld)) = (split(self.from), split(self.until));
        let whole = (m, d, lm, ld) == (1, 1, 12, 31);
        let month = d == 1 && ld == month_days(ly, lm);
        match () {
            () if whole && y == ly => write!(f, "{y:04}"),
            () if whole => write!(f, "{y:04}/{ly:04}"),
            () if self.from == self.until => write!(f, "{y:04}-{m:02}-{d:02}"),
            () if month && (y, m) == (ly, lm) => write!(f, "{y:04}-{m:02}"),
            () => write!(f, "{y:04}-{m:02}-{d:02}/{ly:04}-{lm:02}-{ld:02}"),
        }
    }
}

impl TryFrom<String> for Birth {
    type Error = BadBirth;
    fn try_from(text: String) -> Result<Self, BadBirth> {
        Self::parse(&text)
    }
}

impl From<Birth> for String {
    fn from(birth: Birth) -> Self {
        birth.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Birth;

    #[test]
    fn text_forms_round_trip_and_unreal_days_are_refused() {
        for text in ["1974", "1974-02", "1974-02-17", "1948/1950", "1948-03-02/1950-01-01"] {
            assert_eq!(Birth::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "74", "1974-13", "1974-02-30", "1950/1948", "1974-2-17", "17 Feb 1974"] {
            assert!(Birth::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn about_a_year_meets_its_neighbours_only() {
        let about = Birth::parse("1957").unwrap().about();
        assert!(about.meets(Birth::parse("1958-12-31").unwrap()));
        assert!(!about.meets(Birth::parse("1959").unwrap()));
        assert_eq!(about.years_apart(Birth::parse("1961").unwrap()), 3);
    }

    #[test]
    fn day_and_month_swapped_are_recognised() {
        let day = |t| Birth::parse(t).unwrap();
        assert!(day("1974-02-07").is_swap_of(day("1974-07-02")));
        assert!(!day("1974-02-07").is_swap_of(day("1975-07-02")));
    }
}

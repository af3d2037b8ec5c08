//! Options and how they vest: whole months from a start, nothing before the cliff, everything at the end.

use canon::{Date, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::VESTING_MONTHS_MAX;
use super::shares::{PerShare, Shares};
use crate::text::Slug;

const MONTHS_PER_YEAR: i64 = 12;

/// When options become exercisable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "VestingSent", into = "VestingSent")]
pub struct Vesting {
    start: Date,
    cliff_months: u16,
    months: u16,
}

/// The same as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VestingSent {
    /// First day.
    pub start: Date,
    /// Months before anything vests.
    pub cliff_months: u16,
    /// Months until everything has; 0 vests all at the start.
    pub months: u16,
}

impl TryFrom<VestingSent> for Vesting {
    type Error = String;
    fn try_from(sent: VestingSent) -> Result<Self, String> {
        let VestingSent { start, cliff_months, months } = sent;
        if months > VESTING_MONTHS_MAX || cliff_months > months {
            let most = "and the cliff not beyond the end";
            return Err(format!("vesting takes at most {VESTING_MONTHS_MAX} months, {most}"));
        }
        Ok(Self { start, cliff_months, months })
    }
}
impl From<Vesting> for VestingSent {
    fn from(known: Vesting) -> Self {
        let Vesting { start, cliff_months, months } = known;
        Self { start, cliff_months, months }
    }
}

impl Vesting {
    /// Of `options`, how many have vested on a day.
    #[must_use]
    pub fn vested(&self, options: u64, on: Date) -> u64 {
        if on < self.start {
            return 0;
        }
        let elapsed = months_between(self.start, on);
        if elapsed >= i64::from(self.months) {
            return options;
        }
        if elapsed < i64::from(self.cliff_months) {
            return 0;
        }
        let elapsed = u128::try_from(elapsed).unwrap_or_default();
        let part = u128::from(options).saturating_mul(elapsed);
        let vested = part.checked_div(u128::from(self.months)).unwrap_or_default();
        u64::try_from(vested).unwrap_or(options)
    }
}

/// Year, month and day of a date.
fn civil(date: Date) -> (i64, i64, i64) {
    let text = date.to_string();
    let mut parts = text.split('-').map(|part| part.parse::<i64>().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}

/// Whole months between two days: the day of the month decides, or the last one of a month that is shorter.
fn months_between(from: Date, to: Date) -> i64 {
    let ((y1, m1, d1), (y2, m2, d2)) = (civil(from), civil(to));
    let months = (y2 - y1) * MONTHS_PER_YEAR + (m2 - m1);
    let last_day = to.plus_days(1).is_ok_and(|next| civil(next).1 != m2);
    if d2 >= d1 || last_day { months } else { months - 1 }
}

/// A grant of options, as asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// Name of the grant.
    pub grant_id: RecordId,
    /// Of which class.
    #[schemars(with = "String")]
    pub class_id: Slug,
    /// To whom.
    pub holder_id: RecordId,
    /// How many options, each for one share.
    pub options: Shares,
    /// What a share costs when an option is exercised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strike: Option<PerShare>,
    /// When they become exercisable.
    pub vesting: Vesting,
}

/// A grant and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// As made.
    pub terms: NewGrant,
    /// Options that became shares.
    pub exercised: u64,
    /// Options that ended without vesting.
    pub lapsed: u64,
}

impl Grant {
    /// Options that may still become shares.
    #[must_use]
    pub fn outstanding(&self) -> u64 {
        let gone = self.exercised.saturating_add(self.lapsed);
        self.terms.options.get().saturating_sub(gone)
    }

    /// Options vested on a day, exercised ones included.
    #[must_use]
    pub fn vested(&self, on: Date) -> u64 {
        let options = self.terms.options.get();
        self.terms.vesting.vested(options, on).min(options.saturating_sub(self.lapsed))
    }

    /// Options that can be exercised on a day.
    #[must_use]
    pub fn exercisable(&self, on: Date) -> u64 {
        self.vested(on).saturating_sub(self.exercised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn months_end_on_the_same_day_or_the_last_of_a_shorter_one() {
        for (from, to, months) in [
            ("2024-01-31", "2024-02-28", 0),
            ("2024-01-31", "2024-02-29", 1),
            ("2023-01-31", "2023-02-28", 1),
            ("2024-01-15", "2024-02-14", 0),
            ("2024-01-15", "2025-01-15", 12),
            ("2024-02-29", "2025-02-28", 12),
            ("2024-03-01", "2024-03-01", 0),
        ] {
            assert_eq!(months_between(day(from), day(to)), months, "{from} {to}");
        }
    }

    #[test]
    fn nothing_vests_before_the_cliff_and_everything_at_the_end() {
        let sent = VestingSent { start: day("2024-01-01"), cliff_months: 12, months: 48 };
        let vesting = Vesting::try_from(sent).unwrap();
        let vested = |on| vesting.vested(1_000, day(on));
        assert_eq!(vested("2023-12-31"), 0);
        assert_eq!(vested("2024-12-31"), 0);
        assert_eq!(vested("2025-01-01"), 250);
        assert_eq!(vested("2025-02-01"), 270);
        assert_eq!(vested("2027-12-31"), 979);
        assert_eq!(vested("2028-01-01"), 1_000);
        let bad = VestingSent { cliff_months: 49, ..sent };
        assert!(Vesting::try_from(bad).is_err());
    }
}

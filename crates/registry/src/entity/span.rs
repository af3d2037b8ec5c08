//! What was so from one day to another, and since when it was known: the two clocks of a register.

use canon::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// The end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// First day on which it was no longer so.
    pub until: Date,
    /// When that was recorded.
    pub recorded: Timestamp,
}

/// A row of a register: a value, the days on which it holds, and when each end was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row<T> {
    /// What is so.
    pub value: T,
    /// First day.
    pub from: Date,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Its end, once one is recorded.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

const fn none() -> Option<Ended> {
    None
}

/// A day of the register, by what was known at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub as_of: Date,
    /// The moment.
    pub known_at: Timestamp,
}

impl<T> Row<T> {
    /// A row without an end.
    pub const fn begun(value: T, from: Date, recorded: Timestamp) -> Self {
        Self { value, from, recorded, ended: None }
    }

    /// Whether it holds and nothing ends it.
    pub const fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether it holds on a day, as known then. A row that ends on the day it began never held.
    pub fn holds(&self, day: Day) -> bool {
        let known = self.recorded <= day.known_at && self.from <= day.as_of;
        let ended = self.ended.filter(|end| end.recorded <= day.known_at);
        known && ended.is_none_or(|end| day.as_of < end.until)
    }

    pub(super) fn end(&mut self, until: Date, recorded: Timestamp) {
        self.ended = Some(Ended { until, recorded });
    }
}

/// The rows of `rows` that hold on a day.
pub(super) fn holding<T>(rows: &[Row<T>], day: Day) -> impl Iterator<Item = &Row<T>> {
    rows.iter().filter(move |row| row.holds(day))
}

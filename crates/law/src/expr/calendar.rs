//! Which days are worked: the holidays of a pack, and the days its week rests.
//!
//! A calendar knows the years for which it holds holidays, from first to last; of any other day it
//! says nothing, and a rule that asks is *unknown*.

use std::collections::BTreeSet;
use std::sync::Arc;

use canon::Date;

/// The holidays of a place, and its weekend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calendar {
    holidays: Arc<BTreeSet<Date>>,
    /// Days of rest by weekday, Monday first.
    rests: [bool; 7],
    /// First and last day known.
    known: Option<(Date, Date)>,
}

/// Names of weekdays, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Calendar {
    /// From the holidays of a pack. Saturday and Sunday rest.
    pub(crate) fn new(holidays: BTreeSet<Date>) -> Self {
        let edge = |date: Option<&Date>, end: &str| {
            let text = date?.to_string();
            Date::parse(&format!("{}{end}", text.get(..4)?)).ok()
        };
        let first = edge(holidays.first(), "-01-01");
        let known = first.zip(edge(holidays.last(), "-12-31"));
        let holidays = Arc::new(holidays);
        Self { holidays, rests: [false, false, false, false, false, true, true], known }
    }

    /// The same with another weekend.
    pub(crate) fn resting(mut self, days: &[String]) -> Self {
        self.rests = WEEKDAYS.map(|name| days.iter().any(|day| day == name));
        self
    }

    /// Whether work is done on a day; `None` outside the years known.
    pub(crate) fn works(&self, day: Date) -> Option<bool> {
        let (first, last) = self.known?;
        if day < first || day > last {
            return None;
        }
        let rests = self.rests.get(usize::from(day.weekday())).copied().unwrap_or(false);
        Some(!rests && !self.holidays.contains(&day))
    }
}

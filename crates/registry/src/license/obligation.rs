//! What the holder of a license owes while it holds it: what, how often, and when it was last done.

use canon::{Date, Digest};
use serde::{Deserialize, Serialize};

use crate::text::{Line, Problems, Slug};

/// Most obligations of one license.
pub const OBLIGATIONS_MAX: usize = 100;
/// Longest statement of an obligation, in characters.
pub const OBLIGATION_CHARS_MAX: usize = 500;

/// How often something is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Once, by a day.
    Once,
    /// Every thirty days.
    Month,
    /// Every ninety days.
    Quarter,
    /// Every 365 days.
    Year,
}

impl Every {
    /// Days of a period; none where there is one alone.
    #[must_use]
    pub const fn days(self) -> Option<i64> {
        match self {
            Self::Once => None,
            Self::Month => Some(30),
            Self::Quarter => Some(90),
            Self::Year => Some(365),
        }
    }
}

/// An obligation as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObligationInput {
    /// A code word of the license's own, such as `annual-return`.
    pub obligation_id: String,
    /// What is owed.
    pub statement: String,
    /// How often.
    pub every: Every,
    /// By when it is owed first, `YYYY-MM-DD`.
    pub due: String,
}

/// Something the holder owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obligation {
    /// A code word of the license's own.
    pub obligation_id: Slug,
    /// What is owed.
    pub statement: Line<OBLIGATION_CHARS_MAX>,
    /// How often.
    pub every: Every,
    /// By when it is owed next; none once it is done for good.
    pub due: Option<Date>,
    /// What proved that it was met, last, and on which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<(Date, Digest)>,
}

impl TryFrom<ObligationInput> for Obligation {
    type Error = Problems;
    fn try_from(sent: ObligationInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let id = problems.take("/obligation_id", Slug::parse(&sent.obligation_id));
        let statement = problems.take("/statement", Line::parse(&sent.statement));
        let due = problems.take("/due", Date::parse(&sent.due));
        let every = sent.every;
        let whole = id.zip(statement).zip(due).map(|((obligation_id, statement), due)| Self {
            obligation_id,
            statement,
            every,
            due: Some(due),
            met: None,
        });
        problems.finish(whole)
    }
}

impl Obligation {
    /// Whether it was owed by an earlier day and is not done.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.due.is_some_and(|due| due < today)
    }

    /// It was met on a day, as a document shows: the next period begins where this one was due.
    pub(super) fn met_on(&mut self, day: Date, evidence: Digest) {
        let next = self.due.zip(self.every.days());
        self.due = next.and_then(|(due, days)| due.plus_days(days).ok());
        self.met = Some((day, evidence));
    }
}

//! What a regulator asks of the population: which records, as of when, split by what.

use canon::{Date, JurisdictionId, Timestamp};
use law::{Domain, Kind, Outcome, State};

use super::fold::Seen;
pub(super) use crate::compliance::Reading as When;
use crate::compliance::When as Wanted;

/// Of what a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Legal persons that were formed.
    Entities,
    /// Licenses that were applied for.
    Licenses,
    /// Persons and organisations that were registered.
    Persons,
    /// Payments that were admitted.
    Payments,
    /// Decisions, whatever came of them.
    Decisions,
}

impl Of {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Entities, Self::Licenses, Self::Persons, Self::Payments, Self::Decisions];

    /// On the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entities => "entities",
            Self::Licenses => "licenses",
            Self::Persons => "persons",
            Self::Payments => "payments",
            Self::Decisions => "decisions",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.name() == text)
    }

    /// How its subjects are called in the journal, before their id.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Entities => "entity:",
            Self::Licenses => "license:",
            Self::Persons => "identity:",
            Self::Payments => "payment:",
            Self::Decisions => "",
        }
    }

    /// The kind with which a record of it begins, where others are told of the same subject before.
    pub(super) fn begins(self, seen: &Seen) -> bool {
        self != Self::Entities || seen.kind == Kind::EntityForm
    }
}

/// What a figure is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// The worst state of its domains.
    State,
    /// Each of the 20 domains with its state.
    Domain,
    /// Whose law was asked.
    Jurisdiction,
    /// The transition of the last decision.
    Kind,
    /// What came of the last decision.
    Outcome,
    /// Type of a license, purpose of a payment, …
    Sort,
    /// What happened to it last.
    Event,
    /// Month of its first decision; of a decision its own.
    Month,
    /// Day of the same.
    Day,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::State,
        Self::Domain,
        Self::Jurisdiction,
        Self::Kind,
        Self::Outcome,
        Self::Sort,
        Self::Event,
        Self::Month,
        Self::Day,
    ];

    /// On the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Domain => "domain",
            Self::Jurisdiction => "jurisdiction",
            Self::Kind => "kind",
            Self::Outcome => "outcome",
            Self::Sort => "sort",
            Self::Event => "event",
            Self::Month => "month",
            Self::Day => "day",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|split| split.name() == text)
    }
}

/// Which records are meant; an absent field means all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopulationQuery {
    /// Of what.
    pub of: Of,
    /// The day whose law is meant; today, unless given.
    pub as_of: Option<Date>,
    /// The moment whose knowledge is meant; now, unless given.
    pub known_at: Option<Timestamp>,
    /// First day of the first decision.
    pub from: Option<Date>,
    /// Last day of it.
    pub to: Option<Date>,
    /// The domain whose state is meant; all of them, the worst counting, unless given.
    pub domain: Option<Domain>,
    /// The state.
    pub state: Option<State>,
    /// A jurisdiction whose law was asked.
    pub jurisdiction: Option<JurisdictionId>,
    /// The transition of the last decision.
    pub kind: Option<Kind>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Its sort.
    pub sort: Option<String>,
    /// What happened last.
    pub event: Option<String>,
    /// The exact subject.
    pub subject: Option<String>,
}

impl PopulationQuery {
    /// Everything of one kind, as it is now.
    #[must_use]
    pub const fn all(of: Of) -> Self {
        Self {
            of,
            as_of: None,
            known_at: None,
            from: None,
            to: None,
            domain: None,
            state: None,
            jurisdiction: None,
            kind: None,
            outcome: None,
            sort: None,
            event: None,
            subject: None,
        }
    }

    /// As-of and known-at as they count at `now`.
    pub(super) fn when(&self, now: Timestamp) -> When {
        Wanted { as_of: self.as_of, known_at: self.known_at }.at(now)
    }
}

impl When {
    /// Whether a decision counts.
    pub(super) fn knows(self, seen: &Seen) -> bool {
        seen.at <= self.known_at && seen.at.date() <= self.as_of
    }
}

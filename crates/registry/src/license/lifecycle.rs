//! The life of a license: eight states, one event at a time, each with its day.

use canon::{Date, Digest, EntityId, RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use super::obligation::{OBLIGATIONS_MAX, Obligation, ObligationInput};
use crate::entity::REASON_CHARS_MAX;
use crate::text::{Line, Problems, Slug};

/// Longest license number, in characters.
pub const NUMBER_CHARS_MAX: usize = 100;
/// Most activities one license permits.
const ACTIVITIES_MAX: usize = 100;

/// An application for a license as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenseInput {
    /// Who applies, an entity of this zone.
    pub entity_id: EntityId,
    /// A type of license of the packs in force, such as `pk-secp.nbfc`.
    pub license_type_id: String,
    /// What it is to permit, as code words.
    #[serde(default)]
    pub activities: Vec<String>,
}

/// A well-formed application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Who applies.
    pub holder: EntityId,
    /// The type.
    pub license_type_id: Slug,
    /// What it is to permit: sorted, each once.
    pub activities: Vec<Slug>,
}

impl TryFrom<LicenseInput> for Applied {
    type Error = Problems;
    fn try_from(sent: LicenseInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let of_type = problems.take("/license_type_id", Slug::parse(&sent.license_type_id));
        if sent.activities.len() > ACTIVITIES_MAX {
            let found = sent.activities.len();
            problems.add("/activities", format!("has {found}, at most {ACTIVITIES_MAX} are taken"));
        }
        let mut activities = Vec::new();
        for (n, word) in sent.activities.iter().take(ACTIVITIES_MAX).enumerate() {
            let pointer = format!("/activities/{n}");
            activities.extend(problems.take(&pointer, Slug::parse(word)));
        }
        activities.sort();
        activities.dedup();
        let holder = sent.entity_id;
        problems.finish(of_type.map(|license_type_id| Self { holder, license_type_id, activities }))
    }
}

/// The days a license is in force, as its regulator granted them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenseTerm {
    /// First day.
    pub from: Date,
    /// First day no longer in force; none for one without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// Where a license stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum LicenseStatus {
    /// Asked for.
    Applied {
        /// Since when.
        since: Timestamp,
    },
    /// Being looked at.
    UnderReview {
        /// Since when.
        since: Timestamp,
    },
    /// In force while its term lasts.
    Active {
        /// Since when.
        since: Timestamp,
    },
    /// Suspended: not in force until it is reinstated.
    Suspended {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: Line<REASON_CHARS_MAX>,
    },
    /// Taken away. Final.
    Revoked {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: Line<REASON_CHARS_MAX>,
    },
    /// Past its term. Final.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// Given back. Final.
    Surrendered {
        /// Since when.
        since: Timestamp,
    },
    /// Never granted. Final.
    Rejected {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: Line<REASON_CHARS_MAX>,
    },
}

impl LicenseStatus {
    /// Name in capitals, as at rest.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Applied { .. } => "APPLIED",
            Self::UnderReview { .. } => "UNDER_REVIEW",
            Self::Active { .. } => "ACTIVE",
            Self::Suspended { .. } => "SUSPENDED",
            Self::Revoked { .. } => "REVOKED",
            Self::Expired { .. } => "EXPIRED",
            Self::Surrendered { .. } => "SURRENDERED",
            Self::Rejected { .. } => "REJECTED",
        }
    }
}

/// What can happen to a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenseEvent {
    /// The regulator looks at it.
    Review,
    /// It is granted.
    Issue {
        /// Number on the document.
        number: Line<NUMBER_CHARS_MAX>,
        /// For how long.
        term: LicenseTerm,
        /// What the holder owes.
        obligations: Vec<Obligation>,
    },
    /// It is refused.
    Reject(Line<REASON_CHARS_MAX>),
    /// Suspended: not in force until it is reinstated.
    Suspend(Line<REASON_CHARS_MAX>),
    /// It is in force again.
    Reinstate,
    /// Its term goes on.
    Renew {
        /// First day no longer in force.
        until: Date,
    },
    /// It is taken away.
    Revoke(Line<REASON_CHARS_MAX>),
    /// It is given back.
    Surrender,
    /// Its term has passed.
    Expire,
    /// An obligation was met.
    Meet {
        /// Which.
        obligation_id: Slug,
        /// SHA-256 of what shows it.
        evidence: Digest,
    },
}

impl LicenseEvent {
    /// Name of the operation.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Issue { .. } => "issue",
            Self::Reject(_) => "reject",
            Self::Suspend(_) => "suspend",
            Self::Reinstate => "reinstate",
            Self::Renew { .. } => "renew",
            Self::Revoke(_) => "revoke",
            Self::Surrender => "surrender",
            Self::Expire => "expire",
            Self::Meet { .. } => "meet",
        }
    }
}

/// Why an event cannot happen to a license now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalLicense {
    /// Not open in this state.
    #[error("a license in state `{state}` cannot `{event}`")]
    NotOpen {
        /// Present state.
        state: &'static str,
        /// Event refused.
        event: &'static str,
    },
    /// A term that ends before it begins, or before the one it follows.
    #[error("the term ends on `{until}`, which is not after `{after}`")]
    Term {
        /// Its end.
        until: Date,
        /// What it must be after.
        after: Date,
    },
    /// The term has not passed, or has no end.
    #[error("the term has not passed on `{today}`")]
    NotPassed {
        /// Today.
        today: Date,
    },
    /// The term has passed.
    #[error("the term ended on `{until}`; an expired license is applied for anew")]
    Passed {
        /// Its end.
        until: Date,
    },
    /// No such obligation, or none that is owed.
    #[error("the license has no obligation `{0}` that is owed")]
    NotOwed(String),
    /// Too many obligations, or two of one name.
    #[error("a license has at most {OBLIGATIONS_MAX} obligations, each of its own name")]
    Obligations,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum LicenseType {
    #[serde(rename = "MEZLicense")]
    License,
}

/// A license of the register, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    r#type: LicenseType,
    license_id: RecordId,
    license_type_id: Slug,
    holder: EntityId,
    activities: Vec<Slug>,
    applied: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<Line<NUMBER_CHARS_MAX>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    term: Option<LicenseTerm>,
    obligations: Vec<Obligation>,
    status: LicenseStatus,
}

impl License {
    /// A license that was asked for.
    #[must_use]
    pub fn applied(license_id: RecordId, asked: Applied, at: Timestamp) -> Self {
        let Applied { holder, license_type_id, activities } = asked;
        Self {
            r#type: LicenseType::License,
            license_id,
            license_type_id,
            holder,
            activities,
            applied: at,
            number: None,
            term: None,
            obligations: Vec::new(),
            status: LicenseStatus::Applied { since: at },
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.license_id
    }
    /// Its type.
    #[must_use]
    pub fn type_id(&self) -> &str {
        self.license_type_id.as_str()
    }
    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> &EntityId {
        &self.holder
    }
    /// What it permits.
    pub fn activities(&self) -> impl Iterator<Item = &str> {
        self.activities.iter().map(Slug::as_str)
    }
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> &LicenseStatus {
        &self.status
    }
    /// Its term, once granted.
    #[must_use]
    pub fn term(&self) -> Option<&LicenseTerm> {
        self.term.as_ref()
    }
    /// What the holder owes.
    #[must_use]
    pub fn obligations(&self) -> &[Obligation] {
        &self.obligations
    }
    /// First day no longer in force, where there is one.
    #[must_use]
    pub fn until(&self) -> Option<Date> {
        self.term.as_ref().and_then(|term| term.until)
    }

    /// Whether its term has passed, said or not.
    #[must_use]
    pub fn has_passed(&self, today: Date) -> bool {
        self.until().is_some_and(|until| until <= today)
    }

    /// Whether the holder may act on it on a day.
    #[must_use]
    pub fn is_in_force(&self, today: Date) -> bool {
        let begun = self.term.as_ref().is_some_and(|term| term.from <= today);
        matches!(self.status, LicenseStatus::Active { .. }) && begun && !self.has_passed(today)
    }

    /// The state as it reads on a day: past its term an active or suspended license is expired.
    #[must_use]
    pub fn state_on(&self, today: Date) -> &'static str {
        match self.status {
            LicenseStatus::Active { .. } | LicenseStatus::Suspended { .. }
                if self.has_passed(today) =>
            {
                "EXPIRED"
            }
            _ => self.status.name(),
        }
    }

    /// The license after an event.
    ///
    /// # Errors
    /// [`IllegalLicense`]; nothing has changed then.
    pub fn apply(mut self, event: LicenseEvent, at: Timestamp) -> Result<Self, IllegalLicense> {
        use LicenseStatus as Is;
        let (state, name, today) = (self.status.name(), event.name(), at.date());
        let since = at;
        let going_on = matches!(self.status, Is::Active { .. } | Is::Suspended { .. });
        if going_on && !matches!(event, LicenseEvent::Expire) {
            self.lasts(today)?;
        }
        self.status = match (self.status.clone(), event) {
            (Is::Applied { .. }, LicenseEvent::Review) => Is::UnderReview { since },
            (Is::UnderReview { .. }, LicenseEvent::Issue { number, term, obligations }) => {
                self.grant(number, term, obligations, today)?;
                Is::Active { since }
            }
            (Is::Applied { .. } | Is::UnderReview { .. }, LicenseEvent::Reject(reason)) => {
                Is::Rejected { since, reason }
            }
            (Is::Active { .. }, LicenseEvent::Suspend(reason)) => Is::Suspended { since, reason },
            (Is::Suspended { .. }, LicenseEvent::Reinstate) => Is::Active { since },
            (kept @ Is::Active { .. }, LicenseEvent::Renew { until }) => {
                self.renew(until)?;
                kept
            }
            (Is::Active { .. } | Is::Suspended { .. }, LicenseEvent::Revoke(reason)) => {
                Is::Revoked { since, reason }
            }
            (Is::Active { .. } | Is::Suspended { .. }, LicenseEvent::Surrender) => {
                Is::Surrendered { since }
            }
            (Is::Active { .. } | Is::Suspended { .. }, LicenseEvent::Expire) => {
                if !self.has_passed(today) {
                    return Err(IllegalLicense::NotPassed { today });
                }
                Is::Expired { since }
            }
            (kept, LicenseEvent::Meet { obligation_id, evidence }) if going_on => {
                self.meet(&obligation_id, today, evidence)?;
                kept
            }
            _ => return Err(IllegalLicense::NotOpen { state, event: name }),
        };
        Ok(self)
    }

    fn lasts(&self, today: Date) -> Result<(), IllegalLicense> {
        let passed = self.until().filter(|until| *until <= today);
        passed.map_or(Ok(()), |until| Err(IllegalLicense::Passed { until }))
    }

    fn grant(
        &mut self,
        number: Line<NUMBER_CHARS_MAX>,
        term: LicenseTerm,
        obligations: Vec<Obligation>,
        today: Date,
    ) -> Result<(), IllegalLicense> {
        if let Some(until) = term.until {
            let after = term.from.max(today);
            if until <= after {
                return Err(IllegalLicense::Term { until, after });
            }
        }
        let mut names: Vec<&Slug> = obligations.iter().map(|owed| &owed.obligation_id).collect();
        names.sort();
        names.dedup();
        if names.len() != obligations.len() || obligations.len() > OBLIGATIONS_MAX {
            return Err(IllegalLicense::Obligations);
        }
        (self.number, self.term, self.obligations) = (Some(number), Some(term), obligations);
        Ok(())
    }

    fn renew(&mut self, until: Date) -> Result<(), IllegalLicense> {
        let Some(term) = self.term.as_mut() else {
            let (state, event) = (self.status.name(), "renew");
            return Err(IllegalLicense::NotOpen { state, event });
        };
        let Some(after) = term.until else {
            return Err(IllegalLicense::NotOpen {
                state: "ACTIVE, without an end",
                event: "renew",
            });
        };
        if until <= after {
            return Err(IllegalLicense::Term { until, after });
        }
        term.until = Some(until);
        Ok(())
    }

    fn meet(&mut self, id: &Slug, day: Date, evidence: Digest) -> Result<(), IllegalLicense> {
        let owed = |one: &&mut Obligation| one.obligation_id == *id && one.due.is_some();
        let found = self.obligations.iter_mut().find(owed);
        let found = found.ok_or_else(|| IllegalLicense::NotOwed(id.as_str().to_owned()))?;
        found.met_on(day, evidence);
        Ok(())
    }
}

/// Obligations as sent, each with the place of what is wrong.
impl Obligation {
    /// Reads a list of them.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn read_all(sent: Vec<ObligationInput>) -> Result<Vec<Self>, Problems> {
        let mut problems = Problems::default();
        if sent.len() > OBLIGATIONS_MAX {
            let found = sent.len();
            problems.add("/obligations", format!("has {found}, at most {OBLIGATIONS_MAX}"));
        }
        let mut read = Vec::new();
        for (n, one) in sent.into_iter().take(OBLIGATIONS_MAX).enumerate() {
            read.extend(problems.nest(&format!("/obligations/{n}"), Self::try_from(one)));
        }
        problems.finish(Some(read))
    }
}

//! The life of an entity: six states, one event at a time.
//!
//! A state carries only what exists in it. An event that is not open in the present state, comes before the state
//! began, comes before a stage has lasted its days, or lacks the vote a stage needs is refused with a typed reason and
//! changes nothing.

use super::formation::Formation;
use super::officer::Officer;
use super::register::{BadChange, Change, Effect, Register};
use super::stage::{MAJORITY_BP_MIN, STAGES, Stage, StageEvidence};
use crate::text::Line;
use canon::{EntityId, Timestamp};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Longest stated reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;
const SECONDS_PER_DAY: i64 = 86_400;

/// A legal person of this zone, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    r#type: EntityType,
    entity_id: EntityId,
    formation: Formation,
    applied: Timestamp,
    status: Status,
    /// What changed since formation; `formation` has what is so now.
    #[serde(default, skip_serializing_if = "Register::is_empty")]
    register: Register,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum EntityType {
    #[serde(rename = "MEZEntity")]
    Entity,
}

/// Where an entity stands. At rest: an object whose `state` is the name in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Status {
    /// Asked for, not yet decided.
    Applied {
        /// When it was asked for.
        since: Timestamp,
    },
    /// In being, free to act.
    Active {
        /// When it became so, last.
        since: Timestamp,
    },
    /// In being, not free to act.
    Suspended {
        /// When it became so.
        since: Timestamp,
        /// Why.
        reason: Line<REASON_CHARS_MAX>,
    },
    /// Being wound up.
    Dissolving(Dissolution),
    /// Wound up. Final.
    Dissolved {
        /// When it ceased to exist.
        since: Timestamp,
        /// What the ten stages left behind, in order.
        #[serde(deserialize_with = "of_all_stages")]
        evidence: Vec<StageEvidence>,
    },
    /// Never came into being. Final.
    Rejected {
        /// When it was refused.
        since: Timestamp,
        /// Why.
        reason: Line<REASON_CHARS_MAX>,
    },
}

fn of_all_stages<'de, D: Deserializer<'de>>(kept: D) -> Result<Vec<StageEvidence>, D::Error> {
    let evidence = Vec::<StageEvidence>::deserialize(kept)?;
    if evidence.len() == usize::from(STAGES) {
        return Ok(evidence);
    }
    let found = evidence.len();
    Err(D::Error::custom(format!(
        "a dissolution leaves evidence of {STAGES} stages, not `{found}`"
    )))
}

/// A winding-up under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "DissolutionAtRest", into = "DissolutionAtRest")]
pub struct Dissolution {
    stage: Stage,
    entered: Timestamp,
    evidence: Vec<StageEvidence>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DissolutionAtRest {
    stage: Stage,
    entered: Timestamp,
    evidence: Vec<StageEvidence>,
}

impl Dissolution {
    /// The stage it is in.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }
    /// When that stage was entered.
    #[must_use]
    pub fn entered(&self) -> Timestamp {
        self.entered
    }
    /// What the stages before it left behind, in order.
    #[must_use]
    pub fn evidence(&self) -> &[StageEvidence] {
        &self.evidence
    }
    /// The first second in which the stage can be left; none when that lies beyond the calendar.
    #[must_use]
    pub fn earliest(&self) -> Option<Timestamp> {
        let length = i64::from(self.stage.days_min()) * SECONDS_PER_DAY;
        self.entered.plus_secs(length).ok()
    }
}

impl TryFrom<DissolutionAtRest> for Dissolution {
    type Error = String;
    fn try_from(kept: DissolutionAtRest) -> Result<Self, String> {
        if kept.evidence.len() + 1 == usize::from(kept.stage.number()) {
            let DissolutionAtRest { stage, entered, evidence } = kept;
            return Ok(Self { stage, entered, evidence });
        }
        let (found, stage) = (kept.evidence.len(), kept.stage.number());
        Err(format!("stage `{stage}` of a dissolution cannot have evidence of `{found}` stages"))
    }
}
impl From<Dissolution> for DissolutionAtRest {
    fn from(known: Dissolution) -> Self {
        let Dissolution { stage, entered, evidence } = known;
        Self { stage, entered, evidence }
    }
}

/// What can happen to an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityEvent {
    /// The application is granted.
    Approve {
        /// When.
        at: Timestamp,
    },
    /// The application is refused.
    Reject {
        /// When.
        at: Timestamp,
        /// Why.
        reason: Line<REASON_CHARS_MAX>,
    },
    /// Suspended: the entity may not act until it is reinstated.
    Suspend {
        /// When.
        at: Timestamp,
        /// Why.
        reason: Line<REASON_CHARS_MAX>,
    },
    /// It may act again.
    Reinstate {
        /// When.
        at: Timestamp,
    },
    /// Its winding-up begins, at stage 1.
    InitiateDissolution {
        /// When.
        at: Timestamp,
    },
    /// The present stage is done; the next begins, or the entity ceases to exist.
    Advance {
        /// When.
        at: Timestamp,
        /// What the present stage leaves behind.
        evidence: StageEvidence,
    },
}

impl EntityEvent {
    /// When it happens.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Approve { at }
            | Self::Reject { at, .. }
            | Self::Suspend { at, .. }
            | Self::Reinstate { at }
            | Self::InitiateDissolution { at }
            | Self::Advance { at, .. } => *at,
        }
    }

    /// Name of the operation.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Reject { .. } => "reject",
            Self::Suspend { .. } => "suspend",
            Self::Reinstate { .. } => "reinstate",
            Self::InitiateDissolution { .. } => "initiate_dissolution",
            Self::Advance { .. } => "advance",
        }
    }
}

/// Why an event cannot happen to an entity now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTransition {
    /// The event is not open in this state.
    #[error("an entity in state `{state}` cannot `{event}`")]
    NotOpen {
        /// Present state.
        state: &'static str,
        /// Event refused.
        event: &'static str,
    },
    /// The event is dated before the present state began.
    #[error("the event is dated `{at}`, before the present state began at `{since}`")]
    TimeGoesBack {
        /// Date of the event.
        at: Timestamp,
        /// Beginning of the present state.
        since: Timestamp,
    },
    /// The stage has not lasted its days.
    #[error("stage `{}` lasts at least {} days and was entered at `{entered}`", stage.name(), stage.days_min())]
    TooEarly {
        /// Present stage.
        stage: Stage,
        /// When it was entered.
        entered: Timestamp,
        /// When it can be left; none when beyond the calendar.
        earliest: Option<Timestamp>,
    },
    /// The stage is a vote, and it did not carry or was not given.
    #[error("stage `{}` needs a resolution carried by {MAJORITY_BP_MIN} basis points of the votes cast", stage.name())]
    NotCarried {
        /// Present stage.
        stage: Stage,
    },
    /// The stage is not a vote, yet one was given.
    #[error("stage `{}` takes no vote", stage.name())]
    NotAVote {
        /// Present stage.
        stage: Stage,
    },
}

impl Status {
    /// Name in capitals, as at rest.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Applied { .. } => "APPLIED",
            Self::Active { .. } => "ACTIVE",
            Self::Suspended { .. } => "SUSPENDED",
            Self::Dissolving(_) => "DISSOLVING",
            Self::Dissolved { .. } => "DISSOLVED",
            Self::Rejected { .. } => "REJECTED",
        }
    }

    /// When the present state (or stage) began.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        match self {
            Self::Applied { since }
            | Self::Active { since }
            | Self::Suspended { since, .. }
            | Self::Dissolved { since, .. }
            | Self::Rejected { since, .. } => *since,
            Self::Dissolving(winding_up) => winding_up.entered,
        }
    }

    fn after(self, event: EntityEvent) -> Result<Self, IllegalTransition> {
        let (state, name, at, since) = (self.name(), event.name(), event.at(), self.since());
        if at < since {
            return Err(IllegalTransition::TimeGoesBack { at, since });
        }
        match (self, event) {
            (Self::Applied { .. }, EntityEvent::Approve { .. })
            | (Self::Suspended { .. }, EntityEvent::Reinstate { .. }) => {
                Ok(Self::Active { since: at })
            }
            (Self::Applied { .. }, EntityEvent::Reject { reason, .. }) => {
                Ok(Self::Rejected { since: at, reason })
            }
            (Self::Active { .. }, EntityEvent::Suspend { reason, .. }) => {
                Ok(Self::Suspended { since: at, reason })
            }
            (Self::Active { .. }, EntityEvent::InitiateDissolution { .. }) => {
                let stage = Stage::BoardResolution;
                Ok(Self::Dissolving(Dissolution { stage, entered: at, evidence: Vec::new() }))
            }
            (Self::Dissolving(winding_up), EntityEvent::Advance { evidence, .. }) => {
                winding_up.advance(at, evidence)
            }
            _ => Err(IllegalTransition::NotOpen { state, event: name }),
        }
    }
}

impl Dissolution {
    fn advance(mut self, at: Timestamp, left: StageEvidence) -> Result<Status, IllegalTransition> {
        let (stage, entered, earliest) = (self.stage, self.entered, self.earliest());
        if earliest.is_none_or(|earliest| at < earliest) {
            return Err(IllegalTransition::TooEarly { stage, entered, earliest });
        }
        match (stage, left.resolution) {
            (Stage::ShareholderResolution, Some(vote)) if vote.carries() => {}
            (Stage::ShareholderResolution, _) => {
                return Err(IllegalTransition::NotCarried { stage });
            }
            (_, None) => {}
            (_, Some(_)) => return Err(IllegalTransition::NotAVote { stage }),
        }
        self.evidence.push(left);
        Ok(match stage.next() {
            Some(stage) => Status::Dissolving(Self { stage, entered: at, ..self }),
            None => Status::Dissolved { since: at, evidence: self.evidence },
        })
    }
}

impl Entity {
    /// An application received at `at`, in state APPLIED.
    #[must_use]
    pub fn applied(entity_id: EntityId, formation: Formation, at: Timestamp) -> Self {
        let (applied, status) = (at, Status::Applied { since: at });
        let register = Register::default();
        Self { r#type: EntityType::Entity, entity_id, formation, applied, status, register }
    }

    /// The entity after a change of what the register says of it.
    ///
    /// # Errors
    /// [`BadChange`]; nothing has changed then.
    pub fn changed(self, change: Change, effect: Effect) -> Result<Self, BadChange> {
        if matches!(self.status, Status::Dissolved { .. } | Status::Rejected { .. }) {
            return Err(BadChange::Closed(self.status.name()));
        }
        let register = self.register().apply(change.clone(), effect)?;
        Ok(Self { register, formation: self.formation.changed(change), ..self })
    }

    /// What the register says of it over time.
    #[must_use]
    pub fn register(&self) -> Register {
        if self.register.names.is_empty() {
            return Register::begun(&self.formation, self.applied);
        }
        self.register.clone()
    }

    /// Officers in office.
    pub fn in_office(&self) -> impl Iterator<Item = &Officer> {
        self.register.in_office()
    }

    /// The entity after `event`.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the event is not open in the present state; nothing has changed then.
    pub fn apply(self, event: EntityEvent) -> Result<Self, IllegalTransition> {
        let status = self.status.after(event)?;
        Ok(Self { status, ..self })
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &EntityId {
        &self.entity_id
    }
    /// What was applied for, with what has changed since.
    #[must_use]
    pub fn formation(&self) -> &Formation {
        &self.formation
    }
    /// When it was applied for.
    #[must_use]
    pub fn applied_at(&self) -> Timestamp {
        self.applied
    }
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }
    /// Whether it is in being and free to act.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self.status, Status::Active { .. })
    }
}

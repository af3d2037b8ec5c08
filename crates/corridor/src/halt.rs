//! Stopping is unilateral, starting is bilateral; what was ended does not start again.

use canon::{Canonical, CorridorId, Refusal, Timestamp};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::documents::{self, DocumentError, Signed, Since, Subject};
use crate::fork::Raised;
use crate::lane::{Payload, TransitionKind};
use crate::lifecycle::State;
use crate::limits::{LIFTS_MAX, REASON_BYTES_MAX};
use crate::party::Party;

/// Names one halt: `<zone_id>:<sequence>` of the receipt that declares it, or an operator's id.
pub type HaltId = canon::RecordId;

/// The ways one party stops a corridor, least first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// A pause that both expect to end.
    Suspend,
    /// Something is wrong.
    #[default]
    Halt,
    /// For good: no resume lifts it.
    Deprecate,
}

impl Stop {
    /// The stop a receipt of this kind declares.
    #[must_use]
    pub fn of(kind: TransitionKind) -> Option<Self> {
        [Self::Suspend, Self::Halt, Self::Deprecate].into_iter().find(|stop| stop.kind() == kind)
    }

    /// The kind of receipt that declares it.
    #[must_use]
    pub const fn kind(self) -> TransitionKind {
        match self {
            Self::Suspend => TransitionKind::Suspend,
            Self::Halt => TransitionKind::Halt,
            Self::Deprecate => TransitionKind::Deprecate,
        }
    }

    /// The state of a corridor in which this is the worst open stop.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Suspend => State::Suspended,
            Self::Halt => State::Halted,
            Self::Deprecate => State::Deprecated,
        }
    }

    /// The `type` of its notice.
    #[must_use]
    pub const fn notice_type(self) -> &'static str {
        match self {
            Self::Suspend => "MEZCorridorSuspension",
            Self::Halt => "MEZCorridorHalt",
            Self::Deprecate => "MEZCorridorDeprecation",
        }
    }

    pub(crate) fn is_halt(&self) -> bool {
        *self == Self::Halt
    }
}

/// Payload of a `halt`, `suspend` or `deprecate` receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HaltNotice {
    /// `MEZCorridorHalt`, `MEZCorridorSuspension` or `MEZCorridorDeprecation`.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = [
        "MEZCorridorSuspension", "MEZCorridorHalt", "MEZCorridorDeprecation"
    ]))]
    pub type_: String,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Its name, to be listed by the resume that lifts it; nothing lifts a deprecation.
    pub halt_id: HaltId,
    /// Why, in the declaring party's words.
    pub reason: String,
    /// On whose authority.
    pub authority: String,
    /// Of a halt for a fork of the other lane: the alarm, with its evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<Raised>,
}

/// Subject of `MEZCorridorResumeCredential`: both parties lift halts and open the next epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The epoch that opens.
    pub epoch: u64,
    /// The halts lifted; the corridor stays stopped while any other is open.
    pub lifts: Vec<HaltId>,
    /// Why it may go on.
    pub reason: String,
}

impl Subject for Resume {
    const TYPE: &'static str = "MEZCorridorResumeCredential";
    const KIND: &'static str = "corridor-resume";
}

/// A halt or resume that was refused.
#[derive(Debug, thiserror::Error)]
pub enum HaltError {
    /// Not the shape.
    #[error("not a halt notice: {0}")]
    Shape(#[from] Refusal),
    /// Another corridor, or another document.
    #[error("the halt or resume belongs to another corridor")]
    Corridor,
    /// Too long a reason or authority, or too many halts.
    #[error("`{0}` is too long")]
    TooLong(&'static str),
    /// The resume credential.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Opens another epoch than the receipt.
    #[error("the resume opens epoch {found}, the receipt {expected}")]
    Epoch {
        /// Of the receipt.
        expected: u64,
        /// Of the credential.
        found: u64,
    },
    /// One id names one halt of a lane for ever.
    #[error("halt `{0}` was declared before in this lane")]
    Duplicate(HaltId),
    /// A fork halts; it neither suspends nor ends.
    #[error("only a halt carries an alarm")]
    Alarm,
    /// Starting is bilateral.
    #[error("the resume is not signed by both parties")]
    Unilateral,
}

impl HaltNotice {
    /// A notice for one corridor.
    ///
    /// # Errors
    /// Reason or authority too long.
    pub fn new(
        stop: Stop,
        corridor_id: &CorridorId,
        halt_id: HaltId,
        reason: &str,
        authority: &str,
    ) -> Result<Self, HaltError> {
        let notice = Self {
            type_: stop.notice_type().to_owned(),
            corridor_id: corridor_id.clone(),
            halt_id,
            reason: reason.to_owned(),
            authority: authority.to_owned(),
            alarm: None,
        };
        notice.check(stop, corridor_id)?;
        Ok(notice)
    }

    fn check(&self, stop: Stop, corridor_id: &CorridorId) -> Result<(), HaltError> {
        if self.corridor_id != *corridor_id || self.type_ != stop.notice_type() {
            return Err(HaltError::Corridor);
        }
        match () {
            () if self.alarm.is_some() && stop != Stop::Halt => Err(HaltError::Alarm),
            () if self.reason.len() > REASON_BYTES_MAX => Err(HaltError::TooLong("reason")),
            () if self.authority.len() > REASON_BYTES_MAX => Err(HaltError::TooLong("authority")),
            () => Ok(()),
        }
    }

    pub(crate) fn read(
        stop: Stop,
        payload: Option<&Payload>,
        corridor_id: &CorridorId,
    ) -> Result<Self, HaltError> {
        let payload = payload.map_or(&Value::Null, |p| &p.payload);
        let notice: Self = Canonical::of_value(payload)?.read()?;
        notice.check(stop, corridor_id)?;
        Ok(notice)
    }
}

impl Resume {
    /// Draw up a resume, as the first of two signers.
    ///
    /// # Errors
    /// Too much to say, or a signer that does not sign.
    pub fn open(
        self,
        here: &Party,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, HaltError> {
        self.check()?;
        let name = format!("{}:{}", self.corridor_id, self.epoch);
        let draft = documents::draft(&name, here.did(), now, self)?;
        Ok(documents::sign(draft, now, assertion_here)?)
    }

    fn check(&self) -> Result<(), HaltError> {
        match () {
            () if self.reason.len() > REASON_BYTES_MAX => Err(HaltError::TooLong("reason")),
            () if self.lifts.len() > LIFTS_MAX => Err(HaltError::TooLong("lifts")),
            () => Ok(()),
        }
    }

    /// Add the second signature.
    ///
    /// # Errors
    /// When the signer does not sign.
    pub fn countersign(
        document: Value,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, HaltError> {
        Ok(documents::sign(document, now, assertion_here)?)
    }

    /// Read a resume of this corridor, signed by at least one party.
    ///
    /// # Errors
    /// Anything that does not fit, by name.
    pub fn read(
        document: &Value,
        corridor_id: &CorridorId,
        parties: [Since<'_>; 2],
    ) -> Result<Signed<Self>, HaltError> {
        let signed: Signed<Self> = documents::read(document, corridor_id, &parties)?;
        if signed.credential.subject.corridor_id != *corridor_id {
            return Err(HaltError::Corridor);
        }
        signed.credential.subject.check()?;
        Ok(signed)
    }

    pub(crate) fn read_payload(
        payload: Option<&Payload>,
        corridor_id: &CorridorId,
        expected: u64,
        parties: [Since<'_>; 2],
    ) -> Result<Self, HaltError> {
        let document = payload.map_or(&Value::Null, |p| &p.payload);
        let signed = Self::read(document, corridor_id, parties)?;
        if !signed.signed_by_all(&parties.map(|Since(party, _)| party)) {
            return Err(HaltError::Unilateral);
        }
        let resume = signed.credential.subject;
        if resume.epoch != expected {
            return Err(HaltError::Epoch { expected, found: resume.epoch });
        }
        Ok(resume)
    }
}

//! What zones tell each other of a plan: the payloads of `settle.*`.

use canon::{Amount, Canonical, Digest, Refusal, Uetr};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::REASON_BYTES_MAX;
use crate::netting::{NettingError, Plan};

/// Payload of `settle.consent.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The plan, whole: whoever receives it can consent to the very same.
    pub plan: Plan,
    /// Always `MEZSettlementConsent`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = Self::TYPE))]
    pub type_: String,
}

/// Payload of `settle.instruct.v1`: the payer's bank has been told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// What the leg pays.
    pub amount: Amount,
    /// Number of the leg.
    pub leg: u64,
    /// SHA-256 of the `pacs.009` message.
    pub message_sha256: Digest,
    /// The plan.
    pub plan_sha256: Digest,
    /// Always `MEZSettlementInstruction`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = Self::TYPE))]
    pub type_: String,
    /// The reference every agent keeps.
    #[schemars(with = "String")]
    pub uetr: Uetr,
}

/// Payload of `settle.confirm.v1`: the money is with the payee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// What arrived: the amount of the leg.
    pub amount: Amount,
    /// Number of the leg.
    pub leg: u64,
    /// SHA-256 of the `camt.054` message that says so.
    pub notification_sha256: Digest,
    /// The plan.
    pub plan_sha256: Digest,
    /// Always `MEZSettlementConfirmation`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = Self::TYPE))]
    pub type_: String,
    /// As instructed.
    #[schemars(with = "String")]
    pub uetr: Uetr,
}

/// Payload of `settle.fail.v1`: a leg is not paid, or the plan is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Number of the leg; without one the writer refuses the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<u64>,
    /// The plan.
    pub plan_sha256: Digest,
    /// Why.
    pub reason: String,
    /// Always `MEZSettlementFailure`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = Self::TYPE))]
    pub type_: String,
}

/// A message that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Not the shape.
    #[error("not a settlement message: {0}")]
    Shape(#[from] Refusal),
    /// Another type.
    #[error("`{0}` is not the message expected")]
    Type(String),
    /// The plan in it.
    #[error(transparent)]
    Plan(#[from] NettingError),
    /// No reason, or one too long.
    #[error("`reason` is empty or longer than {REASON_BYTES_MAX} bytes")]
    Reason,
}

fn read<T: DeserializeOwned>(
    payload: &Value,
    expected: &str,
    type_: impl Fn(&T) -> &str,
) -> Result<T, MessageError> {
    let message: T = Canonical::of_value(payload)?.read()?;
    match type_(&message) {
        found if found == expected => Ok(message),
        other => Err(MessageError::Type(other.chars().take(60).collect())),
    }
}

impl Consent {
    /// The payload type.
    pub const TYPE: &'static str = "MEZSettlementConsent";

    /// Consent to a plan.
    #[must_use]
    pub fn to(plan: Plan) -> Self {
        Self { plan, type_: Self::TYPE.to_owned() }
    }

    /// Read a payload; the parts of the plan fit each other.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, MessageError> {
        let consent: Self = read(payload, Self::TYPE, |it: &Self| &it.type_)?;
        let plan = serde_json::to_value(&consent.plan).unwrap_or(Value::Null);
        Plan::read(&plan)?;
        Ok(consent)
    }
}

impl Instruction {
    /// The payload type.
    pub const TYPE: &'static str = "MEZSettlementInstruction";

    /// Read a payload.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, MessageError> {
        read(payload, Self::TYPE, |it: &Self| &it.type_)
    }
}

impl Confirmation {
    /// The payload type.
    pub const TYPE: &'static str = "MEZSettlementConfirmation";

    /// Read a payload.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, MessageError> {
        read(payload, Self::TYPE, |it: &Self| &it.type_)
    }
}

impl Failure {
    /// The payload type.
    pub const TYPE: &'static str = "MEZSettlementFailure";

    /// Read a payload.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, MessageError> {
        let failure: Self = read(payload, Self::TYPE, |it: &Self| &it.type_)?;
        match failure.reason.trim().is_empty() || failure.reason.len() > REASON_BYTES_MAX {
            true => Err(MessageError::Reason),
            false => Ok(failure),
        }
    }
}

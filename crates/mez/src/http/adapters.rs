//! `/v1/adapters` and the verifications that rest on them.

use schemars::JsonSchema;
use serde::Deserialize;
use zone::{VerifyCnic, VerifyNtn, Zone};

use canon::{Date, EntityId, JurisdictionId, RecordId};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// A CNIC to be verified at NADRA.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyCnic")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct VerifyCnicBody {
    /// 13 digits, with or without hyphens.
    pub(crate) cnic: String,
    /// The name it should be of, of at most 500 characters.
    pub(crate) full_name: String,
    /// Born when.
    pub(crate) date_of_birth: Option<Date>,
    /// The entity of this zone that this person is a beneficial owner of.
    pub(crate) entity_id: Option<EntityId>,
    /// Whose register: `pk`, or a part of it; `pk` unless given.
    pub(crate) jurisdiction_id: Option<JurisdictionId>,
}

/// An NTN to be verified at FBR.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyNtn")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct VerifyNtnBody {
    /// Seven digits.
    pub(crate) ntn: String,
    /// The name it should be of, of at most 1,000 characters.
    pub(crate) entity_name: String,
    /// The entity of this zone whose number it is said to be.
    pub(crate) entity_id: Option<EntityId>,
    /// Whose register: `pk`, or a part of it; `pk` unless given.
    pub(crate) jurisdiction_id: Option<JurisdictionId>,
}

pub(super) fn cnic(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: VerifyCnic = asked.read()?;
    Ok(zone.verify_cnic(&asked.ask()?, &wanted)?.into())
}

pub(super) fn ntn(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: VerifyNtn = asked.read()?;
    Ok(zone.verify_ntn(&asked.ask()?, &wanted)?.into())
}

pub(super) fn list(zone: &Zone, _: &Asked) -> Result<Answer, Problem> {
    Ok(zone.adapters().into())
}

pub(super) fn evidence(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", RecordId::parse)?;
    Ok(zone.adapter_evidence(&id)?.into())
}

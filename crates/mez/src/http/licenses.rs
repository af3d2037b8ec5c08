//! `/v1/licenses`, `/v1/license-types`.

use canon::{Date, Digest, EntityId, RecordId};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use zone::{LicenseAct, LicenseEventAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// An application for a license.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApplyForLicense")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct ApplyBody {
    /// Who applies, an entity of this zone.
    pub(crate) entity_id: EntityId,
    /// A type of license of the packs in force, such as `pk-secp.nbfc`.
    pub(crate) license_type_id: String,
    /// What it is to permit, as code words.
    #[serde(default)]
    pub(crate) activities: Vec<String>,
}

/// How often something is owed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Every")]
pub(crate) enum EveryBody {
    /// Once, by a day.
    Once,
    /// Every thirty days.
    Month,
    /// Every ninety days.
    Quarter,
    /// Every 365 days.
    Year,
}

/// Something the holder of a license owes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Obligation")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct ObligationBody {
    /// A code word of the license's own.
    pub(crate) obligation_id: String,
    /// What is owed.
    pub(crate) statement: String,
    /// How often.
    pub(crate) every: EveryBody,
    /// By when it is owed first.
    pub(crate) due: Date,
}

/// What happens to a license.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "LicenseEvent")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) enum LicenseEventBody {
    /// It is looked at.
    Review {},
    /// It is granted.
    Issue {
        /// Number on the document.
        number: String,
        /// First day.
        from: Date,
        /// First day no longer in force.
        until: Option<Date>,
        /// What the holder owes.
        #[serde(default)]
        obligations: Vec<ObligationBody>,
    },
    /// It is refused.
    Reject {
        /// Why.
        reason: String,
    },
    /// Suspended: not in force until it is reinstated.
    Suspend {
        /// Why.
        reason: String,
    },
    /// It is in force again.
    Reinstate {},
    /// Its term goes on.
    Renew {
        /// First day no longer in force.
        until: Date,
    },
    /// It is taken away.
    Revoke {
        /// Why.
        reason: String,
    },
    /// It is given back.
    Surrender {},
    /// Its term has passed.
    Expire {},
    /// An obligation was met.
    Meet {
        /// Which.
        obligation_id: String,
        /// SHA-256 of what shows it.
        evidence_sha256: Digest,
    },
}

pub(super) fn apply(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let _shape: ApplyBody = asked.read()?;
    let wanted: LicenseAct = asked.read()?;
    Ok(zone.apply_for_license(&asked.ask()?, wanted)?.into())
}

pub(super) fn change(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", RecordId::parse)?;
    let _shape: LicenseEventBody = asked.read()?;
    let event: LicenseEventAsk = asked.read()?;
    Ok(zone.change_license(&asked.ask()?, &id, event)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    let holder = asked.wanted("entity_id", EntityId::parse)?;
    Ok(zone.licenses(holder.as_ref(), after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.license(&asked.param("id", RecordId::parse)?)?.into())
}

pub(super) fn types(zone: &Zone, _asked: &Asked) -> Result<Answer, Problem> {
    Ok(Answer::from(json!({ "items": Value::Array(zone.license_types()) })))
}

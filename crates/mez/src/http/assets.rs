//! `/v1/assets`: what is registered, who holds it, and where it goes.

use canon::{CorridorId, Digest, EntityId, RecordId};
use schemars::JsonSchema;
use serde::Deserialize;
use zone::{RegisterAsset, SendAsset, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// An asset to be registered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RegisterAsset")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct RegisterAssetBody {
    /// What it is, as a code word such as `property` or `ip`.
    pub(crate) asset_class: String,
    /// Its name, of at most 200 characters.
    pub(crate) asset_name: String,
    /// What is to be known of it, of at most 1,000 characters.
    pub(crate) description: Option<String>,
    /// Its first holder, an entity of this zone.
    pub(crate) holder_id: EntityId,
}

/// Where an asset is to go.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TransferAsset")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct TransferAssetBody {
    /// The corridor to the recipient's zone.
    pub(crate) corridor_id: CorridorId,
    /// Who takes it: an entity of the other zone.
    pub(crate) recipient_id: RecordId,
    /// The recipient's legal name, as the giver believes.
    pub(crate) recipient_name: String,
}

fn id(asked: &Asked) -> Result<Digest, Problem> {
    asked.param("id", Digest::from_hex)
}

pub(super) fn register(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: RegisterAsset = asked.read()?;
    Ok(zone.register_asset(&asked.ask()?, &wanted)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.assets(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.asset(&id(asked)?)?.into())
}

pub(super) fn transfer(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let to: SendAsset = asked.read()?;
    Ok(zone.send_asset(&asked.ask()?, &id, &to)?.into())
}

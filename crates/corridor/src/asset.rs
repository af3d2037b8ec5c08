//! Assets over a corridor: the message that carries one, and the message that takes a refused one back.
//!
//! An asset is its genesis: a document whose digest is the asset's name, so it is the same asset in every
//! zone. What the document says is the register's business. Each crossing is counted; the count only grows, so a
//! message of an earlier crossing is known as such wherever the asset has been since.

use canon::{Canonical, Digest, JurisdictionId, RecordId, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limits::REASON_CODE_BYTES_MAX;
use crate::payment::PARTY_TEXT_BYTES_MAX;

/// Most corridors one asset crosses.
pub const CROSSINGS_MAX: u64 = 1_000_000;

/// Who gives or takes an asset, as the other zone must know it to decide under its own law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetParty {
    /// An entity of its zone.
    pub party_id: RecordId,
    /// Its legal name; for the recipient, the name the giver believes.
    pub name: String,
    /// Its jurisdiction.
    pub jurisdiction_id: JurisdictionId,
}

/// Payload of `transfer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetTransfer {
    /// Always `MEZAssetTransfer`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZAssetTransfer"))]
    pub type_: String,
    /// The digest of the genesis.
    pub asset_id: Digest,
    /// Which crossing of a corridor this is, from 1.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub crossing: u64,
    /// The writer's evaluation credential of this transfer: the asset's compliance as it leaves.
    pub compliance: Value,
    /// The `MEZAssetGenesis`.
    #[schemars(with = "Value", extend("$ref" = "asset-genesis.schema.json"))]
    pub genesis: Map<String, Value>,
    /// Who gives it.
    pub giver: AssetParty,
    /// Who takes it.
    pub recipient: AssetParty,
}

/// Payload of `transfer.return`: the asset that was refused is with its giver again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetReturn {
    /// Always `MEZAssetReturn`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZAssetReturn"))]
    pub type_: String,
    /// The asset.
    pub asset_id: Digest,
    /// The crossing that was refused.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub crossing: u64,
    /// Sequence of the refused transfer in the writer's lane.
    pub refused_sequence: u64,
    /// Sequence of the refusing acknowledgement in the other lane.
    pub ack_sequence: u64,
    /// The refusal's reason code.
    pub reason_code: String,
}

/// A message about an asset that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssetError {
    /// Not the shape.
    #[error("not a message about an asset: {0}")]
    Shape(#[from] Refusal),
    /// Another message type.
    #[error("`{0}` is not the message expected")]
    Type(String),
    /// The genesis has another digest.
    #[error("`asset_id` is not the digest of the genesis")]
    Name,
    /// A crossing there is not.
    #[error("`crossing` is not 1 to {CROSSINGS_MAX}")]
    Crossing,
    /// A text is empty or too long.
    #[error("`{0}` is empty or too long")]
    Text(&'static str),
}

fn crossed(crossing: u64) -> Result<(), AssetError> {
    if (1..=CROSSINGS_MAX).contains(&crossing) { Ok(()) } else { Err(AssetError::Crossing) }
}

impl AssetTransfer {
    /// The message type.
    pub const TYPE: &'static str = "MEZAssetTransfer";

    /// Read and check a transfer, as far as it can be judged without the register.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, AssetError> {
        let read: Self = Canonical::of_value(payload)?.read()?;
        if read.type_ != Self::TYPE {
            return Err(AssetError::Type(read.type_));
        }
        crossed(read.crossing)?;
        if Canonical::of(&read.genesis)?.digest() != read.asset_id {
            return Err(AssetError::Name);
        }
        for (field, party) in [("giver.name", &read.giver), ("recipient.name", &read.recipient)] {
            if party.name.trim().is_empty() || party.name.len() > PARTY_TEXT_BYTES_MAX {
                return Err(AssetError::Text(field));
            }
        }
        Ok(read)
    }
}

impl AssetReturn {
    /// The message type.
    pub const TYPE: &'static str = "MEZAssetReturn";

    /// Read and check a return.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, AssetError> {
        let read: Self = Canonical::of_value(payload)?.read()?;
        if read.type_ != Self::TYPE {
            return Err(AssetError::Type(read.type_));
        }
        crossed(read.crossing)?;
        let length = read.reason_code.len();
        if (1..=REASON_CODE_BYTES_MAX).contains(&length) {
            return Ok(read);
        }
        Err(AssetError::Text("reason_code"))
    }
}

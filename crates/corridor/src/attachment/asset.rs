//! Where an asset stood: the receipt that carries it, opened, under a cut of the corridor it crossed.
//!
//! An asset has no chain of its own. What is known of it is in the lanes it crossed, so its checkpoint is one of those
//! receipts, and the cut both zones signed over it.

use canon::{Canonical, CorridorId, Digest, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, AttachmentError};
use crate::asset::AssetTransfer;
use crate::lane::{LaneReceipt, Payload, TransitionKind};

/// The receipt a cut covers, whole, and what it carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetShown {
    /// The receipt, of kind `transfer`.
    #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
    pub receipt: Value,
    /// Its payload (`MEZAssetTransfer`), with the salt.
    pub carried: Payload,
}

/// What is shown of an asset, once it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssetAt {
    /// The asset.
    pub asset_id: Digest,
    /// Which of its crossings.
    pub crossing: u64,
    /// Whose lane it left in.
    pub left: ZoneId,
}

impl AssetShown {
    /// That the receipt named is this one, and carries an asset.
    pub(super) fn verify(
        &self,
        corridor: &CorridorId,
        about: &About,
    ) -> Result<AssetAt, AttachmentError> {
        let other = |what| AttachmentError::Other(what);
        let bytes = Canonical::of_value(&self.receipt)?;
        let receipt = LaneReceipt::read(bytes.bytes()).map_err(|_| other("asset/receipt"))?;
        let named = receipt.corridor_id == *corridor
            && receipt.lane == about.lane
            && receipt.sequence == about.sequence
            && receipt.next_root == about.next_root
            && receipt.transition.kind == TransitionKind::Transfer;
        if !named {
            return Err(other("asset/receipt"));
        }
        if self.carried.commitment()? != receipt.transition.payload_commitment {
            return Err(other("asset/carried"));
        }
        let sent = AssetTransfer::read(&self.carried.payload);
        let AssetTransfer { asset_id, crossing, .. } = sent.map_err(|_| other("asset/carried"))?;
        Ok(AssetAt { asset_id, crossing, left: receipt.lane })
    }
}

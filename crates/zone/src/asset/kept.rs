//! An asset at rest, with the decision it was last moved by; and what became of its crossing.

use canon::{CorridorId, Digest, EntityId};
use registry::{Asset, AssetEvent, Whereabouts};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::KIND;
use crate::corridor::Verdict;
use crate::refused::Refused;
use crate::writes::{MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// The asset as this zone keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    #[serde(rename = "type")]
    type_: String,
    pub(super) asset: Asset,
    /// What law said when it last moved here; none of an asset that was taken up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) compliance: Option<Value>,
}

impl Kept {
    pub(super) fn of(asset: Asset, compliance: Option<Value>) -> Self {
        Self { type_: "MEZAssetKept".to_owned(), asset, compliance }
    }
}

impl Zone {
    /// Who holds an asset, or held it last here, if there is such an asset.
    pub(crate) fn asset_holder(&self, id: &str) -> Result<Option<EntityId>, Refused> {
        let found: Option<Loaded<Kept>> = self.load(KIND, id)?;
        Ok(found.map(|kept| kept.value.asset.holder().clone()))
    }

    /// An asset, its crossing ended where the other zone accepted it.
    pub(super) fn asset_known(&self, id: &Digest) -> Result<Option<Loaded<Kept>>, Refused> {
        let found: Option<Loaded<Kept>> = self.load(KIND, &id.to_string())?;
        let Some(mut kept) = found else { return Ok(None) };
        self.asset_heard(&mut kept.value)?;
        Ok(Some(kept))
    }

    /// The same for one that must be there.
    pub(super) fn asset_kept(&self, id: &Digest) -> Result<Loaded<Kept>, Refused> {
        self.asset_known(id)?.ok_or_else(|| Refused::absent(KIND, id))
    }

    /// Take what the other zone said of the crossing under way: an acceptance ends it. Its verdict, where it refused
    /// and the giver does not have the asset back yet.
    pub(super) fn asset_heard(&self, kept: &mut Kept) -> Result<Option<Verdict>, Refused> {
        let Some((id, sequence)) = under_way(&kept.asset) else { return Ok(None) };
        let verdict: Option<Loaded<Verdict>> = self.load("verdict", &Verdict::id(&id, sequence))?;
        let Some(Loaded { value: verdict, .. }) = verdict else { return Ok(None) };
        if verdict.refusal.is_some() {
            return Ok(Some(verdict));
        }
        let after = kept.asset.clone().apply(AssetEvent::Acknowledge(verdict.ack));
        kept.asset = after.map_err(Refused::host)?;
        Ok(None)
    }
}

fn under_way(asset: &Asset) -> Option<(CorridorId, u64)> {
    match asset.whereabouts() {
        Whereabouts::Sent { crossing } => {
            Some((crossing.corridor_id.clone(), crossing.receipt.sequence))
        }
        _ => None,
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write an asset.
    pub(super) fn asset(&mut self, kept: &Loaded<Kept>) -> Result<(), Refused> {
        let id = kept.value.asset.id().to_string();
        self.record(KIND, &id, kept.rev, &kept.value)
    }
}

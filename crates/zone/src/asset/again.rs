//! Assets of a zone that was put back from an older copy: moved again with the receipts that moved them.
//!
//! Law decided then; the asset left, came or came back by our own signature.

use canon::{Canonical, CorridorId, EntityId, Timestamp};
use corridor::asset::{AssetReturn, AssetTransfer};
use corridor::messages::Item;
use corridor::{LaneReceipt, TransitionKind};
use registry::{Asset, AssetEvent, Crossing, Genesis, LaneRef, Line};

use super::arrive::Arrived;
use super::kept::Kept;
use crate::corridor::{Follow, Open};
use crate::refused::Refused;
use crate::writes::{Adopted, Writes};
use crate::zone::{Loaded, Zone};

/// An asset that moved.
pub(crate) struct AssetAgain {
    kept: Loaded<Kept>,
    /// Our receipt whose verdict it waits for.
    awaits: Option<u64>,
}

impl AssetAgain {
    fn of(rev: Option<u64>, asset: Asset) -> Self {
        Self { kept: Loaded { rev, value: Kept::of(asset, None) }, awaits: None }
    }

    /// Its name.
    pub(crate) fn asset_id(&self) -> canon::Digest {
        *self.kept.value.asset.id()
    }

    /// Into the commit of the receipt.
    pub(crate) fn write(
        &self,
        writes: &mut Writes<'_, Adopted>,
        id: &CorridorId,
    ) -> Result<(), Refused> {
        writes.asset(&self.kept)?;
        let asset_id = self.asset_id().to_string();
        self.awaits.map_or(Ok(()), |at| writes.follow(Follow::Asset, (id, at), &asset_id))
    }
}

impl Zone {
    /// An asset that our receipt moved.
    pub(crate) fn asset_moved_again(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
    ) -> Result<Option<AssetAgain>, String> {
        let kind = receipt.transition.kind;
        if !matches!(kind, TransitionKind::Transfer | TransitionKind::TransferReturn) {
            return Ok(None);
        }
        let payload = item.payload.as_ref().ok_or("the peer does not tell its payload")?;
        if kind == TransitionKind::Transfer {
            let sent = AssetTransfer::read(&payload.payload).map_err(|e| e.to_string())?;
            return self.asset_sent_again(open, receipt, &sent).map(Some);
        }
        let undone = AssetReturn::read(&payload.payload).map_err(|e| e.to_string())?;
        let mut kept = self.asset_kept(&undone.asset_id).map_err(|e| e.to_string())?;
        let heard = self.asset_heard(&mut kept.value).map_err(|e| e.to_string())?;
        let Some(verdict) = heard else { return Err("it was not refused".to_owned()) };
        let refused = verdict.refusal.ok_or("it was not refused")?;
        let back = AssetEvent::Return { at: receipt.timestamp, refused };
        let after = kept.value.asset.apply(back).map_err(|e| e.to_string())?;
        Ok(Some(AssetAgain::of(kept.rev, after)))
    }

    fn asset_sent_again(
        &self,
        open: &Open,
        receipt: &LaneReceipt,
        sent: &AssetTransfer,
    ) -> Result<AssetAgain, String> {
        let known = self.asset_known(&sent.asset_id).map_err(|e| e.to_string())?;
        let (rev, asset) = match known {
            Some(kept) => (kept.rev, kept.value.asset),
            // It was registered since the copy was made.
            None => {
                let document = Canonical::of(&sent.genesis).map_err(|e| e.to_string())?;
                let genesis = Genesis::read(&document).map_err(|e| e.to_string())?;
                if genesis.home() != self.zone_id() {
                    return Err("the asset is not in these data".to_owned());
                }
                let giver = EntityId::parse(sent.giver.party_id.as_str());
                let giver = giver.map_err(|e| e.to_string())?;
                let asset = Asset::registered(genesis, giver, receipt.timestamp);
                (None, asset.map_err(|e| e.to_string())?)
            }
        };
        if asset.crossings().saturating_add(1) != sent.crossing {
            return Err("it is of another crossing".to_owned());
        }
        let lane = LaneRef {
            lane: receipt.lane.clone(),
            sequence: receipt.sequence,
            next_root: receipt.next_root,
        };
        let crossing = Crossing {
            corridor_id: receipt.corridor_id.clone(),
            zone_id: open.there.zone().clone(),
            recipient: sent.recipient.party_id.clone(),
            recipient_name: Line::parse(&sent.recipient.name).map_err(|e| e.to_string())?,
            receipt: lane,
            at: receipt.timestamp,
        };
        let after = asset.apply(AssetEvent::Send(crossing)).map_err(|e| e.to_string())?;
        let awaits = Some(receipt.sequence);
        Ok(AssetAgain { awaits, ..AssetAgain::of(rev, after) })
    }

    /// An asset of the peer's that our acknowledgement accepted: it is here again.
    pub(crate) fn asset_accepted_again(
        &self,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Option<AssetAgain>, Refused> {
        if receipt.transition.kind != TransitionKind::Transfer {
            return Ok(None);
        }
        match self.asset_arrived(receipt, item, now)? {
            Ok(Arrived { after, .. }) => Ok(Some(AssetAgain::of(after.rev, after.value))),
            Err(why) => {
                let detail =
                    format!("asset of receipt {} cannot be taken again: {why}", receipt.sequence);
                Err(Refused::conflict("adopt-not-bookable", detail))
            }
        }
    }
}

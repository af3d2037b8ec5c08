//! Sending an asset to a holder in another zone: admitted here, held by nobody here from then on.

use canon::{CorridorId, Digest, RecordId};
use corridor::TransitionKind;
use corridor::asset::{AssetParty, AssetTransfer};
use registry::asset::ASSET_NAME_CHARS_MAX;
use registry::{AssetEvent, Crossing, Entity, LaneRef};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::gather::{Asked, Happens};
use super::kept::Kept;
use super::register::line;
use super::shown::shown;
use super::subject;
use crate::account::acting;
use crate::caller::Scope;
use crate::corridor::{Follow, with_receipt};
use crate::idempotency::Ask;
use crate::pipeline::compliance;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A request to send an asset over a corridor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendAsset {
    /// The corridor to the recipient's zone.
    pub corridor_id: CorridorId,
    /// Who takes it: an entity of the other zone.
    pub recipient_id: RecordId,
    /// The recipient's legal name, as the giver believes.
    pub recipient_name: String,
}

/// The giver as the other zone is told.
pub(super) fn giver(entity: &Entity) -> Result<AssetParty, Refused> {
    let formation = entity.formation();
    Ok(AssetParty {
        party_id: RecordId::parse(entity.id().as_str()).map_err(Refused::host)?,
        name: formation.legal_name().to_owned(),
        jurisdiction_id: formation.jurisdiction_id().clone(),
    })
}

/// What travels, checked as the other zone will check it.
fn transfer(
    kept: &Kept,
    (giver, recipient): (AssetParty, AssetParty),
    compliance: Value,
) -> Result<Value, Refused> {
    let genesis = serde_json::to_value(kept.asset.genesis()).map_err(Refused::host)?;
    let Value::Object(genesis) = genesis else {
        return Err(Refused::host("a genesis is an object"));
    };
    let transfer = AssetTransfer {
        type_: AssetTransfer::TYPE.to_owned(),
        asset_id: *kept.asset.id(),
        crossing: kept.asset.crossings() + 1,
        compliance,
        genesis,
        giver,
        recipient,
    };
    let payload = serde_json::to_value(&transfer).map_err(Refused::host)?;
    AssetTransfer::read(&payload).map_err(|e| Refused::invalid("bad-asset", e))?;
    Ok(payload)
}

impl Zone {
    /// Send an asset over a corridor.
    ///
    /// # Errors
    /// `asset-not-held` where it is on its way or elsewhere; law, whose refusal leaves its decision record; the
    /// corridor.
    pub fn send_asset(&self, ask: &Ask, id: &Digest, to: &SendAsset) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let recipient_name = line::<ASSET_NAME_CHARS_MAX>("/recipient_name", &to.recipient_name)?;
        let mut kept = self.asset_kept(id)?;
        if !kept.value.asset.is_held() {
            let detail = format!("asset {id} is {}", kept.value.asset.state());
            return Err(Refused::conflict("asset-not-held", detail));
        }
        let open = self.open_corridor(&to.corridor_id)?;
        open.for_business(now)?;
        open.has_agreed(TransitionKind::Transfer)?;
        let holder: Entity = self.need("entity", kept.value.asset.holder().as_str())?.value;
        acting(&holder)?;
        let recipient = AssetParty {
            party_id: to.recipient_id.clone(),
            name: recipient_name.as_str().to_owned(),
            jurisdiction_id: open.there.participant.jurisdiction_id.clone(),
        };
        let there = Some((&recipient, &open));
        let genesis = kept.value.asset.genesis();
        let asked = Asked { genesis, happens: Happens::Send, entity: &holder, there };
        let (by, subject) = (ask.caller.principal().as_str(), subject(id));
        let admission = self.admit_asset(&asked, (now, by))?;
        let credential = self.attest(&admission, &subject, now)?;
        let parties = (giver(&holder)?, recipient);
        let payload = transfer(&kept.value, parties, credential.clone())?;
        let say = self.say_decided(TransitionKind::Transfer, payload, admission.decision())?;
        let (written, item) = self.write_here(&open, say, now)?;
        let receipt = LaneRef {
            lane: written.receipt.lane.clone(),
            sequence: written.receipt.sequence,
            next_root: written.receipt.next_root,
        };
        let sequence = receipt.sequence;
        let crossing = Crossing {
            corridor_id: to.corridor_id.clone(),
            zone_id: open.there.zone().clone(),
            recipient: to.recipient_id.clone(),
            recipient_name,
            receipt,
            at: now,
        };
        let sent = kept.value.asset.clone().apply(AssetEvent::Send(crossing));
        let sent = sent.map_err(Refused::host)?;
        let told = compliance(admission.decision(), admission.digest());
        kept = Loaded { rev: kept.rev, value: Kept::of(sent, Some(told)) };
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.asset(&kept)?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.follow(Follow::Asset, (&to.corridor_id, sequence), &id.to_string())?;
        let result = with_receipt(shown(&kept.value, None), &item);
        let told =
            writes.answer_and_let_go(building, ask, 200, &admission, (result, credential))?;
        Ok(self.leaving_open(told, std::slice::from_ref(&to.corridor_id)))
    }
}

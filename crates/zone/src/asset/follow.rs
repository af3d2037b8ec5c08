//! What became of an asset that was sent: refused, it comes back to its giver once law admits that.

use canon::{CorridorId, Digest, Timestamp};
use corridor::TransitionKind;
use corridor::asset::{AssetParty, AssetReturn};
use registry::{AssetEvent, Crossing, Entity, RefusalRef, Whereabouts};

use super::gather::{Asked, Happens};
use super::kept::Kept;
use super::subject;
use crate::corridor::{Follow, Open};
use crate::duty::{Duty, Task};
use crate::pipeline::compliance;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

const BY: &str = "zone";

/// A refused asset that its giver does not have back.
struct Due {
    open: Open,
    kept: Loaded<Kept>,
    crossing: Crossing,
    refusal: RefusalRef,
}

impl Zone {
    /// Our receipt `sequence`, which carries an asset, was decided there.
    pub(crate) fn follow_asset(
        &self,
        (id, sequence): (&CorridorId, u64),
        subject_of: Option<&str>,
    ) -> Result<(), Refused> {
        let _writing = self.writing();
        let now = self.now();
        match self.asset_due((id, sequence), subject_of)? {
            Some(due) => self.give_asset_back(due, now),
            None => {
                let duty = Duty::of_zone(Task::Job);
                let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
                writes.followed(Follow::Asset, id, sequence);
                writes.commit()
            }
        }
    }

    fn asset_due(
        &self,
        (id, sequence): (&CorridorId, u64),
        subject_of: Option<&str>,
    ) -> Result<Option<Due>, Refused> {
        let asset_id =
            Digest::from_hex(&self.awaited((id, sequence), subject_of)?).map_err(Refused::host)?;
        let mut kept = self.asset_kept(&asset_id)?;
        let Some(verdict) = self.asset_heard(&mut kept.value)? else { return Ok(None) };
        let Whereabouts::Sent { crossing } = kept.value.asset.whereabouts().clone() else {
            return Ok(None);
        };
        let same = crossing.corridor_id == *id && crossing.receipt.sequence == sequence;
        let Some(refusal) = verdict.refusal.filter(|_| same) else { return Ok(None) };
        let open = self.open_corridor(id)?;
        Ok(Some(Due { open, kept, crossing, refusal }))
    }

    /// Back to its giver, with the receipt that says so. While law forbids it the asset stays with nobody, and the
    /// same is asked again later.
    fn give_asset_back(&self, due: Due, now: Timestamp) -> Result<(), Refused> {
        let Due { open, kept, crossing, refusal } = due;
        let asset = &kept.value.asset;
        let holder: Entity = self.need("entity", asset.holder().as_str())?.value;
        let recipient = AssetParty {
            party_id: crossing.recipient.clone(),
            name: crossing.recipient_name.as_str().to_owned(),
            jurisdiction_id: open.there.participant.jurisdiction_id.clone(),
        };
        let asked = Asked {
            genesis: asset.genesis(),
            happens: Happens::Return,
            entity: &holder,
            there: Some((&recipient, &open)),
        };
        let admission = self.admit_asset(&asked, (now, BY))?;
        let undone = AssetReturn {
            type_: AssetReturn::TYPE.to_owned(),
            asset_id: *asset.id(),
            crossing: asset.crossings(),
            refused_sequence: refusal.sequence,
            ack_sequence: refusal.ack.carried_by.sequence,
            reason_code: refusal.reason_code.as_str().to_owned(),
        };
        let payload = serde_json::to_value(&undone).map_err(Refused::host)?;
        let decision = admission.decision();
        let say = self.say_decided(TransitionKind::TransferReturn, payload, decision)?;
        let (written, item) = self.write_here(&open, say, now)?;
        let subject = subject(asset.id());
        let sequence = refusal.sequence;
        let back = asset.clone().apply(AssetEvent::Return { at: now, refused: refusal });
        let told = compliance(decision, admission.digest());
        let value = Kept::of(back.map_err(Refused::host)?, Some(told));
        let mut writes = self.admitted(&admission, (now, BY, &subject))?;
        writes.asset(&Loaded { rev: kept.rev, value })?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.followed(Follow::Asset, &open.terms.corridor_id, sequence);
        writes.commit()
    }
}

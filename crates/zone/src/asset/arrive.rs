//! An asset of the other zone: what cannot stand is refused outright, the rest law decides.

use canon::{Canonical, EntityId, Timestamp};
use corridor::LaneReceipt;
use corridor::asset::AssetTransfer;
use corridor::messages::Item;
use proof::credential::{Anchor, Anchors, attestation_kind, verify};
use registry::{Asset, AssetEvent, Entity, Genesis, LaneRef};
use serde_json::{Value, json};

use super::gather::{Asked, Happens};
use super::kept::Kept;
use super::subject;
use crate::account::acting;
use crate::attest::EVALUATION;
use crate::corridor::{Decided, Effect, Open};
use crate::pipeline::compliance;
use crate::refused::Refused;
use crate::writes::{Admitted, Writes};
use crate::zone::{Loaded, Zone};

/// An asset in the hands of its holder here.
struct Taken(Loaded<Kept>);

impl Effect<Admitted> for Taken {
    fn write(&self, writes: &mut Writes<'_, Admitted>) -> Result<(), Refused> {
        writes.asset(&self.0)
    }
}

/// An asset that arrived, before law is asked.
pub(super) struct Arrived {
    pub(super) after: Loaded<Asset>,
    pub(super) transfer: AssetTransfer,
    pub(super) recipient: Entity,
}

impl Zone {
    /// Decide an asset of the peer's. A peer's message never makes this fail: what cannot stand is a
    /// refusal with a reason.
    pub(crate) fn decide_asset(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Decided, Refused> {
        let outright = |reason| Ok(Decided::RefusedOutright { reason });
        if open.terms.in_effect(now).is_err() {
            return outright("corridor-not-in-effect");
        }
        let Arrived { after, transfer, recipient } = match self.asset_arrived(receipt, item, now)? {
            Ok(arrived) => arrived,
            Err(reason) => return outright(reason),
        };
        let there = &open.there.participant.jurisdiction_id;
        let between = transfer.giver.jurisdiction_id == *there
            && transfer.recipient.jurisdiction_id == *recipient.formation().jurisdiction_id();
        if !between {
            return outright("asset-parties-differ");
        }
        if !self.is_evaluated(open, &transfer, now) {
            return outright("asset-compliance-unproven");
        }
        let asked = Asked {
            genesis: after.value.genesis(),
            happens: Happens::Receive,
            entity: &recipient,
            there: Some((&transfer.giver, open)),
        };
        Ok(match self.judge_asset(&asked, (now, open.there.did().as_str()))? {
            Ok(admission) => {
                let told = compliance(admission.decision(), admission.digest());
                let value = Kept::of(after.value, Some(told));
                let effect = Box::new(Taken(Loaded { rev: after.rev, value }));
                Decided::Accepted { admission: Box::new(admission), effect }
            }
            Err(refusal) => Decided::RefusedByLaw { refusal: Box::new(refusal) },
        })
    }

    /// The asset as it would be here, if anything can be made of the receipt.
    pub(super) fn asset_arrived(
        &self,
        receipt: &LaneReceipt,
        item: &Item,
        now: Timestamp,
    ) -> Result<Result<Arrived, &'static str>, Refused> {
        let Some(payload) = &item.payload else { return Ok(Err("payload-withheld")) };
        let Ok(transfer) = AssetTransfer::read(&payload.payload) else {
            return Ok(Err("payload-malformed"));
        };
        let genesis = Canonical::of(&transfer.genesis).ok();
        let genesis = genesis.and_then(|document| Genesis::read(&document).ok());
        let Some(genesis) = genesis else { return Ok(Err("payload-malformed")) };
        let recipient = match self.recipient(&transfer)? {
            Ok(recipient) => recipient,
            Err(reason) => return Ok(Err(reason)),
        };
        let (holder, crossings) = (recipient.id().clone(), transfer.crossing);
        let origin = LaneRef {
            lane: receipt.lane.clone(),
            sequence: receipt.sequence,
            next_root: receipt.next_root,
        };
        let at = now;
        let (rev, value) = match self.asset_known(&transfer.asset_id)? {
            Some(known) => {
                let arrive = AssetEvent::Arrive { at, holder, origin, crossings };
                let Ok(value) = known.value.asset.apply(arrive) else {
                    return Ok(Err("asset-not-elsewhere"));
                };
                (known.rev, value)
            }
            // What this zone registered it knows, wherever it is now.
            None if genesis.home() == self.zone_id() => return Ok(Err("asset-unknown")),
            None => {
                let value = Asset::arrived(genesis, holder, (origin, crossings), at);
                (None, value.map_err(Refused::host)?)
            }
        };
        Ok(Ok(Arrived { after: Loaded { rev, value }, transfer, recipient }))
    }

    /// Who takes it, if it may and is who the giver means.
    fn recipient(&self, transfer: &AssetTransfer) -> Result<Result<Entity, &'static str>, Refused> {
        let Ok(id) = EntityId::parse(transfer.recipient.party_id.as_str()) else {
            return Ok(Err("asset-recipient-unknown"));
        };
        let known: Option<Loaded<Entity>> = self.load("entity", id.as_str())?;
        let Some(Loaded { value: entity, .. }) = known else {
            return Ok(Err("asset-recipient-unknown"));
        };
        if acting(&entity).is_err() {
            return Ok(Err("asset-recipient-not-active"));
        }
        let plain = |text: &str| -> Vec<String> {
            text.split_whitespace().map(str::to_lowercase).collect()
        };
        if plain(&transfer.recipient.name) != plain(entity.formation().legal_name()) {
            return Ok(Err("asset-recipient-differs"));
        }
        Ok(Ok(entity))
    }

    /// Whether the peer signed that it evaluated this transfer of this asset, and admitted it.
    fn is_evaluated(&self, open: &Open, transfer: &AssetTransfer, now: Timestamp) -> bool {
        let did = open.there.did();
        let anchor = Anchor {
            anchor_id: "peer".to_owned(),
            kind: "did".to_owned(),
            identifier: did.clone(),
            allowed_attestations: vec![attestation_kind(EVALUATION)],
            realm: self.realm(),
        };
        let anchors = Anchors::of(self.realm(), vec![anchor]);
        let anchors = anchors.and_then(|anchors| anchors.with_keys(open.there.keys().clone()));
        let Ok(anchors) = anchors else { return false };
        let Ok(credential) = verify(&transfer.compliance, &anchors, now).into_verified() else {
            return false;
        };
        let said = json!(credential.subject());
        let says = |name: &str, value: &str| said.get(name).and_then(Value::as_str) == Some(value);
        says("id", &format!("urn:mez:{}", subject(&transfer.asset_id)))
            && says("kind", law::Kind::AssetTransition.name())
            && says("outcome", "allow")
            && credential.issuer().base() == did.base()
    }
}

//! Registering an asset in the hands of an entity of this zone.

use canon::EntityId;
use registry::asset::{ASSET_NAME_CHARS_MAX, AssetNamed, DESCRIPTION_CHARS_MAX};
use registry::{Asset, Entity, Genesis, Line};
use serde::{Deserialize, Serialize};

use super::gather::{Asked, Happens};
use super::kept::Kept;
use super::shown::shown;
use super::subject;
use crate::account::{acting, slug};
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::pipeline::compliance;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A request to register an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterAsset {
    /// What it is, as a code word such as `property` or `ip`.
    pub asset_class: String,
    /// Its name.
    pub asset_name: String,
    /// What is to be known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its first holder, an entity of this zone.
    pub holder_id: EntityId,
}

pub(super) fn line<const MAX: usize>(pointer: &str, text: &str) -> Result<Line<MAX>, Refused> {
    Line::parse(text).map_err(|e| Refused::invalid("invalid-fields", format!("{pointer} {e}")))
}

impl RegisterAsset {
    fn named(&self) -> Result<AssetNamed, Refused> {
        let description = self.description.as_deref();
        let describe = |text| line::<DESCRIPTION_CHARS_MAX>("/description", text);
        Ok(AssetNamed {
            class: slug("/asset_class", &self.asset_class)?,
            name: line::<ASSET_NAME_CHARS_MAX>("/asset_name", &self.asset_name)?,
            description: description.map(describe).transpose()?,
        })
    }
}

impl Zone {
    /// Register an asset.
    ///
    /// # Errors
    /// See [`Refused`]; a refusal by law leaves its decision record.
    pub fn register_asset(&self, ask: &Ask, wanted: &RegisterAsset) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let named = wanted.named()?;
        let holder: Entity = self.need("entity", wanted.holder_id.as_str())?.value;
        acting(&holder)?;
        let home = (self.zone_id().clone(), holder.formation().jurisdiction_id().clone());
        let genesis = Genesis::of(named, home, now, self.salt()?);
        let (happens, there) = (Happens::Register, None);
        let asked = Asked { genesis: &genesis, happens, entity: &holder, there };
        let by = ask.caller.principal().as_str();
        let admission = self.admit_asset(&asked, (now, by))?;
        let asset = Asset::registered(genesis, wanted.holder_id.clone(), now);
        let asset = asset.map_err(Refused::host)?;
        let subject = subject(asset.id());
        let credential = self.attest(&admission, &subject, now)?;
        let told = compliance(admission.decision(), admission.digest());
        let kept = Loaded { rev: None, value: Kept::of(asset, Some(told)) };
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.asset(&kept)?;
        let result = shown(&kept.value, None);
        writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))
    }
}

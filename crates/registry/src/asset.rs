//! Assets: what a register says there is, and who holds it.
//!
//! ```text
//! held ─send─▶ sent ─acknowledge─▶ gone ─arrive─▶ held
//!   ▲           │
//!   └──return───┘
//! ```
//! An asset is named by the digest of its genesis, so it is the same asset in every zone. It has one holder: here while
//! it is `held`, nobody here from the moment it is `sent`, and again the giver once the other zone's refusal is undone.
//! Crossings are counted; an asset that arrives has crossed more often than was known here.

use canon::{CorridorId, Digest, EntityId, JurisdictionId, RecordId, Timestamp, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fiscal::{AckRef, LaneRef, RefusalRef};
use crate::text::{Line, Slug};

/// Longest name of an asset, in characters.
pub const ASSET_NAME_CHARS_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 1_000;

/// Why a genesis was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadGenesis {
    /// Not the shape.
    #[error("not a genesis: {0}")]
    Shape(#[from] canon::Refusal),
    /// Another type.
    #[error("`{0}` is not `MEZAssetGenesis`")]
    Type(String),
}

/// The document an asset begins with; it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Always `MEZAssetGenesis`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZAssetGenesis"))]
    type_: String,
    /// What it is, such as `property` or `ip`.
    #[schemars(with = "String")]
    asset_class: Slug,
    /// Its name.
    #[schemars(with = "String")]
    asset_name: Line<ASSET_NAME_CHARS_MAX>,
    /// When it was registered.
    created_at: Timestamp,
    /// What is to be known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    description: Option<Line<DESCRIPTION_CHARS_MAX>>,
    /// The jurisdiction it was registered under.
    jurisdiction_id: JurisdictionId,
    /// The zone that registered it.
    home_zone_id: ZoneId,
    /// 32 unpredictable bytes in hex: no two assets are one.
    nonce: Digest,
}

/// What a genesis says of the asset itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetNamed {
    /// What it is.
    pub class: Slug,
    /// Its name.
    pub name: Line<ASSET_NAME_CHARS_MAX>,
    /// What is to be known of it.
    pub description: Option<Line<DESCRIPTION_CHARS_MAX>>,
}

impl Genesis {
    /// The document type.
    pub const TYPE: &'static str = "MEZAssetGenesis";

    /// The genesis of a new asset.
    #[must_use]
    pub fn of(
        named: AssetNamed,
        (home_zone_id, jurisdiction_id): (ZoneId, JurisdictionId),
        created_at: Timestamp,
        nonce: Digest,
    ) -> Self {
        let AssetNamed { class: asset_class, name: asset_name, description } = named;
        let type_ = Self::TYPE.to_owned();
        Self {
            type_,
            asset_class,
            asset_name,
            created_at,
            description,
            jurisdiction_id,
            home_zone_id,
            nonce,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(document: &canon::Canonical) -> Result<Self, BadGenesis> {
        let read: Self = document.read()?;
        if read.type_ == Self::TYPE { Ok(read) } else { Err(BadGenesis::Type(read.type_)) }
    }

    /// The asset's name: the digest of the document.
    ///
    /// # Errors
    /// A text that no canonical form has.
    pub fn asset_id(&self) -> Result<Digest, BadGenesis> {
        Ok(canon::Canonical::of(self)?.digest())
    }

    /// What it is.
    #[must_use]
    pub fn class(&self) -> &str {
        self.asset_class.as_str()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.asset_name.as_str()
    }

    /// The zone that registered it.
    #[must_use]
    pub fn home(&self) -> &ZoneId {
        &self.home_zone_id
    }
}

/// A crossing of a corridor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crossing {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The zone at its other end.
    pub zone_id: ZoneId,
    /// Who takes it there.
    pub recipient: RecordId,
    /// The recipient's legal name, as the giver told it.
    pub recipient_name: Line<ASSET_NAME_CHARS_MAX>,
    /// Our receipt that carries it.
    pub receipt: LaneRef,
    /// When it left.
    pub at: Timestamp,
}

/// Where an asset is, as this register knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum Whereabouts {
    /// With an entity of this zone.
    Held {
        /// Since when.
        since: Timestamp,
        /// The other zone's receipt that brought it, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<LaneRef>,
        /// The refusal of the crossing before, where it came back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<RefusalRef>,
    },
    /// On its way; nobody holds it here.
    Sent {
        /// Where to.
        crossing: Crossing,
    },
    /// In another zone.
    Gone {
        /// Where to.
        crossing: Crossing,
        /// The acceptance.
        ack: AckRef,
    },
}

/// What happens to an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetEvent {
    /// It leaves over a corridor.
    Send(Crossing),
    /// The other zone accepted it.
    Acknowledge(AckRef),
    /// The other zone refused it, and its giver has it back.
    Return {
        /// When.
        at: Timestamp,
        /// The refusal.
        refused: RefusalRef,
    },
    /// It comes (back) from another zone.
    Arrive {
        /// When.
        at: Timestamp,
        /// Who takes it.
        holder: EntityId,
        /// The receipt that brings it.
        origin: LaneRef,
        /// How often it has crossed a corridor, this time included.
        crossings: u64,
    },
}

/// An event that is not open in the present state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an asset that is {state} does not {event}")]
pub struct IllegalAsset {
    /// Where it is.
    pub state: &'static str,
    /// What was asked.
    pub event: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum AssetType {
    #[serde(rename = "MEZAsset")]
    Asset,
}

/// An asset of the register, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    r#type: AssetType,
    asset_id: Digest,
    genesis: Genesis,
    /// Who holds it, or held it last here.
    holder: EntityId,
    /// How often it has crossed a corridor.
    crossings: u64,
    whereabouts: Whereabouts,
}

impl Asset {
    /// A new asset in the hands of its first holder.
    ///
    /// # Errors
    /// A genesis that no canonical form has.
    pub fn registered(
        genesis: Genesis,
        holder: EntityId,
        at: Timestamp,
    ) -> Result<Self, BadGenesis> {
        let asset_id = genesis.asset_id()?;
        let whereabouts = Whereabouts::Held { since: at, origin: None, refused: None };
        Ok(Self { r#type: AssetType::Asset, asset_id, genesis, holder, crossings: 0, whereabouts })
    }

    /// One that comes from another zone and was never here.
    ///
    /// # Errors
    /// A genesis that no canonical form has.
    pub fn arrived(
        genesis: Genesis,
        holder: EntityId,
        (origin, crossings): (LaneRef, u64),
        at: Timestamp,
    ) -> Result<Self, BadGenesis> {
        let new = Self::registered(genesis, holder, at)?;
        let whereabouts = Whereabouts::Held { since: at, origin: Some(origin), refused: None };
        Ok(Self { crossings, whereabouts, ..new })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &Digest {
        &self.asset_id
    }

    /// Its genesis.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Who holds it, or held it last here.
    #[must_use]
    pub fn holder(&self) -> &EntityId {
        &self.holder
    }

    /// How often it has crossed a corridor.
    #[must_use]
    pub fn crossings(&self) -> u64 {
        self.crossings
    }

    /// Where it is.
    #[must_use]
    pub fn whereabouts(&self) -> &Whereabouts {
        &self.whereabouts
    }

    /// Whether it is in the hands of an entity of this zone.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.whereabouts, Whereabouts::Held { .. })
    }

    /// The word for where it is.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self.whereabouts {
            Whereabouts::Held { .. } => "held",
            Whereabouts::Sent { .. } => "sent",
            Whereabouts::Gone { .. } => "gone",
        }
    }

    /// The asset after an event.
    ///
    /// # Errors
    /// An event that is not open now; an arrival of a crossing that is not a later one.
    pub fn apply(mut self, event: AssetEvent) -> Result<Self, IllegalAsset> {
        let state = self.state();
        let illegal = |event| IllegalAsset { state, event };
        match (self.whereabouts, event) {
            (Whereabouts::Held { .. }, AssetEvent::Send(crossing)) => {
                self.crossings = self.crossings.saturating_add(1);
                self.whereabouts = Whereabouts::Sent { crossing };
            }
            (Whereabouts::Sent { crossing }, AssetEvent::Acknowledge(ack)) => {
                self.whereabouts = Whereabouts::Gone { crossing, ack };
            }
            (Whereabouts::Sent { .. }, AssetEvent::Return { at, refused }) => {
                let (origin, refused) = (None, Some(refused));
                self.whereabouts = Whereabouts::Held { since: at, origin, refused };
            }
            (Whereabouts::Gone { .. }, AssetEvent::Arrive { at, holder, origin, crossings })
                if crossings > self.crossings =>
            {
                let (origin, refused) = (Some(origin), None);
                self.holder = holder;
                self.crossings = crossings;
                self.whereabouts = Whereabouts::Held { since: at, origin, refused };
            }
            (_, AssetEvent::Send(_)) => return Err(illegal("leave")),
            (_, AssetEvent::Acknowledge(_)) => return Err(illegal("end its crossing")),
            (_, AssetEvent::Return { .. }) => return Err(illegal("come back")),
            (_, AssetEvent::Arrive { .. }) => return Err(illegal("arrive")),
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;

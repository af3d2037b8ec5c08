//! A checkpoint of another chain attached to a receipt: of another corridor, of a log, of Bitcoin or of Ethereum.
//!
//! It rides in a receipt of its own kind, which may say to which receipt of this corridor it belongs. Where the other
//! chain is a corridor and a receipt of it is shown, the two are bound together: what is owed here was settled there.

mod asset;

use canon::{Canonical, CorridorId, Did, Digest, Refusal, ZoneId};
use proof::merkle::{Proof, verify_inclusion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use asset::{AssetAt, AssetShown};

use crate::anchor::{AnchorError, Held, bitcoin_head, ethereum_head, log_head};
use crate::certificate::party;
use crate::cut::{Cut, CutError};
use crate::handshake::generation_of;

/// What the other chain has to do with the receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// It stood so when this was written.
    Observed,
    /// What is owed here was paid there.
    Settles,
    /// What is owed here was set off there.
    Nets,
    /// What is owed here fell away there.
    Cancels,
    /// What was kept here was let go there.
    EscrowReleases,
}

/// One receipt of a corridor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Whose lane.
    pub lane: ZoneId,
    /// Its digest.
    pub next_root: Digest,
    /// Its place.
    pub sequence: u64,
}

/// A checkpoint of another chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "chain", deny_unknown_fields)]
pub enum Checkpointed {
    /// A cut of another corridor, signed by both its zones.
    #[serde(rename = "corridor")]
    Corridor {
        /// The cut.
        #[schemars(extend("$ref" = "corridor-checkpoint.schema.json"))]
        cut: Value,
        /// Its zones' keys over time (`MEZZoneKeys`), ascending by zone id.
        #[schemars(length(min = 2, max = 2))]
        zones: Vec<Value>,
        /// A receipt it covers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<About>,
        /// That receipt in the root of its lane; with `receipt`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inclusion: Option<Proof>,
        /// That receipt opened, where it carries an asset; with `receipt`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asset: Option<Box<AssetShown>>,
    },
    /// A checkpoint of a log.
    #[serde(rename = "c2sp-log")]
    Log {
        /// The signed note.
        checkpoint: String,
        /// The log's verifier key.
        key: String,
    },
    /// A run of headers.
    #[serde(rename = "bitcoin")]
    Bitcoin {
        /// Of 80 bytes each, in hex.
        headers: Vec<String>,
    },
    /// A block, and those after it.
    #[serde(rename = "ethereum")]
    Ethereum {
        /// Headers, each RLP in hex.
        headers: Vec<String>,
    },
}

/// Payload of `attach.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The receipt of this corridor it belongs to; to none but its own, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// The checkpoint.
    pub checkpoint: Checkpointed,
    /// What it has to do with the receipt.
    pub relation: Relation,
    /// Always `MEZAttachment`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = Self::TYPE))]
    pub type_: String,
}

/// What an attachment rests on, once it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "chain")]
pub enum Rests {
    /// On two zones.
    #[serde(rename = "corridor")]
    Corridor {
        /// The other corridor.
        corridor_id: CorridorId,
        /// Its cut.
        cut_sha256: Digest,
        /// Its zones.
        dids: [Did; 2],
        /// The asset that was shown there.
        #[serde(skip_serializing_if = "Option::is_none")]
        asset: Option<AssetAt>,
    },
    /// On what an anchor rests on.
    #[serde(untagged)]
    Held(Held),
}

/// An attachment that was refused.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// Not the shape.
    #[error("not an attachment: {0}")]
    Shape(#[from] Refusal),
    /// A member that does not fit.
    #[error("`{0}` does not fit an attachment of this kind")]
    Other(&'static str),
    /// The cut.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// The other corridor's zones.
    #[error("the zones of the other corridor: {0}")]
    Zones(String),
    /// The other chain.
    #[error(transparent)]
    Chain(#[from] AnchorError),
}

impl Attachment {
    /// The payload type.
    pub const TYPE: &'static str = "MEZAttachment";

    /// Read a payload; nothing of the other chain is verified.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, AttachmentError> {
        let read: Self = Canonical::of_value(payload)?.read()?;
        let settles = read.relation != Relation::Observed;
        let shown = match &read.checkpoint {
            Checkpointed::Corridor { receipt, inclusion, asset, .. } => {
                if receipt.is_some() != inclusion.is_some() {
                    return Err(AttachmentError::Other("inclusion"));
                }
                if asset.is_some() && receipt.is_none() {
                    return Err(AttachmentError::Other("asset"));
                }
                receipt.is_some()
            }
            _ => false,
        };
        match () {
            () if read.type_ != Self::TYPE => Err(AttachmentError::Other("type")),
            // What settles says what, and by what.
            () if settles && (read.about.is_none() || !shown) => {
                Err(AttachmentError::Other("relation"))
            }
            () => Ok(read),
        }
    }

    /// Whether the checkpoint holds, and what it rests on. `corridor` is the one the receipt is written on: a cut of it
    /// is no other chain.
    ///
    /// # Errors
    /// What does not hold, by name.
    pub fn verify(&self, corridor: &CorridorId) -> Result<Rests, AttachmentError> {
        match &self.checkpoint {
            Checkpointed::Log { checkpoint, key } => Ok(Rests::Held(log_head(key, checkpoint)?)),
            Checkpointed::Bitcoin { headers } => Ok(Rests::Held(bitcoin_head(headers)?)),
            Checkpointed::Ethereum { headers } => Ok(Rests::Held(ethereum_head(headers)?)),
            Checkpointed::Corridor { cut, zones, receipt, inclusion, asset } => {
                let shown = receipt.as_ref().zip(inclusion.as_ref());
                other_cut(corridor, (cut, zones), shown, asset.as_deref())
            }
        }
    }
}

fn other_cut(
    corridor: &CorridorId,
    (document, zones): (&Value, &[Value]),
    shown: Option<(&About, &Proof)>,
    asset: Option<&AssetShown>,
) -> Result<Rests, AttachmentError> {
    let told = |error: &dyn std::fmt::Display| AttachmentError::Zones(error.to_string());
    let [one, other] = zones else {
        return Err(AttachmentError::Zones("a corridor has exactly two".to_owned()));
    };
    let party = |keys: &Value| party(keys).map_err(|e| told(&e));
    let (one, other) = (party(one)?, party(other)?);
    let cut: Cut = Canonical::of_value(document)?.read()?;
    cut.check_form()?;
    let ids = [one.zone(), other.zone()];
    let between = one.realm == other.realm
        && ids[0] < ids[1]
        && generation_of(&cut.corridor_id, &one.participant, &other.participant).is_some()
        && cut.lanes.iter().map(|lane| &lane.zone_id).eq(ids);
    if !between || cut.corridor_id == *corridor {
        return Err(AttachmentError::Other("cut"));
    }
    Cut::verify_signers(document, [&one, &other], &[&one, &other])?;
    if let Some((about, proof)) = shown {
        let lane = cut.lanes.iter().find(|lane| lane.zone_id == about.lane);
        let lane = lane.ok_or(AttachmentError::Other("receipt"))?;
        verify_inclusion(&about.next_root, about.sequence, lane.size, proof, &lane.root)
            .map_err(|_| AttachmentError::Other("inclusion"))?;
    }
    let asset = match (asset, shown) {
        (Some(asset), Some((about, _))) => Some(asset.verify(&cut.corridor_id, about)?),
        _ => None,
    };
    let dids = [one.did().clone(), other.did().clone()];
    let cut_sha256 = Cut::digest(document)?;
    Ok(Rests::Corridor { corridor_id: cut.corridor_id, cut_sha256, dids, asset })
}

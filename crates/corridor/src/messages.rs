//! What two zones say to each other about a corridor, and what they answer: the bodies of
//! `/v1/corridors/peers/…`.
//!
//! Documents inside stay as they came: each has a reader of its own, which checks their signatures.
//!
//! Invariant: a message is of exactly one type, and says whom it is for.

use canon::{Canonical, CorridorId, Did, Digest, Refusal, ZoneId};
use proof::rotation::ROTATIONS_MAX;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lane::{LaneReceipt, Payload, ReceiptError};
use crate::lifecycle::State;
use crate::limits::{DELIVERY_RECEIPTS_MAX, HISTORY_CUTS_MAX};
use crate::sealed::SealedPayload;
use crate::verify::LaneItem;

macro_rules! kinds {
    ($($name:ident, $text:literal;)*) => {$(
        /// The `type` of its message, and no other.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[schemars(inline)]
        pub enum $name {
            /// As written.
            #[serde(rename = $text)]
            Only,
        }
    )*};
}

kinds! {
    ProposalType, "MEZCorridorProposal";
    AcceptanceType, "MEZCorridorAcceptance";
    ActivationType, "MEZCorridorActivation";
    DeliveryType, "MEZCorridorDelivery";
    CutType, "MEZCorridorCutProposal";
    ResumeType, "MEZCorridorResumeOffer";
    HistoryType, "MEZCorridorHistoryAsked";
    CarriedType, "MEZHandshakeFile";
    AmendmentType, "MEZCorridorAmendmentOffer";
}

/// To `propose`: a corridor, signed by the proposer alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ProposalType,
    /// The zone it is for.
    pub to: Did,
    /// Base URL of the proposer.
    pub url: String,
    /// The proposer's inception document.
    #[schemars(extend("$ref" = "zone-inception.schema.json"))]
    pub inception: Value,
    /// Rotations of the sender's keys the receiver may not know; learned before anything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ROTATIONS_MAX))]
    pub rotations: Vec<Value>,
    /// The definition.
    #[schemars(extend("$ref" = "corridor-definition.schema.json"))]
    pub definition: Value,
    /// The proposer's agreement.
    #[schemars(extend("$ref" = "corridor-agreement.schema.json"))]
    pub agreement: Value,
}

/// To `accept`: the definition signed by both, and the other agreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: AcceptanceType,
    /// The zone it is for.
    pub to: Did,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Rotations of the sender's keys the receiver may not know; learned before anything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ROTATIONS_MAX))]
    pub rotations: Vec<Value>,
    /// The definition, signed by both.
    #[schemars(extend("$ref" = "corridor-definition.schema.json"))]
    pub definition: Value,
    /// The accepting zone's agreement.
    #[schemars(extend("$ref" = "corridor-agreement.schema.json"))]
    pub agreement: Value,
}

/// To `activate`: the activation, signed by the proposer alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationOffer {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ActivationType,
    /// The zone it is for.
    pub to: Did,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Rotations of the sender's keys the receiver may not know; learned before anything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ROTATIONS_MAX))]
    pub rotations: Vec<Value>,
    /// The activation.
    #[schemars(extend("$ref" = "corridor-activation.schema.json"))]
    pub activation: Value,
}

/// Which message of a handshake a file carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandshakeCall {
    /// [`Proposal`].
    Propose,
    /// [`Acceptance`].
    Accept,
    /// [`ActivationOffer`].
    Activate,
    /// [`Activated`], which over the wire is the answer to it.
    Activated,
    /// [`AmendmentOffer`], signed by one or by both.
    Amend,
}

/// A message of a handshake as a file, signed by the assertion key of its sender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// Which message it is.
    pub call: HandshakeCall,
    /// The zone that says it.
    pub from: Did,
    /// The message.
    pub message: Value,
    /// The sender's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<proof::schema::Proofs>")]
    pub proof: Option<Value>,
    /// The zone it is for.
    pub to: Did,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: CarriedType,
}

/// To `receipts`: a run of the sender's lane. An empty run asks how much of it is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: DeliveryType,
    /// The zone it is for.
    pub to: Did,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Whose lane: the sender's own.
    pub lane: ZoneId,
    /// Sequence of the first item.
    pub from: u64,
    /// Rotations of the sender's keys the receiver may not know; learned before anything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ROTATIONS_MAX))]
    pub rotations: Vec<Value>,
    /// At most [`DELIVERY_RECEIPTS_MAX`], in order.
    #[schemars(length(max = DELIVERY_RECEIPTS_MAX))]
    pub items: Vec<Item>,
}

/// One receipt as journaled and sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The receipt.
    #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
    pub receipt: Value,
    /// Its payload, where disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// Its payload, encrypted to the receiver; instead of in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedPayload>,
    /// The note of the lane that ends with it.
    pub checkpoint: String,
}

/// To `cut`: a cut, signed by the sender alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CutOffer {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: CutType,
    /// The zone it is for.
    pub to: Did,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The cut.
    #[schemars(extend("$ref" = "corridor-checkpoint.schema.json"))]
    pub cut: Value,
}

/// To `resume`: a resume, signed by the sender alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeOffer {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ResumeType,
    /// The zone it is for.
    pub to: Did,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The resume.
    #[schemars(extend("$ref" = "corridor-resume.schema.json"))]
    pub resume: Value,
}

/// To `amend`: new terms, signed by the sender alone; as a file, also by both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendmentOffer {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: AmendmentType,
    /// The zone it is for.
    pub to: Did,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The amendment.
    #[schemars(extend("$ref" = "corridor-amendment.schema.json"))]
    pub amendment: Value,
}

/// To `history`: what is held of both lanes, from where the sender stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryAsked {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: HistoryType,
    /// The zone it is for.
    pub to: Did,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Receipts the sender holds of its own lane.
    pub here: u64,
    /// Receipts it holds of the other.
    pub there: u64,
}

/// The answer to `history`; `here` is the side of the one who asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Receipts held of the asker's lane.
    pub size_here: u64,
    /// Its root at the size the asker holds; absent where less is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_here: Option<Digest>,
    /// Its receipts from there, as they were delivered.
    #[schemars(length(max = DELIVERY_RECEIPTS_MAX))]
    pub here: Vec<Item>,
    /// Receipts of the other lane from where the asker stands.
    #[schemars(length(max = DELIVERY_RECEIPTS_MAX))]
    pub there: Vec<Item>,
    /// Cuts both signed, from where the asker stands to where these receipts lead; oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = HISTORY_CUTS_MAX))]
    #[schemars(extend("items" = {"$ref": "corridor-checkpoint.schema.json"}))]
    pub cuts: Vec<Value>,
}

/// The answer to `propose`, `accept` and `resume`: taken, and how the corridor stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Its state there.
    pub state: State,
}

/// The answer to `activate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Activated {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The activation, signed by both.
    #[schemars(extend("$ref" = "corridor-activation.schema.json"))]
    pub activation: Value,
}

/// The answer to `receipts`: how far the receiver holds the lane now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// Receipts held.
    pub size: u64,
    /// The newest receipt held, where the sender did not name it: whoever signed it and does not
    /// hold it knows then that its data are older than its signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
    pub last: Option<Value>,
    /// The key payloads for the receiver are encrypted to, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("$ref" = "payload-key.schema.json"))]
    pub payload_key: Option<Value>,
}

/// The answer to `cut`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CutSigned {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The cut, signed by both.
    #[schemars(extend("$ref" = "corridor-checkpoint.schema.json"))]
    pub cut: Value,
}

impl Item {
    /// As it is kept.
    ///
    /// # Errors
    /// A number or text that canonical JSON cannot say.
    pub fn canonical(&self) -> Result<Canonical, Refusal> {
        Canonical::of(self)
    }

    /// The receipt in normal form, its root recomputed.
    ///
    /// # Errors
    /// Anything that is not exactly one receipt.
    pub fn read(&self) -> Result<LaneReceipt, ReceiptError> {
        LaneReceipt::read(Canonical::of_value(&self.receipt)?.bytes())
    }

    /// As a verifier of histories takes it.
    ///
    /// # Errors
    /// A receipt that has no canonical form.
    pub fn history(&self) -> Result<LaneItem, Refusal> {
        Ok(LaneItem {
            receipt: Canonical::of_value(&self.receipt)?.bytes().to_vec(),
            payload: self.payload.clone(),
            checkpoint: self.checkpoint.clone().into_bytes(),
        })
    }
}

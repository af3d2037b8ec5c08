//! `/v1/corridors/{id}/amendments` and `…/endorsements`: changing what was agreed, and who else stands for it.

use canon::{CorridorId, Digest, Timestamp};
use corridor::anchor::Anchor;
use corridor::handshake::{RoleHolders, Threshold};
use corridor::lane::Class;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zone::{AmendAsk, AnchorAsk, EndorseAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// New terms to be offered; what is not named stays as it is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AmendCorridor")]
pub(crate) struct AmendBody {
    /// Why.
    pub(crate) reason: String,
    /// From when on, `YYYY-MM-DDTHH:MM:SSZ`; at once, unless given.
    #[serde(default)]
    pub(crate) effective_from: Option<Timestamp>,
    /// Until when the corridor is in effect.
    #[serde(default)]
    pub(crate) effective_until: Option<Timestamp>,
    /// What transitions of a class need beside their writer's signature; an empty list asks for nothing.
    #[serde(default)]
    pub(crate) thresholds: Option<Vec<Threshold>>,
    /// Who has the roles that `thresholds` name.
    #[serde(default)]
    pub(crate) holders: Vec<RoleHolders>,
}

/// The amendment that is accepted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcceptAmendment")]
pub(crate) struct AcceptAmendmentBody {
    /// Its digest without proofs, as the corridor shows it under `agreed`.
    pub(crate) amendment_sha256: Digest,
}

/// What somebody signed for transitions of this zone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GiveEndorsement")]
pub(crate) struct EndorsementBody {
    /// `MEZTransitionEndorsementCredential`, as its issuer signed it.
    pub(crate) endorsement: Value,
}

/// What this zone is to stand for in its peer's lane.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndorseTransitions")]
pub(crate) struct EndorseBody {
    /// Transitions of which class.
    pub(crate) class: Class,
    /// Until when, `YYYY-MM-DDTHH:MM:SSZ`; at most 31 days from now.
    pub(crate) until: Timestamp,
    /// Of one payload alone.
    #[serde(default)]
    pub(crate) payload_commitment: Option<Digest>,
}

/// A checkpoint of another chain to be attached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AttachCheckpoint")]
pub(crate) struct AttachBody {
    /// `MEZAttachment`.
    pub(crate) attachment: Value,
}

/// The proof that another chain holds a cut.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AnchorCut")]
pub(crate) struct AnchorBody {
    /// The cut, by its digest without proofs.
    pub(crate) cut_sha256: Digest,
    /// The proof.
    pub(crate) anchor: Anchor,
    /// Under which root it is believed: a log's verifier key, `bitcoin:<block>:<bits>:<confirmations>`, or
    /// `ethereum:0x<block>`.
    pub(crate) root: String,
}

/// Whether what is sent is encrypted.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SealPayloads")]
pub(crate) struct SealBody {
    /// Payloads leave encrypted to the peer, or in the clear.
    pub(crate) sealed: bool,
}

pub(super) fn seal(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let SealBody { sealed } = asked.read()?;
    Ok(zone.seal_corridor(&asked.ask()?, &id, sealed)?.into())
}

pub(super) fn attach(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let AttachBody { attachment } = asked.read()?;
    Ok(zone.attach(&asked.ask()?, &id, &attachment)?.into())
}

pub(super) fn anchor(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let AnchorBody { cut_sha256, anchor, root } = asked.read()?;
    let wanted = AnchorAsk { cut_sha256, anchor, root };
    Ok(zone.anchor_cut(&asked.ask()?, &id, &wanted)?.into())
}

fn id(asked: &Asked) -> Result<CorridorId, Problem> {
    asked.param("id", CorridorId::parse)
}

pub(super) fn amend(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let AmendBody { reason, effective_from, effective_until, thresholds, holders } =
        asked.read()?;
    let wanted = AmendAsk { reason, effective_from, effective_until, thresholds, holders };
    Ok(zone.amend_corridor(&asked.ask()?, &id, &wanted)?.into())
}

pub(super) fn accept(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let AcceptAmendmentBody { amendment_sha256 } = asked.read()?;
    Ok(zone.accept_amendment(&asked.ask()?, &id, &amendment_sha256)?.into())
}

pub(super) fn amendments(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.amendments(&id(asked)?)?.into())
}

pub(super) fn give(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let EndorsementBody { endorsement } = asked.read()?;
    Ok(zone.take_endorsement(&asked.ask()?, &id, &endorsement)?.into())
}

pub(super) fn endorse(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let EndorseBody { class, until, payload_commitment } = asked.read()?;
    let wanted = EndorseAsk { class, until, payload_commitment };
    Ok(zone.endorse(&asked.ask()?, &id, &wanted)?.into())
}

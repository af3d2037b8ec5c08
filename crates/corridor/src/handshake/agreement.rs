//! The agreement: each party's own signed consent to one definition.

use canon::{CorridorId, Did, Digest, JurisdictionId, Timestamp};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::HandshakeError;
use super::roles::{RoleHolders, Rules};
use crate::documents::{self, Signed, Since, Subject};
use crate::lane::Class;
use crate::limits::{CREDENTIAL_LIFE_SECS, PACKS_MAX, PARTIES};
use crate::party::Party;

/// The only commitment that lets a corridor activate.
pub const AGREE: &str = "agree";

/// A pack of law a party pins for the corridor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedPack {
    /// Whose law.
    pub jurisdiction_id: JurisdictionId,
    /// Digest of the pack.
    pub lawpack_digest_sha256: Digest,
}

/// What a party says of law.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packs {
    /// Its own, as it pins them.
    pub pinned: Vec<PinnedPack>,
    /// The other's, as it holds them.
    pub held: Vec<PinnedPack>,
}

impl From<Vec<PinnedPack>> for Packs {
    fn from(pinned: Vec<PinnedPack>) -> Self {
        Self { pinned, held: Vec::new() }
    }
}

/// How many holders of a role must sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Each transition of which class; the activation itself where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The role.
    pub role: String,
    /// How many must sign.
    pub required: u32,
    /// Of how many.
    pub of: u32,
}

/// Activation terms, equal in every agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationTerms {
    /// Both zones to activate; then what each transition of a class needs beside its writer's signature.
    pub thresholds: Vec<Threshold>,
    /// Who has the roles that no zone has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<RoleHolders>,
    /// First moment of effect.
    #[serde(rename = "effectiveFrom")]
    pub effective_from: Timestamp,
    /// End of effect.
    #[serde(rename = "effectiveUntil")]
    pub effective_until: Timestamp,
    /// Who chooses between histories of a lane where both zones signed two: a did:key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork_authority: Option<Did>,
}

/// Subject of `MEZCorridorAgreementCredential`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Digest of the definition without its proofs.
    pub definition_payload_sha256: Digest,
    /// The party that speaks.
    pub party: Did,
    /// `agree`; anything else blocks.
    pub commitment: String,
    /// When the corridor may activate.
    pub activation: ActivationTerms,
    /// The party's packs of law.
    pub pinned_lawpacks: Vec<PinnedPack>,
    /// The other party's packs as this one holds them, where it holds any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_lawpacks: Vec<PinnedPack>,
}

impl Subject for Agreement {
    const TYPE: &'static str = "MEZCorridorAgreementCredential";
    const KIND: &'static str = "corridor-agreement";
}

impl ActivationTerms {
    /// Both zones must consent; effective from `from` for the life of a corridor credential.
    ///
    /// # Errors
    /// When the dates leave the calendar.
    pub fn both_zones(from: Timestamp) -> Result<Self, HandshakeError> {
        let until = from.plus_secs(CREDENTIAL_LIFE_SECS);
        let effective_until =
            until.map_err(|_| HandshakeError::Document(documents::DocumentError::Time))?;
        let both = u32::try_from(PARTIES).unwrap_or(u32::MAX);
        let role = "zone".to_owned();
        let threshold = Threshold { class: None, role, required: both, of: both };
        Ok(Self {
            thresholds: vec![threshold],
            holders: Vec::new(),
            effective_from: from,
            effective_until,
            fork_authority: None,
        })
    }
}

impl Agreement {
    /// Consent to a definition.
    ///
    /// # Errors
    /// When the signer does not sign.
    pub fn consent(
        here: &Party,
        corridor_id: &CorridorId,
        definition_payload_sha256: Digest,
        activation: ActivationTerms,
        packs: impl Into<Packs>,
        (now, assertion_here): (Timestamp, &dyn Signer),
    ) -> Result<Value, HandshakeError> {
        let Packs { mut pinned, mut held } = packs.into();
        for set in [&mut pinned, &mut held] {
            set.sort();
            set.dedup();
        }
        let agreement = Self {
            corridor_id: corridor_id.clone(),
            definition_payload_sha256,
            party: here.did().clone(),
            commitment: AGREE.to_owned(),
            activation,
            pinned_lawpacks: pinned,
            held_lawpacks: held,
        };
        let name = format!("{corridor_id}:{}", here.zone());
        let draft = documents::draft(&name, here.did(), now, agreement)?;
        Ok(documents::sign(draft, now, assertion_here)?)
    }

    /// Read the agreement of `party` to the definition with this digest.
    ///
    /// # Errors
    /// Anything that does not fit, by name.
    pub fn read(
        document: &Value,
        party: &Party,
        definition_payload_sha256: Digest,
    ) -> Result<Signed<Self>, HandshakeError> {
        // Whether it is this corridor's is for the terms to say; another has another lane.
        let claimed = documents::peek::<Self>(document)?.subject.corridor_id;
        let signed: Signed<Self> = documents::read(document, &claimed, &[Since(party, None)])?;
        let agreement = &signed.credential.subject;
        let did = party.did();
        if agreement.party != *did || signed.credential.issuer != *did {
            return Err(HandshakeError::PeerUnsigned(did.clone(), "agreement"));
        }
        if agreement.definition_payload_sha256 != definition_payload_sha256 {
            return Err(HandshakeError::PeerDefinition(agreement.definition_payload_sha256));
        }
        if agreement.commitment != AGREE {
            let commitment = agreement.commitment.chars().take(40).collect();
            return Err(HandshakeError::PeerBlocked(did.clone(), commitment));
        }
        if [&agreement.pinned_lawpacks, &agreement.held_lawpacks]
            .iter()
            .any(|p| p.len() > PACKS_MAX)
        {
            return Err(HandshakeError::PeerTerms("pinned_lawpacks"));
        }
        Rules::of(&agreement.activation, [did, did])?;
        Ok(signed)
    }
}

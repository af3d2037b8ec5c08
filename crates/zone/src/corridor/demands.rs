//! What an operator demands of a corridor beside the two zones: who signs what, and which law goes together.

use corridor::handshake::{
    ActivationTerms, Compatibility, HandshakeError, Packs, PinnedPack, RoleHolders, Rules,
    Threshold,
};
use corridor::{Party, Terms};
use serde::{Deserialize, Serialize};

use crate::refused::Refused;
use crate::zone::Zone;

/// Demands of a proposal or an amendment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demands {
    /// Beside the writer's signature, by role and class.
    pub thresholds: Vec<Threshold>,
    /// Who has which role.
    pub holders: Vec<RoleHolders>,
    /// Of the law of both ends.
    pub lawpack_compatibility: Option<Compatibility>,
}

/// By whose fault a handshake was refused is for the caller to say; by which code, here.
pub(super) fn code(error: &HandshakeError) -> &'static str {
    match error {
        HandshakeError::PeerLaw(_) => "lawpack-incompatible",
        HandshakeError::PeerRole(_) | HandshakeError::PeerThresholds(_) => "threshold-unsound",
        HandshakeError::PeerGeneration(_) => "generation-refused",
        _ => "handshake-refused",
    }
}

impl Demands {
    /// The terms that state them.
    pub(super) fn stated(&self, terms: &mut ActivationTerms) {
        terms.thresholds.extend(self.thresholds.iter().cloned());
        terms.holders.clone_from(&self.holders);
    }
}

impl Zone {
    /// What this zone says of law to a peer: its own packs, and the peer's where it holds any.
    pub(super) fn packs_for(&self, there: &Party) -> Packs {
        let law = self.law();
        let chain = law.rulebook.chain(&there.participant.jurisdiction_id);
        let held = chain.iter().filter_map(|pack| {
            Some(PinnedPack {
                jurisdiction_id: pack.jurisdiction()?.clone(),
                lawpack_digest_sha256: pack.digest(),
            })
        });
        Packs { pinned: law.pinned.clone(), held: held.collect() }
    }

    /// Rules between this zone and a peer.
    pub(super) fn rules_with(
        &self,
        there: &Party,
        terms: &ActivationTerms,
    ) -> Result<Rules, Refused> {
        let rules = Rules::of(terms, [self.did(), there.did()]);
        rules.map_err(|error| Refused::invalid(code(&error), error))
    }

    /// What both agreements come to, before this zone's is told.
    pub(super) fn would_agree(
        &self,
        there: &Party,
        definition: &serde_json::Value,
        [mine, theirs]: [&serde_json::Value; 2],
    ) -> Result<Terms, Refused> {
        let agreements = [(&self.here, mine), (there, theirs)];
        Terms::derive(definition, &agreements, [&self.here, there])
            .map_err(|error| Refused::conflict(code(&error), error))
    }
}

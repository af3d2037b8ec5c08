//! Changing what was agreed: one credential of both, recorded in both lanes, opens the next epoch.
//!
//! It says the terms from then on whole, not what differs, so that nobody has to add up what counts. Each lane goes over
//! to it with its own `amend` receipt, which carries the new digest sets; until then it is judged by the old ones.

use std::collections::{BTreeMap, BTreeSet};

use canon::{CorridorId, Did, Digest, Refusal, Timestamp, ZoneId};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::documents::{self, DocumentError, Signed, Since, Subject};
use crate::handshake::{
    ActivationTerms, Compatibility, HandshakeError, Packs, PinnedPack, Rules, are_known,
};
use crate::limits::{DIGEST_SET_MAX, PACKS_MAX, REASON_BYTES_MAX};
use crate::party::Party;

/// What one party says of law in an amendment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyPacks {
    /// The party.
    pub party: Did,
    /// Its own packs.
    pub pinned_lawpacks: Vec<PinnedPack>,
    /// The other's, as it holds them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_lawpacks: Vec<PinnedPack>,
}

/// Subject of `MEZCorridorAmendmentCredential`: the terms from `effectiveFrom` on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The epoch that opens.
    pub epoch: u64,
    /// Digest of the amendment before, without proofs; the first names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amends: Option<Digest>,
    /// No lane goes over to it earlier.
    #[serde(rename = "effectiveFrom")]
    pub effective_from: Timestamp,
    /// Dates, thresholds and authority from then on.
    pub activation: ActivationTerms,
    /// Law of both parties from then on, ascending by party.
    #[schemars(length(min = 2, max = 2))]
    pub lawpacks: Vec<PartyPacks>,
    /// Rulesets from then on.
    pub ruleset_digest_set: Vec<Digest>,
    /// Why.
    pub reason: String,
}

impl Subject for Amendment {
    const TYPE: &'static str = "MEZCorridorAmendmentCredential";
    const KIND: &'static str = "corridor-amendment";
}

/// An amendment that was refused.
#[derive(Debug, thiserror::Error)]
pub enum AmendmentError {
    /// Not the shape.
    #[error("not an amendment: {0}")]
    Shape(#[from] Refusal),
    /// The credential.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Its terms.
    #[error(transparent)]
    Terms(#[from] HandshakeError),
    /// Changing is bilateral.
    #[error("the amendment is not signed by both parties")]
    Unilateral,
    /// Another corridor, epoch or predecessor than this lane's.
    #[error("the amendment's `{0}` does not follow from what the lane agreed to")]
    Stale(&'static str),
    /// Before its time.
    #[error("the amendment is in effect from {0}")]
    Early(Timestamp),
}

/// What of the terms a lane is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub lawpack_digest_set: Vec<Digest>,
    pub ruleset_digest_set: Vec<Digest>,
    pub rules: Rules,
    pub fork_authority: Option<Did>,
    pub amended: Option<Digest>,
}

impl Amendment {
    /// State new terms, as the first of two signers.
    ///
    /// # Errors
    /// Terms that are not sound, or a signer that does not sign.
    pub fn open(
        self,
        here: &Party,
        there: &Party,
        demand: Option<&Compatibility>,
        (now, assertion_here): (Timestamp, &dyn Signer),
    ) -> Result<Value, AmendmentError> {
        self.check(demand, [here, there])?;
        let name = format!("{}:{}", self.corridor_id, self.epoch);
        let draft = documents::draft(&name, here.did(), now, self)?;
        Ok(documents::sign(draft, now, assertion_here)?)
    }

    /// Add the second signature.
    ///
    /// # Errors
    /// When the signer does not sign.
    pub fn countersign(
        document: Value,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, AmendmentError> {
        Ok(documents::sign(document, now, assertion_here)?)
    }

    /// Read an amendment of this corridor that at least one party signed; its terms are sound.
    ///
    /// # Errors
    /// Anything that does not fit, by name.
    pub fn read(
        document: &Value,
        corridor_id: &CorridorId,
        demand: Option<&Compatibility>,
        parties: [Since<'_>; 2],
    ) -> Result<Signed<Self>, AmendmentError> {
        let signed: Signed<Self> = documents::read(document, corridor_id, &parties)?;
        let said = &signed.credential.subject;
        if said.corridor_id != *corridor_id {
            return Err(AmendmentError::Stale("corridor_id"));
        }
        said.check(demand, parties.map(|Since(party, _)| party))?;
        Ok(signed)
    }

    /// The same, signed by both.
    ///
    /// # Errors
    /// As [`Amendment::read`], or one signature.
    pub fn read_complete(
        document: &Value,
        corridor_id: &CorridorId,
        demand: Option<&Compatibility>,
        parties: [Since<'_>; 2],
    ) -> Result<Signed<Self>, AmendmentError> {
        let signed = Self::read(document, corridor_id, demand, parties)?;
        match signed.signed_by_all(&parties.map(|Since(party, _)| party)) {
            true => Ok(signed),
            false => Err(AmendmentError::Unilateral),
        }
    }

    fn check(
        &self,
        demand: Option<&Compatibility>,
        parties: [&Party; 2],
    ) -> Result<Rules, AmendmentError> {
        if self.reason.len() > REASON_BYTES_MAX {
            return Err(HandshakeError::PeerTerms("reason").into());
        }
        let dates = &self.activation;
        if dates.effective_from >= dates.effective_until {
            let (from, until) = (dates.effective_from, dates.effective_until);
            return Err(HandshakeError::PeerDates(from, until).into());
        }
        let mut dids = parties.map(|party| party.did().clone());
        dids.sort();
        let many = |packs: &PartyPacks| {
            packs.pinned_lawpacks.len() > PACKS_MAX || packs.held_lawpacks.len() > PACKS_MAX
        };
        let both = self.lawpacks.iter().map(|packs| &packs.party).eq(dids.iter());
        if !both
            || self.lawpacks.iter().any(many)
            || self.lawpack_digest_set().len() > DIGEST_SET_MAX
        {
            return Err(HandshakeError::PeerTerms("lawpacks").into());
        }
        if let Some(demand) = demand {
            demand.check(&self.packs(parties)).map_err(HandshakeError::from)?;
        }
        let rules = Rules::of(dates, parties.map(Party::did))?;
        match are_known(&self.ruleset_digest_set, &rules) {
            true => Ok(rules),
            false => Err(HandshakeError::Unsupported("ruleset_digest_set".to_owned()).into()),
        }
    }

    /// Law of both, by zone.
    pub(crate) fn packs(&self, parties: [&Party; 2]) -> BTreeMap<ZoneId, Packs> {
        let of = |party: &Party| {
            let said = self.lawpacks.iter().find(|packs| packs.party == *party.did())?;
            let packs =
                Packs { pinned: said.pinned_lawpacks.clone(), held: said.held_lawpacks.clone() };
            Some((party.zone().clone(), packs))
        };
        parties.into_iter().filter_map(of).collect()
    }

    /// Packs pinned by either party, sorted and unique.
    #[must_use]
    pub fn lawpack_digest_set(&self) -> Vec<Digest> {
        let packs = self.lawpacks.iter().flat_map(|packs| &packs.pinned_lawpacks);
        let set: BTreeSet<Digest> = packs.map(|pack| pack.lawpack_digest_sha256).collect();
        set.into_iter().collect()
    }

    /// What a lane is judged by from this amendment on.
    pub(crate) fn agreed(
        &self,
        payload_sha256: Digest,
        parties: [&Did; 2],
    ) -> Result<Agreed, AmendmentError> {
        Ok(Agreed {
            lawpack_digest_set: self.lawpack_digest_set(),
            ruleset_digest_set: self.ruleset_digest_set.clone(),
            rules: Rules::of(&self.activation, parties)?,
            fork_authority: self.activation.fork_authority.clone(),
            amended: Some(payload_sha256),
        })
    }
}

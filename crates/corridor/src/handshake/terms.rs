//! What both parties agreed, in the form every lane needs: the genesis and the digest sets.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Canonical, CorridorId, Did, Digest, Realm, Timestamp, ZoneId};
use serde_json::{Value, json};

use super::{
    ActivationTerms, Agreement, Compatibility, Definition, HandshakeError, Packs, PinnedPack, Rules,
};
use crate::amendment::Amendment;
use crate::documents::{DocumentError, Signed};
use crate::limits::DIGEST_SET_MAX;
use crate::party::Party;

/// The agreed terms of a corridor, derived from its verified documents and from nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Both lanes, sorted.
    pub lanes: Vec<ZoneId>,
    /// Realm of both zones.
    pub realm: Realm,
    /// The root every lane starts from.
    pub genesis_root: Digest,
    /// Digest of the definition without proofs.
    pub definition_payload_sha256: Digest,
    /// Digest over both agreements.
    pub agreement_set_sha256: Digest,
    /// Packs pinned by either party, sorted and unique.
    pub lawpack_digest_set: Vec<Digest>,
    /// The packs each zone pinned.
    pub pinned_lawpacks: BTreeMap<ZoneId, Vec<PinnedPack>>,
    /// Rulesets, sorted and unique.
    pub ruleset_digest_set: Vec<Digest>,
    /// Packs and rulesets before any amendment.
    pub(crate) sets_at_first: [Vec<Digest>; 2],
    /// First moment of effect.
    pub effective_from: Timestamp,
    /// End of effect.
    pub effective_until: Timestamp,
    /// Who chooses between histories of a lane where both zones signed two.
    pub fork_authority: Option<Did>,
    /// What transitions need beside their writer's signature.
    pub rules: Rules,
    /// What is demanded of the law of both ends.
    pub compatibility: Option<Compatibility>,
}

impl Terms {
    /// Derive the terms from a definition signed by both and one agreement of each party.
    ///
    /// # Errors
    /// Anything missing, unsigned, inconsistent or blocked, by name.
    pub fn derive(
        definition: &Value,
        agreements: &[(&Party, &Value)],
        parties: [&Party; 2],
    ) -> Result<Self, HandshakeError> {
        let [one, other] = parties;
        let signed = Definition::read(definition, one, other)?;
        for party in parties {
            if !signed.signers.contains(party.did()) {
                return Err(HandshakeError::PeerUnsigned(party.did().clone(), "definition"));
            }
        }
        let Consents { payloads, packs, dates } = consents(&signed, agreements, parties)?;
        if let Some(demand) = &signed.credential.subject.lawpack_compatibility {
            demand.check(&packs)?;
        }
        let pinned_lawpacks: BTreeMap<ZoneId, Vec<PinnedPack>> =
            packs.into_iter().map(|(zone, packs)| (zone, packs.pinned)).collect();
        let lawpacks = pinned_lawpacks.values().flatten().map(|pack| pack.lawpack_digest_sha256);
        let lawpacks: BTreeSet<Digest> = lawpacks.collect();
        if dates.effective_from >= dates.effective_until {
            return Err(HandshakeError::PeerDates(dates.effective_from, dates.effective_until));
        }
        if lawpacks.len() > DIGEST_SET_MAX {
            return Err(HandshakeError::PeerTerms("pinned_lawpacks"));
        }
        let definition = signed.credential.subject;
        let rules = Rules::of(&dates, parties.map(Party::did))?;
        definition.check_rules(&rules)?;
        let lawpacks: Vec<Digest> = lawpacks.into_iter().collect();
        let mut terms = Self {
            sets_at_first: [lawpacks.clone(), definition.ruleset_digest_set.clone()],
            lanes: definition.participants.iter().map(|p| p.zone_id.clone()).collect(),
            corridor_id: definition.corridor_id,
            realm: definition.realm,
            genesis_root: signed.payload_sha256,
            definition_payload_sha256: signed.payload_sha256,
            agreement_set_sha256: signed.payload_sha256,
            lawpack_digest_set: lawpacks,
            pinned_lawpacks,
            ruleset_digest_set: definition.ruleset_digest_set,
            effective_from: dates.effective_from,
            effective_until: dates.effective_until,
            fork_authority: dates.fork_authority,
            rules,
            compatibility: definition.lawpack_compatibility,
        };
        terms.agreement_set_sha256 = digest(&json!({
            "corridor_id": terms.corridor_id,
            "definition_payload_sha256": terms.definition_payload_sha256,
            "agreement_payload_sha256": payloads,
        }))?;
        terms.genesis_root = terms.genesis()?;
        Ok(terms)
    }

    fn genesis(&self) -> Result<Digest, HandshakeError> {
        digest(&json!({
            "tag": "mez.corridor.genesis.v1",
            "corridor_id": self.corridor_id,
            "lanes": self.lanes,
            "definition_payload_sha256": self.definition_payload_sha256,
            "agreement_set_sha256": self.agreement_set_sha256,
            "lawpack_digest_set": self.lawpack_digest_set,
            "ruleset_digest_set": self.ruleset_digest_set,
            "realm": self.realm,
        }))
    }

    /// The terms from an amendment on that both signed; genesis and lanes are what they were.
    ///
    /// # Errors
    /// Another start of effect, which no amendment changes; or terms that are not sound.
    pub fn amended(&self, said: &Amendment, parties: [&Party; 2]) -> Result<Self, HandshakeError> {
        let dates = &said.activation;
        if dates.effective_from != self.effective_from {
            return Err(HandshakeError::PeerTerms("activation.effectiveFrom"));
        }
        let packs = said.packs(parties).into_iter();
        Ok(Self {
            lawpack_digest_set: said.lawpack_digest_set(),
            pinned_lawpacks: packs.map(|(zone, packs)| (zone, packs.pinned)).collect(),
            ruleset_digest_set: said.ruleset_digest_set.clone(),
            effective_until: dates.effective_until,
            fork_authority: dates.fork_authority.clone(),
            rules: Rules::of(dates, parties.map(Party::did))?,
            ..self.clone()
        })
    }

    /// The root a lane's first receipt links to.
    ///
    /// # Errors
    /// Never for the terms of a verified corridor.
    pub fn lane_genesis(&self, lane: &ZoneId) -> Result<Digest, HandshakeError> {
        digest(&json!({
            "tag": "mez.corridor.lane.genesis.v1",
            "corridor_genesis_root": self.genesis_root,
            "lane": lane,
        }))
    }

    /// Whether the corridor is in effect at `now`.
    ///
    /// # Errors
    /// Outside the agreed dates, which the error names.
    pub fn in_effect(&self, now: Timestamp) -> Result<(), HandshakeError> {
        if self.effective_from <= now && now < self.effective_until {
            return Ok(());
        }
        Err(HandshakeError::PeerDates(self.effective_from, self.effective_until))
    }
}

/// What both agreements say.
struct Consents {
    payloads: BTreeSet<Digest>,
    packs: BTreeMap<ZoneId, Packs>,
    dates: ActivationTerms,
}

/// One agreement of each party, to this definition and under the same dates.
fn consents(
    signed: &Signed<Definition>,
    agreements: &[(&Party, &Value)],
    parties: [&Party; 2],
) -> Result<Consents, HandshakeError> {
    let mut payloads = BTreeSet::new();
    let mut packs = BTreeMap::new();
    let mut dates = None;
    for party in parties {
        let mine = agreements.iter().find(|(owner, _)| owner.did() == party.did());
        let (_, document) =
            mine.ok_or_else(|| HandshakeError::PeerUnsigned(party.did().clone(), "agreement"))?;
        let agreement = Agreement::read(document, party, signed.payload_sha256)?;
        let subject = agreement.credential.subject;
        if subject.corridor_id != signed.credential.subject.corridor_id {
            return Err(HandshakeError::PeerTerms("corridor_id"));
        }
        if *dates.get_or_insert_with(|| subject.activation.clone()) != subject.activation {
            return Err(HandshakeError::PeerTerms("activation"));
        }
        payloads.insert(agreement.payload_sha256);
        let said = Packs { pinned: subject.pinned_lawpacks, held: subject.held_lawpacks };
        packs.insert(party.zone().clone(), said);
    }
    let dates = dates.ok_or(HandshakeError::PeerParticipants)?;
    Ok(Consents { payloads, packs, dates })
}

fn digest(value: &Value) -> Result<Digest, HandshakeError> {
    let shape = |cause| DocumentError::Shape { kind: "corridor-terms", cause };
    Ok(Canonical::of_value(value).map_err(shape)?.digest())
}

//! A participant: a zone known by its pinned DID and its inception document.

use canon::{Did, Digest, JurisdictionId, Realm, ZoneId};
use proof::inception::Inception;
use proof::{PublicKey, Purpose, Verified};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A participant as the definition names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// The zone; also the name of its lane.
    pub zone_id: ZoneId,
    /// The zone's host name, fixed at inception; part of its log origins.
    pub zone_host: String,
    /// The zone's jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The zone's pinned DID: the did:key of its inception root key.
    pub did: Did,
    /// Digest of the zone's inception document.
    pub inception_sha256: Digest,
}

/// A participant whose keys are known from its verified inception document.
#[derive(Clone, Debug)]
pub struct Party {
    /// How the definition names it.
    pub participant: Participant,
    /// Its realm.
    pub realm: Realm,
    /// Signs its credentials and cuts.
    pub assertion: PublicKey,
    /// Signs its lane and checkpoints.
    pub log: PublicKey,
    /// Signs its HTTP messages.
    pub http: PublicKey,
}

impl Party {
    /// Take a zone's keys from its verified inception document.
    #[must_use]
    pub fn of(inception: &Verified<Inception>) -> Self {
        Self {
            assertion: inception.key(Purpose::Assertion).clone(),
            log: inception.key(Purpose::Log).clone(),
            http: inception.key(Purpose::Http).clone(),
            realm: inception.realm(),
            participant: Participant {
                zone_id: inception.zone_id().clone(),
                zone_host: inception.zone_host().to_owned(),
                jurisdiction_id: inception.jurisdiction_id().clone(),
                did: inception.did(),
                inception_sha256: inception.digest(),
            },
        }
    }

    /// The zone's id, the name of its lane.
    #[must_use]
    pub fn zone(&self) -> &ZoneId {
        &self.participant.zone_id
    }

    /// The zone's pinned DID.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.participant.did
    }

    /// The origin of this party's lane in `corridor_id`: name of its checkpoints and their key.
    #[must_use]
    pub fn lane_origin(&self, corridor_id: &canon::CorridorId) -> String {
        let Participant { zone_host, zone_id, .. } = &self.participant;
        format!("{zone_host}/corridor/{corridor_id}/lane/{zone_id}")
    }
}

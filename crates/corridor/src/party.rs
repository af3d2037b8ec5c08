//! A participant: a zone known by its pinned DID and its inception document.

use canon::{CorridorId, Did, Digest, JurisdictionId, Realm, ZoneId};
use proof::checkpoint::CheckpointError;
use proof::inception::Inception;
use proof::rotation::{Cause, Standing};
use proof::{Checkpoint, KeyHistory, PublicKey, Purpose, Verified};
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

/// A participant whose keys are known from its verified inception document and the rotations since.
///
/// Which key of a purpose counts is a question of the sequence; it is answered here and nowhere else.
#[derive(Clone, Debug)]
pub struct Party {
    /// How the definition names it.
    pub participant: Participant,
    /// Its realm.
    pub realm: Realm,
    keys: Verified<KeyHistory>,
}

impl Party {
    /// A zone that never rotated, from its verified inception document.
    #[must_use]
    pub fn of(inception: &Verified<Inception>) -> Self {
        Self::with(KeyHistory::of(inception.clone()))
    }

    /// A zone with the rotations that are known of it.
    #[must_use]
    pub fn with(keys: Verified<KeyHistory>) -> Self {
        let inception = keys.inception();
        Self {
            realm: inception.realm(),
            participant: Participant {
                zone_id: inception.zone_id().clone(),
                zone_host: inception.zone_host().to_owned(),
                jurisdiction_id: inception.jurisdiction_id().clone(),
                did: inception.did(),
                inception_sha256: inception.digest(),
            },
            keys,
        }
    }

    /// Its inception and rotations.
    #[must_use]
    pub fn keys(&self) -> &Verified<KeyHistory> {
        &self.keys
    }

    /// The key that signs this sequence of its lane, and the first sequence it does not sign.
    #[must_use]
    pub fn lane_key(&self, id: &CorridorId, sequence: u64) -> (&PublicKey, Option<u64>) {
        let origin = self.lane_origin(id);
        let intervals = self.keys.intervals(Purpose::Log, &origin);
        let until = intervals.iter().filter_map(|i| i.until).filter(|until| *until > sequence);
        (self.keys.key_for(Purpose::Log, &origin, sequence), until.min())
    }

    /// The key that signs the checkpoint of this size of one of its logs: that of the last entry.
    #[must_use]
    pub fn note_key(&self, origin: &str, size: u64) -> &PublicKey {
        self.keys.key_for(Purpose::Log, origin, size.saturating_sub(1))
    }

    /// Verify a checkpoint of one of its logs under the key of the size it states.
    ///
    /// # Errors
    /// Another log, another key, or no checkpoint.
    pub fn checkpoint(
        &self,
        note: &[u8],
        origin: &str,
    ) -> Result<Verified<Checkpoint>, CheckpointError> {
        let size = Checkpoint::claimed_size(note).unwrap_or(0);
        Checkpoint::verify(note, origin, self.note_key(origin, size))
    }

    /// Whether `key` is the one that signed documents about this corridor at some time after its lane
    /// had `size` receipts; a key that was replaced before is not. Without a size, any it ever had.
    #[must_use]
    pub fn asserted(&self, key: &PublicKey, id: &CorridorId, size: Option<u64>) -> bool {
        let intervals = self.keys.intervals(Purpose::Assertion, &self.lane_origin(id));
        let late = |until| size.is_none_or(|size| until > size);
        intervals.iter().any(|i| i.key == key && i.until.is_none_or(late))
    }

    /// Whether a log key was replaced because it may be in other hands: what it signed counts only as
    /// far as something else vouches for it.
    #[must_use]
    pub fn is_compromised(&self, key: &PublicKey) -> bool {
        self.keys.standing(Purpose::Log, key) == Standing::Former(Cause::Compromise)
    }

    /// The key that signs its HTTP messages now.
    #[must_use]
    pub fn http(&self) -> &PublicKey {
        self.keys.key(Purpose::Http)
    }

    /// The rotation its lane states at this sequence, by number and digest.
    #[must_use]
    pub fn stated_at(&self, id: &CorridorId, sequence: u64) -> Option<(u64, Digest)> {
        self.keys.stated_at(&self.lane_origin(id), sequence)
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
    pub fn lane_origin(&self, corridor_id: &CorridorId) -> String {
        let Participant { zone_host, zone_id, .. } = &self.participant;
        format!("{zone_host}/corridor/{corridor_id}/lane/{zone_id}")
    }
}

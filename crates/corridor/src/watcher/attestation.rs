//! The attestation: a watcher says that it mirrored both lanes of a cut and verified every receipt.
//!
//! Invariant: one watcher never honestly signs two that contradict each other, whichever zone it says
//! them to, and whatever those zones show it.

use canon::{Amount, CorridorId, Did, Digest, Realm, Timestamp, ZoneId};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::WatcherError;
use super::rates::ATTESTATION_SECS;
use crate::cut::Cut;
use crate::documents::{self, Signed, Subject};

/// One lane as far as it was verified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestedLane {
    /// `next_root` of receipt `size − 1`.
    pub last_next_root: Digest,
    /// RFC 9162 root.
    pub root: Digest,
    /// Receipts verified.
    pub size: u64,
    /// The writer.
    pub zone_id: ZoneId,
}

/// Subject of `MEZWatcherAttestationCredential`, signed by the watcher alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// What the watcher stands for with its bond.
    pub covered_value: Amount,
    /// The cut, without its proofs.
    pub cut_sha256: Digest,
    /// The corridor's genesis.
    pub genesis_root: Digest,
    /// Both lanes, by zone id.
    #[schemars(length(min = 2, max = 2))]
    pub lanes: Vec<AttestedLane>,
    /// Realm of the corridor.
    pub realm: Realm,
    /// The watcher set it counts in, without its proofs.
    pub set_sha256: Digest,
    /// The watcher.
    pub watcher: Did,
    /// The zone in whose ledger the bond lies.
    pub zone_id: ZoneId,
}

impl Subject for Attestation {
    const TYPE: &'static str = "MEZWatcherAttestationCredential";
    const KIND: &'static str = "watcher-attestation";
}

/// The lanes of a cut as a watcher states them.
pub(crate) fn lanes_of(cut: &Cut) -> Vec<AttestedLane> {
    let lane = |lane: &crate::cut::CutLane| AttestedLane {
        last_next_root: lane.last_next_root,
        root: lane.root,
        size: lane.size,
        zone_id: lane.zone_id.clone(),
    };
    cut.lanes.iter().map(lane).collect()
}

impl Attestation {
    /// Attest a cut that was verified; `set` is the set the watcher is a member of.
    ///
    /// # Errors
    /// A cut without canonical form, or the signer.
    pub fn sign(
        cut: &Value,
        (realm, zone_id, set_sha256): (Realm, ZoneId, Digest),
        covered_value: Amount,
        now: Timestamp,
        key: &dyn Signer,
    ) -> Result<Value, WatcherError> {
        let read: Cut = canon::Canonical::of_value(cut)?.read()?;
        let watcher = key.public().did();
        let attestation = Self {
            corridor_id: read.corridor_id.clone(),
            covered_value,
            cut_sha256: Cut::digest(cut)?,
            genesis_root: read.genesis_root,
            lanes: lanes_of(&read),
            realm,
            set_sha256,
            watcher: watcher.clone(),
            zone_id,
        };
        let name = format!("{}:{}", attestation.cut_sha256, watcher);
        let draft = documents::draft_for(&name, &watcher, (now, ATTESTATION_SECS), attestation)?;
        Ok(documents::sign(draft, now, key)?)
    }

    /// Read one that its watcher signed.
    ///
    /// # Errors
    /// By name of what does not hold.
    pub fn read(document: &Value) -> Result<Signed<Self>, WatcherError> {
        let signed: Signed<Self> = documents::read_own(document)?;
        let stated = &signed.credential.subject;
        let fields = [
            ("watcher", stated.watcher == signed.credential.issuer),
            ("lanes", stated.lanes.len() == 2),
            ("lanes", stated.lanes.is_sorted_by(|a, b| a.zone_id < b.zone_id)),
            ("lanes", stated.lanes.iter().all(|lane| lane.size > 0)),
            ("covered_value", stated.covered_value.minor() >= 0),
        ];
        match fields.iter().find(|(_, holds)| !holds) {
            Some((name, _)) => Err(WatcherError::Other(name)),
            None => Ok(signed),
        }
    }

    /// Whether it is about exactly this cut.
    #[must_use]
    pub fn is_of(&self, cut: &Cut, cut_sha256: &Digest) -> bool {
        self.cut_sha256 == *cut_sha256
            && self.corridor_id == cut.corridor_id
            && self.genesis_root == cut.genesis_root
            && self.lanes == lanes_of(cut)
    }

    /// The lane and size at which this and another of the same corridor state different roots.
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> Option<(&ZoneId, u64)> {
        let one_corridor =
            self.corridor_id == other.corridor_id && self.genesis_root == other.genesis_root;
        let pairs = self.lanes.iter().flat_map(|a| other.lanes.iter().map(move |b| (a, b)));
        let mut same = pairs.filter(|(a, b)| a.zone_id == b.zone_id && a.size == b.size);
        let differ = |(a, b): &(&AttestedLane, &AttestedLane)| {
            a.root != b.root || a.last_next_root != b.last_next_root
        };
        same.find(differ).filter(|_| one_corridor).map(|(a, _)| (&a.zone_id, a.size))
    }
}

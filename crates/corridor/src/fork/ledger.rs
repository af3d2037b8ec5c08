//! The forks a lane tells of: alarms raised in it, and resolutions recorded in it.

use canon::{CorridorId, Did, Digest, ZoneId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::alarm::{Alarm, AlarmError, Raised};
use super::point::{Candidate, Fork};
use super::resolution::{Basis, Chosen, Resolution, ResolutionError, Standing};
use crate::documents::Since;
use crate::limits::FORKS_MAX;
use crate::party::Party;
use std::collections::BTreeSet;

/// An alarm raised in a lane about the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// What is forked.
    pub fork: Fork,
    /// Everything known to be signed there.
    pub candidates: BTreeSet<Candidate>,
    /// Digest over the evidence files.
    pub evidence_set_sha256: Digest,
    /// Each of them.
    evidence_sha256: BTreeSet<Digest>,
    /// Sequence of the halt that carries it.
    at: u64,
}

/// A resolution recorded in a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    fork: Fork,
    chosen_next_root: Digest,
    sha256: Digest,
    /// Sequence of the receipt that carries it.
    at: u64,
}

/// What one lane tells of forks, in the order it told it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forks {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    alarms: Vec<Known>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ended: Vec<Ended>,
}

/// What a lane says of a fork, refused.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// The alarm.
    #[error(transparent)]
    Alarm(#[from] AlarmError),
    /// The resolution.
    #[error(transparent)]
    Resolution(#[from] ResolutionError),
    /// A resolution is final.
    #[error("fork {0} is resolved, and a resolution is final")]
    Final(Fork),
    /// A fork nobody raised an alarm about, as far as the receipt has seen.
    #[error("no alarm is raised about fork {0}")]
    Unknown(Fork),
    /// A later alarm says less.
    #[error("an alarm about fork {0} named evidence that this one does not")]
    Fewer(Fork),
    /// Other candidates or evidence than the newest alarm names.
    #[error("the resolution of fork {0} does not name what its newest alarm names")]
    Incomplete(Fork),
    /// The other lane holds another resolution.
    #[error("the other lane resolves fork {0} in another way")]
    Differs(Fork),
    /// Nothing resumes over a fork.
    #[error("fork {0} is not resolved")]
    Open(Fork),
    /// Too many.
    #[error("a lane tells of at most {FORKS_MAX} forks")]
    Full,
}

/// Who stands around a receipt that tells of a fork.
pub(crate) struct Scene<'a> {
    pub(crate) corridor_id: &'a CorridorId,
    /// Whose lane the receipt is of.
    pub(crate) owner: &'a ZoneId,
    /// Its sequence.
    pub(crate) at: u64,
    /// How much of the other lane it has seen.
    pub(crate) seen: u64,
    /// How much of the other lane its writer had acknowledged.
    pub(crate) acked: u64,
    pub(crate) parties: [&'a Party; 2],
    /// Who may choose where both parties signed two histories.
    pub(crate) authority: Option<&'a Did>,
    /// What the other lane tells.
    pub(crate) other: &'a Forks,
}

impl Scene<'_> {
    fn writer(&self) -> Option<&Party> {
        self.parties.into_iter().find(|party| party.zone() == self.owner)
    }

    fn other_party(&self) -> Option<&Party> {
        self.parties.into_iter().find(|party| party.zone() != self.owner)
    }

    fn since(&self) -> [Since<'_>; 2] {
        self.parties.map(|party| {
            let own = party.zone() == self.owner;
            Since(party, Some(if own { self.at } else { self.seen }))
        })
    }
}

impl Forks {
    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.alarms.is_empty() && self.ended.is_empty()
    }

    /// The newest alarm about each fork, raised before the lane had `size` receipts.
    fn known_at(&self, size: u64) -> impl Iterator<Item = &Known> {
        let told = move |known: &&Known| known.at < size;
        let newest = move |known: &&Known| {
            let of_it = self.alarms.iter().filter(|other| other.fork == known.fork);
            of_it.filter(told).all(|other| other.at <= known.at)
        };
        self.alarms.iter().filter(told).filter(newest)
    }

    fn ended_at(&self, fork: &Fork, size: u64) -> Option<&Ended> {
        self.ended.iter().find(|ended| ended.fork == *fork && ended.at < size)
    }

    /// The newest alarm about each fork.
    pub fn known(&self) -> impl Iterator<Item = &Known> {
        self.known_at(u64::MAX)
    }

    /// What stands at a fork, once it is recorded here: its receipt, and the digest of the credential.
    #[must_use]
    pub fn resolved(&self, fork: &Fork) -> Option<(Digest, Digest)> {
        let ended = self.ended_at(fork, u64::MAX)?;
        Some((ended.chosen_next_root, ended.sha256))
    }

    /// Whether an earlier place of the lane is recorded here as forked and resolved.
    #[must_use]
    pub fn resolved_before(&self, fork: &Fork) -> bool {
        let earlier =
            |ended: &Ended| ended.fork.lane == fork.lane && ended.fork.sequence < fork.sequence;
        self.ended.iter().any(earlier)
    }

    /// Check an alarm that a halt of this lane carries.
    pub(crate) fn check_alarm(
        &self,
        raised: &Raised,
        scene: &Scene<'_>,
    ) -> Result<Alarm, ForkError> {
        let (Some(writer), Some(accused)) = (scene.writer(), scene.other_party()) else {
            return Err(AlarmError::Place.into());
        };
        let alarm = raised.read(scene.corridor_id, Since(writer, Some(scene.at)), accused)?;
        let fork = alarm.fork();
        if self.resolved(&fork).is_some() {
            return Err(ForkError::Final(fork));
        }
        let mut before = self.alarms.iter().filter(|known| known.fork == fork);
        if !before.all(|known| known.evidence_sha256.is_subset(&alarm.evidence_sha256)) {
            return Err(ForkError::Fewer(fork));
        }
        if self.alarms.len() >= FORKS_MAX {
            return Err(ForkError::Full);
        }
        Ok(alarm)
    }

    /// Check a resolution that a `fork.resolve` of this lane carries.
    pub(crate) fn check_resolution(
        &self,
        document: &Value,
        scene: &Scene<'_>,
    ) -> Result<Chosen, ForkError> {
        let signed = Resolution::read(document, scene.corridor_id, scene.since(), scene.authority)?;
        let resolution = &signed.credential.subject;
        let fork = resolution.fork();
        if self.resolved(&fork).is_some() {
            return Err(ForkError::Final(fork));
        }
        if self.ended.len() >= FORKS_MAX {
            return Err(ForkError::Full);
        }
        let own = fork.lane == *scene.owner;
        let known = match own {
            true => scene.other.known_at(scene.seen).find(|known| known.fork == fork),
            false => self.known().find(|known| known.fork == fork),
        };
        let known = known.ok_or_else(|| ForkError::Unknown(fork.clone()))?;
        let whole = known.candidates == resolution.candidates
            && known.evidence_set_sha256 == resolution.evidence_set_sha256;
        if !whole {
            return Err(ForkError::Incomplete(fork));
        }
        let there = scene.other.ended_at(&fork, scene.seen);
        if there.is_some_and(|ended| ended.sha256 != signed.payload_sha256) {
            return Err(ForkError::Differs(fork));
        }
        // The other lane checked ground and signer already, where it could.
        if !(own && there.is_some()) {
            self.check_ground(resolution, (&fork, own), &signed.signers, scene)?;
        }
        Ok(resolution.chosen(signed.payload_sha256, scene.parties)?)
    }

    /// The strongest ground, and signed by who may say so.
    fn check_ground(
        &self,
        resolution: &Resolution,
        (fork, own): (&Fork, bool),
        signers: &[Did],
        scene: &Scene<'_>,
    ) -> Result<(), ForkError> {
        let found = resolution.basis.name();
        // What the other party acknowledged is told in its own lane, which is this one.
        if !own && scene.acked > fork.sequence && found != Basis::ACKNOWLEDGED {
            let stronger = Basis::ACKNOWLEDGED;
            return Err(ResolutionError::Order { found, stronger }.into());
        }
        if let Basis::Acknowledged { size, .. } = resolution.basis
            && (own || size > scene.acked)
        {
            return Err(ResolutionError::Ground(Basis::ACKNOWLEDGED).into());
        }
        let resolver = if own { scene.other_party() } else { scene.writer() };
        let both = match own {
            true => self.known().next().is_some(),
            false => scene.other.known_at(scene.seen).next().is_some(),
        };
        let may = match (resolution.basis.name() == Basis::CHOICE && both, resolver) {
            (true, _) => scene.authority.ok_or(ResolutionError::NoAuthority)?,
            (false, Some(party)) => party.did(),
            (false, None) => return Err(ForkError::Unknown(fork.clone())),
        };
        if signers != std::slice::from_ref(may) {
            let found = signers.iter().map(Did::as_str).collect::<Vec<_>>().join(", ");
            return Err(ResolutionError::Authority { found, may: may.to_string() }.into());
        }
        Ok(())
    }

    /// Nothing resumes over a fork that this lane does not tell the end of.
    pub(crate) fn check_resume(&self, other: &Self, seen: u64) -> Result<(), ForkError> {
        let mut all = self.known().chain(other.known_at(seen));
        match all.find(|known| self.resolved(&known.fork).is_none()) {
            Some(known) => Err(ForkError::Open(known.fork.clone())),
            None => Ok(()),
        }
    }

    /// Forks of either lane that are not resolved in both.
    #[must_use]
    pub fn open<'a>(&'a self, other: &'a Self) -> Vec<&'a Known> {
        let ended = |fork: &Fork| self.resolved(fork).is_some() && other.resolved(fork).is_some();
        self.known().chain(other.known()).filter(|known| !ended(&known.fork)).collect()
    }

    pub(crate) fn tell(&mut self, alarm: Option<Alarm>, chosen: Option<&Chosen>, at: u64) {
        self.alarms.extend(alarm.map(|alarm| Known {
            fork: alarm.fork(),
            candidates: alarm.candidates,
            evidence_set_sha256: alarm.evidence_set_sha256,
            evidence_sha256: alarm.evidence_sha256,
            at,
        }));
        self.ended.extend(chosen.map(|chosen| Ended {
            fork: chosen.fork.clone(),
            chosen_next_root: chosen.next_root,
            sha256: chosen.sha256,
            at,
        }));
    }
}

impl Known {
    /// What is known of the lane, for the question what stands.
    #[must_use]
    pub fn standing<'a>(&'a self, acked: u64, cut: Option<(&'a Value, u64)>) -> Standing<'a> {
        Standing { fork: &self.fork, acked, cut }
    }

    /// How many evidence files prove it.
    #[must_use]
    pub fn evidence_files(&self) -> usize {
        self.evidence_sha256.len()
    }
}

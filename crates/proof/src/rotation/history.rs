//! The keys of a zone over time: a chain of rotations followed from its inception document.
//!
//! Invariant: for one purpose and one log the keys' intervals begin at 0, end in ∞, and neither
//! overlap nor leave a gap: each is given by the cut that ends it and the cut that began it.

use canon::{Did, Digest, Timestamp};
use serde_json::{Value, json};

use super::{Cause, CutOver, ROTATIONS_MAX, Rotation, RotationError};
use crate::inception::{Inception, InceptionError, key_commitment};
use crate::integrity::{resolve_did_key, verify_document};
use crate::keys::{PublicKey, Purpose};
use crate::verified::Verified;

/// Why a chain is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// Its first document.
    #[error(transparent)]
    Inception(#[from] InceptionError),
    /// A rotation, by its position in the list from 1.
    #[error("rotation {at} is refused: {source}")]
    Rotation {
        /// Position from 1.
        at: usize,
        /// Why.
        #[source]
        source: RotationError,
    },
}

/// A link that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    rotation: Rotation,
    digest: Digest,
}

/// The keys of one zone, from the inception to the last rotation known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHistory {
    inception: Verified<Inception>,
    links: Vec<Link>,
}

/// A key and the sequences `from <= n < until` of one log it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval<'a> {
    /// The key.
    pub key: &'a PublicKey,
    /// Its first sequence.
    pub from: u64,
    /// The first sequence of the next key; none for the present one.
    pub until: Option<u64>,
    /// Whether the interval was ended by a compromise.
    pub compromised: bool,
}

/// What a key is to a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The present key.
    Current,
    /// Replaced, and why.
    Former(Cause),
    /// Never one.
    Never,
}

/// Where a signature stands in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The key of this sequence, and nothing speaks against it.
    Counts,
    /// The key of this sequence, but compromised since, and nobody else is known to have held it.
    Unproven,
    /// Signed by a key that was not that of this sequence.
    OtherKey,
}

/// Two rotations of one number, both signed as they must be: proof that the zone equivocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The number both claim.
    pub number: u64,
    /// Digest of the one held.
    pub held: Digest,
    /// Digest of the other.
    pub other: Digest,
}

impl KeyHistory {
    /// The history of a zone that never rotated.
    #[must_use]
    pub fn of(inception: Verified<Inception>) -> Verified<Self> {
        Verified::seal(Self { inception, links: Vec::new() })
    }

    /// Follows a chain from the inception document under the pinned DID.
    ///
    /// # Errors
    /// The first document that does not follow, by its position.
    pub fn verify(
        inception: &Value,
        rotations: &[Value],
        pinned: &Did,
    ) -> Result<Verified<Self>, HistoryError> {
        let mut history = Self::of(Inception::verify(inception, pinned)?);
        for (document, at) in rotations.iter().zip(1..) {
            let next = history.extend(document);
            history = next.map_err(|source| HistoryError::Rotation { at, source })?;
        }
        Ok(history)
    }

    fn follow(&self, document: &Value) -> Result<Link, RotationError> {
        let (rotation, digest) = Rotation::read(document)?;
        self.check_place(&rotation)?;
        self.check_keys(&rotation)?;
        self.check_cuts(&rotation)?;
        let signers = verify_document(document, &resolve_did_key)?;
        let root = self.inception.key(Purpose::Root);
        let outgoing = match rotation.reason {
            Cause::Routine => &rotation.previous_key,
            Cause::Compromise => root,
        };
        let by = |key: &PublicKey| {
            signers.iter().any(|s| s.key == *key && s.created == rotation.created)
        };
        if signers.len() != 2 || !by(outgoing) || !by(&rotation.new_key) {
            let reason = rotation.reason;
            return Err(RotationError::Signers(reason.as_str(), reason.signer()));
        }
        Ok(Link { rotation, digest })
    }

    fn check_place(&self, rotation: &Rotation) -> Result<(), RotationError> {
        let zone = &self.inception;
        let same = [
            ("zone_id", rotation.zone_id == *zone.zone_id()),
            ("zone_did", rotation.zone_did == zone.did()),
            ("realm", rotation.realm == zone.realm()),
            ("inception_sha256", rotation.inception_sha256 == zone.digest()),
        ];
        if let Some((name, _)) = same.into_iter().find(|(_, same)| !same) {
            return Err(RotationError::OtherZone(name));
        }
        if self.links.len() >= ROTATIONS_MAX {
            return Err(RotationError::TooMany);
        }
        let (expected, found) = (self.next_number(), rotation.number);
        if expected != found {
            return Err(RotationError::Number { expected, found });
        }
        let (expected, found) = (self.head(), rotation.previous_sha256);
        if expected != found {
            return Err(RotationError::Link { expected, found });
        }
        let previous = self.since();
        if rotation.created < previous {
            return Err(RotationError::Time { previous, found: rotation.created });
        }
        Ok(())
    }

    fn check_keys(&self, rotation: &Rotation) -> Result<(), RotationError> {
        let purpose = rotation.purpose;
        let expected = self.key(purpose);
        if *expected != rotation.previous_key {
            let (expected, found) = (expected.did(), rotation.previous_key.did());
            return Err(RotationError::PreviousKey { purpose, expected, found });
        }
        if key_commitment(purpose, &rotation.new_key) != self.commitment(purpose) {
            return Err(RotationError::Uncommitted(purpose));
        }
        if self.keys().any(|key| *key == rotation.new_key) {
            return Err(RotationError::UsedBefore(rotation.new_key.did()));
        }
        let next = rotation.next_commitment_sha256;
        let first = self.inception.draft().next_key_commitments.iter();
        let mut made = first
            .map(|made| made.commitment_sha256)
            .chain(self.links.iter().map(|link| link.rotation.next_commitment_sha256));
        // A commitment to the new key itself is refused with those made before.
        if made.any(|made| made == next) {
            return Err(RotationError::OldCommitment);
        }
        Ok(())
    }

    fn check_cuts(&self, rotation: &Rotation) -> Result<(), RotationError> {
        let Some(last) = self.last_of(rotation.purpose) else { return Ok(()) };
        for held in &last.rotation.cut_over {
            let at = rotation.cut_over.binary_search_by(|cut| cut.log.cmp(&held.log));
            let Some(cut) = at.ok().and_then(|at| rotation.cut_over.get(at)) else {
                return Err(RotationError::Gap(held.log.clone()));
            };
            if cut.from_sequence < held.from_sequence {
                let (log, last) = (held.log.clone(), held.from_sequence);
                return Err(RotationError::Overlap { log, last, found: cut.from_sequence });
            }
        }
        Ok(())
    }

    fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        let inception = self.inception.draft();
        let first = inception.keys.iter().map(|first| &first.key);
        let later = self.links.iter().map(|link| &link.rotation.new_key);
        std::iter::once(&inception.root_key).chain(first).chain(later)
    }

    /// Whether the zone is known to have had this key, for any purpose and at any time.
    #[must_use]
    pub fn knows(&self, key: &PublicKey) -> bool {
        self.keys().any(|known| known == key)
    }

    fn last_of(&self, purpose: Purpose) -> Option<&Link> {
        self.links.iter().rev().find(|link| link.rotation.purpose == purpose)
    }

    /// The zone this is the history of.
    #[must_use]
    pub fn inception(&self) -> &Verified<Inception> {
        &self.inception
    }

    /// The rotations, in order.
    pub fn rotations(&self) -> impl Iterator<Item = &Rotation> {
        self.links.iter().map(|link| &link.rotation)
    }

    /// The number the next rotation carries.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        u64::try_from(self.links.len()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Digest of the last document of the chain.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.links.last().map_or_else(|| self.inception.digest(), |link| link.digest)
    }

    /// When the last document of the chain says it was signed.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.links.last().map_or_else(|| self.inception.created(), |link| link.rotation.created)
    }

    /// When the present key of a purpose took over, by its signers' word.
    #[must_use]
    pub fn key_since(&self, purpose: Purpose) -> Timestamp {
        let last = self.last_of(purpose);
        last.map_or_else(|| self.inception.created(), |link| link.rotation.created)
    }

    /// The present key of a purpose.
    #[must_use]
    pub fn key(&self, purpose: Purpose) -> &PublicKey {
        let last = self.last_of(purpose);
        last.map_or_else(|| self.inception.key(purpose), |link| &link.rotation.new_key)
    }

    /// The commitment to the key after the present one.
    #[must_use]
    pub fn commitment(&self, purpose: Purpose) -> Digest {
        if let Some(link) = self.last_of(purpose) {
            return link.rotation.next_commitment_sha256;
        }
        let first = &self.inception.draft().next_key_commitments;
        let found = first.iter().find(|next| next.purpose == purpose);
        // An inception commits to each running purpose; the root never rotates.
        found.map_or_else(|| self.inception.digest(), |next| next.commitment_sha256)
    }

    /// The key of a purpose at one sequence of one log.
    #[must_use]
    pub fn key_for(&self, purpose: Purpose, log: &str, sequence: u64) -> &PublicKey {
        let rotated =
            self.links.iter().rev().find(|link| {
                link.rotation.purpose == purpose && link.rotation.cut(log) <= sequence
            });
        rotated.map_or_else(|| self.inception.key(purpose), |link| &link.rotation.new_key)
    }

    /// Every key of a purpose with its interval of one log, the first first; intervals may be empty.
    #[must_use]
    pub fn intervals(&self, purpose: Purpose, log: &str) -> Vec<Interval<'_>> {
        let first = self.inception.key(purpose);
        let mut open = Interval { key: first, from: 0, until: None, compromised: false };
        let mut all = Vec::new();
        for link in self.links.iter().filter(|link| link.rotation.purpose == purpose) {
            let cut = link.rotation.cut(log);
            open.until = Some(cut);
            open.compromised = link.rotation.reason == Cause::Compromise;
            all.push(open);
            let key = &link.rotation.new_key;
            open = Interval { key, from: cut, until: None, compromised: false };
        }
        all.push(open);
        all
    }

    /// The last rotation that names a log as passing over at exactly this sequence, by number and
    /// digest: the log states it there.
    #[must_use]
    pub fn stated_at(&self, log: &str, sequence: u64) -> Option<(u64, Digest)> {
        let named = |cut: &CutOver| cut.log == log && cut.from_sequence == sequence;
        let link = self.links.iter().rev().find(|l| l.rotation.cut_over.iter().any(named))?;
        Some((link.rotation.number, link.digest))
    }

    /// What a key is to a purpose now; who accepts live messages accepts [`Standing::Current`] only.
    #[must_use]
    pub fn standing(&self, purpose: Purpose, key: &PublicKey) -> Standing {
        if self.key(purpose) == key {
            return Standing::Current;
        }
        let replaced =
            self.links.iter().rev().find(|link| {
                link.rotation.purpose == purpose && link.rotation.previous_key == *key
            });
        replaced.map_or(Standing::Never, |link| Standing::Former(link.rotation.reason))
    }

    /// Whether a signature by `key` counts at `sequence` of `log`. `held` is the largest size of the
    /// log that its peer acknowledged or a quorum cosigned, as the caller verified; after a compromise
    /// only what is below it counts.
    #[must_use]
    pub fn place(
        &self,
        purpose: Purpose,
        (log, sequence): (&str, u64),
        key: &PublicKey,
        held: u64,
    ) -> Place {
        if self.key_for(purpose, log, sequence) != key {
            return Place::OtherKey;
        }
        match self.standing(purpose, key) {
            Standing::Former(Cause::Compromise) if sequence >= held => Place::Unproven,
            _ => Place::Counts,
        }
    }

    /// Shows that a document contradicts the chain: another rotation of a number it already has,
    /// signed as it must be.
    ///
    /// # Errors
    /// Why the document is no rotation of its number; a copy of the one held is a
    /// [`RotationError::Number`].
    pub fn contradicts(&self, document: &Value) -> Result<Contradiction, RotationError> {
        let (rotation, other) = Rotation::read(document)?;
        let (expected, number) = (self.next_number(), rotation.number);
        let before = number.checked_sub(1).and_then(|n| usize::try_from(n).ok());
        let held = before.and_then(|before| self.links.get(before)).filter(|l| l.digest != other);
        let (Some(before), Some(held)) = (before, held) else {
            return Err(RotationError::Number { expected, found: number });
        };
        let links = self.links.iter().take(before).cloned().collect();
        Self { inception: self.inception.clone(), links }.follow(document)?;
        Ok(Contradiction { number, held: held.digest, other })
    }

    /// A row per purpose for people and programs: key, since when, next commitment.
    #[must_use]
    pub fn summary(&self) -> Value {
        let row = |purpose: Purpose| {
            let rotations = self.rotations().filter(|r| r.purpose == purpose).count();
            json!({
                "purpose": purpose,
                "key": self.key(purpose),
                "since": self.key_since(purpose),
                "rotations": rotations,
                "next_commitment_sha256": self.commitment(purpose),
            })
        };
        Purpose::RUNNING.map(row).into_iter().collect()
    }
}

impl Verified<KeyHistory> {
    /// The history with one more rotation.
    ///
    /// # Errors
    /// Why the document does not follow.
    pub fn extend(&self, document: &Value) -> Result<Self, RotationError> {
        let link = self.follow(document)?;
        let mut links = self.links.clone();
        links.push(link);
        Ok(Self::seal(KeyHistory { inception: self.inception.clone(), links }))
    }
}

impl Rotation {
    /// The first sequence of the new key in a log; 0 in a log that had no entry yet.
    fn cut(&self, log: &str) -> u64 {
        let at = self.cut_over.binary_search_by(|cut| cut.log.as_str().cmp(log));
        at.ok().and_then(|at| self.cut_over.get(at)).map_or(0, |cut| cut.from_sequence)
    }
}

//! The compliance tensor: subject × jurisdiction × domain × time.
//!
//! A fold over stored decisions. Each says in which state each of the 20 domains was found for one
//! subject in each of its jurisdictions; the tensor keeps all of them, so that it can be read as of a
//! day and as known at a moment, and beside them one word per (subject, jurisdiction) as it reads now.
//! Sparse: what nothing was decided about takes no room and reads `pending`.
//!
//! Invariants: a cell is set by a decision and by nothing else; an entry left out of the journal, or
//! one that is no decision, stops the fold; what has ended reads `non_compliant`; an empty slice is an
//! error. A reading opens no write: that takes an [`crate::Admission`].

mod commit;
mod domains;
mod held;
mod row;
mod slice;

use std::collections::BTreeMap;

use canon::{Canonical, Digest, JurisdictionId, Timestamp};

use crate::decision::{BadDecision, Decision};

use held::Grounds;

pub use commit::{BadDisclosure, DISCLOSURE_TYPE, Disclosed, Disclosure, Sealed, key};
pub use domains::Domains;
pub use held::{Ground, Held, Version};
pub use row::{BadRow, Row};
pub use slice::{Asked, BadSlice, Place, Slice, Why};

/// Most (subject, jurisdiction) pairs in one tensor.
pub const COORDINATES_MAX: usize = 1 << 22;
/// Most decisions kept in one tensor.
pub const VERSIONS_MAX: usize = 1 << 24;

/// An entry that cannot follow, or is no decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// An entry is missing, or comes twice.
    #[error("entry {found} cannot follow: entry {expected} is next")]
    Sequence {
        /// The entry that is next.
        expected: u64,
        /// The one given.
        found: u64,
    },
    /// The record is no decision.
    #[error("entry {sequence} holds no decision")]
    Record {
        /// Where it is in the journal.
        sequence: u64,
        /// What is wrong with it.
        #[source]
        cause: BadDecision,
    },
    /// [`COORDINATES_MAX`] or [`VERSIONS_MAX`] is reached.
    #[error("the tensor is full")]
    Full,
}

/// A (subject, jurisdiction) pair of one tensor, by position: what a name is looked up for once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coordinate(u32);

/// All that was decided, by subject, jurisdiction, domain and time.
#[derive(Clone, Debug, Default)]
pub struct Tensor {
    /// The jurisdictions of a subject, each with its coordinate.
    subjects: BTreeMap<String, BTreeMap<JurisdictionId, Coordinate>>,
    /// As of the last [`Tensor::advance`], in the order of coordinates.
    live: Vec<Row>,
    /// By coordinate, in the order of [`Version::order`].
    versions: Vec<Vec<Version>>,
    /// Coordinates by the moment at which their word has to be looked at.
    due: BTreeMap<Timestamp, Vec<Coordinate>>,
    grounds: Grounds,
    kept: usize,
    next: u64,
    now: Option<Timestamp>,
}

impl Tensor {
    /// A tensor in which nothing is decided.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The journal entry it expects next.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// How many (subject, jurisdiction) pairs it holds.
    #[must_use]
    pub fn coordinates(&self) -> usize {
        self.live.len()
    }

    /// Passes over an entry that is no decision about a subject of this tensor.
    ///
    /// # Errors
    /// [`BadEntry::Sequence`].
    pub fn pass(&mut self, sequence: u64) -> Result<(), BadEntry> {
        if sequence != self.next {
            return Err(BadEntry::Sequence { expected: self.next, found: sequence });
        }
        self.next += 1;
        Ok(())
    }

    /// Takes in the record of a decision about a subject.
    ///
    /// # Errors
    /// See [`BadEntry`]; the tensor is unchanged.
    pub fn record(
        &mut self,
        sequence: u64,
        subject: &str,
        record: &Canonical,
    ) -> Result<(), BadEntry> {
        let decision =
            Decision::parse(record).map_err(|cause| BadEntry::Record { sequence, cause })?;
        self.enter(sequence, subject, &decision, record.digest())
    }

    /// Takes in a decision about a subject; `decision_sha256` is the digest of its record. One that
    /// could not be evaluated makes every domain of its jurisdictions pending.
    ///
    /// # Errors
    /// See [`BadEntry`]; the tensor is unchanged.
    pub fn enter(
        &mut self,
        sequence: u64,
        subject: &str,
        decision: &Decision,
        decision_sha256: Digest,
    ) -> Result<(), BadEntry> {
        let room = decision.jurisdictions.len();
        if self.live.len() + room > COORDINATES_MAX || self.kept + room > VERSIONS_MAX {
            return Err(BadEntry::Full);
        }
        self.pass(sequence)?;
        for place in &decision.jurisdictions {
            let version = self.grounds.version((sequence, decision_sha256), decision, place);
            let coordinate = self.coordinate_or_new(subject, place);
            let Some(versions) = self.versions.get_mut(coordinate.at()) else { continue };
            let at = versions.partition_point(|held| held.order() <= version.order());
            versions.insert(at, version);
            self.kept += 1;
            self.refresh(coordinate);
        }
        Ok(())
    }

    fn coordinate_or_new(&mut self, subject: &str, place: &JurisdictionId) -> Coordinate {
        if let Some(known) = self.coordinate(subject, place) {
            return known;
        }
        // Bounded by `COORDINATES_MAX`.
        let new = Coordinate(u32::try_from(self.live.len()).unwrap_or(u32::MAX));
        self.live.push(Row::PENDING);
        self.versions.push(Vec::new());
        self.subjects.entry(subject.to_owned()).or_default().insert(place.clone(), new);
        new
    }

    /// Writes the word of a coordinate as its last version reads.
    fn refresh(&mut self, coordinate: Coordinate) {
        let at = coordinate.at();
        let Some(version) = self.versions.get(at).and_then(|all| all.last()) else { return };
        let row = self.now.map_or(version.decided, |now| version.row(now));
        let alive = |end: &Timestamp| self.now.is_none_or(|now| *end > now);
        let end = version.cells.iter().filter_map(|held| held.expires).filter(alive).min();
        if let Some(slot) = self.live.get_mut(at) {
            *slot = row;
        }
        if let Some(end) = end {
            self.due.entry(end).or_default().push(coordinate);
        }
    }

    /// Moves the present: cells that have ended since turn `non_compliant`. Returns how many words
    /// were looked at. A moment before the present moves nothing.
    pub fn advance(&mut self, now: Timestamp) -> usize {
        if self.now.is_some_and(|then| then > now) {
            return 0;
        }
        self.now = Some(now);
        let mut looked = 0;
        while let Some(first) = self.due.first_entry().filter(|due| *due.key() <= now) {
            for coordinate in first.remove() {
                looked += 1;
                self.refresh(coordinate);
            }
        }
        looked
    }

    /// The coordinate of a subject in a jurisdiction, when anything was decided there.
    #[must_use]
    pub fn coordinate(&self, subject: &str, place: &JurisdictionId) -> Option<Coordinate> {
        self.subjects.get(subject)?.get(place).copied()
    }

    /// Every subject with its jurisdictions, sorted.
    pub fn subjects(&self) -> impl Iterator<Item = (&str, &BTreeMap<JurisdictionId, Coordinate>)> {
        self.subjects.iter().map(|(subject, places)| (subject.as_str(), places))
    }

    /// The passing domains of every coordinate, in the order in which they were first decided about:
    /// 20 verdicts a word. A `moment` before the present of the last [`Tensor::advance`] reads that
    /// present.
    pub fn verdicts(&self, moment: Timestamp) -> impl Iterator<Item = Domains> {
        let exact = move |at: usize| self.last(at).map_or(Row::PENDING, |last| last.row(moment));
        self.live.iter().enumerate().map(move |(at, row)| {
            // Only a word that ends between two advances is read the long way.
            if row.is_due(moment) { exact(at).passing() } else { row.passing() }
        })
    }

    /// How one coordinate reads, with what it rests on.
    #[must_use]
    pub fn reading(&self, coordinate: Coordinate, moment: Timestamp) -> Option<(Row, &Version)> {
        let row = *self.live.get(coordinate.at())?;
        let version = self.last(coordinate.at())?;
        Some((if row.is_due(moment) { version.row(moment) } else { row }, version))
    }

    /// Why a cell has its state.
    #[must_use]
    pub fn ground(&self, held: &Held) -> Option<&Ground> {
        self.grounds.of(held)
    }

    fn last(&self, at: usize) -> Option<&Version> {
        self.versions.get(at)?.last()
    }
}

impl Coordinate {
    /// Its position.
    #[must_use]
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests;

//! A reading: chosen domains of one subject, as of a day, as known at a moment.

use canon::{Date, JurisdictionId, Timestamp};

use crate::domain::Domain;
use crate::evaluate::moment;
use crate::state::State;

use super::held::{Ground, Version};
use super::{Domains, Row, Tensor};

/// What is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The subject, such as `entity:<id>`.
    pub subject: &'a str,
    /// The jurisdictions; absent for all in which anything was decided.
    pub jurisdictions: Option<&'a [JurisdictionId]>,
    /// The domains.
    pub domains: Domains,
    /// The day whose law is meant.
    pub as_of: Date,
    /// The moment whose knowledge is meant.
    pub known_at: Timestamp,
}

/// What cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSlice {
    /// No domain or no jurisdiction asked for: there is no answer that would not read as fine.
    #[error("a slice over nothing has no state")]
    Empty,
    /// Nothing was decided about the subject by then.
    #[error("nothing was decided about this subject by then")]
    NothingDecided,
    /// Two slices of different questions.
    #[error("slices over different domains cannot be merged")]
    Different,
}

/// One jurisdiction of a slice.
#[derive(Clone, Debug)]
pub struct Place<'t> {
    /// The jurisdiction.
    pub jurisdiction: JurisdictionId,
    /// Its 20 states.
    pub row: Row,
    /// The decision it rests on; absent where nothing was decided, which reads `pending`.
    pub version: Option<&'t Version>,
    tensor: &'t Tensor,
}

/// Why a domain reads as it does in one jurisdiction.
#[derive(Clone, Copy, Debug)]
pub struct Why<'s> {
    /// The jurisdiction.
    pub jurisdiction: &'s JurisdictionId,
    /// The state there.
    pub state: State,
    /// Whether it reads so because what it rested on has ended.
    pub ended: bool,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// What decided it; absent where nothing was decided.
    pub ground: Option<&'s Ground>,
    /// The decision.
    pub version: Option<&'s Version>,
}

/// Chosen domains of one subject; never over nothing.
#[derive(Clone, Debug)]
pub struct Slice<'t> {
    domains: Domains,
    moment: Timestamp,
    places: Vec<Place<'t>>,
}

impl Tensor {
    /// Reads a slice.
    ///
    /// # Errors
    /// See [`BadSlice`].
    pub fn slice(&self, asked: &Asked<'_>) -> Result<Slice<'_>, BadSlice> {
        if asked.domains.is_empty() || asked.jurisdictions.is_some_and(<[_]>::is_empty) {
            return Err(BadSlice::Empty);
        }
        let known = self.subjects.get(asked.subject).ok_or(BadSlice::NothingDecided)?;
        let moment = moment(asked.as_of, asked.known_at);
        let place = |jurisdiction: &JurisdictionId| {
            let coordinate = known.get(jurisdiction);
            let version = coordinate.and_then(|at| self.version(at.at(), asked));
            let row = version.map_or(Row::PENDING, |version| version.row(moment));
            Place { jurisdiction: jurisdiction.clone(), row, version, tensor: self }
        };
        let places: Vec<_> = match asked.jurisdictions {
            Some(chosen) => chosen.iter().map(place).collect(),
            None => known.keys().map(place).filter(|place| place.version.is_some()).collect(),
        };
        if places.iter().all(|place| place.version.is_none()) {
            return Err(BadSlice::NothingDecided);
        }
        Ok(Slice { domains: asked.domains, moment, places })
    }

    /// The version in force on `as_of` by what was known at `known_at`: the latest day not after the
    /// one asked for, and of that day the last that was known.
    fn version(&self, at: usize, asked: &Asked<'_>) -> Option<&Version> {
        let versions = self.versions.get(at)?;
        let by_then = versions.partition_point(|version| version.as_of <= asked.as_of);
        let mut back = versions.get(..by_then)?.iter().rev();
        back.find(|version| version.known_at <= asked.known_at)
    }
}

impl<'t> Slice<'t> {
    /// The domains read.
    #[must_use]
    pub const fn domains(&self) -> Domains {
        self.domains
    }

    /// The moment at which what has ended was told from what has not.
    #[must_use]
    pub const fn moment(&self) -> Timestamp {
        self.moment
    }

    /// Its jurisdictions.
    #[must_use]
    pub fn places(&self) -> &[Place<'t>] {
        &self.places
    }

    /// All jurisdictions read as one.
    #[must_use]
    pub fn row(&self) -> Row {
        Row::across(self.places.iter().map(|place| place.row))
    }

    /// The worst state of the chosen domains.
    #[must_use]
    pub fn aggregate(&self) -> State {
        let row = self.row();
        self.domains.iter().map(|domain| row.state(domain)).min().unwrap_or(State::NonCompliant)
    }

    /// The chosen domains that pass, and those that refuse.
    #[must_use]
    pub fn passing_and_blocking(&self) -> (Domains, Domains) {
        let passing = self.row().passing();
        (self.domains.and(passing), self.domains.and(passing.not()))
    }

    /// Why a domain reads as it does, in each jurisdiction.
    pub fn why(&self, domain: Domain) -> impl Iterator<Item = Why<'_>> {
        self.places.iter().map(move |place| {
            let held = place.version.map(|version| version.held(domain));
            let expires = held.and_then(|held| held.expires);
            Why {
                jurisdiction: &place.jurisdiction,
                state: place.row.state(domain),
                ended: expires.is_some_and(|end| end <= self.moment),
                expires,
                ground: held.and_then(|held| place.tensor.ground(held)),
                version: place.version,
            }
        })
    }

    /// Both readings as one, the worse state of each cell: what two tensors say of one subject. A
    /// jurisdiction only one of them knows keeps what that one says.
    ///
    /// # Errors
    /// [`BadSlice::Different`].
    pub fn merge(mut self, other: Self) -> Result<Self, BadSlice> {
        if self.domains != other.domains || self.moment != other.moment {
            return Err(BadSlice::Different);
        }
        for mut place in other.places {
            let same = |held: &&mut Place<'_>| held.jurisdiction == place.jurisdiction;
            for held in self.places.iter_mut().filter(same) {
                held.row = held.row.meet(place.row);
                place.row = held.row;
            }
            self.places.push(place);
        }
        Ok(self)
    }
}

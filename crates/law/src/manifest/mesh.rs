//! The corridors there could be between zones: every pair once, with the kind of border it crosses.
//!
//! Derived, never listed: the pairs of n zones are n(n−1)/2, and the kind of each follows from what
//! the two rows say. The order in which zones are given changes nothing.

use std::fmt;

use canon::CorridorId;

use super::{PREFIX, ZoneRow};
use crate::domain::Domain;

/// What kind of border a corridor crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CorridorType {
    /// Between two sovereigns.
    CrossBorder,
    /// Within one sovereign, neither of the two below.
    IntraFederal,
    /// Between a free zone and a place it lies in.
    FreeZoneToHost,
    /// Between two free zones of one sovereign.
    FreeZoneToFreeZone,
    /// One end is no place: a composition of the law of others.
    Synthetic,
}

impl CorridorType {
    /// All five.
    pub const ALL: [Self; 5] = [
        Self::CrossBorder,
        Self::IntraFederal,
        Self::FreeZoneToHost,
        Self::FreeZoneToFreeZone,
        Self::Synthetic,
    ];

    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CrossBorder => "cross_border",
            Self::IntraFederal => "intra_federal",
            Self::FreeZoneToHost => "free_zone_to_host",
            Self::FreeZoneToFreeZone => "free_zone_to_free_zone",
            Self::Synthetic => "synthetic",
        }
    }

    /// The domains in which such a corridor typically asks most. All twenty are judged on each.
    #[must_use]
    pub const fn domains(self) -> &'static [Domain] {
        match self {
            Self::CrossBorder | Self::Synthetic => {
                &[Domain::Aml, Domain::Kyc, Domain::Sanctions, Domain::Trade]
            }
            Self::IntraFederal => {
                &[Domain::Corporate, Domain::Securities, Domain::Banking, Domain::Licensing]
            }
            Self::FreeZoneToHost | Self::FreeZoneToFreeZone => {
                &[Domain::Corporate, Domain::Licensing, Domain::Trade]
            }
        }
    }

    /// The kind of border between two zones.
    #[must_use]
    pub fn between(a: &ZoneRow, b: &ZoneRow) -> Self {
        let (x, y) = (a.jurisdiction.as_str(), b.jurisdiction.as_str());
        let lies_in = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('-'))
        };
        if a.is_synthetic() || b.is_synthetic() {
            Self::Synthetic
        } else if sovereign(x) != sovereign(y) {
            Self::CrossBorder
        } else if (a.is_free() && lies_in(x, y)) || (b.is_free() && lies_in(y, x)) {
            Self::FreeZoneToHost
        } else if a.is_free() && b.is_free() {
            Self::FreeZoneToFreeZone
        } else {
            Self::IntraFederal
        }
    }
}

impl fmt::Display for CorridorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn sovereign(jurisdiction: &str) -> &str {
    jurisdiction.split('-').next().unwrap_or_default()
}

/// A corridor two zones could open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derived<'z> {
    /// The zone that comes first in order of jurisdiction.
    pub a: &'z ZoneRow,
    /// The other.
    pub b: &'z ZoneRow,
    /// The border between them.
    pub kind: CorridorType,
}

impl Derived<'_> {
    /// The id of the corridor, should they open it.
    ///
    /// # Errors
    /// Names too long for an id.
    pub fn id(&self) -> Result<CorridorId, canon::BadId> {
        let (a, b) = (&self.a.jurisdiction, &self.b.jurisdiction);
        CorridorId::parse(&format!("{PREFIX}corridor.{a}--{b}"))
    }
}

/// Every pair of these zones once, in order.
#[must_use]
pub fn mesh<'z>(zones: &[&'z ZoneRow]) -> Vec<Derived<'z>> {
    let mut zones = zones.to_vec();
    zones.sort_unstable_by(|a, b| a.jurisdiction.cmp(&b.jurisdiction));
    zones.dedup_by(|a, b| a.jurisdiction == b.jurisdiction);
    let rest = |at: usize| zones.iter().skip(at + 1).copied();
    let pairs = zones.iter().enumerate().flat_map(|(at, a)| rest(at).map(move |b| (*a, b)));
    pairs.map(|(a, b)| Derived { a, b, kind: CorridorType::between(a, b) }).collect()
}

//! Moments drawn from a seed.

use std::fmt;

use crate::story::Sizes;

/// Zones of the scenario.
pub(crate) const ZONES: usize = 2;
/// Points inside a commit, as `mez serve --kill-at` calls them.
pub(crate) const POINTS: [&str; 3] = ["before-fsync", "after-fsync", "before-cell"];
/// Places in [`POINTS`]; to the last come only commits that sign.
pub(crate) const BEFORE_FSYNC: usize = 0;
pub(crate) const AFTER_FSYNC: usize = 1;
pub(crate) const BEFORE_CELL: usize = 2;

/// When one of the two processes dies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Not at all.
    Never,
    /// By SIGKILL, so many microseconds after the request of a step was sent.
    Signal { zone: usize, step: usize, after_us: u64 },
    /// By itself, the n-th time it comes to a point inside a commit.
    InCommit { zone: usize, point: &'static str, n: u64 },
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => write!(f, "nobody dies"),
            Self::Signal { zone, step, after_us } => {
                write!(f, "SIGKILL of zone {zone}, {after_us} us into step {step}")
            }
            Self::InCommit { zone, point, n } => {
                write!(f, "zone {zone} dies in a commit, {point} number {n}")
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, known, the same everywhere.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` up to, not including, `high`.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    pub(crate) fn heads(&mut self) -> bool {
        self.between(0, 2) == 0
    }

    /// The moment of a round: two rounds in five die inside a commit.
    pub(crate) fn moment(&mut self, round: usize, sizes: &Sizes, ms: u64) -> Moment {
        if round % 5 == 2 || round % 5 == 4 {
            let zone = usize::try_from(self.between(0, ZONES as u64)).unwrap();
            let point = POINTS[usize::try_from(self.between(0, 3)).unwrap()];
            // Every write is a commit at least, so this many are sure to come.
            let all = sizes.of_zone(zone) as u64;
            // The signer's cell moves with the receipts, which come in the second half.
            let low = if point == "before-cell" { all / 2 } else { 1 };
            return Moment::InCommit { zone, point, n: self.between(low, all + 1) };
        }
        // Mostly whoever is being asked, otherwise the one that is taking receipts meanwhile.
        let steps = sizes.writes() as u64;
        let step = usize::try_from(self.between(0, steps - 1)).unwrap();
        let asked = sizes.zone_at(step);
        let zone = if self.between(0, 4) == 0 { 1 - asked } else { asked };
        let typical_us = ms * 1000 / steps;
        Moment::Signal { zone, step, after_us: self.between(0, 1 + typical_us) }
    }
}

//! Tiers of customer identification, 0 to 3: what each takes, and until when it lasts.
//!
//! A tier is never stated by anybody. It follows from the evidence held: a credential of a trusted issuer for each thing
//! a tier takes, none of them ended. The tier ends when the first of them does.

use canon::Timestamp;
use serde::{Deserialize, Serialize};

/// A tier, 0 to 3. At rest: its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Tier {
    /// Known by what it says of itself.
    #[default]
    Pseudonymous,
    /// Identified.
    Basic,
    /// Identified, with address and source of funds.
    Enhanced,
    /// The same, with source of wealth and enhanced diligence.
    Institutional,
}

/// No tier has this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no tier, they run from 0 to 3")]
pub struct NoSuchTier(pub u8);

impl Tier {
    /// All tiers, in order.
    pub const ALL: [Self; 4] =
        [Self::Pseudonymous, Self::Basic, Self::Enhanced, Self::Institutional];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Pseudonymous => 0,
            Self::Basic => 1,
            Self::Enhanced => 2,
            Self::Institutional => 3,
        }
    }

    /// Types of evidence it takes.
    #[must_use]
    pub const fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Pseudonymous => &[],
            Self::Basic => &["identity"],
            Self::Enhanced => &["identity", "address", "source_of_funds"],
            Self::Institutional => &[
                "identity",
                "address",
                "source_of_funds",
                "source_of_wealth",
                "enhanced_diligence",
            ],
        }
    }

    /// The highest tier the evidence carries at a moment, and when that tier ends.
    #[must_use]
    pub fn of(held: &[(&str, Timestamp)], now: Timestamp) -> (Self, Option<Timestamp>) {
        let lasting = |kind: &&str| {
            let ends = held.iter().filter(|(of, until)| of == kind && now < *until);
            ends.map(|(_, until)| *until).max()
        };
        let carried = |tier: &Self| {
            let ends: Option<Vec<Timestamp>> = tier.takes().iter().map(&lasting).collect();
            ends.map(|ends| (*tier, ends.into_iter().min()))
        };
        let highest = Self::ALL.iter().rev().find_map(carried);
        highest.unwrap_or((Self::Pseudonymous, None))
    }

    /// What the next tier takes that is not held.
    #[must_use]
    pub fn lacking(self, held: &[(&str, Timestamp)], now: Timestamp) -> Vec<&'static str> {
        let Ok(next) = Self::try_from(self.number() + 1) else { return Vec::new() };
        let has = |kind: &&&str| !held.iter().any(|(of, until)| of == *kind && now < *until);
        next.takes().iter().filter(has).copied().collect()
    }
}

impl TryFrom<u8> for Tier {
    type Error = NoSuchTier;
    fn try_from(number: u8) -> Result<Self, NoSuchTier> {
        Self::ALL.into_iter().find(|tier| tier.number() == number).ok_or(NoSuchTier(number))
    }
}
impl From<Tier> for u8 {
    fn from(tier: Tier) -> Self {
        tier.number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(unix: i64) -> Timestamp {
        Timestamp::from_unix(unix).unwrap()
    }

    #[test]
    fn a_tier_ends_with_the_first_evidence_it_takes() {
        let held = [("identity", at(100)), ("address", at(50)), ("source_of_funds", at(80))];
        assert_eq!(Tier::of(&held, at(0)), (Tier::Enhanced, Some(at(50))));
        assert_eq!(Tier::of(&held, at(50)), (Tier::Basic, Some(at(100))));
        assert_eq!(Tier::of(&held, at(100)), (Tier::Pseudonymous, None));
        assert_eq!(
            Tier::Enhanced.lacking(&held, at(0)),
            ["source_of_wealth", "enhanced_diligence"]
        );
        assert_eq!(Tier::Basic.lacking(&held, at(60)), ["address"]);
        assert!(Tier::Institutional.lacking(&[], at(0)).is_empty());
    }

    proptest! {
        #[test]
        fn more_evidence_never_lowers_a_tier(
            picks in prop::collection::vec((0usize..5, 1i64..200), 0..12), now in 0i64..220
        ) {
            let kinds = Tier::Institutional.takes();
            let held: Vec<(&str, Timestamp)> =
                picks.iter().map(|(kind, until)| (kinds[*kind], at(*until))).collect();
            let whole = Tier::of(&held, at(now)).0;
            for less in 0..held.len() {
                prop_assert!(Tier::of(&held[..less], at(now)).0 <= whole);
            }
            // The slow model: a tier is carried when nothing it takes is missing.
            for tier in Tier::ALL {
                let all = tier.takes().iter().all(|kind| held.iter().any(|(of, until)| of == kind && at(now) < *until));
                prop_assert_eq!(all, tier <= whole);
            }
        }
    }
}

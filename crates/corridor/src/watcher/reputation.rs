//! Reputation: what a watcher has shown, in whole basis points.
//!
//! Two fifths availability, half accuracy, a tenth tenure, each up to 10,000; a slash costs 1,000 and
//! all of them 3,000 at most. Nothing but what is on record counts, and the top is within reach.

use canon::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::life::Watcher;
use super::rates::{DAY, WHOLE_BPS};

const WHOLE: u64 = WHOLE_BPS as u64;
/// Days of tenure, and what they are worth.
const TENURE: [(i64, u64); 4] = [(365, 10_000), (180, 7_500), (90, 5_000), (30, 2_500)];
const SLASH_COSTS: u64 = 1_000;
const SLASHES_COST_MAX: u64 = 3_000;

/// How a watcher is regarded.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Below the others.
    Novice,
    /// 7,000 and more.
    Standard,
    /// 8,500 and more.
    Trusted,
    /// 9,500 and more.
    Elite,
}

/// A score and what it is made of, in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reputation {
    /// Attestations that were not false.
    pub accuracy: u64,
    /// Requests that were answered.
    pub availability: u64,
    /// The sum, less what slashes cost.
    pub score: u64,
    /// For how long.
    pub tenure: u64,
    /// What it comes to.
    pub tier: Tier,
}

/// `part` of `all` in basis points; all of it where there is nothing to be wrong about.
fn share(part: u64, all: u64) -> u64 {
    let part = u128::from(part.min(all)) * WHOLE_BPS;
    part.checked_div(u128::from(all)).and_then(|bps| u64::try_from(bps).ok()).unwrap_or(WHOLE)
}

impl Reputation {
    /// Of a watcher, now.
    #[must_use]
    pub fn of(watcher: &Watcher, now: Timestamp) -> Self {
        let days = now.unix().saturating_sub(watcher.registered.unix()) / DAY;
        let tenure = TENURE.iter().find(|(least, _)| days >= *least).map_or(0, |(_, bps)| *bps);
        let unanswered = watcher.slashes.saturating_sub(watcher.falsities);
        let kept =
            |failed: u64| share(watcher.attestations, watcher.attestations.saturating_add(failed));
        let (availability, accuracy) = (kept(unanswered), kept(watcher.falsities));
        let sum = (4 * availability + 5 * accuracy + tenure) / 10;
        let costs = watcher.slashes.saturating_mul(SLASH_COSTS).min(SLASHES_COST_MAX);
        let score = sum.saturating_sub(costs);
        let tier = match score {
            9_500.. => Tier::Elite,
            8_500.. => Tier::Trusted,
            7_000.. => Tier::Standard,
            _ => Tier::Novice,
        };
        Self { accuracy, availability, score, tenure, tier }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::Did;

    fn after(days: i64, (attestations, slashes, falsities): (u64, u64, u64)) -> Reputation {
        let begin = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        let did = Did::parse("did:key:z6Mk").unwrap();
        let mut watcher = Watcher::registered(did, Vec::new(), 10, begin);
        (watcher.attestations, watcher.slashes, watcher.falsities) =
            (attestations, slashes, falsities);
        Reputation::of(&watcher, begin.plus_secs(days * DAY).unwrap())
    }

    #[test]
    fn every_tier_is_reached_and_a_slash_costs_one() {
        assert_eq!(
            (after(365, (100, 0, 0)).tier, after(365, (100, 0, 0)).score),
            (Tier::Elite, 10_000)
        );
        assert_eq!(
            (after(0, (100, 0, 0)).tier, after(0, (100, 0, 0)).score),
            (Tier::Trusted, 9_000)
        );
        // 4/10 × 99 % + 5/10 + 1/10, less 1,000.
        assert_eq!(
            (after(365, (99, 1, 0)).tier, after(365, (99, 1, 0)).score),
            (Tier::Trusted, 8_960)
        );
        assert_eq!(after(90, (9, 1, 1)).tier, Tier::Standard);
        assert_eq!(
            (after(365, (0, 9, 9)).tier, after(365, (0, 9, 9)).score),
            (Tier::Novice, 2_000)
        );
    }
}

//! What each holder has of the whole entity, by shares and by votes: what law on beneficial owners asks about.

use std::collections::BTreeMap;

use canon::RecordId;

use super::limits::WHOLE_BP;
use super::table::CapTable;

/// A holder's part of all classes together, in whole basis points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stake {
    /// Of all shares issued.
    pub shares_bp: u16,
    /// Of all votes they carry.
    pub votes_bp: u16,
}

/// Shares, and the votes they carry.
type Sums = (u128, u128);

fn part(of: u128, all: u128) -> u16 {
    let bp = of.saturating_mul(WHOLE_BP).checked_div(all);
    bp.and_then(|bp| u16::try_from(bp).ok()).unwrap_or_default()
}

impl CapTable {
    /// Of everybody who holds shares.
    #[must_use]
    pub fn stakes(&self) -> BTreeMap<&RecordId, Stake> {
        let mut held: BTreeMap<&RecordId, Sums> = BTreeMap::new();
        let mut all: Sums = (0, 0);
        for class in self.classes().values() {
            let each = u128::from(class.terms.votes_per_share.get());
            for (holder, shares) in &class.holdings {
                let shares = u128::from(*shares);
                let votes = shares.saturating_mul(each);
                for sums in [held.entry(holder).or_default(), &mut all] {
                    *sums = (sums.0.saturating_add(shares), sums.1.saturating_add(votes));
                }
            }
        }
        let stake = |(shares, votes): Sums| Stake {
            shares_bp: part(shares, all.0),
            votes_bp: part(votes, all.1),
        };
        held.into_iter().map(|(holder, sums)| (holder, stake(sums))).collect()
    }
}

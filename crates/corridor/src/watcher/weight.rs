//! What a bond weighs in a quorum.
//!
//! A bond weighs as much as it is, up to [`CONCENTRATION_MAX_BPS`] of all weights. What it exceeds
//! that by is slashable all the same, and counts for nothing.
//!
//! Invariant: no weight is above its bond, none above the share, and of two bonds the larger never
//! weighs less.

use super::rates::{CONCENTRATION_MAX_BPS, MEMBERS_MAX, MEMBERS_MIN, WHOLE_BPS};

/// The weights of bonds, in their order; none where no weights can keep the share.
#[must_use]
pub fn weights(bonds: &[u128]) -> Option<Vec<u128>> {
    if !(MEMBERS_MIN..=MEMBERS_MAX).contains(&bonds.len()) || bonds.contains(&0) {
        return None;
    }
    let cap = cap(bonds)?;
    Some(bonds.iter().map(|bond| *bond.min(&cap)).collect())
}

/// The largest weight there may be: each count of capped bonds gives one, and the first that caps
/// exactly these is it.
fn cap(bonds: &[u128]) -> Option<u128> {
    let mut sorted = bonds.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    for capped in 0..MEMBERS_MIN {
        let rest =
            sorted.iter().skip(capped).try_fold(0u128, |sum, bond| sum.checked_add(*bond))?;
        let others = WHOLE_BPS.checked_sub(CONCENTRATION_MAX_BPS.checked_mul(capped as u128)?)?;
        // cap × whole ≤ share × (capped × cap + rest)
        let cap = CONCENTRATION_MAX_BPS.checked_mul(rest)?.checked_div(others)?;
        if sorted.get(capped).is_some_and(|next| *next <= cap) {
            return (cap > 0).then_some(cap);
        }
    }
    None
}

/// Whether `part` is more than two thirds of `all`.
#[must_use]
pub fn is_quorum(part: u128, all: u128) -> bool {
    let (three, two) = (part.checked_mul(3), all.checked_mul(2));
    matches!((three, two), (Some(three), Some(two)) if three > two)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fewer_than_four_share_no_whole() {
        for count in 0..4 {
            assert_eq!(weights(&vec![1_000; count]), None);
        }
        assert_eq!(weights(&[5; 4]), Some(vec![5; 4]));
        assert_eq!(weights(&[0, 1, 1, 1]), None);
    }

    #[test]
    fn a_whale_weighs_a_third_at_most_and_is_no_quorum_with_one_other() {
        // 3300/6700 of 3000, rounded down.
        assert_eq!(
            weights(&[1_000_000, 1_000, 1_000, 1_000]),
            Some(vec![1_477, 1_000, 1_000, 1_000])
        );
        assert!(!is_quorum(2, 3) && is_quorum(67, 100) && !is_quorum(66, 100));
        assert!(!is_quorum(u128::MAX, 1), "what does not fit is no quorum");
    }

    /// Slow and obvious: lower the highest weight by one until nobody has too much.
    fn slow(bonds: &[u128]) -> Vec<u128> {
        let mut all = bonds.to_vec();
        loop {
            let total: u128 = all.iter().sum();
            let top = *all.iter().max().unwrap();
            if top * WHOLE_BPS <= CONCENTRATION_MAX_BPS * total {
                return all;
            }
            for weight in all.iter_mut().filter(|weight| **weight == top) {
                *weight = top - 1;
            }
        }
    }

    proptest! {
        #[test]
        fn shares_are_kept_and_no_larger_cap_would_keep_them(
            bonds in proptest::collection::vec(100u128..4_000, 4..12),
        ) {
            let found = weights(&bonds).unwrap();
            let total: u128 = found.iter().sum();
            for (weight, bond) in found.iter().zip(&bonds) {
                prop_assert!(weight <= bond && weight * WHOLE_BPS <= CONCENTRATION_MAX_BPS * total);
            }
            prop_assert_eq!(&found, &slow(&bonds));
            // Without any one, the others are a quorum; no one alone stops it.
            for weight in &found {
                prop_assert!(is_quorum(total - weight, total));
            }
        }
    }
}

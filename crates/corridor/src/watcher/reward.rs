//! Rewards: an amount shared by weight, to the last minor unit.
//!
//! Invariant: shares and remainder sum to the amount; the remainder is less than one unit a member.

/// What each of `weights` gets of `amount`, and what is left over, which stays where it was.
#[must_use]
pub fn shares(amount: u128, weights: &[u128]) -> Option<(Vec<u128>, u128)> {
    let total = weights.iter().try_fold(0u128, |sum, weight| sum.checked_add(*weight))?;
    if total == 0 {
        return None;
    }
    let (whole, rest) = (amount / total, amount % total);
    // amount × weight / total, in two parts, so that amounts of any size fit.
    let share = |weight: &u128| {
        let part = rest.checked_mul(*weight)? / total;
        whole.checked_mul(*weight)?.checked_add(part)
    };
    let shares: Vec<u128> = weights.iter().map(share).collect::<Option<_>>()?;
    let given = shares.iter().try_fold(0u128, |sum, share| sum.checked_add(*share))?;
    Some((shares, amount.checked_sub(given)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_shared_among_nobody() {
        assert_eq!(shares(10, &[]), None);
        assert_eq!(shares(10, &[0, 0]), None);
        assert_eq!(shares(10, &[1, 1, 1]), Some((vec![3, 3, 3], 1)));
        assert_eq!(shares(0, &[5]), Some((vec![0], 0)));
    }

    proptest! {
        #[test]
        fn shares_and_remainder_are_the_amount(
            amount in 0u128..1 << 90,
            weights in proptest::collection::vec(0u128..1 << 30, 1..64),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let total: u128 = weights.iter().sum();
            let (found, rest) = shares(amount, &weights).unwrap();
            prop_assert_eq!(found.iter().sum::<u128>() + rest, amount);
            prop_assert!(rest < weights.len() as u128);
            for (share, weight) in found.iter().zip(&weights) {
                // Exactly floor(amount × weight / total), by long division over 2^30 digits.
                let exact = (amount / total) * weight + (amount % total) * weight / total;
                prop_assert_eq!(*share, exact);
            }
        }
    }
}

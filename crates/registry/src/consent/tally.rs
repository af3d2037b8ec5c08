//! Counting: each voter's votes go where the voter said, or where whoever votes for the voter said.

use std::collections::BTreeMap;

use canon::Did;
use serde::Serialize;

use super::ballot::Choice;
use super::electorate::Electorate;

/// How the votes stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Votes for.
    pub approve: u64,
    /// Votes against.
    pub reject: u64,
    /// Votes of those who took part without a side.
    pub abstain: u64,
    /// All votes there are.
    pub total: u64,
    /// Voters who are for it.
    pub approvals: u32,
    /// Voters who have not taken part and can.
    pub open: u32,
    /// Votes of those.
    pub open_weight: u64,
}

impl Tally {
    /// Count.
    #[must_use]
    pub fn of(
        electorate: &Electorate,
        ballots: &BTreeMap<Did, Choice>,
        delegations: &BTreeMap<Did, Did>,
    ) -> Self {
        let mut tally = Self { total: electorate.total(), ..Self::default() };
        for voter in electorate.voters() {
            let Some(did) = &voter.did else { continue };
            let weight = voter.weight;
            match resolve(did.did(), ballots, delegations) {
                Some(Choice::Approve) => {
                    tally.approve = tally.approve.saturating_add(weight);
                    tally.approvals = tally.approvals.saturating_add(1);
                }
                Some(Choice::Reject) => tally.reject = tally.reject.saturating_add(weight),
                Some(Choice::Abstain) => tally.abstain = tally.abstain.saturating_add(weight),
                None => {
                    tally.open = tally.open.saturating_add(1);
                    tally.open_weight = tally.open_weight.saturating_add(weight);
                }
            }
        }
        tally
    }

    /// Votes of those who took part.
    #[must_use]
    pub fn present(&self) -> u128 {
        u128::from(self.approve) + u128::from(self.reject) + u128::from(self.abstain)
    }

    /// As it would stand if all who can still vote were against.
    #[must_use]
    pub fn if_the_rest_rejected(&self) -> Self {
        let reject = self.reject.saturating_add(self.open_weight);
        Self { reject, open: 0, open_weight: 0, ..*self }
    }

    /// As it would stand if all who can still vote were for it.
    #[must_use]
    pub fn if_the_rest_approved(&self) -> Self {
        let approve = self.approve.saturating_add(self.open_weight);
        let approvals = self.approvals.saturating_add(self.open);
        Self { approve, approvals, open: 0, open_weight: 0, ..*self }
    }
}

/// The own ballot, else that of the first down the line who cast one. A line that comes back to itself leads nowhere.
fn resolve<'a>(
    voter: &'a Did,
    ballots: &BTreeMap<Did, Choice>,
    delegations: &'a BTreeMap<Did, Did>,
) -> Option<Choice> {
    let mut at = voter;
    for _ in 0..=delegations.len() {
        if let Some(choice) = ballots.get(at) {
            return Some(*choice);
        }
        at = delegations.get(at)?;
    }
    None
}

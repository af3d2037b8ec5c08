//! The five compliance states, their lattice, and the one fold from states to *may proceed*.
//!
//! The states form a chain, so meet is minimum and join is maximum. No other function of the system
//! turns states into permission: whoever wants to know calls [`may_proceed`].

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::domain::Domain;

/// What law says of one domain, worst first: `non_compliant < pending < not_applicable < exempt <
/// compliant`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A rule is broken, or what satisfied it has expired.
    NonCompliant,
    /// Not known: no rule decides, or a fact is missing. Refuses.
    Pending,
    /// A cited scoping rule says that the domain does not reach this kind of transition.
    NotApplicable,
    /// A credential with issuer and end date exempts.
    Exempt,
    /// Every rule that applies is satisfied.
    Compliant,
}

impl State {
    /// All states, worst first.
    pub const ALL: [Self; 5] =
        [Self::NonCompliant, Self::Pending, Self::NotApplicable, Self::Exempt, Self::Compliant];

    /// Greatest lower bound: the worse of the two.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        self.min(other)
    }

    /// Least upper bound: the better of the two.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }

    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NonCompliant => "non_compliant",
            Self::Pending => "pending",
            Self::NotApplicable => "not_applicable",
            Self::Exempt => "exempt",
            Self::Compliant => "compliant",
        }
    }

    /// The state of that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether one domain in `state` lets a write pass. Not public: permission is a matter of all 20.
pub(crate) const fn passes(domain: Domain, state: State) -> bool {
    match (domain, state) {
        (_, State::Compliant) => true,
        (Domain::Sanctions, _) => false,
        (_, State::NotApplicable | State::Exempt) => true,
        (_, State::NonCompliant | State::Pending) => false,
    }
}

/// The domains of a decision that refuse, in ordinal order; a domain without a cell refuses.
#[must_use]
pub fn blocking(decision: &Decision) -> Vec<Domain> {
    Domain::ALL
        .into_iter()
        .filter(|domain| {
            !decision.cells.iter().any(|c| c.domain == *domain && passes(*domain, c.state))
                || decision.cells.iter().any(|c| c.domain == *domain && !passes(*domain, c.state))
        })
        .collect()
}

/// Whether the write may proceed: no fault, all 20 domains decided, none refusing.
#[must_use]
pub fn may_proceed(decision: &Decision) -> bool {
    decision.faults.is_empty() && blocking(decision).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_a_lattice() {
        for a in State::ALL {
            assert_eq!(a.meet(a), a);
            assert_eq!(a.meet(State::Compliant), a);
            assert_eq!(a.join(State::NonCompliant), a);
            for b in State::ALL {
                assert_eq!(a.meet(b), b.meet(a));
                assert_eq!(a.join(b), b.join(a));
                assert_eq!(a.meet(a.join(b)), a);
                assert_eq!(a.join(a.meet(b)), a);
                for c in State::ALL {
                    assert_eq!(a.meet(b.meet(c)), a.meet(b).meet(c));
                    assert_eq!(a.join(b.join(c)), a.join(b).join(c));
                }
            }
        }
    }

    #[test]
    fn sanctions_pass_only_when_compliant() {
        for state in State::ALL {
            assert_eq!(passes(Domain::Sanctions, state), state == State::Compliant);
            assert_eq!(passes(Domain::Tax, state), state >= State::NotApplicable);
        }
    }
}

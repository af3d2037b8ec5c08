//! What remains of a plan when some of its legs fail.
//!
//! Who consents to a plan takes its legs for what was owed: a leg that fails stays owed between its
//! two ends, and nobody else's leg changes. What remains is obligations again, for the next netting.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Amount, Currency, ZoneId};

use super::book::Book;
use super::obligation::{LegSource, Obligation, Source};
use super::plan::{Deferred, Leg, NettingError, Plan};

/// What was settled and what remains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Numbers of the legs that were paid.
    pub paid: Vec<u64>,
    /// What is still owed: failed legs, urgent, and what waited.
    pub remains: Vec<Obligation>,
}

/// An outcome that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutcomeError {
    /// The plan is of other obligations.
    #[error("the plan was drawn up from other obligations")]
    OtherBook,
    /// A leg the plan does not have.
    #[error("the plan has no leg {0}")]
    NoLeg(u64),
    /// What was paid and what remains is not what was owed.
    #[error("what was paid and what remains is not what was owed")]
    Uneven,
    /// The plan or the book has no canonical form.
    #[error(transparent)]
    Netting(#[from] NettingError),
}

impl Outcome {
    /// The outcome of a plan whose legs of these numbers failed and whose others were paid.
    ///
    /// # Errors
    /// Another book, or a leg that is none.
    pub fn of(book: &Book, plan: &Plan, failed: &BTreeSet<u64>) -> Result<Self, OutcomeError> {
        if book.digest()? != plan.obligations_sha256 {
            return Err(OutcomeError::OtherBook);
        }
        let legs = plan.legs.len() as u64;
        if let Some(number) = failed.iter().find(|number| **number >= legs) {
            return Err(OutcomeError::NoLeg(*number));
        }
        let plan_sha256 = plan.digest()?;
        let fell = |leg: &&Leg| failed.contains(&leg.number);
        let mut remains: Vec<Obligation> = plan
            .legs
            .iter()
            .filter(fell)
            .map(|leg| Obligation {
                amount: leg.amount,
                corridor_id: leg.corridor_id.clone(),
                creditor: leg.payee.clone(),
                debtor: leg.payer.clone(),
                priority: 0,
                source: Source::Leg(LegSource { number: leg.number, plan_sha256 }),
            })
            .collect();
        for deferred in &plan.deferred {
            remains.extend(waiting(book, deferred));
        }
        let paid: Vec<&Leg> = plan.legs.iter().filter(|leg| !fell(leg)).collect();
        if !even(book, &paid, &remains) {
            return Err(OutcomeError::Uneven);
        }
        Ok(Self { paid: paid.iter().map(|leg| leg.number).collect(), remains })
    }
}

/// The last obligations of a lane and priority, the first of them cut to what waits.
#[must_use]
pub fn waiting(book: &Book, deferred: &Deferred) -> Vec<Obligation> {
    let mut left = deferred.amount.minor();
    let mut all = Vec::new();
    for one in book.of_lane(deferred).iter().rev() {
        let minor = one.amount.minor().min(left);
        if minor == 0 {
            break;
        }
        left -= minor;
        let amount = Amount::of_minor(minor, one.amount.currency());
        all.push(Obligation { amount, ..one.clone() });
    }
    all
}

/// For every zone and currency, what the obligations give is what the paid legs and the rest give.
fn even(book: &Book, paid: &[&Leg], remains: &[Obligation]) -> bool {
    let mut sums: BTreeMap<(Currency, &ZoneId), i128> = BTreeMap::new();
    let owed = book.obligations.iter().map(|one| (&one.debtor, &one.creditor, one.amount, 1));
    let legs = paid.iter().map(|leg| (&leg.payer, &leg.payee, leg.amount, -1));
    let rest = remains.iter().map(|one| (&one.debtor, &one.creditor, one.amount, -1));
    for (debtor, creditor, amount, sign) in owed.chain(legs).chain(rest) {
        *sums.entry((amount.currency(), debtor)).or_default() -= sign * amount.minor();
        *sums.entry((amount.currency(), creditor)).or_default() += sign * amount.minor();
    }
    sums.values().all(|minor| *minor == 0)
}

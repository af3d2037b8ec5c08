//! What moves, as payments that Mass can make: a posting becomes a row of legs, each one amount from one account to one
//! other.
//!
//! What goes to accounts of the zone goes first: if a later leg is declined, it is there to be paid back.

use canon::{AccountId, Currency, RecordId};
use registry::fiscal::{Transfer, TransferState};
use registry::{Leg as Movement, PositiveAmount, Posting, Side};

use crate::refused::Refused;

/// Most legs of one write.
pub(super) const LEGS_MAX: usize = 64;

/// Where money is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On an account of the books.
    On(AccountId),
    /// On the zone's account for what is promised in a currency.
    Promised(Currency),
}

/// One payment at Mass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) amount: PositiveAmount,
    /// The posting it belongs to.
    pub(super) posting: RecordId,
}

impl Place {
    /// As it is hashed and told.
    pub(super) fn name(&self) -> String {
        match self {
            Self::On(account) => account.to_string(),
            Self::Promised(currency) => format!("promised:{currency}"),
        }
    }
}

/// Where the debits of a posting are taken from.
#[derive(Clone, Copy)]
pub(super) enum From {
    /// From their accounts.
    Account,
    /// From what was promised of them before.
    Promise,
}

/// The legs of a posting.
pub(super) fn of_posting(posting: &Posting, from: From) -> Result<Vec<Leg>, Refused> {
    let place = |movement: &Movement| match (from, movement.side) {
        (From::Promise, Side::Debit) => Place::Promised(movement.amount.currency()),
        _ => Place::On(movement.account_id.clone()),
    };
    let left = |movement: &Movement| (place(movement), movement.amount);
    let of = |side: Side| posting.legs().iter().filter(move |leg| leg.side == side);
    let mut givers: Vec<(Place, PositiveAmount)> = of(Side::Debit).map(left).collect();
    let mut takers: Vec<(Place, PositiveAmount)> = of(Side::Credit).map(left).collect();
    takers.sort_by_key(|(place, _)| is_customers(place));
    let mut legs = Vec::new();
    while let Some((to, wanted)) = takers.first().cloned() {
        let fits = |(_, has): &(Place, PositiveAmount)| has.currency() == wanted.currency();
        let at = givers.iter().position(fits);
        let unbalanced = || Refused::host("a posting that does not balance");
        let at = at.ok_or_else(unbalanced)?;
        let (from, has) = givers.get(at).cloned().ok_or_else(unbalanced)?;
        let amount = if has.minor() < wanted.minor() { has } else { wanted };
        match rest(has, amount)? {
            Some(rest) => givers.get_mut(at).into_iter().for_each(|giver| giver.1 = rest),
            None => drop(givers.remove(at)),
        }
        match rest(wanted, amount)? {
            Some(rest) => takers.first_mut().into_iter().for_each(|taker| taker.1 = rest),
            None => drop(takers.remove(0)),
        }
        legs.push(Leg { from, to, amount, posting: posting.id().clone() });
    }
    Ok(legs)
}

/// The legs of a transfer that is promised, or whose promise is let go.
pub(super) fn of_promise(transfer: &Transfer) -> Vec<Leg> {
    let lets_go = matches!(transfer.status(), TransferState::Voided { .. });
    let debits = transfer.postings().iter().flat_map(|posting| {
        let debits = posting.legs().iter().filter(|leg| leg.side == Side::Debit);
        debits.map(move |leg| (posting.id().clone(), leg))
    });
    debits
        .map(|(posting, leg)| {
            let account = Place::On(leg.account_id.clone());
            let promised = Place::Promised(leg.amount.currency());
            let (from, to) = if lets_go { (promised, account) } else { (account, promised) };
            Leg { from, to, amount: leg.amount, posting }
        })
        .collect()
}

/// The zone's own accounts are named by what they are for.
pub(super) fn is_customers(place: &Place) -> bool {
    matches!(place, Place::On(account) if !account.as_str().contains(':'))
}

fn rest(of: PositiveAmount, taken: PositiveAmount) -> Result<Option<PositiveAmount>, Refused> {
    let rest = of.amount().checked_sub(taken.amount()).map_err(Refused::host)?;
    if rest.minor() == 0 {
        return Ok(None);
    }
    PositiveAmount::try_from(rest).map(Some).map_err(Refused::host)
}

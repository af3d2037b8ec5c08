//! The money legs of each step, with the accounts checked for the part they play.
//!
//! Each function takes whole accounts, so that a caller cannot send from a corridor account to a treasury, or use one
//! corridor's account for another's payment.

use super::account::{Account, AccountKind, HeldReason};
use super::amount::PositiveAmount;
use super::posting::Leg;
use canon::{AccountId, Amount, CorridorId};

/// Why two accounts cannot be the ends of a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LegError {
    /// The account is of another kind than the step needs.
    #[error("account `{account_id}` is a {found} account, the step needs a {needed} account")]
    WrongKind {
        /// The account.
        account_id: AccountId,
        /// Its kind.
        found: &'static str,
        /// The kind needed.
        needed: &'static str,
    },
    /// The account belongs to another corridor.
    #[error("account `{account_id}` belongs to corridor `{found}`, the payment crosses `{needed}`")]
    WrongCorridor {
        /// The account.
        account_id: AccountId,
        /// Its corridor.
        found: CorridorId,
        /// The payment's corridor.
        needed: CorridorId,
    },
    /// The account is kept in another currency than the amount.
    #[error("account `{0}` is not kept in the currency of the amount")]
    WrongCurrency(AccountId),
    /// Both ends are one account.
    #[error("account `{0}` cannot pay itself")]
    SameAccount(AccountId),
    /// Something is charged that has nowhere to go.
    #[error("the step needs a {needed} account")]
    NoAccount {
        /// The kind needed.
        needed: &'static str,
    },
}

/// Money enters the books: treasury → customer.
///
/// # Errors
/// [`LegError`] when an account is not of its kind or currency.
pub fn legs_fund(
    treasury: &Account,
    customer: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    if !matches!(treasury.holder(), AccountKind::Treasury {}) {
        return Err(wrong_kind(treasury, "treasury"));
    }
    is_customer(customer)?;
    transfer(treasury, customer, amount)
}

/// A payment within the zone: payer → payee.
///
/// # Errors
/// [`LegError`] when an account is not a customer's, or both are one.
pub fn legs_internal(
    payer: &Account,
    payee: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_customer(payer)?;
    is_customer(payee)?;
    transfer(payer, payee, amount)
}

/// In the payer's zone, in the commit of the receipt: payer → corridor account.
///
/// # Errors
/// [`LegError`] when the payer is no customer or the account is not that corridor's.
pub fn legs_send(
    payer: &Account,
    corridor: &Account,
    corridor_id: &CorridorId,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_customer(payer)?;
    is_corridor(corridor, corridor_id)?;
    transfer(payer, corridor, amount)
}

/// In the payee's zone, in the commit of the acceptance: corridor account → payee.
///
/// # Errors
/// As [`legs_send`].
pub fn legs_receive(
    corridor: &Account,
    payee: &Account,
    corridor_id: &CorridorId,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_corridor(corridor, corridor_id)?;
    is_customer(payee)?;
    transfer(corridor, payee, amount)
}

/// In the payer's zone, in the commit of the return receipt: corridor account → payer.
///
/// # Errors
/// As [`legs_send`].
pub fn legs_return(
    corridor: &Account,
    payer: &Account,
    corridor_id: &CorridorId,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    legs_receive(corridor, payer, corridor_id, amount)
}

/// In the payer's zone, instead of a return, when the payer may not be credited: corridor account → held account.
///
/// # Errors
/// [`LegError`] when the accounts are not that corridor's and a held one.
pub fn legs_held(
    corridor: &Account,
    held: &Account,
    corridor_id: &CorridorId,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_corridor(corridor, corridor_id)?;
    is_held(held)?;
    transfer(corridor, held, amount)
}

/// When the payer may be credited after all: held account → payer.
///
/// # Errors
/// [`LegError`] when the accounts are not a held one and a customer's.
pub fn legs_release(
    held: &Account,
    payer: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_held(held)?;
    is_customer(payer)?;
    transfer(held, payer, amount)
}

/// A payment over a bridge begins: payer → the held account of bridges.
///
/// # Errors
/// [`LegError`] when the accounts are not a customer's and that held one.
pub fn legs_bridge_lock(
    payer: &Account,
    held: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_customer(payer)?;
    is_bridge(held)?;
    transfer(payer, held, amount)
}

/// A payment over a bridge is made, in the payer's zone: the held account of bridges → corridor account.
///
/// # Errors
/// [`LegError`] when the accounts are not that held one and that corridor's.
pub fn legs_bridge_paid(
    held: &Account,
    corridor: &Account,
    corridor_id: &CorridorId,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_bridge(held)?;
    is_corridor(corridor, corridor_id)?;
    transfer(held, corridor, amount)
}

/// A payment over a bridge is made, in a zone on its way: the corridor account it came over → the one it went
/// on over.
///
/// # Errors
/// [`LegError`] when the accounts are not those of the two corridors.
pub fn legs_bridge_passed(
    (from, from_id): (&Account, &CorridorId),
    (to, to_id): (&Account, &CorridorId),
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_corridor(from, from_id)?;
    is_corridor(to, to_id)?;
    transfer(from, to, amount)
}

/// A payment over a payment system of the state begins: payer → the account on which it waits.
///
/// # Errors
/// [`LegError`] when the accounts are not a customer's and that held one.
pub fn legs_rail(
    payer: &Account,
    held: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_customer(payer)?;
    is_rail(held)?;
    transfer(payer, held, amount)
}

/// The system paid it, and it leaves the books: the waiting account → treasury.
///
/// # Errors
/// [`LegError`] when the accounts are not that held one and the treasury.
pub fn legs_rail_paid(
    held: &Account,
    treasury: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_rail(held)?;
    is_treasury(treasury)?;
    transfer(held, treasury, amount)
}

/// The system did not pay it: the waiting account → payer, with what was withheld where that is still here.
///
/// # Errors
/// [`LegError`] when the accounts are not that held one, a customer's and a tax account, or of several currencies.
pub fn legs_rail_returned(
    held: &Account,
    payer: &Account,
    net: PositiveAmount,
    withheld: Option<(&Account, PositiveAmount)>,
) -> Result<Vec<Leg>, LegError> {
    is_rail(held)?;
    is_customer(payer)?;
    let [debit, mut credit] = transfer(held, payer, net)?;
    let Some((tax, amount)) = withheld else { return Ok(vec![debit, credit]) };
    is_tax(tax)?;
    let [of_tax, _] = transfer(tax, payer, amount)?;
    let wrong = || LegError::WrongCurrency(payer.id().clone());
    let gross = net.amount().checked_add(amount.amount()).map_err(|_| wrong())?;
    credit.amount = PositiveAmount::try_from(gross).map_err(|_| wrong())?;
    Ok(vec![debit, of_tax, credit])
}

/// A watcher's stake: customer → its bond account.
///
/// # Errors
/// [`LegError`] when the accounts are not a customer's and a bond.
pub fn legs_bond(
    customer: &Account,
    bond: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_customer(customer)?;
    is_bond(bond)?;
    transfer(customer, bond, amount)
}

/// The stake goes back: bond account → customer.
///
/// # Errors
/// As [`legs_bond`].
pub fn legs_unbond(
    bond: &Account,
    customer: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_bond(bond)?;
    is_customer(customer)?;
    transfer(bond, customer, amount)
}

/// Part of a stake is lost: bond account → slashed account.
///
/// # Errors
/// [`LegError`] when the accounts are not a bond and the slashed one.
pub fn legs_slash(
    bond: &Account,
    slashed: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_bond(bond)?;
    is_slashed(slashed)?;
    transfer(bond, slashed, amount)
}

/// Rewards, added to stakes: slashed account → bond accounts.
///
/// # Errors
/// As [`legs_slash`]; [`LegError::WrongCurrency`] where shares are of several.
pub fn legs_reward(
    slashed: &Account,
    bonds: &[(&Account, PositiveAmount)],
) -> Result<Vec<Leg>, LegError> {
    is_slashed(slashed)?;
    let mut total = Amount::of_minor(0, slashed.currency());
    let mut legs = Vec::with_capacity(bonds.len().saturating_add(1));
    for (bond, share) in bonds {
        is_bond(bond)?;
        let [_, credit] = transfer(slashed, bond, *share)?;
        let wrong = |_| LegError::WrongCurrency(bond.id().clone());
        total = total.checked_add(share.amount()).map_err(wrong)?;
        legs.push(credit);
    }
    let Ok(total) = PositiveAmount::try_from(total) else { return Ok(legs) };
    legs.push(Leg::debit(slashed.id(), total));
    Ok(legs)
}

/// A leg of a settlement plan was paid, in the payer's zone: corridor account → treasury.
///
/// # Errors
/// [`LegError`] when the accounts are not that corridor's and the treasury.
pub fn legs_settle_out(
    corridor: &Account,
    treasury: &Account,
    id: &CorridorId,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_corridor(corridor, id)?;
    is_treasury(treasury)?;
    transfer(corridor, treasury, amount)
}

/// The same in the payee's zone: treasury → corridor account.
///
/// # Errors
/// As [`legs_settle_out`].
pub fn legs_settle_in(
    treasury: &Account,
    corridor: &Account,
    id: &CorridorId,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_corridor(corridor, id)?;
    is_treasury(treasury)?;
    transfer(treasury, corridor, amount)
}

/// What a plan sets off between a zone's corridors: off an account where the amount is above nothing, onto it where
/// below. [`Posting`](super::Posting) refuses what does not sum to nothing.
///
/// # Errors
/// [`LegError`] when an account is not that corridor's, or of another currency.
pub fn legs_set_off(moves: &[(&Account, &CorridorId, Amount)]) -> Result<Vec<Leg>, LegError> {
    let mut legs = Vec::with_capacity(moves.len());
    for (account, id, amount) in moves {
        is_corridor(account, id)?;
        if account.currency() != amount.currency() {
            return Err(LegError::WrongCurrency(account.id().clone()));
        }
        let size = Amount::of_minor(amount.minor().saturating_abs(), amount.currency());
        let Ok(size) = PositiveAmount::try_from(size) else { continue };
        legs.push(match amount.minor() > 0 {
            true => Leg::debit(account.id(), size),
            false => Leg::credit(account.id(), size),
        });
    }
    Ok(legs)
}

/// Tax that was withheld is paid over: the authority's account → treasury.
///
/// # Errors
/// [`LegError`] when the accounts are not a tax account and the treasury.
pub fn legs_remit(
    tax: &Account,
    treasury: &Account,
    amount: PositiveAmount,
) -> Result<[Leg; 2], LegError> {
    is_tax(tax)?;
    is_treasury(treasury)?;
    transfer(tax, treasury, amount)
}

fn transfer(from: &Account, to: &Account, amount: PositiveAmount) -> Result<[Leg; 2], LegError> {
    if from.id() == to.id() {
        return Err(LegError::SameAccount(from.id().clone()));
    }
    for end in [from, to] {
        if end.currency() != amount.currency() {
            return Err(LegError::WrongCurrency(end.id().clone()));
        }
    }
    Ok([Leg::debit(from.id(), amount), Leg::credit(to.id(), amount)])
}

fn is_customer(account: &Account) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Customer { .. } => Ok(()),
        _ => Err(wrong_kind(account, "customer")),
    }
}

fn is_bond(account: &Account) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Bond { .. } => Ok(()),
        _ => Err(wrong_kind(account, "bond")),
    }
}

fn is_slashed(account: &Account) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Slashed {} => Ok(()),
        _ => Err(wrong_kind(account, "slashed")),
    }
}

fn is_treasury(account: &Account) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Treasury {} => Ok(()),
        _ => Err(wrong_kind(account, "treasury")),
    }
}

fn is_held(account: &Account) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Held { .. } => Ok(()),
        _ => Err(wrong_kind(account, "held")),
    }
}

fn is_bridge(account: &Account) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Held { reason: HeldReason::Bridge } => Ok(()),
        _ => Err(wrong_kind(account, "bridge's held")),
    }
}

fn is_rail(account: &Account) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Held { reason: HeldReason::Rail } => Ok(()),
        _ => Err(wrong_kind(account, "rail's held")),
    }
}

fn is_tax(account: &Account) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Tax { .. } => Ok(()),
        _ => Err(wrong_kind(account, "tax")),
    }
}

fn is_corridor(account: &Account, needed: &CorridorId) -> Result<(), LegError> {
    match account.holder() {
        AccountKind::Corridor { corridor_id } if corridor_id == needed => Ok(()),
        AccountKind::Corridor { corridor_id } => Err(LegError::WrongCorridor {
            account_id: account.id().clone(),
            found: corridor_id.clone(),
            needed: needed.clone(),
        }),
        _ => Err(wrong_kind(account, "corridor")),
    }
}

fn wrong_kind(account: &Account, needed: &'static str) -> LegError {
    let (account_id, found) = (account.id().clone(), account.holder().name());
    LegError::WrongKind { account_id, found, needed }
}

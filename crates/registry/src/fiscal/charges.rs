//! What is taken off a payment on its way: tax withheld from whoever is paid, a fee from whoever pays.

use canon::{Amount, RecordId};
use serde::{Deserialize, Serialize};

use super::account::{Account, AccountKind};
use super::amount::PositiveAmount;
use super::legs::LegError;
use super::posting::Leg;
use crate::tax::Terms;

/// Tax taken off a payment, as the payment shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithheldTax {
    /// The record of the taxable event.
    pub event_id: RecordId,
    /// The amount the payer gives.
    pub gross: PositiveAmount,
    /// The tax.
    pub withheld: Amount,
    /// What whoever is paid receives.
    pub net: PositiveAmount,
    /// Rate, citation, status, and who says so.
    pub terms: Terms,
}

/// A fee for a payment, as the payment shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargedFee {
    /// The row of the schedule.
    pub fee_id: RecordId,
    /// How much, on top of what is paid.
    pub amount: PositiveAmount,
}

/// Both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charges {
    /// Tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<WithheldTax>,
    /// Fee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<ChargedFee>,
}

impl Charges {
    /// Whether nothing is taken off.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tax.is_none() && self.fee.is_none()
    }
}

/// The accounts charges go to.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChargeAccounts<'a> {
    /// The authority's.
    pub tax: Option<&'a Account>,
    /// The zone's fees.
    pub fee: Option<&'a Account>,
}

/// A payment's two legs with what is taken off on the way: the payer gives the amount and the fee, the tax goes to
/// the authority's account, the rest to whoever is paid. One posting, so all of it or nothing is booked.
///
/// # Errors
/// [`LegError`] when an account is missing, not of its kind, or of another currency.
pub fn legs_charged(
    [debit, credit]: [Leg; 2],
    charges: &Charges,
    accounts: ChargeAccounts<'_>,
) -> Result<Vec<Leg>, LegError> {
    let currency = debit.amount.currency();
    let wrong = |leg: &Leg| LegError::WrongCurrency(leg.account_id.clone());
    let (mut debit, mut credit, mut more) = (debit, credit, Vec::new());
    if let Some(tax) = &charges.tax {
        if credit.amount != tax.gross {
            return Err(wrong(&credit));
        }
        let account = accounts.tax.ok_or_else(|| missing("tax"))?;
        if !matches!(account.holder(), AccountKind::Tax { .. }) {
            return Err(wrong_kind(account, "tax"));
        }
        credit.amount = tax.net;
        // Less than a minor unit is rounded down to nothing, which no leg moves.
        if let Ok(withheld) = PositiveAmount::try_from(tax.withheld) {
            more.push(Leg::credit(account.id(), withheld));
        }
    }
    if let Some(fee) = &charges.fee {
        let account = accounts.fee.ok_or_else(|| missing("fees"))?;
        if !matches!(account.holder(), AccountKind::Fees {}) {
            return Err(wrong_kind(account, "fees"));
        }
        let total = debit.amount.amount().checked_add(fee.amount.amount());
        let total = total.ok().and_then(|total| PositiveAmount::try_from(total).ok());
        debit.amount = total.ok_or_else(|| wrong(&debit))?;
        more.push(Leg::credit(account.id(), fee.amount));
    }
    if let Some(leg) = more.iter().find(|leg| leg.amount.currency() != currency) {
        return Err(wrong(leg));
    }
    Ok([debit, credit].into_iter().chain(more).collect())
}

fn missing(needed: &'static str) -> LegError {
    LegError::NoAccount { needed }
}

fn wrong_kind(account: &Account, needed: &'static str) -> LegError {
    let (account_id, found) = (account.id().clone(), account.holder().name());
    LegError::WrongKind { account_id, found, needed }
}

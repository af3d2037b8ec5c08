//! The ledger: balances, and the only four things that change them.
//!
//! A ledger may hold all accounts of a zone or only those a posting touches: each event changes the accounts of its
//! legs and nothing else, and gives back exactly those, so that they can be kept. An event that cannot be applied in
//! full is not applied at all.
//!
//! Two phases: [`LedgerEvent::Reserve`] promises the debits away (they stop being available) and announces the
//! credits; [`LedgerEvent::PostReserved`] books them, [`LedgerEvent::Void`] takes the promise back.

use super::account::{Account, BadAccount, Balance};
use super::posting::{Leg, Posting, Side};
use canon::{AccountId, Currency, RecordId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happens to the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerEvent {
    /// Books a posting at once.
    Post(Posting),
    /// Promises a posting: its debits are no longer available.
    Reserve(Posting),
    /// Books a promised posting.
    PostReserved(RecordId),
    /// Takes a promised posting back.
    Void(RecordId),
}

/// Where a posting stands after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Promised, not booked.
    Reserved,
    /// Booked.
    Posted,
    /// Taken back, never booked.
    Voided,
}

/// What an event changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Applied {
    /// The posting.
    pub posting: Posting,
    /// Where it stands now.
    pub phase: Phase,
    /// The accounts of its legs with their new balances, in the order of the legs.
    pub accounts: Vec<Account>,
}

/// Why an event cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The ledger does not hold this account.
    #[error("there is no account `{0}`")]
    NoSuchAccount(AccountId),
    /// A leg in a currency that is not the account's.
    #[error("account `{account_id}` is kept in {kept_in}, the leg is in {leg_in}")]
    WrongCurrency {
        /// The account.
        account_id: AccountId,
        /// Its currency.
        kept_in: Currency,
        /// The leg's currency.
        leg_in: Currency,
    },
    /// The account does not have that much and may not owe.
    #[error("account `{account_id}` has {available} minor units available, {wanted} are needed")]
    Insufficient {
        /// The account.
        account_id: AccountId,
        /// Minor units available before the event.
        available: i128,
        /// Minor units the leg takes.
        wanted: i128,
    },
    /// A balance does not fit 128 bits.
    #[error("the balance of account `{0}` does not fit 128 bits")]
    Overflow(AccountId),
    /// The posting is promised already.
    #[error("posting `{0}` is reserved already")]
    AlreadyReserved(RecordId),
    /// No posting of this name is promised.
    #[error("posting `{0}` is not reserved")]
    NotReserved(RecordId),
    /// The account was given twice when the ledger was opened.
    #[error("account `{0}` was given twice")]
    AccountTwice(AccountId),
    /// Reserves of an account that no promised posting explains.
    #[error("account `{0}` has reserves that no reserved posting explains")]
    Unexplained(AccountId),
}

/// Balances and promises.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    accounts: BTreeMap<AccountId, Account>,
    reserved: BTreeMap<RecordId, Posting>,
}

impl Ledger {
    /// A ledger over accounts and the promised postings that touch them.
    ///
    /// # Errors
    /// [`LedgerError::AccountTwice`], [`LedgerError::AlreadyReserved`] for a promise given twice.
    pub fn of(
        accounts: impl IntoIterator<Item = Account>,
        reserved: impl IntoIterator<Item = Posting>,
    ) -> Result<Self, LedgerError> {
        let mut ledger = Self::default();
        for account in accounts {
            ledger.open(account)?;
        }
        for posting in reserved {
            let posting_id = posting.id().clone();
            if ledger.reserved.insert(posting_id.clone(), posting).is_some() {
                return Err(LedgerError::AlreadyReserved(posting_id));
            }
        }
        Ok(ledger)
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`LedgerError::AccountTwice`] when the ledger holds it already.
    pub fn open(&mut self, account: Account) -> Result<(), LedgerError> {
        let account_id = account.id().clone();
        if self.accounts.contains_key(&account_id) {
            return Err(LedgerError::AccountTwice(account_id));
        }
        self.accounts.insert(account_id, account);
        Ok(())
    }

    /// An account with its present balance.
    #[must_use]
    pub fn account(&self, account_id: &AccountId) -> Option<&Account> {
        self.accounts.get(account_id)
    }

    /// All accounts, by identifier.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// Promised postings, by identifier.
    pub fn reserved(&self) -> impl Iterator<Item = &Posting> {
        self.reserved.values()
    }

    /// Sum of the booked balances per currency: zero everywhere in a ledger that holds all accounts of a zone.
    ///
    /// # Errors
    /// [`LedgerError::Overflow`] naming the account at which the sum leaves 128 bits.
    pub fn totals(&self) -> Result<BTreeMap<Currency, i128>, LedgerError> {
        let mut totals = BTreeMap::<Currency, i128>::new();
        for account in self.accounts.values() {
            let total = totals.entry(account.currency()).or_default();
            *total = total
                .checked_add(account.balance().posted())
                .ok_or_else(|| LedgerError::Overflow(account.id().clone()))?;
        }
        Ok(totals)
    }

    /// Applies an event in full, or not at all.
    ///
    /// # Errors
    /// [`LedgerError`]; every balance and promise is as before then.
    pub fn apply(&mut self, event: LedgerEvent) -> Result<Applied, LedgerError> {
        let (posting, change, phase): (Posting, Change, Phase) = match event {
            LedgerEvent::Post(posting) => {
                self.not_reserved(&posting)?;
                (posting, post, Phase::Posted)
            }
            LedgerEvent::Reserve(posting) => {
                self.not_reserved(&posting)?;
                (posting, reserve, Phase::Reserved)
            }
            LedgerEvent::PostReserved(id) => (self.promise(&id)?, post_reserved, Phase::Posted),
            LedgerEvent::Void(id) => (self.promise(&id)?, void, Phase::Voided),
        };
        let accounts: Vec<Account> =
            posting.legs().iter().map(|leg| self.moved(leg, change)).collect::<Result<_, _>>()?;
        // Nothing can fail from here on.
        for account in &accounts {
            self.accounts.insert(account.id().clone(), account.clone());
        }
        if phase == Phase::Reserved {
            self.reserved.insert(posting.id().clone(), posting.clone());
        } else {
            self.reserved.remove(posting.id());
        }
        Ok(Applied { posting, phase, accounts })
    }

    fn not_reserved(&self, posting: &Posting) -> Result<(), LedgerError> {
        if self.reserved.contains_key(posting.id()) {
            return Err(LedgerError::AlreadyReserved(posting.id().clone()));
        }
        Ok(())
    }

    fn promise(&self, id: &RecordId) -> Result<Posting, LedgerError> {
        self.reserved.get(id).cloned().ok_or_else(|| LedgerError::NotReserved(id.clone()))
    }

    /// The account of a leg after the leg.
    fn moved(&self, leg: &Leg, change: Change) -> Result<Account, LedgerError> {
        let account_id = &leg.account_id;
        let account = self
            .accounts
            .get(account_id)
            .ok_or_else(|| LedgerError::NoSuchAccount(account_id.clone()))?;
        let (kept_in, leg_in) = (account.currency(), leg.amount.currency());
        if kept_in != leg_in {
            let account_id = account_id.clone();
            return Err(LedgerError::WrongCurrency { account_id, kept_in, leg_in });
        }
        let before = account.balance();
        let after = change(before, leg).ok_or_else(|| LedgerError::Overflow(account_id.clone()))?;
        if after.reserved_in() < 0 || after.reserved_out() < 0 {
            return Err(LedgerError::Unexplained(account_id.clone()));
        }
        account.clone().with_balance(after).map_err(|_: BadAccount| LedgerError::Insufficient {
            account_id: account_id.clone(),
            available: before.available(),
            wanted: leg.amount.minor(),
        })
    }
}

type Change = fn(Balance, &Leg) -> Option<Balance>;

/// The balance with changed parts; none when a part, or what is available, leaves 128 bits.
fn changed(from: Balance, posted: i128, coming: i128, going: i128) -> Option<Balance> {
    let posted = from.posted().checked_add(posted)?;
    let reserved_in = from.reserved_in().checked_add(coming)?;
    let reserved_out = from.reserved_out().checked_add(going)?;
    posted.checked_sub(reserved_out)?;
    Some(Balance::of(posted, reserved_in, reserved_out))
}

fn post(from: Balance, leg: &Leg) -> Option<Balance> {
    changed(from, leg.change(), 0, 0)
}

fn reserve(from: Balance, leg: &Leg) -> Option<Balance> {
    match leg.side {
        Side::Debit => changed(from, 0, 0, leg.amount.minor()),
        Side::Credit => changed(from, 0, leg.amount.minor(), 0),
    }
}

fn void(from: Balance, leg: &Leg) -> Option<Balance> {
    match leg.side {
        Side::Debit => changed(from, 0, 0, -leg.amount.minor()),
        Side::Credit => changed(from, 0, -leg.amount.minor(), 0),
    }
}

fn post_reserved(from: Balance, leg: &Leg) -> Option<Balance> {
    match leg.side {
        Side::Debit => changed(from, leg.change(), 0, -leg.amount.minor()),
        Side::Credit => changed(from, leg.change(), -leg.amount.minor(), 0),
    }
}

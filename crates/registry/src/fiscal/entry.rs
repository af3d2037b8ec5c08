//! One leg as the statement of its account shows it: what it changed, and what was on the account then.

use canon::{AccountId, Date, RecordId};
use serde::{Deserialize, Serialize};

use super::account::{Account, minor_text};
use super::posting::Posting;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum EntryType {
    #[serde(rename = "MEZLedgerEntry")]
    Entry,
}

/// An entry of an account, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    r#type: EntryType,
    account_id: AccountId,
    posting_id: RecordId,
    booked: Date,
    effective: Date,
    /// Change of the balance in minor units, seen by the holder.
    #[serde(with = "minor_text")]
    change: i128,
    /// The booked balance after it.
    #[serde(with = "minor_text")]
    balance: i128,
}

impl Entry {
    /// The entries of a posting, from the accounts as they are after it.
    pub fn of<'a>(
        posting: &'a Posting,
        accounts: impl IntoIterator<Item = &'a Account>,
    ) -> Vec<Self> {
        let of_account =
            |account: &'a Account| Self::after(posting, account.id(), account.balance().posted());
        accounts.into_iter().filter_map(of_account).collect()
    }

    /// The entry of a posting on an account that has this balance after it; none where it does not touch the account.
    #[must_use]
    pub fn after(posting: &Posting, account_id: &AccountId, balance: i128) -> Option<Self> {
        let leg = posting.legs().iter().find(|leg| leg.account_id == *account_id)?;
        Some(Self {
            r#type: EntryType::Entry,
            account_id: account_id.clone(),
            posting_id: posting.id().clone(),
            booked: posting.booked(),
            effective: posting.effective(),
            change: leg.change(),
            balance,
        })
    }

    /// The account.
    #[must_use]
    pub fn account_id(&self) -> &AccountId {
        &self.account_id
    }
    /// The posting.
    #[must_use]
    pub fn posting_id(&self) -> &RecordId {
        &self.posting_id
    }
    /// The day it was booked.
    #[must_use]
    pub fn booked(&self) -> Date {
        self.booked
    }
    /// The day it counts for.
    #[must_use]
    pub fn effective(&self) -> Date {
        self.effective
    }
    /// Change of the balance in minor units.
    #[must_use]
    pub fn change(&self) -> i128 {
        self.change
    }
    /// The booked balance after it, in minor units.
    #[must_use]
    pub fn balance(&self) -> i128 {
        self.balance
    }
    /// The booked balance before it, in minor units.
    #[must_use]
    pub fn before(&self) -> i128 {
        self.balance.saturating_sub(self.change)
    }
}

//! The ledger, from what was posted and what is promised.

use std::collections::{BTreeMap, BTreeSet};

use canon::AccountId;
use registry::fiscal::{Entry, Transfer, TransferState};
use registry::{Account, Posting, Side};
use store::StoreError;

use super::{Walk, read};
use crate::fiscal::{ENTRY, TRANSFER};

const ACCOUNT: &str = "account";
const POSTING: &str = "posting";
/// What is not there.
const NOTHING: &str = "nothing";

/// What postings and promises come to on one account. A sum that does not fit stays at the bound, and differs.
#[derive(Default)]
struct Sums {
    posted: i128,
    coming: i128,
    going: i128,
    /// How many postings touch it.
    postings: u64,
    /// How many of them its ledger has.
    entries: u64,
    /// The balance after the last of these.
    balance: i128,
}

type All = BTreeMap<AccountId, Sums>;

impl Walk<'_> {
    pub(super) fn ledger(&mut self) -> Result<(), StoreError> {
        let mut all = All::new();
        self.each(POSTING, |_, _, posting: Posting| {
            for leg in posting.legs() {
                let sums = all.entry(leg.account_id.clone()).or_default();
                sums.posted = sums.posted.saturating_add(leg.change());
            }
            let touched: BTreeSet<&AccountId> =
                posting.legs().iter().map(|leg| &leg.account_id).collect();
            for account in touched {
                let sums = all.entry(account.clone()).or_default();
                sums.postings = sums.postings.saturating_add(1);
            }
            Ok(())
        })?;
        self.each(TRANSFER, |_, _, transfer: Transfer| {
            promised(&transfer, &mut all);
            Ok(())
        })?;
        self.each(ENTRY, |walk, name, entry: Entry| walk.entry(name, &entry, &mut all))?;
        self.done(ENTRY, POSTING);
        self.each(ACCOUNT, |walk, id, account: Account| {
            let sums = all.remove(account.id()).unwrap_or_default();
            walk.account(id, &account, &sums);
            Ok(())
        })?;
        for (id, sums) in all {
            let derived = format!("{} postings on it", sums.postings);
            self.differs((ACCOUNT, id.as_str(), "record"), &NOTHING, &derived);
        }
        self.done(ACCOUNT, "postings, and transfers that are promised");
        Ok(())
    }

    /// One entry: what its posting makes it, after the entry before it.
    fn entry(&mut self, name: &str, entry: &Entry, all: &mut All) -> Result<(), StoreError> {
        self.one();
        let sums = all.entry(entry.account_id().clone()).or_default();
        self.compare((ENTRY, name, "balance before it"), &entry.before(), &sums.balance);
        sums.balance = entry.balance();
        sums.entries = sums.entries.saturating_add(1);
        let id = entry.posting_id();
        let posting = self.store.record(POSTING, id.as_str())?;
        let posting = posting.and_then(|row| read::<Posting>(&row.body).ok());
        let Some(posting) = posting else {
            self.differs((ENTRY, name, "posting_id"), id, &NOTHING);
            return Ok(());
        };
        match Entry::after(&posting, entry.account_id(), entry.balance()) {
            Some(derived) if derived == *entry => {}
            Some(derived) => {
                let told = |entry: &Entry| {
                    format!(
                        "{} on {}, effective {}",
                        entry.change(),
                        entry.booked(),
                        entry.effective()
                    )
                };
                self.differs((ENTRY, name, "change"), &told(entry), &told(&derived));
            }
            None => self.differs((ENTRY, name, "account_id"), entry.account_id(), &NOTHING),
        }
        Ok(())
    }

    fn account(&mut self, id: &str, account: &Account, sums: &Sums) {
        self.one();
        let balance = account.balance();
        let compared = [
            ("posted", balance.posted(), sums.posted),
            ("reserved_in", balance.reserved_in(), sums.coming),
            ("reserved_out", balance.reserved_out(), sums.going),
            ("balance of its last entry", sums.balance, sums.posted),
        ];
        for (member, kept, derived) in compared {
            self.compare((ACCOUNT, id, member), &kept, &derived);
        }
        self.compare((ACCOUNT, id, "entries"), &sums.entries, &sums.postings);
    }
}

fn promised(transfer: &Transfer, all: &mut All) {
    if !matches!(transfer.status(), TransferState::Pending { .. }) {
        return;
    }
    for leg in transfer.postings().iter().flat_map(Posting::legs) {
        let sums = all.entry(leg.account_id.clone()).or_default();
        let sum = match leg.side {
            Side::Debit => &mut sums.going,
            Side::Credit => &mut sums.coming,
        };
        *sum = sum.saturating_add(leg.amount.minor());
    }
}

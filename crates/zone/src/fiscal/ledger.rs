//! Several postings over the same accounts in one commit: all of them or none.

use canon::{AccountId, Timestamp};
use registry::fiscal::Entry;
use registry::{Account, AccountKind, Ledger, LedgerError, LedgerEvent, Phase, Posting};

use super::ENTRY;
use crate::refused::Refused;
use crate::writes::{MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// What came of several events.
pub(super) struct Linked {
    /// Those booked, each with its entries.
    booked: Vec<(Posting, Vec<Entry>)>,
    accounts: Vec<Loaded<Account>>,
}

impl Zone {
    /// Apply events in order over accounts; nothing is written yet.
    pub(super) fn link(
        &self,
        events: Vec<LedgerEvent>,
        accounts: Vec<Loaded<Account>>,
        reserved: Vec<Posting>,
    ) -> Result<Linked, Refused> {
        let accounts = self.as_begun(accounts)?;
        let revs: Vec<(AccountId, Option<u64>)> =
            accounts.iter().map(|a| (a.value.id().clone(), a.rev)).collect();
        let known = accounts.into_iter().map(|a| a.value);
        let mut ledger = Ledger::of(known, reserved).map_err(Refused::host)?;
        let mut booked = Vec::new();
        for event in events {
            let applied = ledger.apply(event).map_err(|error| match error {
                LedgerError::Insufficient { .. } => Refused::conflict("insufficient-funds", error),
                other => Refused::invalid("bad-posting", other),
            })?;
            if applied.phase == Phase::Posted {
                let entries = Entry::of(&applied.posting, &applied.accounts);
                booked.push((applied.posting, entries));
            }
        }
        let rev_of =
            |id: &AccountId| revs.iter().find(|(known, _)| known == id).and_then(|(_, rev)| *rev);
        let loaded = |value: &Account| Loaded { rev: rev_of(value.id()), value: value.clone() };
        let accounts = ledger.accounts().map(loaded).collect();
        Ok(Linked { booked, accounts })
    }

    /// An account by id; one of the zone's own that may be named is opened on first use.
    pub(super) fn booked_on(
        &self,
        id: &AccountId,
        now: Timestamp,
    ) -> Result<Loaded<Account>, Refused> {
        if let Some(known) = self.load("account", id.as_str())? {
            return Ok(known);
        }
        let absent = || Refused::absent("account", id);
        let (rest, currency) = id.as_str().rsplit_once(':').ok_or_else(absent)?;
        let currency = canon::Currency::parse(currency).map_err(|_| absent())?;
        let kind = match rest.split_once(':') {
            None if rest == "treasury" => AccountKind::Treasury {},
            None if rest == "position" => AccountKind::Position {},
            None if rest == "fees" => AccountKind::Fees {},
            Some(("ledger", code)) => {
                let chart: registry::fiscal::ChartAccount = self.need(super::CHART, code)?.value;
                AccountKind::Ledger { code: chart.code().clone() }
            }
            _ => return Err(absent()),
        };
        self.standing(kind, currency, now)
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write what several events changed.
    pub(super) fn linked(&mut self, linked: &Linked) -> Result<(), Refused> {
        for (posting, entries) in &linked.booked {
            self.record("posting", posting.id().as_str(), None, posting)?;
            self.entries(entries)?;
        }
        for account in &linked.accounts {
            self.update("account", account.value.id().as_str(), account)?;
        }
        Ok(())
    }
}

impl<W> Writes<'_, W> {
    /// Write the entries of a posting: in the order of the journal, by account.
    pub(crate) fn entries(&mut self, entries: &[Entry]) -> Result<(), Refused> {
        for entry in entries {
            let id = format!("{}/{:016}.{:06}", entry.account_id(), self.sequence, self.size());
            self.put(ENTRY, &id, None, entry)?;
        }
        Ok(())
    }
}

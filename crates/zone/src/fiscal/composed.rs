//! The entries of an account whose postings lie at Mass: read back from there part by part, newest first, since the
//! balance after each follows from what is on the account now.

use canon::Date;
use registry::Account;
use registry::fiscal::Entry;

use super::ENTRY;
use crate::limits::{PAGE_MAX, STATEMENT_AT_MASS_MAX};
use crate::mass::{EntryAtMass, Reading};
use crate::refused::Refused;
use crate::zone::{Zone, parse};

/// An entry as it stands here: its name, and which posting it is of.
type Known = (String, EntryAtMass);

impl Zone {
    /// The entries of an account booked on a day or later, in the order of the journal.
    pub(super) fn composed_since(
        &self,
        account: &Account,
        day: Date,
        most: usize,
    ) -> Result<Vec<(String, Entry)>, Refused> {
        let mut after = format!("{}/", account.id());
        if account.opened().date() < day {
            let next = |after: &str| self.next_booked_at_mass(account, after);
            match self.first_booked_of(account.id(), day, &next)? {
                Some((name, _)) => after = super::statement::before(&name),
                None => return Ok(Vec::new()),
            }
        }
        let known = self.known_entries(account, after, most)?;
        self.composed(account, &known)
    }

    /// The day that the first entry after a name was booked.
    fn next_booked_at_mass(
        &self,
        account: &Account,
        after: &str,
    ) -> Result<Option<(String, Date)>, Refused> {
        let Some((name, entry)) = self.known_page(account, after, 1)?.into_iter().next() else {
            return Ok(None);
        };
        let booked = self.posting_of(&entry)?.booked();
        Ok(Some((name, booked)))
    }

    fn known_page(
        &self,
        account: &Account,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Known>, Refused> {
        let prefix = format!("{}/", account.id());
        let rows = self.store.records(ENTRY, Some(after), limit)?;
        let own = rows.into_iter().take_while(|(name, _)| name.starts_with(&prefix));
        own.map(|(name, row)| {
            let entry = parse((ENTRY, &name), &row.body)?;
            Ok((name, entry))
        })
        .collect()
    }

    fn known_entries(
        &self,
        account: &Account,
        mut after: String,
        most: usize,
    ) -> Result<Vec<Known>, Refused> {
        let mut all = Vec::new();
        loop {
            let page = self.known_page(account, &after, PAGE_MAX)?;
            let Some((last, _)) = page.last() else { return Ok(all) };
            after = last.clone();
            all.extend(page);
            if all.len() > most {
                let detail = format!("more than {most} entries, which lie at Mass");
                return Err(Refused::conflict("statement-too-long", detail));
            }
        }
    }

    /// What the postings of an account come to that are known here, whatever else Mass has made.
    pub(crate) fn posted_as_known(&self, account: &Account) -> Result<i128, Refused> {
        let _reading = Reading::begin();
        let after = format!("{}/", account.id());
        let known = self.known_entries(account, after, STATEMENT_AT_MASS_MAX)?;
        let mut sum = 0_i128;
        for part in known.chunks(PAGE_MAX) {
            let ids = part.iter().map(|(_, entry)| entry.posting_id.as_str());
            self.ask_ahead_for("posting", ids)?;
            for (name, entry) in part {
                let entry = Entry::after(&self.posting_of(entry)?, account.id(), 0);
                let change = entry.map(|entry| entry.change());
                let more = change.and_then(|change| sum.checked_add(change));
                sum =
                    more.ok_or_else(|| Refused::host(format!("{ENTRY} {name} does not add up")))?;
            }
        }
        Ok(sum)
    }

    fn composed(
        &self,
        account: &Account,
        known: &[Known],
    ) -> Result<Vec<(String, Entry)>, Refused> {
        let (mut all, mut balance) = (Vec::with_capacity(known.len()), account.balance().posted());
        for part in known.rchunks(PAGE_MAX) {
            let ids = part.iter().map(|(_, entry)| entry.posting_id.as_str());
            self.ask_ahead_for("posting", ids)?;
            for (name, entry) in part.iter().rev() {
                let posting = self.posting_of(entry)?;
                let entry = Entry::after(&posting, account.id(), balance);
                let entry =
                    entry.ok_or_else(|| Refused::host(format!("{ENTRY} {name} of no leg")))?;
                balance = entry.before();
                all.push((name.clone(), entry));
            }
        }
        all.reverse();
        Ok(all)
    }
}

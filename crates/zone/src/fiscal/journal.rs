//! The books as a journal that other programs check.

use canon::Date;
use registry::fiscal::journal;
use registry::{Account, Posting};

use crate::journal::DECISIONS;
use crate::limits::{BOOKS_READ_MAX, JOURNAL_POSTINGS_MAX, PAGE_MAX};
use crate::mass::Reading;
use crate::refused::Refused;
use crate::zone::{Zone, parse};

impl Zone {
    /// Every record of a kind, up to a limit.
    pub(super) fn all_of<T: serde::de::DeserializeOwned>(
        &self,
        kind: &'static str,
        most: usize,
    ) -> Result<Vec<T>, Refused> {
        if self.is_at_mass() {
            self.no_more_than(kind, most)?;
        }
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let rows = self.store.records(kind, after.as_deref(), PAGE_MAX)?;
            let Some((last, _)) = rows.last() else { return Ok(all) };
            after = Some(last.clone());
            self.ask_ahead(kind, rows.iter().map(|(id, row)| (id.as_str(), row.body.as_slice())))?;
            for (id, record) in rows {
                let body = self.body_of((kind, &id), record.body)?;
                all.push(parse((kind, &id), &body)?);
            }
            if all.len() > most {
                return Err(too_long(kind, most));
            }
        }
    }

    /// That there are no more records of a kind, counted here: Mass is not asked for what is refused all the same.
    fn no_more_than(&self, kind: &'static str, most: usize) -> Result<(), Refused> {
        let (mut found, mut after) = (0_usize, None::<String>);
        while found <= most {
            let rows = self.store.records(kind, after.as_deref(), store::PAGE_MAX)?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = Some(last.clone());
            found = found.saturating_add(rows.len());
        }
        Err(too_long(kind, most))
    }

    /// The books between two days of booking, in the syntax of hledger; of the whole history the balances are asserted.
    ///
    /// # Errors
    /// `journal-too-long`, or the store.
    pub fn hledger(&self, from: Option<Date>, to: Option<Date>) -> Result<String, Refused> {
        let _reading = Reading::begin();
        let (accounts, mut postings) = self.at_once(|| {
            let accounts: Vec<Account> = self.all_of("account", JOURNAL_POSTINGS_MAX)?;
            Ok((accounts, self.all_of::<Posting>("posting", JOURNAL_POSTINGS_MAX)?))
        })?;
        let today = self.now().date();
        let inside = |posting: &Posting| {
            let day = posting.booked();
            from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to)
        };
        let complete = postings.iter().all(inside);
        postings.retain(inside);
        postings.sort_by(|a, b| (a.booked(), a.id()).cmp(&(b.booked(), b.id())));
        let last = postings.last().map_or(today, |posting| posting.booked().max(today));
        let title = format!("books of {}", self.zone_id());
        Ok(journal(&title, &accounts, &postings, (complete, last)))
    }

    /// Books of one moment. They are read page by page while the zone goes on writing; where nothing was decided
    /// meanwhile the pages belong together, and where something was they are read again. A zone that is never still
    /// holds its breath for the last reading.
    pub(crate) fn at_once<T>(&self, read: impl Fn() -> Result<T, Refused>) -> Result<T, Refused> {
        for _ in 0..BOOKS_READ_MAX {
            let before = self.store.head(DECISIONS)?;
            let books = read()?;
            if self.store.head(DECISIONS)? == before {
                // What was read is told once it is the signer's as well.
                self.released();
                return Ok(books);
            }
        }
        let _writing = self.writing();
        read()
    }
}

fn too_long(kind: &str, most: usize) -> Refused {
    Refused::conflict("journal-too-long", format!("more than {most} records of kind {kind}"))
}

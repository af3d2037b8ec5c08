//! The statement of an account: what was on it when a period began, each entry with the balance after it, what was on it
//! when the period ended.
//!
//! Entries lie in the order of the journal, and days of booking only ever grow in it, so the first entry of a period is
//! found by halving. By days that count the whole history is read.

use canon::{AccountId, Amount, Date};
use registry::Account;
use registry::Posting;
use registry::fiscal::Entry;
use serde_json::{Value, json};

use super::ENTRY;
use crate::limits::{PAGE_MAX, STATEMENT_AT_MASS_MAX, STATEMENT_ENTRIES_MAX};
use crate::mass::Reading;
use crate::refused::Refused;
use crate::zone::{Zone, parse};

/// Which day of an entry is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Basis {
    /// The day it was booked.
    #[default]
    Booked,
    /// The day it counts for.
    Effective,
}

impl Basis {
    /// Read a basis.
    ///
    /// # Errors
    /// Another word.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "booked" => Ok(Self::Booked),
            "effective" => Ok(Self::Effective),
            _ => Err(format!("`{text}` is neither `booked` nor `effective`")),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Effective => "effective",
        }
    }
}

/// Which part of an account's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementQuery {
    /// First day; that of opening unless given.
    pub from: Option<Date>,
    /// Last day; today unless given.
    pub to: Option<Date>,
    /// By which days.
    pub by: Basis,
}

/// An entry with its name and the balance to show after it.
struct Row {
    id: String,
    entry: Entry,
    balance: i128,
}

/// The entry after a name, and its own name.
pub(super) type After<T> = Result<Option<(String, T)>, Refused>;

/// What was booked on a day.
pub(super) trait Booked {
    /// That day.
    fn booked(&self) -> Date;
}

impl Booked for Entry {
    fn booked(&self) -> Date {
        Entry::booked(self)
    }
}

impl Booked for Date {
    fn booked(&self) -> Date {
        *self
    }
}

/// A part of a history: the balances around it, and its rows.
struct Part {
    opening: i128,
    closing: i128,
    rows: Vec<Row>,
    next: Option<String>,
}

impl Zone {
    /// The entries of an account after a name, at most `limit`.
    fn booked_after(
        &self,
        id: &AccountId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, Entry)>, Refused> {
        let prefix = format!("{id}/");
        let rows = self.store.records(ENTRY, Some(after), limit)?;
        let own = rows.into_iter().take_while(|(name, _)| name.starts_with(&prefix));
        own.map(|(name, record)| {
            let entry: Entry = parse((ENTRY, &name), &record.body)?;
            Ok((name, entry))
        })
        .collect()
    }

    /// The first entry booked on a day or later.
    fn first_booked(&self, id: &AccountId, day: Date) -> Result<Option<(String, Entry)>, Refused> {
        let next = |after: &str| Ok(self.booked_after(id, after, 1)?.into_iter().next());
        self.first_booked_of(id, day, &next)
    }

    /// The same of whatever tells the entry after a name, found by halving the journal.
    pub(super) fn first_booked_of<T: Booked>(
        &self,
        id: &AccountId,
        day: Date,
        next: &dyn Fn(&str) -> After<T>,
    ) -> Result<Option<(String, T)>, Refused> {
        let head = self.store.head(crate::journal::DECISIONS)?;
        let (mut low, mut high) = (0u64, head.map_or(0, |head| head.seq.saturating_add(1)));
        while low < high {
            let middle = low.midpoint(high);
            match next(&format!("{id}/{middle:016}"))? {
                Some((_, entry)) if entry.booked() < day => low = middle.saturating_add(1),
                _ => high = middle,
            }
        }
        // The half that was left may begin with an entry of an earlier day in the same step.
        let mut after = format!("{id}/{low:016}");
        loop {
            let Some((name, entry)) = next(&after)? else { return Ok(None) };
            if entry.booked() >= day {
                return Ok(Some((name, entry)));
            }
            after = name;
        }
    }

    fn by_booking(
        &self,
        account: &Account,
        (from, to): (Date, Date),
        (after, limit): (Option<&str>, usize),
    ) -> Result<Part, Refused> {
        let (id, posted) = (account.id(), account.balance().posted());
        let first = self.first_booked(id, from)?;
        let beyond = to.plus_days(1).ok().map(|day| self.first_booked(id, day)).transpose()?;
        let beyond = beyond.flatten();
        let opening = first.as_ref().map_or(posted, |(_, entry)| entry.before());
        let closing = beyond.as_ref().map_or(posted, |(_, entry)| entry.before());
        let mut rows = Vec::new();
        let cursor = after.map(|after| format!("{id}/{after}"));
        let mut at = match (&cursor, &first) {
            (Some(cursor), _) => cursor.clone(),
            // The entry itself is the first that is shown.
            (None, Some((name, _))) => before(name),
            (None, None) => return Ok(Part { opening, closing, rows, next: None }),
        };
        while rows.len() <= limit {
            let page = self.booked_after(id, &at, PAGE_MAX)?;
            let Some((last, _)) = page.last() else { break };
            at = last.clone();
            let inside =
                |(name, _): &(String, Entry)| beyond.as_ref().is_none_or(|(end, _)| name < end);
            let (before, ended) = (rows.len(), page.iter().any(|row| !inside(row)));
            let page = page.into_iter().filter(inside).filter(|(_, entry)| entry.booked() >= from);
            rows.extend(page.map(|(name, entry)| {
                let balance = entry.balance();
                Row { id: name, entry, balance }
            }));
            if ended || rows.len() == before {
                break;
            }
        }
        let next = (rows.len() > limit).then(|| rows.get(limit.saturating_sub(1))).flatten();
        let next = next.and_then(|row| row.id.split_once('/')).map(|(_, at)| at.to_owned());
        rows.truncate(limit);
        Ok(Part { opening, closing, rows, next })
    }

    /// All entries of an account, in the order of the journal.
    fn every_entry(&self, account: &Account) -> Result<Vec<(String, Entry)>, Refused> {
        if self.is_at_mass() {
            return self.composed_since(account, account.opened().date(), STATEMENT_ENTRIES_MAX);
        }
        let id = account.id();
        let (mut all, mut at) = (Vec::new(), format!("{id}/"));
        loop {
            let page = self.booked_after(id, &at, PAGE_MAX)?;
            let Some((last, _)) = page.last() else { return Ok(all) };
            at = last.clone();
            all.extend(page);
            if all.len() > STATEMENT_ENTRIES_MAX {
                let detail = format!("more than {STATEMENT_ENTRIES_MAX} entries: ask by `booked`");
                return Err(Refused::conflict("statement-too-long", detail));
            }
        }
    }

    fn by_effect(
        &self,
        account: &Account,
        (from, to): (Date, Date),
        (after, limit): (Option<&str>, usize),
    ) -> Result<Part, Refused> {
        let mut all = self.every_entry(account)?;
        let posted = account.balance().posted();
        let mut balance = all.first().map_or(posted, |(_, entry)| entry.before());
        all.sort_by(|(a, x), (b, y)| (x.effective(), a).cmp(&(y.effective(), b)));
        let (mut opening, mut rows) = (balance, Vec::new());
        for (name, entry) in all {
            if entry.effective() > to {
                break;
            }
            balance = balance.saturating_add(entry.change());
            if entry.effective() < from {
                opening = balance;
            } else {
                rows.push(Row { id: name, entry, balance });
            }
        }
        let named = |row: &Row| {
            let at = row.id.split_once('/').map_or("", |(_, at)| at);
            format!("{}.{at}", row.entry.effective())
        };
        rows.retain(|row| after.is_none_or(|after| named(row).as_str() > after));
        let next = (rows.len() > limit).then(|| rows.get(limit.saturating_sub(1))).flatten();
        let next = next.map(named);
        rows.truncate(limit);
        Ok(Part { opening, closing: balance, rows, next })
    }

    /// The statement of an account over a period.
    ///
    /// # Errors
    /// [`Refused::NotFound`], a period that ends before it begins, `statement-too-long`, the store.
    pub fn statement(
        &self,
        id: &AccountId,
        query: &StatementQuery,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Value, Refused> {
        let _reading = Reading::begin();
        let account: Account = self.need("account", id.as_str())?.value;
        let from = query.from.unwrap_or_else(|| account.opened().date());
        let today = self.now().date();
        let to = query.to.unwrap_or(today);
        if to < from {
            let detail = format!("the period ends on {to}, before it begins on {from}");
            return Err(Refused::invalid("bad-period", detail));
        }
        let page = (after, limit.clamp(1, PAGE_MAX));
        let part = match query.by {
            Basis::Booked if self.is_at_mass() => {
                let all = self.composed_since(&account, from, STATEMENT_AT_MASS_MAX)?;
                booked(all, account.balance().posted(), (from, to), page)
            }
            Basis::Booked => self.by_booking(&account, (from, to), page)?,
            Basis::Effective => self.by_effect(&account, (from, to), page)?,
        };
        let decimal = |minor| Amount::of_minor(minor, account.currency()).to_decimal(today);
        let mut entries = Vec::new();
        let postings = part.rows.iter().map(|row| row.entry.posting_id().as_str());
        self.ask_ahead_for("posting", postings)?;
        for row in &part.rows {
            let posting: Posting = self.need("posting", row.entry.posting_id().as_str())?.value;
            entries.push(json!({
                "entry": row.id.split_once('/').map(|(_, at)| at),
                "posting_id": row.entry.posting_id(),
                "booked": row.entry.booked(),
                "effective": row.entry.effective(),
                "change": decimal(row.entry.change()),
                "balance": decimal(row.balance),
                "reference": posting.reference(),
                "reverses": posting.reverses(),
                "reversed_by": posting.reversed_by(),
            }));
        }
        let mut told = json!({
            "account_id": id,
            "currency": account.currency(),
            "from": from,
            "to": to,
            "by": query.by.name(),
            "opening": decimal(part.opening),
            "closing": decimal(part.closing),
            "items": entries,
        });
        if let (Some(next), Some(members)) = (part.next, told.as_object_mut()) {
            members.insert("next".to_owned(), Value::String(next));
        }
        Ok(told)
    }
}

/// A part of a history that is all there, by the days of booking.
fn booked(
    all: Vec<(String, Entry)>,
    posted: i128,
    (from, to): (Date, Date),
    (after, limit): (Option<&str>, usize),
) -> Part {
    let since = |day: Date| all.iter().find(|(_, entry)| entry.booked() >= day);
    let before =
        |found: Option<&(String, Entry)>| found.map_or(posted, |(_, entry)| entry.before());
    let opening = before(since(from));
    let closing = to.plus_days(1).map_or(posted, |day| before(since(day)));
    let at = |name: &str| name.split_once('/').map_or(String::new(), |(_, at)| at.to_owned());
    let inside = all.iter().filter(|(_, entry)| (from..=to).contains(&entry.booked()));
    let later = inside.filter(|(name, _)| after.is_none_or(|after| at(name).as_str() > after));
    let row = |(name, entry): &(String, Entry)| Row {
        id: name.clone(),
        entry: entry.clone(),
        balance: entry.balance(),
    };
    let mut rows: Vec<Row> = later.take(limit.saturating_add(1)).map(row).collect();
    let next = (rows.len() > limit).then(|| rows.get(limit.saturating_sub(1))).flatten();
    let next = next.map(|row| at(&row.id));
    rows.truncate(limit);
    Part { opening, closing, rows, next }
}

/// A name after which this entry is the next.
pub(super) fn before(name: &str) -> String {
    let mut text = name.to_owned();
    text.truncate(text.rfind('.').unwrap_or(text.len()));
    text
}

//! Events behind a cursor, in the order of the journal.

use serde_json::Value;
use store::{Entry, PAGE_MAX as STORE_PAGE_MAX};

use super::filter::Filter;
use super::told::{self, DENIED, Event};
use crate::caller::{Caller, Scope};
use crate::journal::{DECISIONS, DECISIONS_LANE};
use crate::limits::{EVENTS_SCANNED_MAX, PAGE_MAX};
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// Which events are wanted, by whom.
#[derive(Clone, Debug)]
pub struct EventQuery {
    /// Only behind this position of the journal.
    pub after: Option<u64>,
    filter: Filter,
    /// Whether what law refused is told too.
    refusals: bool,
}

impl EventQuery {
    /// Of these types, or records with `.*`; of all, where none is named. What law refused is told to those alone who
    /// may read decisions.
    ///
    /// # Errors
    /// `bad-event-types`.
    pub fn of(caller: &Caller, types: &[String], after: Option<u64>) -> Result<Self, Refused> {
        let refusals = caller.demand(&[Scope::Regulator, Scope::Operator]).is_ok();
        Ok(Self { after, filter: Filter::of(types)?, refusals })
    }

    /// Of a webhook, which an operator made.
    pub(super) fn kept(types: &[String], after: Option<u64>) -> Self {
        Self { after, filter: Filter::kept(types), refusals: true }
    }

    fn wants(&self, event: &Event) -> bool {
        let told = self.refusals || !DENIED.contains(&event.data.outcome.as_str());
        told && self.filter.wants(&event.type_)
    }
}

/// Events, and where the next look begins.
pub(super) struct Seen {
    pub(super) events: Vec<Event>,
    /// The last position that was looked at, if any was.
    pub(super) upto: Option<u64>,
    /// Nothing is left behind it.
    pub(super) whole: bool,
}

/// Events as documents, for whoever goes on behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Events {
    /// In order.
    pub items: Vec<Value>,
    /// Where to go on.
    pub upto: Option<u64>,
    /// Nothing is left behind it just now.
    pub whole: bool,
}

impl Zone {
    /// The last position of the journal that is told of: what the signer's cell has passed.
    #[must_use]
    pub fn events_head(&self) -> Option<u64> {
        self.keys.cell.last(DECISIONS_LANE).map(|last| last.sequence)
    }

    /// A page of events. It may be short of its limit when few of many are wanted; `next` then goes on behind what was
    /// looked at.
    ///
    /// # Errors
    /// The store.
    pub fn events(&self, query: &EventQuery, limit: usize) -> Result<Page, Refused> {
        let Events { items, upto, whole } = self.events_behind(query, limit)?;
        Ok(Page { items, next: upto.filter(|_| !whole).map(|upto| upto.to_string()) })
    }

    /// The same, for whoever follows what happens.
    ///
    /// # Errors
    /// The store.
    pub fn events_behind(&self, query: &EventQuery, limit: usize) -> Result<Events, Refused> {
        let Seen { events, upto, whole } = self.events_seen(query, limit.clamp(1, PAGE_MAX))?;
        let items: Result<Vec<Value>, _> = events.iter().map(serde_json::to_value).collect();
        Ok(Events { items: items.map_err(Refused::host)?, upto, whole })
    }

    pub(super) fn events_seen(&self, query: &EventQuery, limit: usize) -> Result<Seen, Refused> {
        let head = self.events_head();
        let mut seen = Seen { events: Vec::new(), upto: query.after, whole: true };
        let mut scanned = 0usize;
        loop {
            let from = seen.upto.map_or(0, |upto| upto.saturating_add(1));
            if head.is_none_or(|head| from > head) {
                return Ok(seen);
            }
            let entries = self.store.journal(DECISIONS, from, STORE_PAGE_MAX)?;
            let entries: Vec<Entry> =
                entries.into_iter().filter(|entry| Some(entry.seq) <= head).collect();
            if entries.is_empty() {
                return Ok(seen);
            }
            for entry in entries {
                if seen.events.len() == limit || scanned == EVENTS_SCANNED_MAX {
                    return Ok(Seen { whole: false, ..seen });
                }
                scanned = scanned.saturating_add(1);
                seen.upto = Some(entry.seq);
                let event = told::of(self.zone_id(), &entry)?;
                seen.events.extend(event.filter(|event| query.wants(event)));
            }
        }
    }
}

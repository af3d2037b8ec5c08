//! How far each stream may go.

use std::collections::BTreeMap;

use canon::{Canonical, CorridorId};
use corridor::Lane;
use store::archive::{SEGMENT_ENTRIES, Segment};
use store::cell::LastSigned;
use store::{PAGE_MAX, Store, StoreError};

use super::{Archivable, judge};
use crate::audit::AUDIT;
use crate::corridor::{lane_here, lane_there};
use crate::event::slowest_cursor;
use crate::journal::{DECISIONS, VIEWS};
use crate::log::LOG;

/// Entries of the zone log, behind the last that names a stream beyond what is signed, in which the one before it is
/// looked for; where it is not found nothing of the stream goes.
const LOOKED_BACK_MAX: u64 = 65_536;
const HERE: &str = "lane/here/";
const THERE: &str = "lane/there/";

/// Every stream of a stopped zone that has entries, and how far it may go.
///
/// # Errors
/// The store.
pub fn archivable(store: &dyn Store, cell: &dyn LastSigned) -> Result<Vec<Archivable>, StoreError> {
    let signed = Signed::of(store, cell)?;
    let mut all = Vec::new();
    for (stream, head) in store.heads("")? {
        let Some(open) = open(store, &stream)? else { continue };
        let size = head.seq.saturating_add(1);
        let logged = signed.covers(&stream, size);
        // The last whole segment and what follows it stay, whatever else is so.
        let margin = size.saturating_sub(SEGMENT_ENTRIES);
        let bounds = [
            (margin, "the newest entries"),
            (logged, "not under a signed checkpoint of the zone log"),
            (open.0, open.1),
        ];
        let least = bounds.into_iter().min_by_key(|(bound, _)| *bound);
        let (bound, kept_by) = least.unwrap_or((0, ""));
        let from = first_here(store, &stream, size)?;
        let end = Segment::first_of(bound).max(from);
        all.push(Archivable { stream, from, end, size, kept_by: Some(kept_by) });
    }
    Ok(all)
}

/// How far a stream has no open work, and what that would be; none for streams that have no entries.
fn open(store: &dyn Store, stream: &str) -> Result<Option<(u64, &'static str)>, StoreError> {
    let lane = [(HERE, true), (THERE, false)].into_iter().find_map(|(kind, here)| {
        let id = CorridorId::parse(stream.strip_prefix(kind)?).ok()?;
        Some((here, id))
    });
    Ok(match (stream, lane) {
        (DECISIONS, _) => {
            let cursor = slowest_cursor(store)?.unwrap_or(u64::MAX);
            Some((cursor, "a webhook that has not had them"))
        }
        (AUDIT | VIEWS | LOG, _) => Some((u64::MAX, "")),
        // What a lane says it has decided is of the other lane.
        (_, Some((true, id))) => {
            Some((decided(store, &lane_there(&id))?, "receipts the peer has not decided"))
        }
        (_, Some((false, id))) => {
            Some((decided(store, &lane_here(&id))?, "receipts not decided here"))
        }
        _ => None,
    })
}

fn decided(store: &dyn Store, lane: &str) -> Result<u64, StoreError> {
    let record = store.record("lane", lane)?;
    let lane: Option<Lane> =
        record.and_then(|record| Canonical::exact(&record.body).and_then(|c| c.read()).ok());
    Ok(lane.map_or(0, |lane| lane.acked()))
}

/// First entry that was not put away: segments go in order.
fn first_here(store: &dyn Store, stream: &str, size: u64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, size.checked_div(SEGMENT_ENTRIES).unwrap_or(0));
    while low < high {
        let middle = low.midpoint(high);
        match store.segment(stream, middle.saturating_mul(SEGMENT_ENTRIES))? {
            Some(_) => low = middle.saturating_add(1),
            None => high = middle,
        }
    }
    Ok(low.saturating_mul(SEGMENT_ENTRIES))
}

/// How far the zone log is signed, and what of other streams only its unsigned end names.
struct Signed {
    log: u64,
    /// Of streams the unsigned end names: how far the signed part does.
    behind: BTreeMap<String, u64>,
}

impl Signed {
    fn of(store: &dyn Store, cell: &dyn LastSigned) -> Result<Self, StoreError> {
        let size = store.head(LOG)?.map_or(0, |head| head.seq.saturating_add(1));
        let log = cell.last(LOG).map_or(0, |last| last.sequence.saturating_add(1)).min(size);
        let mut behind = BTreeMap::new();
        let mut next = log;
        while next < size {
            let page = store.journal(LOG, next, PAGE_MAX)?;
            let Some(last) = page.last() else { break };
            next = last.seq.saturating_add(1);
            behind.extend(page.iter().filter_map(judge::named).map(|stream| (stream, 0)));
        }
        let mut wanted = behind.len();
        let least = log.saturating_sub(LOOKED_BACK_MAX);
        let mut end = log;
        while wanted > 0 && end > least {
            let from = end.saturating_sub(SEGMENT_ENTRIES).max(least);
            let page = store.journal(LOG, from, PAGE_MAX)?;
            for entry in page.iter().rev().filter(|entry| entry.seq < end) {
                let Some(stream) = judge::named(entry) else { continue };
                let named = judge::names(entry, &stream).map_or(0, |seq| seq.saturating_add(1));
                if let Some(far) = behind.get_mut(&stream).filter(|far| **far == 0) {
                    (*far, wanted) = (named, wanted.saturating_sub(1));
                }
            }
            end = from;
        }
        Ok(Self { log, behind })
    }

    /// How much of a stream of this size a signed checkpoint stands over. Of the log itself the last entry signed
    /// stays: a start compares it with the cell.
    fn covers(&self, stream: &str, size: u64) -> u64 {
        match stream {
            LOG => self.log.saturating_sub(1),
            _ => self.behind.get(stream).copied().unwrap_or(if self.log > 0 { size } else { 0 }),
        }
    }
}

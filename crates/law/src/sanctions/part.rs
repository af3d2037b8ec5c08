//! Lists that are searched together: their records, and what finds them, all of it flat.
//!
//! Words weigh by how many names of one part have them. **Invariant:** a part that is laid and read
//! back answers as the one it was laid from.

use std::sync::Arc;

use super::flat::{Flat, Laid, Rest, flat};
use super::index::Index;
use super::list::{Entry, List};
use super::records::Records;
use super::table::{Arena, number};

/// Lists searched together.
#[derive(Debug)]
pub(super) struct Part {
    pub records: Arc<Records>,
    pub index: Index,
    keys: Keys,
    /// Number of the first record of each list.
    firsts: Vec<u32>,
}

/// Identifiers by their letters and digits.
#[derive(Debug, Default)]
struct Keys {
    /// Ordered.
    texts: Arena,
    /// Which identifier has them, and its record.
    of: Vec<(u32, u32)>,
}

flat!(Keys { texts, of });

/// Letters and digits of an identifier, in one case.
pub(super) fn plain(value: &str) -> Box<str> {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

impl Keys {
    fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let (mut all, mut next) = (Vec::new(), 0u32);
        for (entry, record) in entries.zip(0u32..) {
            for identifier in &entry.identifiers {
                let key = plain(&identifier.value);
                if !key.is_empty() {
                    all.push((key, (next, record)));
                }
                next += 1;
            }
        }
        all.sort_unstable();
        let mut keys = Self::default();
        for (key, of) in all {
            keys.texts.push(&key);
            keys.of.push(of);
        }
        keys
    }
}

impl Part {
    /// Index the lists; they come back with their records lying flat.
    pub(super) fn of(lists: Vec<List>) -> (Self, Vec<List>) {
        let (mut records, mut firsts) = (Records::default(), Vec::new());
        for list in &lists {
            firsts.push(records.len());
            list.entries().iter().for_each(|entry| records.push(entry));
        }
        let keys = Keys::of(lists.iter().flat_map(|list| list.entries()));
        let index = Index::build(&records);
        let records = Arc::new(records);
        let kept = |(list, first): (List, &u32)| list.kept_in(Arc::clone(&records), *first);
        let lists = lists.into_iter().zip(&firsts).map(kept).collect();
        (Self { records, index, keys, firsts }, lists)
    }

    pub(super) fn lay(&self, lists: &[List], to: &mut Laid) {
        self.records.lay(to);
        self.index.lay(to);
        self.keys.lay(to);
        self.firsts.lay(to);
        lists.iter().for_each(|list| list.lay(to));
    }

    /// What [`Part::lay`] laid, and nothing behind it.
    pub(super) fn read(mut from: Rest<'_>) -> Option<(Self, Vec<List>)> {
        let from = &mut from;
        let records = Arc::new(Records::read(from)?);
        let (index, keys) = (Index::read(from)?, Keys::read(from)?);
        let firsts = Vec::<u32>::read(from)?;
        let lists: Option<_> = firsts.iter().map(|at| List::read(from, &records, *at)).collect();
        from.0.is_empty().then_some((Self { records, index, keys, firsts }, lists?))
    }

    /// How many lists it holds.
    pub(super) fn lists(&self) -> usize {
        self.firsts.len()
    }

    /// Which of the part's lists a record is of.
    pub(super) fn list_of(&self, record: u32) -> usize {
        self.firsts.partition_point(|first| *first <= record).saturating_sub(1)
    }

    /// Every identifier of these letters and digits, with its record.
    pub(super) fn identified(&self, key: &str) -> impl Iterator<Item = (u32, u32)> {
        let (mut start, mut end) = (0, number(self.keys.of.len()));
        while start < end {
            let middle = start + (end - start) / 2;
            if self.keys.texts.get(middle) < key { start = middle + 1 } else { end = middle }
        }
        let same = (start..).map_while(move |at| {
            let of = self.keys.of.get(at as usize)?;
            (self.keys.texts.get(at) == key).then_some(*of)
        });
        same.collect::<Vec<_>>().into_iter()
    }
}

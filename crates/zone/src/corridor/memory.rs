//! What is kept in memory of corridors, each confirmed before it is used: records by their revision, agreed terms by
//! the very documents they were verified from, lane trees by the head of their stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canon::{CorridorId, Digest};
use corridor::handshake::Definition;
use corridor::{Party, Terms};
use proof::merkle::Tree;
use serde::{Serialize, Serializer};
use store::PAGE_MAX;

use super::record::CorridorRecord;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone, parse};

/// Most corridors, and most lanes, kept; beyond, everything is forgotten and built again.
const KEPT_MAX: usize = 1_024;

/// A record, and what its documents gave.
type Verified = (Held<CorridorRecord>, Arc<Agreed>);

/// Terms and trees of the corridors in use.
#[derive(Default)]
pub(crate) struct Memory {
    agreed: Mutex<BTreeMap<CorridorId, Verified>>,
    records: Mutex<BTreeMap<CorridorId, (u64, Held<CorridorRecord>)>>,
    trees: Mutex<BTreeMap<String, Kept>>,
}

/// A value that is shared until it is changed.
#[derive(Clone, Debug)]
pub(crate) struct Held<T>(Arc<T>);

impl<T> Held<T> {
    /// A value that is not kept yet.
    pub(super) fn of(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> std::ops::Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> std::ops::DerefMut for Held<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T: Serialize> Serialize for Held<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

/// What verifying the documents of a handshake gave.
pub(super) struct Agreed {
    pub(super) there: Arc<Party>,
    pub(super) definition_sha256: Digest,
    /// Once both agreements are there.
    pub(super) terms: Option<Arc<Terms>>,
}

fn same_documents(one: &CorridorRecord, other: &CorridorRecord) -> bool {
    one.did_there == other.did_there
        && one.inception_there == other.inception_there
        && one.rotations_there == other.rotations_there
        && one.definition == other.definition
        && one.agreement_here == other.agreement_here
        && one.agreement_there == other.agreement_there
        && one.amendments == other.amendments
}

#[derive(Default)]
struct Kept {
    tree: Tree,
    last: Option<Digest>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Zone {
    /// The record of a corridor, read anew where its revision is another than the one kept.
    pub(super) fn corridor_held(
        &self,
        id: &CorridorId,
    ) -> Result<Loaded<Held<CorridorRecord>>, Refused> {
        let stored = self.store.record("corridor", id.as_str())?;
        let stored = stored.ok_or_else(|| Refused::absent("corridor", id.as_str()))?;
        let mut all = held(&self.memory.records);
        let kept = all.get(id).filter(|(rev, _)| *rev == stored.rev);
        let value = match kept {
            Some((_, value)) => value.clone(),
            None => {
                let value = parse::<CorridorRecord>(("corridor", id.as_str()), &stored.body)?;
                let value = Held(Arc::new(value));
                if all.len() >= KEPT_MAX {
                    all.clear();
                }
                all.insert(id.clone(), (stored.rev, value.clone()));
                value
            }
        };
        Ok(Loaded { rev: Some(stored.rev), value })
    }

    /// Data older than what was read may be in force again.
    pub(crate) fn forget_corridors(&self) {
        held(&self.memory.records).clear();
    }

    /// The peer and the terms of a corridor, verified from exactly the documents of the record.
    pub(super) fn agreed(&self, known: &Held<CorridorRecord>) -> Result<Arc<Agreed>, Refused> {
        let id = &known.corridor_id;
        let before = held(&self.memory.agreed).get(id).cloned();
        let same = |(of, _): &(Held<CorridorRecord>, _)| {
            Arc::ptr_eq(&of.0, &known.0) || same_documents(of, known)
        };
        if let Some((of, agreed)) = before.filter(same) {
            if !Arc::ptr_eq(&of.0, &known.0) {
                // What was compared once is the same by its place until the record changes again.
                held(&self.memory.agreed).insert(id.clone(), (known.clone(), Arc::clone(&agreed)));
            }
            return Ok(agreed);
        }
        let there = known.party_there().map_err(Refused::host)?;
        let definition = known.definition.value();
        let read = Definition::read(&definition, &self.here, &there);
        let definition_sha256 = read.map_err(Refused::host)?.payload_sha256;
        let terms = match (&known.agreement_here, &known.agreement_there) {
            (Some(mine), Some(theirs)) => {
                let (mine, theirs) = (mine.value(), theirs.value());
                let agreements = [(&self.here, &mine), (&there, &theirs)];
                let parties = [&self.here, &there];
                // A definition that only one party signed has no terms yet.
                Terms::derive(&definition, &agreements, parties).ok()
            }
            _ => None,
        };
        let terms = match terms {
            Some(terms) => Some(Arc::new(self.terms_amended(terms, known, &there)?)),
            None => None,
        };
        let there = Arc::new(there);
        let agreed = Arc::new(Agreed { there, definition_sha256, terms });
        let mut all = held(&self.memory.agreed);
        if all.len() >= KEPT_MAX {
            all.clear();
        }
        all.insert(id.clone(), (known.clone(), Arc::clone(&agreed)));
        Ok(agreed)
    }

    /// Read from the whole tree of a lane, as its journal stands now.
    pub(crate) fn with_tree<T>(
        &self,
        stream: &str,
        read: impl FnOnce(&Tree) -> T,
    ) -> Result<T, Refused> {
        let head = self.store.head(stream)?;
        let size = head.map_or(0, |head| head.seq.saturating_add(1));
        let mut all = held(&self.memory.trees);
        if all.len() >= KEPT_MAX {
            all.clear();
        }
        let kept = all.entry(stream.to_owned()).or_default();
        if kept.tree.size() > size || !self.still_stands(stream, kept)? {
            *kept = Kept::default();
        }
        while kept.tree.size() < size {
            let page = self.store.roots(stream, kept.tree.size(), PAGE_MAX)?;
            if page.is_empty() {
                return Err(Refused::host(format!("`{stream}` ends before its head")));
            }
            for (seq, root) in page {
                if seq != kept.tree.size() {
                    return Err(Refused::host(format!("`{stream}` lacks an entry")));
                }
                kept.tree.push(root).map_err(Refused::host)?;
                kept.last = Some(root);
            }
        }
        // Entries after the head that was read belong to a commit still in flight: none is ours.
        if kept.tree.size() == size && kept.last != head.map(|head| head.root) {
            *kept = Kept::default();
            return Err(Refused::host(format!("`{stream}` does not end in its head")));
        }
        Ok(read(&kept.tree))
    }

    /// Whether the last entry kept is still the journal's own.
    fn still_stands(&self, stream: &str, kept: &Kept) -> Result<bool, Refused> {
        let Some(last) = kept.tree.size().checked_sub(1) else { return Ok(true) };
        let found = self.store.roots(stream, last, 1)?;
        Ok(found.first().map(|(_, root)| *root) == kept.last)
    }
}

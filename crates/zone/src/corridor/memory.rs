//! What is kept in memory of corridors, each confirmed before it is used: agreed terms by the very
//! documents they were verified from, lane trees by the head of their stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canon::{CorridorId, Did, Digest};
use corridor::handshake::Definition;
use corridor::{Party, Terms};
use proof::merkle::Tree;
use serde_json::Value;
use store::PAGE_MAX;

use super::record::CorridorRecord;
use crate::refused::Refused;
use crate::zone::Zone;

/// Most corridors, and most lanes, kept; beyond, everything is forgotten and built again.
const KEPT_MAX: usize = 1_024;

/// Terms and trees of the corridors in use.
#[derive(Default)]
pub(crate) struct Memory {
    agreed: Mutex<BTreeMap<CorridorId, Arc<Agreed>>>,
    trees: Mutex<BTreeMap<String, Kept>>,
}

/// The documents of a handshake and what verifying them gave.
pub(super) struct Agreed {
    did_there: Did,
    inception_there: Value,
    rotations_there: Vec<Value>,
    definition: Value,
    agreements: [Option<Value>; 2],
    pub(super) there: Party,
    pub(super) definition_sha256: Digest,
    /// Once both agreements are there.
    pub(super) terms: Option<Terms>,
}

impl Agreed {
    fn is_of(&self, known: &CorridorRecord) -> bool {
        self.did_there == known.did_there
            && self.inception_there == known.inception_there
            && self.rotations_there == known.rotations_there
            && self.definition == known.definition
            && self.agreements[0] == known.agreement_here
            && self.agreements[1] == known.agreement_there
    }
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
    /// The peer and the terms of a corridor, verified from exactly the documents of the record.
    pub(super) fn agreed(&self, known: &CorridorRecord) -> Result<Arc<Agreed>, Refused> {
        let id = &known.corridor_id;
        let before = held(&self.memory.agreed).get(id).cloned();
        if let Some(agreed) = before.filter(|agreed| agreed.is_of(known)) {
            return Ok(agreed);
        }
        let there = known.party_there().map_err(Refused::host)?;
        let definition = Definition::read(&known.definition, &self.here, &there);
        let definition_sha256 = definition.map_err(Refused::host)?.payload_sha256;
        let terms = match (&known.agreement_here, &known.agreement_there) {
            (Some(mine), Some(theirs)) => {
                let agreements = [(&self.here, mine), (&there, theirs)];
                let parties = [&self.here, &there];
                // A definition that only one party signed has no terms yet.
                Terms::derive(&known.definition, &agreements, parties).ok()
            }
            _ => None,
        };
        let agreed = Arc::new(Agreed {
            did_there: known.did_there.clone(),
            inception_there: known.inception_there.clone(),
            rotations_there: known.rotations_there.clone(),
            definition: known.definition.clone(),
            agreements: [known.agreement_here.clone(), known.agreement_there.clone()],
            there,
            definition_sha256,
            terms,
        });
        let mut all = held(&self.memory.agreed);
        if all.len() >= KEPT_MAX {
            all.clear();
        }
        all.insert(id.clone(), Arc::clone(&agreed));
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
            let page = self.store.journal(stream, kept.tree.size(), PAGE_MAX)?;
            if page.is_empty() {
                return Err(Refused::host(format!("`{stream}` ends before its head")));
            }
            for entry in page {
                if entry.seq != kept.tree.size() {
                    return Err(Refused::host(format!("`{stream}` lacks an entry")));
                }
                kept.tree.push(entry.root).map_err(Refused::host)?;
                kept.last = Some(entry.root);
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
        let entry = self.store.journal(stream, last, 1)?;
        Ok(entry.first().map(|entry| entry.root) == kept.last)
    }
}

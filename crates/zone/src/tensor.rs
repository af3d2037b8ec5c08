//! The compliance tensor of the zone's entities: the decision journal, folded as far as it goes.
//!
//! It is never ahead of the journal and never believed by itself: before each reading the entries that
//! have come since are folded in, and an entry that does not lead to the root kept beside it stops the
//! reading. Losing it loses nothing; it is folded again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::{Canonical, Digest};
use law::tensor::Tensor;
use serde_json::Value;
use store::{Entry, PAGE_MAX};

use crate::journal::{DECISIONS, chained};
use crate::refused::Refused;
use crate::zone::Zone;

/// What a subject of the tensor is called in the journal, before its id.
pub(crate) const ENTITY: &str = "entity:";

/// The tensor and the root of the last entry folded into it.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    pub(crate) tensor: Tensor,
    /// Where each decision is in the journal, by its digest.
    pub(crate) places: BTreeMap<Digest, u64>,
    root: Option<Digest>,
}

/// One zone's tensor, behind its lock.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Folded>);

impl Zone {
    /// The tensor with every entry of the journal in it.
    pub(crate) fn tensor(&self) -> Result<MutexGuard<'_, Folded>, Refused> {
        let mut folded = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let entries = self.store.journal(DECISIONS, folded.tensor.next(), PAGE_MAX)?;
            if entries.is_empty() {
                return Ok(folded);
            }
            for entry in &entries {
                folded.take(entry)?;
            }
        }
    }

    /// Whom a decision is about, if there is such a decision.
    pub(crate) fn decision_subject(&self, digest: &Digest) -> Result<Option<String>, Refused> {
        let Some(sequence) = self.tensor()?.places.get(digest).copied() else { return Ok(None) };
        let entries = self.store.journal(DECISIONS, sequence, 1)?;
        let Some(entry) = entries.first().filter(|entry| entry.seq == sequence) else {
            return Ok(None);
        };
        let document = canon::parse_value(&entry.body).map_err(Refused::host)?;
        Ok(document.get("subject").and_then(Value::as_str).map(str::to_owned))
    }

    /// The decision at a place in the journal, as recorded.
    pub(crate) fn decision_at(&self, sequence: u64) -> Result<Value, Refused> {
        let entries = self.store.journal(DECISIONS, sequence, 1)?;
        let entry = entries.first().filter(|entry| entry.seq == sequence);
        let entry = entry.ok_or_else(|| Refused::host("an entry of the journal is gone"))?;
        let mut document = canon::parse_value(&entry.body).map_err(Refused::host)?;
        Ok(document.pointer_mut("/body").map(Value::take).unwrap_or_default())
    }
}

impl Folded {
    fn take(&mut self, entry: &Entry) -> Result<(), Refused> {
        let body = Canonical::exact(&entry.body).map_err(Refused::host)?;
        if chained(self.root, body.digest()) != entry.root {
            return Err(Refused::host("the decision journal does not lead to its root"));
        }
        let mut document = body.value();
        let subject =
            document.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned();
        let decided = document.pointer("/body/outcome").is_some();
        let said = document.pointer_mut("/body").map(Value::take).unwrap_or_default();
        let record = Canonical::of_value(&said).map_err(Refused::host)?;
        if decided {
            self.places.insert(record.digest(), entry.seq);
        }
        if decided && subject.starts_with(ENTITY) {
            self.tensor.record(entry.seq, &subject, &record).map_err(Refused::host)?;
        } else {
            self.tensor.pass(entry.seq).map_err(Refused::host)?;
        }
        self.root = Some(entry.root);
        Ok(())
    }
}

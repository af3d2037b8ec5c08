//! What a regulator reads: the lists in force, how far the sweep is, and who is covered.

use std::collections::BTreeMap;

use canon::{Digest, EntityId};
use law::sanctions::List;
use law::sanctions::sweep::Coverage;
use serde_json::{Value, json};

use super::record::{SCREENING, Screened};
use super::sweep::{ENTITIES, Kept, SWEEP};
use crate::limits::UNCOVERED_NAMED_MAX;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

impl Zone {
    /// The lists in force, the last sweep, and the coverage: screened of should be screened.
    ///
    /// # Errors
    /// The store.
    pub fn screening(&self) -> Result<Value, Refused> {
        let law = self.law();
        let today = self.now().date();
        let list = |list: &List| {
            json!({
                "age_days": list.age_days(today),
                "digest_sha256": list.digest(),
                "entries": list.len(),
                "list_id": list.id(),
                "published": list.published(),
                "title": list.title(),
            })
        };
        let sweep: Option<Loaded<Kept>> = self.load(SWEEP, ENTITIES)?;
        Ok(json!({
            "coverage": self.coverage(law.lists_sha256())?,
            "lists": law.screener.lists().iter().map(list).collect::<Vec<_>>(),
            "lists_sha256": law.lists_sha256(),
            "persons": self.persons_shown(law.lists_sha256())?,
            "max_list_age_days": law.rulebook.screening().max_list_age_days,
            "refused": self.screened.refused(),
            "sweep": sweep.map(|sweep| sweep.value),
        }))
    }

    /// What is on record of one entity's screening.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn screening_of(&self, id: &EntityId) -> Result<Value, Refused> {
        let known: Loaded<Value> = self.need(SCREENING, id.as_str())?;
        Ok(known.value)
    }

    fn coverage(&self, lists: Digest) -> Result<Coverage, Refused> {
        let should = self.population(self.now())?;
        let mut last = BTreeMap::new();
        for id in &should {
            if let Some(known) = self.load::<Screened>(SCREENING, id)? {
                last.insert(id.clone(), known.value.lists_sha256);
            }
        }
        let mut coverage = Coverage::of(ENTITIES, &should, &last, lists);
        coverage.stale.truncate(UNCOVERED_NAMED_MAX);
        coverage.never.truncate(UNCOVERED_NAMED_MAX);
        Ok(coverage)
    }
}

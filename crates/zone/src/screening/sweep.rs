//! Everybody again, after the lists changed: in steps, resumed where a stop left it. First entities, then persons.

use std::collections::BTreeSet;

use canon::{EntityId, Timestamp};
use law::sanctions::Screening;
use law::sanctions::sweep::{Changed, Sweep};
use registry::Entity;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::PAGE_MAX as STORE_PAGE_MAX;

use super::record::{SCREENING, Screened};
use crate::config::InForce;
use crate::duty::{Duty, Task};
use crate::facts::{Gathered, subjects_of};
use crate::pipeline::Upon;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// Kind of the record of a sweep.
pub(super) const SWEEP: &str = "sweep";
/// The one population there is: all entities, each with its beneficial owners.
pub(super) const ENTITIES: &str = "entities";

/// How far a sweep has come, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// Always `MEZSweep`.
    #[serde(rename = "type")]
    type_: String,
    /// Entities of this moment and before are its population; later ones were screened when formed.
    begun: Timestamp,
    /// Snapshot, population, and how many are done.
    sweep: Sweep,
    changed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) finished: Option<Timestamp>,
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rescreened {
    /// Entities and persons screened.
    pub screened: usize,
    /// Those with another outcome than was on record.
    pub changed: usize,
    /// Whether everybody is screened under the lists in force.
    pub whole: bool,
}

/// A sweep to go on with, and its population.
type UnderWay = (Loaded<Kept>, BTreeSet<String>);
/// Screenings of one commit.
type Due = Vec<(Option<u64>, Screened, String)>;

impl Zone {
    /// Screen up to `limit` entities and persons that are not yet screened under the lists in force.
    ///
    /// # Errors
    /// The store or the signer; the next call goes on where this one ended.
    pub fn rescreen(&self, limit: usize) -> Result<Rescreened, Refused> {
        let whole = Rescreened { whole: true, ..Rescreened::default() };
        if self.screened.covered() == Some(self.law().lists_sha256()) {
            return Ok(whole);
        }
        let _writing = self.writing();
        let law = self.law();
        let mut done = self.rescreen_entities(&law, limit)?;
        if done.whole {
            let left = limit.max(1).saturating_sub(done.screened);
            let persons = self.rescreen_persons(&law, left)?;
            done.screened += persons.screened;
            done.changed += persons.changed;
            done.whole = persons.whole;
        }
        if done.whole {
            self.screened.cover(law.lists_sha256());
        }
        Ok(done)
    }

    fn rescreen_entities(&self, law: &InForce, limit: usize) -> Result<Rescreened, Refused> {
        let now = self.now();
        let known: Option<Loaded<Kept>> = self.load(SWEEP, ENTITIES)?;
        let Some((mut kept, population)) = self.under_way(known, law, now)? else {
            return Ok(Rescreened { whole: true, ..Rescreened::default() });
        };
        let next: Vec<&str> = kept.value.sweep.rest(&population).take(limit.max(1)).collect();
        let mut done = Rescreened::default();
        let mut due: Due = Vec::new();
        for id in next {
            let entity: Loaded<Entity> = self.need("entity", id)?;
            let mut gathered = Gathered::new();
            gathered.screen(self, &subjects_of(&entity.value, now))?;
            let after = Screened::of(entity.value.id(), &gathered.screenings, law, now);
            let before: Option<Loaded<Screened>> = self.load(SCREENING, id)?;
            let (rev, before) = before.map_or((None, None), |b| (b.rev, Some(b.value.finding)));
            let changed = kept.value.sweep.record(id, before, after.finding.clone());
            due.push((rev, after, id.to_owned()));
            done.screened += 1;
            if let Some(changed) = changed {
                done.changed += 1;
                kept.value.changed += 1;
                let told = (&changed, gathered.screenings);
                self.keep_screened(&mut kept, &population, std::mem::take(&mut due), Some(told))?;
            }
        }
        if kept.value.sweep.finish(&population).is_ok() {
            kept.value.finished = Some(now);
            done.whole = true;
        }
        if done.whole || !due.is_empty() {
            self.keep_screened(&mut kept, &population, due, None)?;
        }
        Ok(done)
    }

    /// The sweep to go on with, or a new one; `None` when nobody is left to screen.
    fn under_way(
        &self,
        known: Option<Loaded<Kept>>,
        law: &InForce,
        now: Timestamp,
    ) -> Result<Option<UnderWay>, Refused> {
        let lists = law.lists_sha256();
        let rev = known.as_ref().and_then(|known| known.rev);
        if let Some(known) = known.filter(|known| known.value.finished.is_none()) {
            let population = self.population(known.value.begun)?;
            if known.value.sweep.next(lists, &population).is_ok() {
                return Ok(Some((known, population)));
            }
        }
        if self.uncovered(lists)?.is_empty() {
            return Ok(None);
        }
        let population = self.population(now)?;
        let sweep = Sweep::begin(lists, &population);
        let type_ = "MEZSweep".to_owned();
        let value = Kept { type_, begun: now, sweep, changed: 0, finished: None };
        Ok(Some((Loaded { rev, value }, population)))
    }

    /// One commit: the records, how far the sweep has come, and in the journal what changed.
    fn keep_screened(
        &self,
        kept: &mut Loaded<Kept>,
        population: &BTreeSet<String>,
        due: Due,
        changed: Option<(&Changed, Vec<Screening>)>,
    ) -> Result<(), Refused> {
        let duty = Duty::of_zone(Task::Screening);
        let now = self.now();
        let left = kept.value.sweep.rest(population).count();
        let mut said = json!({ "left": left, "of": population.len(), "screened": due.len() });
        let mut subject = format!("sweep:{ENTITIES}");
        let mut upon = Upon::default();
        if let Some((changed, screenings)) = changed {
            subject = format!("entity:{}", changed.subject);
            said = serde_json::to_value(changed).map_err(Refused::host)?;
            upon.screenings = screenings;
        } else if let Ok((lists, people)) = kept.value.sweep.finish(population) {
            said = json!({
                "changed": kept.value.changed,
                "lists_sha256": lists,
                "population_sha256": people,
                "screened": population.len(),
            });
        }
        let at = (now, subject.as_str());
        let mut writes = self.on_duty_saying(&duty, at, Some(said), &upon)?;
        for (rev, screened, id) in &due {
            writes.state(SCREENING, id, *rev, screened)?;
        }
        writes.state(SWEEP, ENTITIES, kept.rev, &kept.value)?;
        writes.commit()?;
        kept.rev = self.load::<Kept>(SWEEP, ENTITIES)?.and_then(|kept| kept.rev);
        Ok(())
    }

    /// Every entity that applied at `until` or before.
    pub(super) fn population(&self, until: Timestamp) -> Result<BTreeSet<String>, Refused> {
        let mut out = BTreeSet::new();
        self.each_entity(|entity| {
            if entity.applied_at() <= until {
                out.insert(entity.id().to_string());
            }
        })?;
        Ok(out)
    }

    fn each_entity(&self, mut each: impl FnMut(&Entity)) -> Result<(), Refused> {
        let mut after = None::<String>;
        loop {
            let page = self.store.records("entity", after.as_deref(), STORE_PAGE_MAX)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            for (id, row) in page {
                let body = self.body_of(("entity", &id), row.body)?;
                let entity: Entity = serde_json::from_slice(&body)
                    .map_err(|e| Refused::host(format!("entity {id}: {e}")))?;
                each(&entity);
            }
        }
    }

    /// Entities not screened under these lists.
    fn uncovered(&self, lists: canon::Digest) -> Result<Vec<EntityId>, Refused> {
        let mut all = Vec::new();
        self.each_entity(|entity| all.push(entity.id().clone()))?;
        let mut out = Vec::new();
        for id in all {
            let known: Option<Loaded<Screened>> = self.load(SCREENING, id.as_str())?;
            if known.is_none_or(|known| known.value.lists_sha256 != lists) {
                out.push(id);
            }
        }
        Ok(out)
    }
}

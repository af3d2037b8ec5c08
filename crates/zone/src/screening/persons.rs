//! Registered persons, again after the lists changed: each opened in memory under their own key, the outcome kept without
//! saying who they are.
//!
//! Who is left is found from what is on record of each, so a stop loses and repeats nobody, and whoever is erased meanwhile
//! is left out.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Digest, Timestamp};
use law::sanctions::sweep::Coverage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sweep::{Rescreened, SWEEP};
use crate::config::InForce;
use crate::duty::{Duty, Task};
use crate::identity::PersonScreened;
use crate::limits::UNCOVERED_NAMED_MAX;
use crate::pipeline::Upon;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// The population: everybody in the register of persons.
const PERSONS: &str = "persons";

/// How far a sweep has come, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(rename = "type")]
    type_: String,
    begun: Timestamp,
    lists_sha256: Digest,
    screened: u64,
    changed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished: Option<Timestamp>,
}

impl Kept {
    fn begin(lists_sha256: Digest, begun: Timestamp) -> Self {
        let type_ = "MEZPersonsSweep".to_owned();
        Self { type_, begun, lists_sha256, screened: 0, changed: 0, finished: None }
    }
}

impl Zone {
    /// Screen up to `limit` persons who are not screened under these lists. Without the key for personal data nobody can
    /// be opened: that comes with the next start, which asks again.
    pub(super) fn rescreen_persons(
        &self,
        law: &InForce,
        limit: usize,
    ) -> Result<Rescreened, Refused> {
        let lists = law.lists_sha256();
        let persons = self.persons()?;
        let covered: BTreeSet<_> = persons
            .screened
            .iter()
            .filter(|(_, under)| *under == lists)
            .map(|(id, _)| id)
            .collect();
        let left: Vec<_> = persons.known.iter().filter(|id| !covered.contains(id)).collect();
        if left.is_empty() || self.personal_key().is_err() {
            return Ok(Rescreened { whole: true, ..Rescreened::default() });
        }
        if limit == 0 {
            return Ok(Rescreened::default());
        }
        let now = self.now();
        let known: Option<Loaded<Kept>> = self.load(SWEEP, PERSONS)?;
        let mut kept = known.unwrap_or(Loaded { rev: None, value: Kept::begin(lists, now) });
        if kept.value.lists_sha256 != lists || kept.value.finished.is_some() {
            kept.value = Kept::begin(lists, now);
        }
        let mut done = Rescreened { whole: left.len() <= limit, ..Rescreened::default() };
        let mut due: Vec<PersonScreened> = Vec::new();
        for id in left.into_iter().take(limit) {
            let Some(after) = self.person_screened_again(law, id, now)? else { continue };
            let before = self.person_screening(id)?.map(|before| before.value);
            let same = before.as_ref().is_some_and(|b| b.finding_sha256 == after.finding_sha256);
            done.screened += 1;
            kept.value.screened += 1;
            due.push(after.clone());
            if !same {
                done.changed += 1;
                kept.value.changed += 1;
                let said = json!({
                    "before": before.map(|before| before.outcome),
                    "after": after.outcome,
                    "finding_sha256": after.finding_sha256,
                });
                let subject = format!("identity:{id}");
                self.keep_persons(&mut kept, std::mem::take(&mut due), (&subject, said))?;
            }
        }
        if done.whole {
            kept.value.finished = Some(now);
        }
        if done.whole || !due.is_empty() {
            let Kept { screened, changed, .. } = kept.value;
            let said = json!({ "changed": changed, "lists_sha256": lists, "screened": screened });
            self.keep_persons(&mut kept, due, (&format!("sweep:{PERSONS}"), said))?;
        }
        Ok(done)
    }

    fn keep_persons(
        &self,
        kept: &mut Loaded<Kept>,
        due: Vec<PersonScreened>,
        (subject, said): (&str, Value),
    ) -> Result<(), Refused> {
        let duty = Duty::of_zone(Task::Screening);
        let at = (self.now(), subject);
        let mut writes = self.on_duty_saying(&duty, at, Some(said), &Upon::default())?;
        for screened in &due {
            writes.person_screened(self, screened)?;
        }
        writes.state(SWEEP, PERSONS, kept.rev, &kept.value)?;
        writes.commit()?;
        kept.rev = self.load::<Kept>(SWEEP, PERSONS)?.and_then(|kept| kept.rev);
        Ok(())
    }

    /// How many persons are screened under the lists in force, and how far the sweep of them is; by identifier, which
    /// says nothing of who they are.
    pub(super) fn persons_shown(&self, lists: Digest) -> Result<Value, Refused> {
        let persons = self.persons()?;
        let should: BTreeSet<String> = persons.known.iter().map(ToString::to_string).collect();
        let last: BTreeMap<String, Digest> =
            persons.screened.iter().map(|(id, under)| (id.to_string(), *under)).collect();
        let mut coverage = Coverage::of(PERSONS, &should, &last, lists);
        coverage.stale.truncate(UNCOVERED_NAMED_MAX);
        coverage.never.truncate(UNCOVERED_NAMED_MAX);
        let sweep: Option<Loaded<Kept>> = self.load(SWEEP, PERSONS)?;
        Ok(json!({ "coverage": coverage, "sweep": sweep.map(|sweep| sweep.value) }))
    }
}

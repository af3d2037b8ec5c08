//! Screening everyone again after a list changed: what changed, who is left, what came out otherwise.
//!
//! **Invariants.** A sweep ends only when every subject of the population was screened against the
//! same snapshot; stopped anywhere and taken up again it says the same. An outcome that differs from
//! the one on record always comes back as [`Changed`]: nothing decides that it need not be written.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Digest, sha256_parts};
use serde::{Deserialize, Serialize};

use super::list::List;
use super::screening::{Outcome, Screening};

/// Records by which two states of a list differ, each ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delta {
    /// New records.
    pub added: Vec<String>,
    /// Records that were there before.
    pub removed: Vec<String>,
    /// Records with other content.
    pub changed: Vec<String>,
}

impl Delta {
    /// From `old` to `new`; by content, so that a new date alone changes nothing.
    #[must_use]
    pub fn between(old: &List, new: &List) -> Self {
        let before: BTreeMap<&str, Digest> = old.rows().collect();
        let mut delta = Self::default();
        for (id, digest) in new.rows() {
            match before.get(id) {
                None => delta.added.push(id.to_owned()),
                Some(was) if *was != digest => delta.changed.push(id.to_owned()),
                Some(_) => {}
            }
        }
        let after: BTreeSet<&str> = new.rows().map(|(id, _)| id).collect();
        let gone = before.into_keys().filter(|id| !after.contains(id));
        delta.removed = gone.map(str::to_owned).collect();
        delta
    }

    /// Whether nobody need be screened again.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// What of a screening makes it another outcome: the answer, and the records it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The answer.
    pub outcome: Outcome,
    /// List and record of every hit, ordered.
    pub hits: BTreeSet<(String, String)>,
}

impl From<&Screening> for Finding {
    fn from(screening: &Screening) -> Self {
        let hits = screening.hits.iter().map(|hit| (hit.list.clone(), hit.entry.clone()));
        Self { outcome: screening.outcome, hits: hits.collect() }
    }
}

/// A subject about whom a new decision must be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Who.
    pub subject: String,
    /// What was on record; absent for one never screened.
    pub before: Option<Finding>,
    /// What it is now.
    pub after: Finding,
}

/// How far a sweep has come; this is what is kept between runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    snapshot_sha256: Digest,
    population_sha256: Digest,
    done: usize,
}

/// Why a sweep cannot go on or is not finished.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// Other subjects, or another order, than it began with.
    #[error("the population is not the one this sweep began with; begin again")]
    OtherPopulation,
    /// Other lists than it began with.
    #[error("the lists are not those this sweep began with; begin again")]
    OtherSnapshot,
    /// Subjects are left.
    #[error("{left} of {of} subjects are not screened yet")]
    Unfinished {
        /// How many are left.
        left: usize,
        /// Of how many.
        of: usize,
    },
}

fn population_sha256(population: &BTreeSet<String>) -> Digest {
    // Each digest has one length, so that no two populations write the same bytes.
    let each: Vec<Digest> = population.iter().map(|s| Digest::of_blob(s.as_bytes())).collect();
    let parts: Vec<&[u8]> = each.iter().map(|digest| digest.as_bytes().as_slice()).collect();
    sha256_parts(&parts)
}

impl Sweep {
    /// Begin with the lists of a snapshot and everyone who should be screened.
    #[must_use]
    pub fn begin(snapshot_sha256: Digest, population: &BTreeSet<String>) -> Self {
        let population_sha256 = population_sha256(population);
        Self { snapshot_sha256, population_sha256, done: 0 }
    }

    /// Who is next; `None` when all are done.
    ///
    /// # Errors
    /// Another snapshot or population than the sweep began with.
    pub fn next<'a>(
        &self,
        snapshot_sha256: Digest,
        population: &'a BTreeSet<String>,
    ) -> Result<Option<&'a str>, SweepError> {
        if snapshot_sha256 != self.snapshot_sha256 {
            return Err(SweepError::OtherSnapshot);
        }
        if population_sha256(population) != self.population_sha256 {
            return Err(SweepError::OtherPopulation);
        }
        Ok(population.iter().nth(self.done).map(String::as_str))
    }

    /// Those left, in order, from a population checked by [`Sweep::next`].
    pub fn rest<'a>(&self, population: &'a BTreeSet<String>) -> impl Iterator<Item = &'a str> {
        population.iter().skip(self.done).map(String::as_str)
    }

    /// Record one screening; what must be written, if the outcome changed.
    pub fn record(
        &mut self,
        subject: &str,
        before: Option<Finding>,
        after: Finding,
    ) -> Option<Changed> {
        self.done += 1;
        let changed = before.as_ref() != Some(&after);
        changed.then(|| Changed { subject: subject.to_owned(), before, after })
    }

    /// The proof that everyone was screened: the digests of the snapshot and the population.
    ///
    /// # Errors
    /// [`SweepError::Unfinished`].
    pub fn finish(&self, population: &BTreeSet<String>) -> Result<(Digest, Digest), SweepError> {
        if population_sha256(population) != self.population_sha256 {
            return Err(SweepError::OtherPopulation);
        }
        let of = population.len();
        match of.saturating_sub(self.done) {
            0 => Ok((self.snapshot_sha256, self.population_sha256)),
            left => Err(SweepError::Unfinished { left, of }),
        }
    }
}

/// How much of a population is screened against the lists in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Which population: customers, directors, vessels.
    pub population: String,
    /// How many should be screened.
    pub should: usize,
    /// How many are, against the lists in use.
    pub screened: usize,
    /// Those screened against other lists only.
    pub stale: Vec<String>,
    /// Those never screened.
    pub never: Vec<String>,
}

impl Coverage {
    /// Compare everyone who should be screened with the snapshot each was last screened against.
    #[must_use]
    pub fn of(
        population: &str,
        should: &BTreeSet<String>,
        last: &BTreeMap<String, Digest>,
        in_use: Digest,
    ) -> Self {
        let mut coverage = Self {
            population: population.to_owned(),
            should: should.len(),
            screened: 0,
            stale: Vec::new(),
            never: Vec::new(),
        };
        for subject in should {
            match last.get(subject) {
                Some(snapshot) if *snapshot == in_use => coverage.screened += 1,
                Some(_) => coverage.stale.push(subject.clone()),
                None => coverage.never.push(subject.clone()),
            }
        }
        coverage
    }

    /// Whether everyone is screened.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.screened == self.should
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finding(hit: bool) -> Finding {
        let outcome = if hit { Outcome::Hit } else { Outcome::Clear };
        let hits = hit.then(|| ("l".to_owned(), "1".to_owned())).into_iter().collect();
        Finding { outcome, hits }
    }

    fn snapshot() -> Digest {
        Digest::of_blob(b"lists")
    }

    proptest! {
        /// Whatever is on record and wherever the sweep is stopped, exactly the changed outcomes
        /// come back, and it ends only when all are done.
        #[test]
        fn a_changed_outcome_always_comes_back(
            people in proptest::collection::btree_map("[a-z]{1,6}", (0..3u8, any::<bool>()), 0..40),
            stops in proptest::collection::vec(1..5usize, 0..20),
        ) {
            let population: BTreeSet<String> = people.keys().cloned().collect();
            let kept = serde_json::to_vec(&Sweep::begin(snapshot(), &population)).unwrap();
            let (mut kept, mut changed) = (kept, Vec::new());
            for stop in stops.into_iter().chain(std::iter::repeat(7)) {
                let mut sweep: Sweep = serde_json::from_slice(&kept).unwrap();
                let left = sweep.next(snapshot(), &population).unwrap();
                if left.is_none() {
                    break;
                }
                prop_assert!(sweep.finish(&population).is_err());
                let rest: Vec<&str> = sweep.rest(&population).take(stop).collect();
                for subject in rest {
                    let (before, now) = people[subject];
                    let before = (before < 2).then(|| finding(before == 1));
                    changed.extend(sweep.record(subject, before, finding(now)));
                }
                kept = serde_json::to_vec(&sweep).unwrap();
            }
            let sweep: Sweep = serde_json::from_slice(&kept).unwrap();
            prop_assert!(sweep.finish(&population).is_ok());
            let told: Vec<&str> = changed.iter().map(|c| c.subject.as_str()).collect();
            let otherwise = |(_, (before, now)): &(&String, &(u8, bool))| *before != u8::from(*now);
            let expected = people.iter().filter(otherwise).map(|(subject, _)| subject.as_str());
            prop_assert_eq!(told, expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_sweep_goes_on_with_the_same_lists_and_people_alone() {
        let people: BTreeSet<String> = ["a", "b"].map(str::to_owned).into();
        let sweep = Sweep::begin(snapshot(), &people);
        let other = Digest::of_blob(b"other lists");
        assert_eq!(sweep.next(other, &people), Err(SweepError::OtherSnapshot));
        let fewer: BTreeSet<String> = ["a".to_owned()].into();
        assert_eq!(sweep.next(snapshot(), &fewer), Err(SweepError::OtherPopulation));
        assert_eq!(sweep.finish(&people), Err(SweepError::Unfinished { left: 2, of: 2 }));
    }

    #[test]
    fn coverage_counts_the_stale_and_the_never_screened_apart() {
        let should: BTreeSet<String> = ["a", "b", "c"].map(str::to_owned).into();
        let old = Digest::of_blob(b"old");
        let last = [("a".to_owned(), snapshot()), ("b".to_owned(), old)].into();
        let coverage = Coverage::of("customers", &should, &last, snapshot());
        assert_eq!((coverage.screened, coverage.is_whole()), (1, false));
        assert_eq!((coverage.stale, coverage.never), (vec!["b".to_owned()], vec!["c".to_owned()]));
    }
}

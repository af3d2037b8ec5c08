//! Whose turn it is: several threads do what the outbox holds, each on one corridor at a time.
//!
//! A call to a peer lasts as long as the peer lets it, up to ten seconds. With one thread a peer that hangs would
//! keep all the others waiting; so each corridor has its turn, and those whose peer could not be reached the last
//! time have half of the threads at most. A turn that lasts is a peer that hangs: it counts no more among the threads
//! that are in use, of which there are spare ones, so that as many peers as there are threads may begin to hang at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::{CorridorId, Timestamp};

use super::jobs::{Job, QUEUE};
use crate::limits::{HANGS_SECS, JOBS_MAX, OUTBOX_THREADS, WAITING_MAX};
use crate::refused::Refused;
use crate::zone::Zone;

/// Corridors that somebody is at, and since when.
#[derive(Default)]
pub(crate) struct Turns {
    taken: Mutex<BTreeMap<CorridorId, Timestamp>>,
    /// What [`store::Ahead::jobs_put`] said when it was last asked whether there is more to do.
    put: AtomicU64,
}

/// One corridor's turn; over when it is dropped.
struct Turn<'z> {
    turns: &'z Turns,
    id: CorridorId,
}

impl Turns {
    /// How many turns have not lasted long.
    fn quick(taken: &BTreeMap<CorridorId, Timestamp>, now: Timestamp) -> usize {
        let hangs = |since: &Timestamp| now.unix().saturating_sub(since.unix()) >= HANGS_SECS;
        taken.values().filter(|since| !hangs(since)).count()
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<CorridorId, Timestamp>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.taken().remove(&self.id);
    }
}

impl Zone {
    /// Whether anything was put into an outbox since this was last asked.
    pub fn outbox_stirred(&self) -> bool {
        let put = self.ahead.jobs_put();
        self.turns.put.swap(put, Ordering::SeqCst) != put
    }

    /// Do what is due on one corridor that nobody else is at. Returns how many jobs were looked at. Several threads
    /// may ask at the same time; `another` is called first where something is due on another corridor too.
    ///
    /// # Errors
    /// The store. A failing job is put off, not lost.
    pub fn run_jobs_of_one(&self, another: impl FnOnce()) -> Result<usize, Refused> {
        if self.stopped().is_some() {
            return Ok(0);
        }
        let Some((turn, rows, more)) = self.next_turn()? else { return Ok(0) };
        if more {
            another();
        }
        for row in &rows {
            self.run_row(row)?;
        }
        drop(turn);
        Ok(rows.len())
    }

    /// The first corridor with something due that has no turn, what is due on it, and whether there is another such.
    fn next_turn(&self) -> Result<Option<(Turn<'_>, Vec<store::Job>, bool)>, Refused> {
        // Held while the store is read: what a turn did is written before the turn is over.
        let mut taken = self.turns.taken();
        let now = self.now();
        if Turns::quick(&taken, now) >= OUTBOX_THREADS {
            return Ok(None);
        }
        let mut due = self.store.jobs(QUEUE, now.unix(), WAITING_MAX)?;
        due.extend(self.due_again()?);
        let slow = taken.keys().filter(|id| self.reach.misses(id)).count();
        let full = slow >= OUTBOX_THREADS / 2;
        let of =
            |row: &store::Job| Some(serde_json::from_slice::<Job>(&row.body).ok()?.corridor_id);
        let free = |id: &CorridorId| !(taken.contains_key(id) || full && self.reach.misses(id));
        let Some(id) = due.iter().filter_map(of).find(free) else { return Ok(None) };
        let more = due.iter().filter_map(of).any(|other| other != id && free(&other));
        let rows = due.into_iter().filter(|row| of(row).as_ref() == Some(&id));
        let rows = rows.take(JOBS_MAX).collect();
        taken.insert(id.clone(), now);
        Ok(Some((Turn { turns: &self.turns, id }, rows, more)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_hangs_does_not_count_among_the_threads_in_use() {
        let at = |secs| Timestamp::from_unix(1_700_000_000 + secs).unwrap();
        let id = |n| CorridorId::parse(&format!("org.momentum.mez.corridor.a--b{n}")).unwrap();
        let taken: BTreeMap<_, _> = (0..4).map(|n| (id(n), at(0))).collect();
        assert_eq!(Turns::quick(&taken, at(0)), OUTBOX_THREADS);
        assert_eq!(Turns::quick(&taken, at(HANGS_SECS - 1)), OUTBOX_THREADS);
        assert_eq!(Turns::quick(&taken, at(HANGS_SECS)), 0, "four that hang leave all of them");
    }
}

//! Whose turn it is: several threads do what the outbox holds, each on one corridor at a time.
//!
//! A call to a peer lasts as long as the peer lets it, up to ten seconds. With one thread a peer that hangs would
//! keep all the others waiting; so each corridor has its turn, and those whose peer could not be reached the last
//! time have half of the threads at most.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::CorridorId;

use super::jobs::{Job, QUEUE};
use crate::limits::{JOBS_MAX, OUTBOX_THREADS, WAITING_MAX};
use crate::refused::Refused;
use crate::zone::Zone;

/// Corridors that somebody is at.
#[derive(Default)]
pub(crate) struct Turns(Mutex<BTreeSet<CorridorId>>);

/// One corridor's turn; over when it is dropped.
struct Turn<'z> {
    turns: &'z Turns,
    id: CorridorId,
}

impl Turns {
    fn taken(&self) -> MutexGuard<'_, BTreeSet<CorridorId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.taken().remove(&self.id);
    }
}

impl Zone {
    /// Do what is due on one corridor that nobody else is at. Returns how many jobs were looked at. Several threads
    /// may ask at the same time.
    ///
    /// # Errors
    /// The store. A failing job is put off, not lost.
    pub fn run_jobs_of_one(&self) -> Result<usize, Refused> {
        if self.stopped().is_some() {
            return Ok(0);
        }
        let Some((turn, rows)) = self.next_turn()? else { return Ok(0) };
        for row in &rows {
            self.run_row(row)?;
        }
        drop(turn);
        Ok(rows.len())
    }

    /// The first corridor with something due that has no turn, and what is due on it.
    fn next_turn(&self) -> Result<Option<(Turn<'_>, Vec<store::Job>)>, Refused> {
        // Held while the store is read: what a turn did is written before the turn is over.
        let mut taken = self.turns.taken();
        let mut due = self.store.jobs(QUEUE, self.now().unix(), WAITING_MAX)?;
        due.extend(self.due_again()?);
        let slow = taken.iter().filter(|id| self.reach.misses(id)).count();
        let full = slow >= OUTBOX_THREADS / 2;
        let of =
            |row: &store::Job| Some(serde_json::from_slice::<Job>(&row.body).ok()?.corridor_id);
        let free = |id: &CorridorId| !(taken.contains(id) || full && self.reach.misses(id));
        let Some(id) = due.iter().filter_map(of).find(free) else { return Ok(None) };
        let rows = due.into_iter().filter(|row| of(row).as_ref() == Some(&id));
        let rows = rows.take(JOBS_MAX).collect();
        taken.insert(id.clone());
        Ok(Some((Turn { turns: &self.turns, id }, rows)))
    }
}

//! The signer's cell moved once for many commits.
//!
//! Whoever has a durable commit leaves its steps here and takes a turn; whoever has the turn moves the cell by all
//! steps that are there, so the others find theirs done.
//!
//! Invariant: the steps left here are of durable commits, and a commit's steps are left before its caller is told.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use store::cell::{Advance, CellError, LastSigned};

/// Steps on their way to the cell.
#[derive(Default)]
pub(crate) struct Stepped {
    left: Mutex<Vec<Advance>>,
    turn: Mutex<()>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stepped {
    /// Move the cell by these steps, and return when that is durable.
    ///
    /// # Errors
    /// As [`LastSigned::advance_all`]; whoever left steps tries again, or is told the same.
    pub(crate) fn advance(
        &self,
        cell: &dyn LastSigned,
        steps: &[Advance],
    ) -> Result<(), CellError> {
        held(&self.left).extend_from_slice(steps);
        let _turn = held(&self.turn);
        let all = held(&self.left).clone();
        let mut newest: BTreeMap<&str, &Advance> = BTreeMap::new();
        for step in &all {
            // What is durable behind a step that was made is durable too: commits are queued in order.
            let made = cell.last(&step.lane).is_some_and(|last| last.sequence > step.sequence);
            let newer = newest.get(step.lane.as_str()).is_none_or(|n| n.sequence < step.sequence);
            if !made && newer {
                newest.insert(&step.lane, step);
            }
        }
        let newest: Vec<Advance> = newest.into_values().cloned().collect();
        let moved = if newest.is_empty() { Ok(()) } else { cell.advance_all(&newest) };
        let done = if moved.is_ok() { &all[..] } else { steps };
        held(&self.left).retain(|step| !done.contains(step));
        moved
    }
}

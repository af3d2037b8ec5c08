//! Commits on their way: queued with what goes along with every commit, and waited for.

use std::sync::Arc;

use canon::{Canonical, Timestamp};
use serde::Serialize;
use store::cell::Advance;
use store::{Ahead, Batch, Building, CommitError, JobPut, Queued, RecordPut, StoreError};

use super::{Told, Writes};
use crate::audit::{self, Heard, Outcome};
use crate::duty::Duty;
use crate::refused::Refused;
use crate::zone::Zone;
use corridor::seeded::bug;

impl<W> Writes<'_, W> {
    /// Where a request is answered: what its caller wants to be so, the entry of the audit log that goes along, and the
    /// approval that it uses up.
    pub(super) fn attended(&mut self) -> Result<(), Refused> {
        self.zone.asked_before_writing()?;
        let Some(attended) = self.zone.hearings.writing() else { return Ok(()) };
        if let (Some(request), Some(by)) = (&attended.approval, &attended.heard.principal) {
            self.approved(self.zone, by, request)?;
        }
        let Told { now, by, outcome, decision } = &self.told;
        let (code, uncounted) = (None, None);
        let came = Outcome {
            by: by.clone(),
            outcome: outcome.clone(),
            code,
            decision: Some(decision.clone()),
            approval: attended.approval,
            uncounted,
        };
        audit::extend(self.zone.store.as_ref(), &mut self.batch, *now, attended.heard, came)
    }
}

/// A job that looks after a record: due at a moment, or done.
pub(crate) struct Looked {
    pub(crate) id: String,
    pub(crate) queue: &'static str,
    pub(crate) due: Option<(Timestamp, serde_json::Value)>,
}

impl Zone {
    /// A commit of one record that no decision is about, within a write: how far it has come at Mass. The lock of building
    /// stays with the caller.
    pub(crate) fn noted<T: Serialize>(
        &self,
        _duty: &Duty,
        (kind, id): (&str, &str),
        (old_rev, value): (Option<u64>, &T),
        looked: Looked,
    ) -> Result<(), Refused> {
        self.may_sign()?;
        let body = Canonical::of(value).map_err(Refused::host)?.bytes().to_vec();
        let (kind, id) = (kind.to_owned(), id.to_owned());
        let mut batch = Batch::default();
        batch.records.push(RecordPut { kind, id, old_rev, body });
        let Looked { id, queue, due } = looked;
        match due {
            Some((at, body)) => {
                let (queue, body) = (queue.to_owned(), body.to_string().into_bytes());
                batch.jobs.push(JobPut { id, queue, not_before: at.unix(), body });
            }
            None => batch.jobs_done.push(id),
        }
        self.flight(batch, Vec::new())?.landed(self)
    }

    /// A commit of one record that no decision is about: what a replica took of a bucket.
    pub(crate) fn state_alone<T: Serialize>(
        &self,
        _duty: &Duty,
        building: Building<'_>,
        (kind, id): (&str, &str),
        old_rev: Option<u64>,
        value: &T,
    ) -> Result<(), Refused> {
        let body = Canonical::of(value).map_err(Refused::host)?.bytes().to_vec();
        let (kind, id) = (kind.to_owned(), id.to_owned());
        let records = vec![RecordPut { kind, id, old_rev, body }];
        let flight = self.flight(Batch { records, ..Batch::default() }, Vec::new())?;
        drop(building);
        flight.landed(self)
    }

    /// A commit of the audit log alone: it stands beside no decision, and the signer's cell has no part in it.
    pub(crate) fn audit_alone(
        &self,
        _duty: &Duty,
        heard: Heard,
        came: Outcome,
    ) -> Result<(), Refused> {
        let building = self.building();
        self.may_sign()?;
        self.settle()?;
        let mut batch = Batch::default();
        audit::extend(self.store.as_ref(), &mut batch, self.now(), heard, came)?;
        let flight = self.flight(batch, Vec::new())?;
        drop(building);
        flight.landed(self)
    }

    /// A batch on its way, with the entries of the zone log that its heads need.
    pub(super) fn flight(
        &self,
        mut batch: Batch,
        advances: Vec<Advance>,
    ) -> Result<Flight, Refused> {
        let logged = crate::log::extend(self.store.as_ref(), &mut batch);
        logged.map_err(|error| self.commit_refused(CommitError::Store(error)))?;
        Ok(Flight { queued: self.ahead.queue_shared(batch), advances })
    }
}

/// A commit that is queued. Until it is dropped, nothing is built on it if it fails.
pub struct Flight {
    queued: Queued<Arc<Ahead>>,
    advances: Vec<Advance>,
}

impl Flight {
    /// Wait for journal and cell.
    pub(super) fn landed(self, zone: &Zone) -> Result<(), Refused> {
        let outcomes = zone.land(vec![self]);
        outcomes.into_iter().next().unwrap_or(Ok(()))
    }

    /// Whether its journal is known to have been written, or not, by now.
    pub fn is_known(&mut self) -> bool {
        self.queued.is_known()
    }

    /// Wait until it is.
    pub fn until_known(&mut self) {
        self.queued.until_known();
    }

    /// Wait for the journal; whether the cell has to follow.
    fn journaled(&mut self, zone: &Zone) -> Result<bool, Refused> {
        match self.queued.wait() {
            Ok(_) => Ok(!self.queued.rehearsed()),
            Err(CommitError::Store(StoreError::OutcomeUnknown { detail })) => {
                zone.unsettled().push(self.advances.clone());
                zone.settle()?;
                let written = zone.is_written(&self.advances)?;
                if written { Ok(false) } else { Err(Refused::Unavailable(detail)) }
            }
            Err(error) => {
                if matches!(error, CommitError::HeadMoved { .. }) {
                    zone.still_ours()?;
                }
                Err(zone.commit_refused(error))
            }
        }
    }

    fn stepped(&self, zone: &Zone) -> Result<(), Refused> {
        let moved = zone.advance_cell(&self.advances);
        if matches!(moved, Err(Refused::SignerAway(_))) {
            // Written, and told to nobody: the next to write asks the signer again.
            zone.unsettled().push(self.advances.clone());
        }
        moved
    }
}

impl Zone {
    /// Wait for commits in the order they were queued, and move the cell once for all: what became of each.
    pub fn land(&self, mut flights: Vec<Flight>) -> Vec<Result<(), Refused>> {
        let journaled: Vec<_> = flights.iter_mut().map(|flight| flight.journaled(self)).collect();
        let mut steps = Vec::new();
        for (flight, journaled) in flights.iter().zip(&journaled) {
            if matches!(journaled, Ok(true)) {
                store::faults::between_journal_and_cell();
                steps.extend_from_slice(&flight.advances);
            }
        }
        let together = steps.is_empty() || bug(3) || self.advance_cell(&steps).is_ok();
        let each = flights.iter().zip(journaled).map(|(flight, journaled)| match journaled? {
            true if !together => flight.stepped(self),
            _ => Ok(()),
        });
        each.collect()
    }
}

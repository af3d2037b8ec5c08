//! Commits on their way: queued with what goes along with every commit, and waited for.

use canon::Canonical;
use law::Admission;
use serde::Serialize;
use store::cell::Advance;
use store::{Batch, Building, CommitError, Queued, RecordPut, StoreError};

use super::{Told, Writes};
use crate::audit::{self, Heard, Outcome};
use crate::duty::Duty;
use crate::pipeline::Judged;
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

impl Zone {
    /// A commit of what is about to be asked of Mass under an admission, whose own commit follows once it is done. The
    /// lock of building stays with the caller.
    pub(crate) fn intended<T: Serialize>(
        &self,
        _admission: &Judged<Admission>,
        id: &str,
        intent: &T,
    ) -> Result<(), Refused> {
        self.may_sign()?;
        let body = Canonical::of(intent).map_err(Refused::host)?.bytes().to_vec();
        let (kind, id) = ("mass-intent".to_owned(), id.to_owned());
        let records = vec![RecordPut { kind, id, old_rev: None, body }];
        self.flight(Batch { records, ..Batch::default() }, Vec::new())?.landed()
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
        flight.landed()
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
        flight.landed()
    }

    /// A batch on its way, with the entries of the zone log that its heads need.
    pub(super) fn flight(
        &self,
        mut batch: Batch,
        advances: Vec<Advance>,
    ) -> Result<Flight<'_>, Refused> {
        let logged = crate::log::extend(self.store.as_ref(), &mut batch);
        logged.map_err(|error| self.commit_refused(CommitError::Store(error)))?;
        Ok(Flight { zone: self, queued: self.ahead.queue(batch), advances })
    }
}

/// A commit that is queued.
pub(super) struct Flight<'z> {
    zone: &'z Zone,
    queued: Queued<'z>,
    advances: Vec<Advance>,
}

impl Flight<'_> {
    /// Wait for journal and cell. Until it ends, nothing is built on what failed.
    pub(super) fn landed(mut self) -> Result<(), Refused> {
        let Self { zone, queued, advances } = &mut self;
        match queued.wait() {
            Ok(_) if queued.rehearsed() => return Ok(()),
            Ok(_) => {}
            Err(CommitError::Store(StoreError::OutcomeUnknown { detail })) => {
                zone.unsettled().push(advances.clone());
                zone.settle()?;
                let written = zone.is_written(advances)?;
                return if written { Ok(()) } else { Err(Refused::Unavailable(detail)) };
            }
            Err(error) => {
                if matches!(error, CommitError::HeadMoved { .. }) {
                    zone.still_ours()?;
                }
                return Err(zone.commit_refused(error));
            }
        }
        store::faults::between_journal_and_cell();
        if bug(3) {
            return Ok(());
        }
        let moved = zone.advance_cell(advances);
        if matches!(moved, Err(Refused::SignerAway(_))) {
            // Written, and told to nobody: the next to write asks the signer again.
            zone.unsettled().push(advances.clone());
        }
        moved
    }
}

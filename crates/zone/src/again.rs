//! Jobs of the zone's own clockwork that failed, and when they are tried again.

use canon::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::limits::{JOBS_MAX, LAW_RETRY_SECS, RETRY_SECS_MAX, RETRY_SECS_MIN};
use crate::refused::Refused;
use crate::zone::Zone;

/// Something to be done about a transfer, and how often it was tried in vain.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again<I> {
    pub(crate) transfer_id: I,
    pub(crate) attempts: u32,
}

impl<I> Again<I> {
    /// When it is tried again, and how often it will have been tried then.
    pub(crate) fn next(
        &self,
        now: Timestamp,
        error: &Refused,
    ) -> Result<(Timestamp, u32), Refused> {
        let pause = match error {
            // Law changes its mind with its facts, not with the minute; each try is a decision.
            Refused::Law { .. } => LAW_RETRY_SECS,
            _ => (RETRY_SECS_MIN << self.attempts.min(16)).min(RETRY_SECS_MAX),
        };
        let at = now.plus_secs(pause).map_err(Refused::host)?;
        Ok((at, self.attempts.saturating_add(1)))
    }
}

impl Zone {
    /// Do what is due of a queue, and put off what fails; how much was due.
    pub(crate) fn run_due<I: DeserializeOwned>(
        &self,
        queue: &str,
        doing: impl Fn(&I) -> Result<(), Refused>,
        put_off: impl Fn(&Again<I>, &Refused) -> Result<(), Refused>,
    ) -> Result<usize, Refused> {
        let due = self.store.jobs(queue, self.now().unix(), JOBS_MAX)?;
        for row in &due {
            let Ok(job) = serde_json::from_slice::<Again<I>>(&row.body) else { continue };
            if let Err(error) = doing(&job.transfer_id) {
                put_off(&job, &error)?;
            }
        }
        Ok(due.len())
    }
}

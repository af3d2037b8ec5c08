//! Letting go of promises whose time is over: what they held can be spent again without anybody asking.

use canon::RecordId;
use registry::LedgerEvent;
use registry::Posting;
use registry::fiscal::{Transfer, TransferEvent};
use serde_json::json;

use super::TRANSFER;
use crate::again::Again;
use crate::duty::{Duty, Task};
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

const BY: &str = "zone";
const QUEUE: &str = "transfer";

fn job(id: &RecordId) -> String {
    format!("transfer/{id}")
}

impl<W> Writes<'_, W> {
    /// A promise will be over.
    pub(super) fn will_expire(&mut self, id: &RecordId, at: canon::Timestamp, attempts: u32) {
        self.job(job(id), QUEUE, at, &json!({ "transfer_id": id, "attempts": attempts }));
    }

    /// It is over, one way or the other.
    pub(super) fn has_ended(&mut self, id: &RecordId) {
        self.done(job(id));
    }
}

impl Zone {
    /// Let go what is due. Called by the zone's clockwork.
    pub(crate) fn run_transfers(&self) -> Result<usize, Refused> {
        self.run_due(QUEUE, |id| self.expire(id), |job, error| self.put_expiry_off(job, error))
    }

    fn expire(&self, id: &RecordId) -> Result<(), Refused> {
        let _writing = self.writing();
        let subject = format!("transfer:{id}");
        self.own_hand(&format!("expire {subject}"))?;
        let now = self.now();
        let known: Loaded<Transfer> = self.need(TRANSFER, id.as_str())?;
        let (promised, made) = (known.value.postings().to_vec(), known.value.made());
        let Ok(after) = known.value.apply(TransferEvent::Void, self.begun(now)) else {
            let mut writes = self.on_duty(&Duty::of_zone(Task::Job), now, &subject)?;
            writes.has_ended(id);
            return writes.commit();
        };
        let accounts = self.accounts_of(&promised, now)?;
        let admission = self.admit_void(&promised, &accounts, (now, BY, &subject))?;
        let freed = self.freed_given((&promised, &accounts), made)?;
        let void = |posting: &Posting| LedgerEvent::Void(posting.id().clone());
        let linked = self.link(promised.iter().map(void).collect(), accounts, promised.clone())?;
        let mut writes = self.admitted(&admission, (now, BY, &subject))?;
        writes.linked(&linked)?;
        writes.record(TRANSFER, id.as_str(), known.rev, &after)?;
        writes.tier_paid(freed.as_ref())?;
        writes.has_ended(id);
        writes.commit()
    }

    fn put_expiry_off(&self, job: &Again<RecordId>, error: &Refused) -> Result<(), Refused> {
        let _writing = self.writing();
        let now = self.now();
        let (at, attempts) = job.next(now, error)?;
        let about = format!("transfer:{} put off: {}", job.transfer_id, error.code());
        let mut writes = self.on_duty(&Duty::of_zone(Task::Job), now, &about)?;
        writes.will_expire(&job.transfer_id, at, attempts);
        writes.commit()
    }
}

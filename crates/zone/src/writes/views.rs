//! The one commit that is not in the decision journal: an entry of the log of what regulators were shown.
//!
//! It stands in a stream of its own, which the zone log pins like every other, so that whoever reads the decision
//! journal does not read there what a regulator looks at.

use canon::{Canonical, Digest};
use proof::chain::{VIEWS_TAG, step};
use serde_json::Value;
use store::{Batch, CommitError, Entry, Head, HeadSwap, IdempotencyPut};

use crate::duty::Duty;
use crate::journal::VIEWS;
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// Append an entry, made for the sequence it gets, and wait until it is durable. What is not known to be
    /// durable counts as not written.
    pub(crate) fn append_view(
        &self,
        _duty: &Duty,
        entry: impl FnOnce(u64) -> Value,
        answer: impl FnOnce(u64, Digest) -> Option<IdempotencyPut>,
    ) -> Result<(u64, Digest), Refused> {
        let building = self.building();
        self.may_sign()?;
        self.settle()?;
        let old = self.store.head(VIEWS)?;
        let seq = old.map_or(0, |head| head.seq.saturating_add(1));
        let canonical = Canonical::of_value(&entry(seq)).map_err(Refused::host)?;
        let root = step(VIEWS_TAG, old.map(|head| head.root).as_ref(), &canonical.digest());
        let body = canonical.bytes().to_vec();
        let mut batch = Batch {
            heads: vec![HeadSwap { stream: VIEWS.to_owned(), old, new: Head { seq, root } }],
            journal: vec![Entry { stream: VIEWS.to_owned(), seq, body, root }],
            idempotency: answer(seq, root),
            ..Batch::default()
        };
        let logged = crate::log::extend(self.store.as_ref(), &mut batch);
        logged.map_err(|error| self.commit_refused(CommitError::Store(error)))?;
        let mut queued = self.ahead.queue(batch);
        drop(building);
        queued.wait().map_err(|error| self.commit_refused(error))?;
        Ok((seq, root))
    }
}

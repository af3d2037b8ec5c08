//! The audit log: who used which power at the doors, on what, and what came of it.
//!
//! The decision journal says what was decided and why; this says who asked, through which route and by which
//! right. An entry of a write stands in the write's own commit, so that neither is there without the other; what was
//! refused at the door has a commit of its own, bounded per principal and counted beyond that.
//!
//! Invariant: every entry holds the root of the one before it and is hashed whole; the head of the log is in the
//! zone's signed log, as every head is.

mod chain;
mod denied;
mod read;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use canon::{Digest, EntityId, PrincipalId};

pub(crate) use chain::{AUDIT, Outcome, chained, extend};
pub use chain::{AuditChain, AuditEntry, AuditFault, Decided};
pub(crate) use denied::Counted;
pub use denied::Unwritten;

use crate::precondition::Condition;
use crate::writes::Flight;
use crate::zone::Zone;

/// A request that was let in, or that was not, as its entry tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Who asks; absent where only the message itself says so (a peer), or nobody is known.
    pub principal: Option<PrincipalId>,
    /// The scope by which it is let in; `peer`, or `none`.
    pub scope: &'static str,
    /// The entity the caller is bound to.
    pub entity_id: Option<EntityId>,
    /// Method of the request.
    pub method: &'static str,
    /// Template of the route.
    pub route: &'static str,
    /// The path asked, without its query.
    pub target: String,
    /// Digest of the body's bytes, where there is one and it was read.
    pub body_sha256: Option<Digest>,
}

/// A request being answered, by the thread that answers it.
struct Hearing {
    thread: ThreadId,
    heard: Heard,
    /// The approval it uses, until it is used up.
    approval: Option<Digest>,
    /// Something was written for it.
    written: bool,
    /// What has to be so before anything is.
    condition: Option<Condition>,
    /// Who waits for the last that is written.
    leave: Option<Leave>,
}

/// Takes what was written last for a request, to wait for it with [`Zone::land`] and answer then.
pub type Leave = Box<dyn FnOnce(Flight) + Send>;

/// What came of a request.
pub struct Attended<T> {
    /// What is answered.
    pub answer: T,
    /// Something was written for it.
    pub written: bool,
    /// The last of that was left to [`Leave`], and nothing may be told before it is durable.
    pub left: bool,
}

/// What a commit that answers a request takes along.
pub(crate) struct Noted {
    pub(crate) heard: Heard,
    pub(crate) approval: Option<Digest>,
}

/// The requests being answered.
#[derive(Default)]
pub(crate) struct Hearings(Mutex<Vec<Hearing>>);

impl Hearings {
    fn all(&self) -> MutexGuard<'_, Vec<Hearing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this thread answers, noted as written for. An approval is taken once: more commits of the same request go
    /// with the first.
    pub(crate) fn writing(&self) -> Option<Noted> {
        let thread = std::thread::current().id();
        let mut all = self.all();
        let hearing = all.iter_mut().find(|hearing| hearing.thread == thread)?;
        hearing.written = true;
        Some(Noted { heard: hearing.heard.clone(), approval: hearing.approval.take() })
    }

    /// What this thread answers is written for only if this is so.
    pub(crate) fn only_if(&self, condition: Condition) {
        let thread = std::thread::current().id();
        if let Some(hearing) = self.all().iter_mut().find(|hearing| hearing.thread == thread) {
            hearing.condition = Some(condition);
        }
    }

    /// Who waits, if not this thread, for what it has written.
    pub(crate) fn leave(&self) -> Option<Leave> {
        let thread = std::thread::current().id();
        self.all().iter_mut().find(|hearing| hearing.thread == thread)?.leave.take()
    }

    /// What has to be so before something is written for what this thread answers.
    pub(crate) fn condition(&self) -> Option<Condition> {
        let thread = std::thread::current().id();
        let all = self.all();
        let hearing = all.iter().find(|hearing| hearing.thread == thread)?;
        hearing.condition.clone()
    }

    /// Nothing has to be so any more for what this thread answers.
    pub(crate) fn met(&self) {
        let thread = std::thread::current().id();
        if let Some(hearing) = self.all().iter_mut().find(|hearing| hearing.thread == thread) {
            hearing.condition = None;
        }
    }

    /// What this thread answers was approved by a second person.
    pub(crate) fn approved(&self, request: Digest) {
        let thread = std::thread::current().id();
        let mut all = self.all();
        for hearing in all.iter_mut().filter(|hearing| hearing.thread == thread) {
            hearing.approval = Some(request);
        }
    }
}

/// Ends a hearing also where its handler does not come back.
struct Ended<'a>(&'a Hearings, ThreadId);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.all().retain(|hearing| hearing.thread != self.1);
    }
}

impl Zone {
    /// Answer a request on this thread: what is written meanwhile is written with an entry that tells of it. Also
    /// whether anything was. Where somebody is there to leave it to, the last may still be on its way.
    pub fn attended<T>(
        &self,
        heard: Heard,
        leave: Option<Leave>,
        answering: impl FnOnce() -> T,
    ) -> Attended<T> {
        let thread = std::thread::current().id();
        let (approval, written, condition) = (None, false, None);
        let leaves = leave.is_some();
        let hearing = Hearing { thread, heard, approval, written, condition, leave };
        self.hearings.all().push(hearing);
        let ended = Ended(&self.hearings, thread);
        let answer = answering();
        let all = self.hearings.all();
        let heard = all.iter().find(|hearing| hearing.thread == thread);
        let written = heard.is_some_and(|hearing| hearing.written);
        let left = leaves && heard.is_some_and(|hearing| hearing.leave.is_none());
        drop(all);
        drop(ended);
        Attended { answer, written, left }
    }
}

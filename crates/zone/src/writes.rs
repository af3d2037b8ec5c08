//! What one commit holds, and the only way to make one.
//!
//! The witness decides which methods exist: [`Admitted`] may change records, [`OnDuty`] only the
//! zone's own state, [`Denied`] nothing but its decision record. Money that moves without an admission
//! moves between the zone's own accounts: [`between`].

mod between;
mod flight;
mod views;

use std::borrow::Cow;

use canon::{Canonical, Digest, Timestamp};
use corridor::lane::Written;
use law::{Admission, Refusal};
use serde::Serialize;
use serde_json::{Value, json};
use store::cell::{Advance, CellError};
use store::{Batch, Building, Entry, Head, HeadSwap, IdempotencyPut, JobPut, KeyPut, RecordPut};

use crate::audit::Decided;
use crate::duty::Duty;
use crate::journal::{self, DECISIONS_LANE, LAW};
use crate::mass;
use crate::pipeline::{Judged, Upon};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

pub(crate) use between::{Settles, Withheld};
pub use flight::Flight;
pub(crate) use flight::Looked;

/// Why nothing is signed on data that are older than what was.
const BEHIND: &str = "the journal is behind the signer's cell";

/// Under an admission.
pub(crate) struct Admitted;
/// Under a refusal.
pub(crate) struct Denied;
/// Under a duty.
pub(crate) struct OnDuty;
/// Under our own signature of before, in data that are older than it.
pub(crate) struct Adopted;

/// The witnesses under which a subject's records change.
pub(crate) trait MovesMoney {}
impl MovesMoney for Admitted {}
impl MovesMoney for Adopted {}

/// A commit being put together under a witness.
pub(crate) struct Writes<'z, W> {
    zone: &'z Zone,
    batch: Batch,
    advances: Vec<Advance>,
    /// Where the decision stands in the journal.
    pub(crate) sequence: u64,
    /// Root of the journal with it.
    pub(crate) root: Digest,
    /// What the audit log tells of it, where it answers a request.
    told: Told,
    /// The record that its answer shows, where that lies at Mass.
    stands: Option<mass::Stands>,
    /// Whether all that goes before the commit was done.
    ready: bool,
    _witness: std::marker::PhantomData<W>,
}

/// What a decision is to the audit log.
struct Told {
    now: Timestamp,
    by: String,
    outcome: String,
    decision: Decided,
}

/// The witness's own words in the journal.
struct Said<'a> {
    kind: &'a str,
    by: &'a str,
    subject: &'a str,
    outcome: String,
    body: &'a Canonical,
    /// What the decision was said upon.
    upon: &'a Upon,
}

impl Zone {
    pub(crate) fn advance_cell(&self, advances: &[Advance]) -> Result<(), Refused> {
        self.stepped.advance(self.keys.cell.as_ref(), advances).map_err(|error| match error {
            CellError::Unavailable { detail } => Refused::SignerAway(detail),
            error => {
                self.stop_signing(&error.to_string());
                Refused::NotSigning(error.to_string())
            }
        })
    }

    /// Learn what became of commits whose answer was lost, before anything new is built on them.
    pub(crate) fn settle(&self) -> Result<(), Refused> {
        let mut unsettled = self.unsettled();
        for steps in unsettled.iter() {
            if self.is_written(steps)? {
                self.advance_cell(steps)?;
            }
        }
        unsettled.clear();
        Ok(())
    }

    /// Nobody else moves our heads: after one has moved, the journal may be an older one put back.
    fn still_ours(&self) -> Result<(), Refused> {
        let head = self.ahead.beneath().head(journal::DECISIONS)?.map(|head| head.seq);
        let last = self.keys.cell.last(DECISIONS_LANE).map(|last| last.sequence);
        if head >= last {
            return Ok(());
        }
        self.stop_signing(BEHIND);
        Err(Refused::NotSigning(BEHIND.to_owned()))
    }

    /// Whether the journal holds the decision of a commit that led there.
    fn is_written(&self, steps: &[Advance]) -> Result<bool, Refused> {
        let Some(decided) = steps.iter().find(|step| step.lane == DECISIONS_LANE) else {
            return Ok(false);
        };
        let entry = self.ahead.beneath().journal(journal::DECISIONS, decided.sequence, 1)?;
        let stands =
            |entry: &Entry| entry.seq == decided.sequence && entry.root == decided.next_root;
        Ok(entry.first().is_some_and(stands))
    }

    fn begin<W>(&self, now: Timestamp, said: Said<'_>) -> Result<Writes<'_, W>, Refused> {
        self.may_sign()?;
        self.begin_in_doubt(now, said)
    }

    fn begin_in_doubt<W>(&self, now: Timestamp, said: Said<'_>) -> Result<Writes<'_, W>, Refused> {
        self.settle()?;
        let head = self.store.head(journal::DECISIONS)?;
        let Said { kind, by, subject, outcome, body, upon } = said;
        let (entry, swap) = journal::next(head, kind, now, (by, subject), body, upon)?;
        let (sequence, root) = (entry.seq, entry.root);
        let advance = Advance { lane: DECISIONS_LANE.to_owned(), sequence, next_root: root };
        let in_force = self.law().head;
        let law = HeadSwap { stream: LAW.to_owned(), old: Some(in_force), new: in_force };
        let batch = Batch { heads: vec![swap, law], journal: vec![entry], ..Batch::default() };
        let advances = vec![advance];
        let (kind, subject) = (kind.to_owned(), subject.to_owned());
        let decision = Decided { sequence, root, kind, subject };
        let told = Told { now, by: by.to_owned(), outcome, decision };
        Ok(Writes {
            zone: self,
            batch,
            advances,
            sequence,
            root,
            told,
            stands: None,
            ready: false,
            _witness: std::marker::PhantomData,
        })
    }

    /// A commit under an admission. Packs and lists are compared with their heads inside it.
    pub(crate) fn admitted(
        &self,
        admission: &Judged<Admission>,
        (now, by, subject): (Timestamp, &str, &str),
    ) -> Result<Writes<'_, Admitted>, Refused> {
        let (kind, upon) = (admission.kind().name(), admission.upon());
        let outcome = admission.decision().outcome().name().to_owned();
        self.begin(now, Said { kind, by, subject, outcome, body: admission.record(), upon })
    }

    /// A commit of a refusal's decision record.
    pub(crate) fn denied(
        &self,
        refusal: &Judged<Refusal>,
        (now, by, subject): (Timestamp, &str, &str),
    ) -> Result<Writes<'_, Denied>, Refused> {
        let (kind, upon) = (refusal.decision().kind.name(), refusal.upon());
        let outcome = refusal.outcome().name().to_owned();
        self.begin(now, Said { kind, by, subject, outcome, body: refusal.record(), upon })
    }

    /// A commit of the zone's own state together with a refusal's decision record: the
    /// acknowledgement that refuses a peer's receipt.
    pub(crate) fn on_duty_refusing(
        &self,
        _duty: &Duty,
        refusal: &Judged<Refusal>,
        (now, by, subject): (Timestamp, &str, &str),
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        let (kind, upon) = (refusal.decision().kind.name(), refusal.upon());
        let outcome = refusal.outcome().name().to_owned();
        self.begin(now, Said { kind, by, subject, outcome, body: refusal.record(), upon })
    }

    /// A commit of the zone's own state.
    pub(crate) fn on_duty(
        &self,
        duty: &Duty,
        now: Timestamp,
        subject: &str,
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        self.on_duty_saying(duty, (now, subject), None, &Upon::default())
    }

    /// A commit that takes up what was signed here before, in data that are older: the one that a zone
    /// which signs nothing makes.
    pub(crate) fn adopting(
        &self,
        duty: &Duty,
        now: Timestamp,
        subject: &str,
        said: Value,
    ) -> Result<Writes<'_, Adopted>, Refused> {
        let body = json!({ "type": "MEZDuty", "task": duty.task().as_str(), "said": said });
        let (kind, by, outcome) = ("duty", duty.by(), "duty".to_owned());
        let body = Canonical::of_value(&body).map_err(Refused::host)?;
        let upon = Upon::default();
        self.begin_in_doubt(now, Said { kind, by, subject, outcome, body: &body, upon: &upon })
    }

    /// The same, with what the duty found and upon what.
    pub(crate) fn on_duty_saying(
        &self,
        duty: &Duty,
        (now, subject): (Timestamp, &str),
        said: Option<Value>,
        upon: &Upon,
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        let mut body = json!({ "type": "MEZDuty", "task": duty.task().as_str() });
        if let (Some(said), Some(members)) = (said, body.as_object_mut()) {
            members.insert("said".to_owned(), said);
        }
        let (kind, by, outcome) = ("duty", duty.by(), "duty".to_owned());
        let body = Canonical::of_value(&body).map_err(Refused::host)?;
        self.begin(now, Said { kind, by, subject, outcome, body: &body, upon })
    }
}

/// Kinds of records an admission may change.
const SUBJECT_KINDS: [&str; 24] = [
    "adapter-evidence",
    "adapter-file",
    "asset",
    "cap-table",
    "cap-table-entry",
    "consent",
    "entity",
    "evidence",
    "identity",
    "license",
    "account",
    "posting",
    "payment",
    "compliance",
    "credential",
    "screening",
    "chart",
    "fee",
    "fee-schedule",
    "transfer",
    "tax-event",
    "tax-liability",
    "tax-return",
    "trade-flow",
];
/// Kinds of records that are the zone's own state.
const STATE_KINDS: [&str; 34] = [
    "anchor",
    "approval",
    "watcher-contract",
    "watcher-request",
    "awaited",
    "bridge-hop",
    "bridge-invoice",
    "corridor",
    "council-proposal",
    "delivery",
    "lane",
    "person-screening",
    "rail-delivery",
    "token",
    "cut",
    "verdict",
    "return",
    "equivocation",
    "fork",
    "screening",
    "sweep",
    "disposition",
    "endorsement",
    "watcher",
    "watcher-set",
    "attestation",
    "claim",
    "settlement",
    "settled",
    "tax-year",
    "tier-limits",
    "tier-paid",
    "webhook",
    "webhook-progress",
];

impl<'z, W> Writes<'z, W> {
    /// Make it durable: journal first, then the signer's cell, then it may be told. The lock stays held.
    pub(crate) fn commit(self) -> Result<(), Refused> {
        let zone = self.zone;
        self.queue()?.landed(zone)?;
        zone.written();
        Ok(())
    }

    /// The same, and the next may be built while this becomes durable. It is the last that is done for a request: where
    /// somebody else waits for it ([`Zone::attended`]), it may not be told yet.
    pub(crate) fn commit_and_let_go(self, building: Building<'_>) -> Result<(), Refused> {
        let zone = self.zone;
        let flight = self.queue()?;
        drop(building);
        match zone.hearings.leave() {
            Some(leave) => leave(flight),
            None => flight.landed(zone)?,
        }
        zone.written();
        Ok(())
    }

    fn queue(self) -> Result<Flight, Refused> {
        let mut this = self;
        this.readied()?;
        let Self { zone, batch, advances, .. } = this;
        for advance in &advances {
            // What the cell has passed is never signed again, whatever the journal says.
            let last = zone.keys.cell.last(&advance.lane);
            if last.is_some_and(|last| last.sequence >= advance.sequence) {
                zone.stop_signing(BEHIND);
                return Err(Refused::NotSigning(BEHIND.to_owned()));
            }
        }
        zone.flight(batch, advances)
    }

    /// Do what goes before the commit: what its caller wants to be so is so, and what belongs at Mass is done there.
    pub(crate) fn readied(&mut self) -> Result<(), Refused> {
        if self.ready {
            return Ok(());
        }
        self.attended()?;
        self.stands = self.zone.carried(&mut self.batch, &self.told.decision.subject)?;
        self.ready = true;
        Ok(())
    }

    pub(crate) fn answer(&mut self, put: Option<IdempotencyPut>) {
        self.batch.idempotency = put;
    }

    /// An answer as it is kept: without a record that lies at Mass.
    pub(crate) fn kept_answer<'b>(&self, body: &'b Value) -> Result<Cow<'b, Value>, Refused> {
        match &self.stands {
            Some(stands) => Ok(Cow::Owned(stands.clone().without(body.clone())?)),
            None => Ok(Cow::Borrowed(body)),
        }
    }

    pub(crate) fn job(&mut self, id: String, queue: &str, not_before: Timestamp, body: &Value) {
        let body = body.to_string().into_bytes();
        let queue = queue.to_owned();
        self.batch.jobs.push(JobPut { id, queue, not_before: not_before.unix(), body });
    }

    pub(crate) fn done(&mut self, job: String) {
        self.batch.jobs_done.push(job);
    }

    /// How many records it holds so far.
    pub(crate) fn size(&self) -> usize {
        self.batch.records.len()
    }

    pub(crate) fn put<T: Serialize>(
        &mut self,
        kind: &'static str,
        id: &str,
        old_rev: Option<u64>,
        value: &T,
    ) -> Result<(), Refused> {
        let body = Canonical::of(value).map_err(Refused::host)?.bytes().to_vec();
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.batch.records.push(RecordPut { kind, id, old_rev, body });
        Ok(())
    }

    pub(crate) fn put_index(&mut self, kind: &str, key: &str, value: &str, id: &str) {
        let owned = |s: &str| s.to_owned();
        let (kind, key, value, id) = (owned(kind), owned(key), owned(value), owned(id));
        self.batch.keys.push(KeyPut { kind, key, value, id });
    }

    fn lane_entry(&mut self, stream: &str, body: Vec<u8>, old: Option<Head>, new: Head) {
        let stream = stream.to_owned();
        let (seq, root) = (new.seq, new.root);
        self.batch.journal.push(Entry { stream: stream.clone(), seq, body, root });
        self.batch.heads.push(HeadSwap { stream, old, new });
    }

    /// Journal a receipt of the lane written here.
    pub(crate) fn lane_here(
        &mut self,
        stream: &str,
        cell_lane: &str,
        written: &Written,
        body: Vec<u8>,
    ) {
        let receipt = &written.receipt;
        let before = receipt.sequence.checked_sub(1);
        let old = before.map(|seq| Head { seq, root: receipt.prev_root });
        let new = Head { seq: receipt.sequence, root: receipt.next_root };
        self.lane_entry(stream, body, old, new);
        self.advances.push(Advance {
            lane: cell_lane.to_owned(),
            sequence: receipt.sequence,
            next_root: receipt.next_root,
        });
    }

    /// Journal a receipt of the lane written there.
    pub(crate) fn lane_there(
        &mut self,
        stream: &str,
        receipt: &corridor::LaneReceipt,
        body: Vec<u8>,
    ) {
        let before = receipt.sequence.checked_sub(1);
        let old = before.map(|seq| Head { seq, root: receipt.prev_root });
        let new = Head { seq: receipt.sequence, root: receipt.next_root };
        self.lane_entry(stream, body, old, new);
    }

    /// Write a record of the zone's own state.
    pub(crate) fn state<T: Serialize>(
        &mut self,
        kind: &'static str,
        id: &str,
        old_rev: Option<u64>,
        value: &T,
    ) -> Result<(), Refused> {
        if !STATE_KINDS.contains(&kind) {
            return Err(Refused::host(format!("`{kind}` is not the zone's own state")));
        }
        self.put(kind, id, old_rev, value)
    }
}

impl Writes<'_, OnDuty> {
    /// The law moves with this commit: other lists come into force.
    pub(crate) fn law_moves(&mut self, new: Head) {
        for swap in self.batch.heads.iter_mut().filter(|swap| swap.stream == LAW) {
            swap.new = new;
        }
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write a subject's record.
    pub(crate) fn record<T: Serialize>(
        &mut self,
        kind: &'static str,
        id: &str,
        old_rev: Option<u64>,
        value: &T,
    ) -> Result<(), Refused> {
        if !SUBJECT_KINDS.contains(&kind) {
            return Err(Refused::host(format!("`{kind}` is not a subject's record")));
        }
        self.put(kind, id, old_rev, value)
    }

    /// Write back what was loaded and changed.
    pub(crate) fn update<T: Serialize>(
        &mut self,
        kind: &'static str,
        id: &str,
        loaded: &Loaded<T>,
    ) -> Result<(), Refused> {
        self.record(kind, id, loaded.rev, &loaded.value)
    }

    /// Whether the zone's records are kept at Mass.
    pub(crate) fn is_at_mass(&self) -> bool {
        self.zone.is_at_mass()
    }

    /// Index a subject's record.
    pub(crate) fn index(&mut self, kind: &str, key: &str, value: &str, id: &str) {
        self.put_index(kind, key, value, id);
    }
}

//! The outbox: each job is one message to a peer, kept until the peer answered.

use corridor::seeded::bug;
use std::collections::{BTreeMap, BTreeSet};

use canon::{CorridorId, Timestamp};
use corridor::State;
use corridor::lifecycle::Event;
use corridor::messages::{Activated, Delivered, Taken};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::effect::Follow;
use super::memory::Held;
use super::record::{CorridorRecord, Progress};
use crate::duty::{Duty, Task};
use crate::limits::{JOBS_MAX, LAW_RETRY_SECS, RETRY_SECS_MAX, RETRY_SECS_MIN, WAITING_MAX};
use crate::refused::Refused;
use crate::wire::{Peer, WireError};
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

pub(super) const QUEUE: &str = "peer";

/// A job of the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Job {
    task: String,
    pub(super) corridor_id: CorridorId,
    /// For what follows a verdict: the receipt of ours that was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// And whose receipt it is, in the words of who follows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    attempts: u32,
    /// The peer could not be reached at the last attempt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    away: bool,
}

/// What waits to be told to the peer of one corridor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Waiting {
    /// Messages.
    pub(super) messages: usize,
    /// Refused payments that are still to be undone.
    pub(super) refunds: usize,
    /// Failed attempts in a row, of whichever failed most.
    pub(super) attempts: u32,
    /// When the next attempt is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_at: Option<Timestamp>,
}

fn job_id(task: &str, id: &CorridorId) -> String {
    format!("{task}/{id}")
}

fn consent(id: &CorridorId, plan_sha256: &str) -> String {
    format!("consent/{id}/{plan_sha256}")
}

impl<W> Writes<'_, W> {
    pub(crate) fn outbox(&mut self, task: &str, id: &CorridorId, at: Timestamp, attempts: u32) {
        let body = json!({ "task": task, "corridor_id": id, "attempts": attempts });
        self.job(job_id(task, id), QUEUE, at, &body);
    }

    pub(crate) fn handshake_job(&mut self, task: &str, id: &CorridorId, at: Timestamp) {
        self.outbox(task, id, at, 0);
    }

    pub(crate) fn job_done(&mut self, task: &str, id: &CorridorId) {
        self.done(job_id(task, id));
    }

    /// A corridor that has ended takes with it the plans over it that this zone has not consented to.
    pub(super) fn if_ended(&mut self, known: &CorridorRecord, now: Timestamp) {
        if known.state == State::Deprecated {
            self.ended(&known.corridor_id, now);
        }
    }

    /// The same, for one that ended before.
    pub(crate) fn ended(&mut self, id: &CorridorId, now: Timestamp) {
        self.outbox("ended", id, now, 0);
    }

    /// What waited for the verdict on our receipt `sequence` goes on.
    pub(super) fn follow_job(
        &mut self,
        follow: Follow,
        (id, sequence): (&CorridorId, u64),
        subject: Option<&str>,
        at: Timestamp,
    ) {
        let task = follow.task();
        let body = json!({
            "task": task,
            "corridor_id": id,
            "sequence": sequence,
            "subject": subject,
            "attempts": 0,
        });
        self.job(format!("{task}/{id}/{sequence:012}"), QUEUE, at, &body);
    }

    /// A consent that a peer holds and this one does not is told this one too, once the zone signs again.
    pub(crate) fn consent_job(&mut self, id: &CorridorId, plan_sha256: &str, at: Timestamp) {
        let body =
            json!({ "task": "consent", "corridor_id": id, "subject": plan_sha256, "attempts": 0 });
        self.job(consent(id, plan_sha256), QUEUE, at, &body);
    }

    /// It was told.
    pub(crate) fn consent_told(&mut self, id: &CorridorId, plan_sha256: &str) {
        self.done(consent(id, plan_sha256));
    }

    /// It has gone on.
    pub(crate) fn followed(&mut self, follow: Follow, id: &CorridorId, sequence: u64) {
        self.done(format!("{}/{id}/{sequence:012}", follow.task()));
    }

    /// A refused payment waits to be undone.
    pub(crate) fn refund_job(&mut self, id: &CorridorId, sequence: u64, at: Timestamp) {
        let body = json!({
            "task": "refund", "corridor_id": id, "sequence": sequence, "attempts": 0,
        });
        self.job(format!("refund/{id}/{sequence:012}"), QUEUE, at, &body);
    }
}

impl Zone {
    /// What waits, by corridor.
    pub(super) fn waiting(&self) -> Result<BTreeMap<CorridorId, Waiting>, Refused> {
        let mut all: BTreeMap<CorridorId, Waiting> = BTreeMap::new();
        for row in self.store.jobs(QUEUE, i64::MAX, WAITING_MAX)? {
            let job: Job = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            let at = Timestamp::from_unix(row.not_before).map_err(Refused::host)?;
            let waiting = all.entry(job.corridor_id).or_default();
            match job.task.as_str() {
                "refund" => waiting.refunds += 1,
                _ => waiting.messages += 1,
            }
            waiting.attempts = waiting.attempts.max(job.attempts);
            waiting.next_at = Some(waiting.next_at.map_or(at, |next| next.min(at)));
        }
        Ok(all)
    }

    /// What comes before the outbox: rotations are stated, claims of which the time has come are paid. Returns how
    /// many claims were looked at.
    ///
    /// # Errors
    /// The store.
    pub fn run_chores(&self) -> Result<usize, Refused> {
        if self.stopped().is_some() {
            return Ok(0);
        }
        self.state_rotations()?;
        let held = self.run_claims()? + self.run_bridges()? + self.run_transfers()?;
        Ok(held + self.run_intents()?)
    }

    /// Do what is due, in one thread. Returns how many jobs were looked at.
    ///
    /// # Errors
    /// The store. A failing job is put off, not lost.
    pub fn run_jobs(&self) -> Result<usize, Refused> {
        if self.stopped().is_some() {
            return Ok(0);
        }
        let claims = self.run_chores()?;
        let mut due = self.store.jobs(QUEUE, self.now().unix(), JOBS_MAX)?;
        due.extend(self.due_again()?);
        due.iter().try_for_each(|row| self.run_row(row))?;
        Ok(due.len() + claims)
    }

    pub(super) fn run_row(&self, row: &store::Job) -> Result<(), Refused> {
        let job: Result<Job, _> = serde_json::from_slice(&row.body);
        let Ok(job) = job else { return Ok(()) };
        self.reach.begun(&job.corridor_id);
        if let Err(error) = self.run(&job) {
            return self.put_off(&row.id, &job, &error);
        }
        self.reach.answered(&job.corridor_id);
        Ok(())
    }

    /// Receipts of ours about plans whose verdict is known and was not followed yet.
    pub(crate) fn verdicts_on_plans(&self, id: &CorridorId) -> Result<Vec<u64>, Refused> {
        let mut all = Vec::new();
        for row in self.store.jobs(QUEUE, i64::MAX, WAITING_MAX)? {
            let job: Job = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            if job.task == Follow::Settlement.task() && job.corridor_id == *id {
                all.extend(job.sequence);
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    /// Corridors with a message that waits because the peer could not be reached.
    pub(super) fn unreached(&self) -> Result<BTreeSet<CorridorId>, Refused> {
        let jobs = self.jobs_of_the_unreached()?.into_iter();
        Ok(jobs.map(|(_, job)| job.corridor_id).collect())
    }

    /// Jobs that are not due, and whose peer is back.
    pub(super) fn due_again(&self) -> Result<Vec<store::Job>, Refused> {
        let back = self.reach.back();
        if back.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now().unix();
        let jobs = self.jobs_of_the_unreached()?.into_iter();
        let freed =
            jobs.filter(|(row, job)| row.not_before > now && back.contains(&job.corridor_id));
        Ok(freed.map(|(row, _)| row).take(JOBS_MAX).collect())
    }

    fn jobs_of_the_unreached(&self) -> Result<Vec<(store::Job, Job)>, Refused> {
        let rows = self.store.jobs(QUEUE, i64::MAX, WAITING_MAX)?.into_iter();
        let read = |row: store::Job| {
            let job: Job = serde_json::from_slice(&row.body).ok()?;
            // What was written since takes the place of the job that failed; the peer is away all the same.
            let fresh = job.attempts == 0 && self.reach.misses(&job.corridor_id);
            (job.away || fresh).then_some((row, job))
        };
        Ok(rows.filter_map(read).collect())
    }

    fn run(&self, job: &Job) -> Result<(), Refused> {
        let id = &job.corridor_id;
        let (of, subject) = (job.sequence.unwrap_or(u64::MAX), job.subject.as_deref());
        match job.task.as_str() {
            "propose" => self.run_propose(id),
            "accept" => self
                .run_simple(id, "accept", |zone, record| zone.acceptance_message(record).map(Some)),
            "activate" => {
                let record = self.corridor_record(id)?.value;
                let message = self.activation_message(&record)?;
                let answer: Activated = self.post_to(&record, "activate", &message)?;
                let _writing = self.writing();
                self.activated(id, answer.activation)
            }
            "resume" => self.run_simple(id, "resume", |zone, _| zone.resume_message(id)),
            "amend" => self.run_simple(id, "amend", |zone, _| zone.amendment_message(id, false)),
            "amended" => self.run_amended(id),
            "deliver" => self.run_deliver(id),
            "consent" => self.tell_consent_lost(id, subject.unwrap_or_default()),
            "ended" => self.refuse_plans_over(id),
            "settlement" => self.follow_settlement(id, job.sequence.unwrap_or(u64::MAX)),
            "asset" => self.follow_asset((id, of), subject),
            "bridge" => self.follow_bridge((id, of), subject),
            "refund" => self.refund(id, job.sequence.unwrap_or(u64::MAX)),
            _ => Ok(()),
        }
    }

    pub(crate) fn corridor_record(
        &self,
        id: &CorridorId,
    ) -> Result<Loaded<Held<CorridorRecord>>, Refused> {
        self.corridor_held(id)
    }

    /// Send a message to the peer of a corridor, and read what it answers.
    pub(crate) fn post_to<T: DeserializeOwned>(
        &self,
        record: &CorridorRecord,
        call: &str,
        message: &Value,
    ) -> Result<T, Refused> {
        let patience_secs = self.reach.patience(&record.corridor_id);
        let (url, did) = (record.url_there.clone(), record.did_there.clone());
        let peer = Peer { url, did, patience_secs };
        let body = canon::Canonical::of_value(message).map_err(Refused::host)?;
        let path = format!("/v1/corridors/peers/{call}");
        let http = self.keys.http.as_ref();
        let answer = self.wire.post(&peer, &path, body.bytes(), http).map_err(from_wire)?;
        let answer = canon::Canonical::parse(&answer).and_then(|answer| answer.read());
        answer.map_err(|error| Refused::peer("peer-malformed", error))
    }

    fn run_propose(&self, id: &CorridorId) -> Result<(), Refused> {
        let record = self.corridor_record(id)?.value;
        // Also told again to a peer that has it: that is how a new address is made known.
        // A proposal that gave way to the peer's own is not sent any more.
        if record.role == super::record::Role::Proposer {
            let message = self.proposal_message(&record)?;
            self.post_to::<Taken>(&record, "propose", &message)?;
        }
        let _writing = self.writing();
        let mut drawn = self.drawn(id)?;
        let now = self.now();
        if drawn.record.value.state == State::Draft {
            let submitted = drawn.record.value.apply(Event::Submit, now, drawn.definition_sha256);
            submitted.map_err(Refused::host)?;
        }
        let duty = Duty::of_zone(Task::Handshake);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), drawn.record.rev, &drawn.record.value)?;
        writes.job_done("propose", id);
        writes.commit()
    }

    fn run_simple(
        &self,
        id: &CorridorId,
        task: &'static str,
        message: impl Fn(&Self, &CorridorRecord) -> Result<Option<Value>, Refused>,
    ) -> Result<(), Refused> {
        let record = self.corridor_record(id)?.value;
        if let Some(message) = message(self, &record)? {
            self.post_to::<Taken>(&record, task, &message)?;
        }
        let _writing = self.writing();
        let duty = Duty::of_zone(Task::Job);
        let mut writes = self.on_duty(&duty, self.now(), &format!("corridor:{id}"))?;
        writes.job_done(task, id);
        writes.commit()
    }

    fn run_deliver(&self, id: &CorridorId) -> Result<(), Refused> {
        let (mut told, mut payload_key) = (None, None);
        // Nothing leaves before the commit that holds it has reached the signer's cell.
        let message = self.read_through(|| self.delivery_message(id))?;
        let size = match message {
            None => None,
            Some(message) => {
                let record = self.corridor_record(id)?.value;
                match self.post_to::<Delivered>(&record, "receipts", &message) {
                    Ok(answer) => {
                        told = Some(self.rotations.len() as u64);
                        payload_key = answer.payload_key;
                        self.is_ours_still(id, answer.last.as_ref())?;
                        Some(answer.size)
                    }
                    // One of the two histories may be in our own name.
                    Err(fork) if fork.code() == "equivocation" => {
                        self.ask_peer(id)?;
                        return Err(fork);
                    }
                    // The peer holds less than we thought (restored, or a lost answer): go back.
                    Err(Refused::PeerGap { expected }) => Some(expected),
                    Err(_) if bug(6) => None,
                    Err(other) => return Err(other),
                }
            }
        };
        let building = self.building();
        let mut open = self.open_corridor(id)?;
        let here = open.lane_here.value.size();
        let delivered = size.map_or(here, |size| size.min(here));
        let now = self.now();
        let duty = Duty::of_zone(Task::Job);
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        let progress = self.progress(&open.record.value)?;
        let reached = Progress { delivered, told: told.unwrap_or(progress.value.told) };
        writes.state("delivery", id.as_str(), progress.rev, &reached)?;
        let known = open.record.value.payload_key_there;
        let learned = self.learn_payload_key(&open.there, payload_key.as_ref());
        if let Ok(Some(key)) = &learned
            && known != Some(*key)
        {
            open.record.value.payload_key_there = Some(*key);
            writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        }
        if Self::lacks_payload_key(&open) && told.is_some() && known.is_none() {
            // A key that is not believed is another matter than none.
            learned?;
            let detail = "the peer states no key its payloads could be encrypted to";
            return Err(Refused::peer("payload-key-unknown", detail));
        }
        if delivered < here {
            writes.deliver(id, now);
        } else {
            writes.job_done("deliver", id);
        }
        writes.commit_and_let_go(building)
    }

    /// Try again later, each time after a longer pause.
    fn put_off(&self, row: &str, job: &Job, error: &Refused) -> Result<(), Refused> {
        let _writing = self.writing();
        let pause = match error {
            // Law changes its mind with its facts, not with the minute; each try is a decision.
            Refused::Law { .. } => LAW_RETRY_SECS,
            _ => (RETRY_SECS_MIN << job.attempts.min(16)).min(RETRY_SECS_MAX),
        };
        let at = self.now().plus_secs(pause).map_err(Refused::host)?;
        let duty = Duty::of_zone(Task::Job);
        let subject = format!("corridor:{} put off: {}", job.corridor_id, error.code());
        let mut writes = self.on_duty(&duty, self.now(), &subject)?;
        let away = error.code() == "peer-unreachable";
        match error {
            _ if away => self.reach.missed(&job.corridor_id, self.now()),
            Refused::Law { .. } => {}
            _ => self.reach.answered(&job.corridor_id),
        }
        let later = Job { attempts: job.attempts.saturating_add(1), away, ..job.clone() };
        let body = serde_json::to_value(&later).map_err(Refused::host)?;
        if bug(7) {
            writes.done(row.to_owned());
        } else {
            writes.job(row.to_owned(), QUEUE, at, &body);
        }
        writes.commit()
    }
}

fn from_wire(error: WireError) -> Refused {
    match error {
        WireError::Refused { code, body, .. } if code == "receipt-gap" => {
            let expected = serde_json::from_slice::<Value>(&body).ok();
            let expected = expected.and_then(|v| v.get("expected").and_then(Value::as_u64));
            Refused::PeerGap { expected: expected.unwrap_or(0) }
        }
        WireError::Refused { code, detail, .. } if code == "equivocation" => {
            Refused::peer("equivocation", detail)
        }
        WireError::Refused { code, detail, .. } if code == "cut-behind" => {
            Refused::conflict("cut-behind", detail)
        }
        refused @ WireError::Refused { .. } => Refused::peer("peer-refused", refused),
        away @ WireError::Unreachable(_) => Refused::peer("peer-unreachable", away),
    }
}

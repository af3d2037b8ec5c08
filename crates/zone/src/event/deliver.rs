//! The duty of sending events: from the durable cursor on, each at least once, in order, one receiver at a time.
//!
//! How far a receiver got is written after a run of deliveries, not after each: what a crash forgets is sent again under
//! the same id. Neither lock nor commit waits for a receiver.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::{Canonical, RecordId, Timestamp};
use proof::webhook::Secret;
use serde_json::json;

use super::act::subject;
use super::attempt::{Attempt, Outcome, Parcel};
use super::page::{EventQuery, Seen};
use super::told::Event;
use super::webhook::{Failing, KIND, Progress, Status, Webhook};
use crate::duty::{Duty, Task};
use crate::limits::{
    DELIVERIES_MAX, DELIVERIES_SECS, EVENTS_SCANNED_MAX, WEBHOOK_FAILING_DAYS_MAX,
};
use crate::pipeline::Upon;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// Seconds of a day.
const DAY_SECS: i64 = 86_400;

/// What is known without asking the store; it may be lost at any time.
#[derive(Default)]
pub(crate) struct Memory {
    /// Up to where nothing is wanted, under the revision of the progress it was found with.
    scanned: Mutex<BTreeMap<RecordId, (Option<u64>, u64)>>,
    /// The end of the journal at which there was nothing to send to anybody.
    idle_at: Mutex<Option<u64>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of a run.
struct Run {
    progress: Progress,
    sent: usize,
    /// Why the webhook gets nothing any more, if so.
    disable: Option<String>,
}

impl Zone {
    /// The webhooks that something may be sent to now.
    ///
    /// # Errors
    /// The store.
    pub fn webhooks_due(&self) -> Result<Vec<RecordId>, Refused> {
        let head = self.events_head();
        if head.is_none() || *held(&self.hooks.idle_at) == head {
            return Ok(Vec::new());
        }
        let (now, mut due, mut idle) = (self.now(), Vec::new(), true);
        for kept in self.webhooks_kept()? {
            if kept.status != Status::Active {
                continue;
            }
            let progress = self.progress_kept(&kept.webhook_id)?;
            let behind = self.scanned(&progress) < head;
            idle &= !behind;
            let failing = progress.value.failing;
            if behind && failing.is_none_or(|failing| failing.next_at <= now) {
                due.push(kept.webhook_id);
            }
        }
        if idle {
            *held(&self.hooks.idle_at) = head;
        }
        Ok(due)
    }

    /// Send to one webhook what it has not had, for some time; how many attempts were made. The caller sees to it that
    /// nobody else does so for the same one.
    ///
    /// # Errors
    /// The store, or a zone that signs nothing: what was sent is then sent again.
    pub fn deliver_events(
        &self,
        id: &RecordId,
        bring: impl Fn(&Parcel) -> Outcome,
    ) -> Result<usize, Refused> {
        self.may_sign()?;
        let webhook = self.webhook_kept(id)?.value;
        let before = self.progress_kept(id)?;
        let waits = before.value.failing.is_some_and(|failing| failing.next_at > self.now());
        if webhook.status != Status::Active || waits {
            return Ok(0);
        }
        let query = EventQuery::kept(&webhook.types, self.scanned(&before));
        let seen = self.events_seen(&query, DELIVERIES_MAX)?;
        let run = self.sent(&webhook, before.value.clone(), &seen, bring)?;
        let far = EVENTS_SCANNED_MAX as u64;
        let skipped = seen.upto.unwrap_or(0).saturating_sub(before.value.cursor.unwrap_or(0));
        if run.sent == 0 && skipped < far {
            // Nothing it wants: no reason to write.
            let upto = seen.upto.unwrap_or(0);
            held(&self.hooks.scanned).insert(id.clone(), (before.rev, upto));
            return Ok(0);
        }
        self.keep_progress(id, &before, &run)?;
        Ok(run.sent)
    }

    fn scanned(&self, progress: &Loaded<Progress>) -> Option<u64> {
        let scanned = held(&self.hooks.scanned).get(&progress.value.webhook_id).copied();
        let upto = scanned.filter(|(rev, _)| *rev == progress.rev).map(|(_, upto)| upto);
        progress.value.cursor.max(upto)
    }

    fn sent(
        &self,
        webhook: &Webhook,
        mut progress: Progress,
        seen: &Seen,
        bring: impl Fn(&Parcel) -> Outcome,
    ) -> Result<Run, Refused> {
        let until = self.now().plus_secs(DELIVERIES_SECS).map_err(Refused::host)?;
        let (mut sent, mut disable) = (0usize, None);
        for event in &seen.events {
            let now = self.now();
            if sent > 0 && now >= until {
                return Ok(Run { progress, sent, disable });
            }
            let outcome = bring(&self.parcel(webhook, event, now)?);
            let number = progress.failing.map_or(0, |failing| failing.attempts).saturating_add(1);
            progress.tried(Attempt::of(event, now, number, &outcome));
            sent = sent.saturating_add(1);
            if !outcome.arrived() {
                disable = self.failed(&mut progress, &outcome)?;
                return Ok(Run { progress, sent, disable });
            }
            (progress.failing, progress.cursor) = (None, Some(event.data.sequence));
        }
        progress.cursor = progress.cursor.max(seen.upto);
        Ok(Run { progress, sent, disable })
    }

    /// Note an attempt in vain; why nothing more is sent, if so.
    fn failed(
        &self,
        progress: &mut Progress,
        outcome: &Outcome,
    ) -> Result<Option<String>, Refused> {
        let now = self.now();
        let (since, before) = progress.failing.map_or((now, 0), |f| (f.since, f.attempts));
        let attempts = before.saturating_add(1);
        let next_at = self.again_at(now, attempts, outcome.asked_secs())?;
        progress.failing = Some(Failing { since, attempts, next_at });
        if outcome.is_gone() {
            return Ok(Some("the receiver answered that it is gone (410)".to_owned()));
        }
        let days = now.unix().saturating_sub(since.unix()) / DAY_SECS;
        let over = days >= WEBHOOK_FAILING_DAYS_MAX;
        Ok(over.then(|| format!("no event arrived for {WEBHOOK_FAILING_DAYS_MAX} days")))
    }

    /// Write how far it got. If somebody replayed it meanwhile, that counts, and what was sent is sent again.
    fn keep_progress(
        &self,
        id: &RecordId,
        before: &Loaded<Progress>,
        run: &Run,
    ) -> Result<(), Refused> {
        let duty = Duty::of_zone(Task::Webhooks);
        let _writing = self.writing();
        let mut webhook: Loaded<Webhook> = self.need(KIND, id.as_str())?;
        let ended = webhook.value.status == Status::Ended;
        if ended || self.progress_kept(id)?.rev != before.rev {
            return Ok(());
        }
        let what = if run.disable.is_some() { "disabled" } else { super::types::DELIVERED };
        let said = Some(json!({ "what": what, "upto": run.progress.cursor }));
        let about = subject(id);
        let mut writes =
            self.on_duty_saying(&duty, (self.now(), &about), said, &Upon::default())?;
        writes.progress(&Loaded { rev: before.rev, value: run.progress.clone() })?;
        if let Some(why) = &run.disable {
            webhook.value.status = Status::Disabled;
            webhook.value.disabled_because = Some(why.clone());
            writes.webhook(&webhook)?;
        }
        writes.commit()
    }

    fn parcel(&self, webhook: &Webhook, event: &Event, now: Timestamp) -> Result<Parcel, Refused> {
        let (id, timestamp) = (event.message_id(), now.unix());
        let body = Canonical::of(event).map_err(Refused::host)?.bytes().to_vec();
        let replaced = webhook.replaced.filter(|replaced| now < replaced.until);
        let generations = [Some(webhook.generation), replaced.map(|replaced| replaced.generation)];
        let sign = |generation: u64| {
            let secret = self.webhook_secret(&webhook.webhook_id, generation)?;
            Ok(secret.sign(&id, timestamp, &body))
        };
        let signatures: Result<Vec<String>, Refused> =
            generations.into_iter().flatten().map(sign).collect();
        let (url, signature) = (webhook.url.clone(), signatures?.join(" "));
        Ok(Parcel { url, id, timestamp, signature, body })
    }

    /// What the zone and a receiver share: derived from the key beside the signer, never kept.
    pub(super) fn webhook_secret(&self, id: &RecordId, generation: u64) -> Result<Secret, Refused> {
        let key = self.personal_key.get().ok_or_else(|| {
            let detail = "this zone has no key to derive secrets from: signer/personal.priv";
            Refused::conflict("webhook-key-absent", detail)
        })?;
        key.webhook_secret(id.as_str(), generation).map_err(Refused::host)
    }
}

//! What officers do with webhooks: make, list, replay, give another secret, take back.

use canon::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::PAGE_MAX as STORE_PAGE_MAX;

use super::filter::Filter;
use super::webhook::{KIND, Progress, Replaced, Status, Webhook, check_url};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::{PAGE_MAX, WEBHOOK_OVERLAP_SECS, WEBHOOK_OVERLAP_SECS_MAX, WEBHOOKS_MAX};
use crate::pipeline::Upon;
use crate::refused::{Envelope, FieldProblem, Refused};
use crate::writes::{OnDuty, Writes};
use crate::zone::{Loaded, Page, Zone};

/// A webhook to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookAsk {
    /// Where the receiver is.
    pub url: String,
    /// Types of events, or records with `.*`; every type, where left out.
    #[serde(default)]
    pub types: Vec<String>,
    /// The position of the journal behind which it begins; what happens from now on, where left out.
    #[serde(default)]
    pub after: Option<u64>,
}

/// The subject of what is journaled about a webhook.
pub(super) fn subject(id: &RecordId) -> String {
    format!("{KIND}:{id}")
}

fn answered(result: Value) -> Value {
    json!({ "result": result })
}

impl Zone {
    /// Make a webhook. The secret is in this answer alone: it is derived, and kept nowhere.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn make_webhook(&self, ask: &Ask, wanted: &WebhookAsk) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Webhooks, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return self.with_secret(replay);
        }
        check_url(&wanted.url, self.realm())?;
        Filter::of(&wanted.types)?;
        if self.webhooks_kept()?.len() >= WEBHOOKS_MAX {
            let detail = format!("the zone keeps {WEBHOOKS_MAX} webhooks, and not more");
            return Err(Refused::conflict("too-many-webhooks", detail));
        }
        let now = self.now();
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        self.webhook_secret(&id, 1)?;
        let cursor = match wanted.after {
            Some(after) => Some(self.position(after)?),
            None => self.events_head(),
        };
        let webhook = Webhook {
            type_: "MEZWebhook".to_owned(),
            webhook_id: id.clone(),
            url: wanted.url.clone(),
            types: wanted.types.clone(),
            created: now,
            status: Status::Active,
            generation: 1,
            replaced: None,
            disabled_because: None,
        };
        let progress = Loaded { rev: None, value: Progress::from(&id, cursor) };
        let mut writes = self.about(&duty, now, &id, "made")?;
        let kept = Loaded { rev: None, value: webhook };
        writes.progress(&progress)?;
        let envelope = writes.webhook_answered(ask, 201, &kept, &progress.value, now)?;
        self.with_secret(envelope)
    }

    /// Give a webhook another secret; the one before still signs for a while, so that receivers need not change at the
    /// same moment.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn renew_webhook_secret(
        &self,
        ask: &Ask,
        id: &RecordId,
        overlap_secs: Option<i64>,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Webhooks, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return self.with_secret(replay);
        }
        let overlap = overlap_secs.unwrap_or(WEBHOOK_OVERLAP_SECS);
        if !(0..=WEBHOOK_OVERLAP_SECS_MAX).contains(&overlap) {
            let detail = format!("is not a number of seconds from 0 to {WEBHOOK_OVERLAP_SECS_MAX}");
            let pointer = "/overlap_secs".to_owned();
            return Err(Refused::CallerFields(vec![FieldProblem { pointer, detail }]));
        }
        let mut kept = self.webhook_kept(id)?;
        let progress = self.progress_kept(id)?;
        let now = self.now();
        let until = now.plus_secs(overlap).map_err(Refused::host)?;
        kept.value.replaced = Some(Replaced { generation: kept.value.generation, until });
        kept.value.generation = kept.value.generation.saturating_add(1);
        let writes = self.about(&duty, now, id, "secret")?;
        let envelope = writes.webhook_answered(ask, 200, &kept, &progress.value, now)?;
        self.with_secret(envelope)
    }

    /// Send again everything behind a position. One that was disabled is active again.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn replay_webhook(
        &self,
        ask: &Ask,
        id: &RecordId,
        after: Option<u64>,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Webhooks, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let mut kept = self.webhook_kept(id)?;
        let mut progress = self.progress_kept(id)?;
        progress.value.failing = None;
        progress.value.cursor = after.map(|after| self.position(after)).transpose()?;
        (kept.value.status, kept.value.disabled_because) = (Status::Active, None);
        let now = self.now();
        let mut writes = self.about(&duty, now, id, "replayed")?;
        writes.progress(&progress)?;
        writes.webhook_answered(ask, 200, &kept, &progress.value, now)
    }

    /// Take a webhook back: nothing more is sent, and where to is forgotten.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn end_webhook(&self, ask: &Ask, id: &RecordId) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Webhooks, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let mut kept = self.webhook_kept(id)?;
        let progress = self.progress_kept(id)?;
        kept.value.status = Status::Ended;
        kept.value.url.clear();
        kept.value.types.clear();
        let now = self.now();
        let writes = self.about(&duty, now, id, "ended")?;
        writes.webhook_answered(ask, 200, &kept, &progress.value, now)
    }

    /// A webhook, and how far it got.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn webhook(&self, id: &RecordId) -> Result<Value, Refused> {
        Ok(self.webhook_kept(id)?.value.shown(&self.progress_kept(id)?.value))
    }

    /// A page of webhooks.
    ///
    /// # Errors
    /// The store.
    pub fn webhooks(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let limit = limit.clamp(1, PAGE_MAX);
        let all = self.webhooks_kept()?.into_iter();
        let mut left =
            all.filter(|kept| after.is_none_or(|after| kept.webhook_id.as_str() > after));
        let page: Vec<Webhook> = left.by_ref().take(limit).collect();
        let next = page.last().filter(|_| left.next().is_some());
        let next = next.map(|last| last.webhook_id.to_string());
        let shown = |kept: &Webhook| Ok(kept.shown(&self.progress_kept(&kept.webhook_id)?.value));
        let items: Result<Vec<Value>, Refused> = page.iter().map(shown).collect();
        Ok(Page { items: items?, next })
    }

    /// The newest attempts to reach a receiver, the last one first.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn webhook_attempts(&self, id: &RecordId) -> Result<Value, Refused> {
        self.webhook_kept(id)?;
        let attempts = self.progress_kept(id)?.value.attempts;
        Ok(json!({ "items": attempts.iter().rev().collect::<Vec<_>>() }))
    }

    /// Every webhook that was not taken back, by id.
    pub(super) fn webhooks_kept(&self) -> Result<Vec<Webhook>, Refused> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self.store.records(KIND, after.as_deref(), STORE_PAGE_MAX)?;
            let Some((last, _)) = page.last() else { return Ok(all) };
            after = Some(last.clone());
            for (id, record) in &page {
                let kept: Webhook = crate::zone::parse((KIND, id), &record.body)?;
                all.extend(Some(kept).filter(|kept| kept.status != Status::Ended));
            }
        }
    }

    /// A position there is.
    fn position(&self, after: u64) -> Result<u64, Refused> {
        if self.events_head().is_some_and(|head| after <= head) {
            return Ok(after);
        }
        let (pointer, detail) =
            ("/after".to_owned(), "is behind the end of the journal".to_owned());
        Err(Refused::CallerFields(vec![FieldProblem { pointer, detail }]))
    }

    fn about(
        &self,
        duty: &Duty,
        now: Timestamp,
        id: &RecordId,
        what: &str,
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        let said = Some(json!({ "what": what }));
        self.on_duty_saying(duty, (now, &subject(id)), said, &Upon::default())
    }

    /// The answer together with the secret it is about, which no answer that is kept holds.
    fn with_secret(&self, mut envelope: Envelope) -> Result<Envelope, Refused> {
        let of = |member: &str| envelope.body.pointer(member);
        let id = of("/result/webhook_id").and_then(Value::as_str).unwrap_or_default();
        let id = RecordId::parse(id).map_err(Refused::host)?;
        let generation = of("/result/generation").and_then(Value::as_u64).unwrap_or_default();
        let text = self.webhook_secret(&id, generation)?.text();
        if let Some(members) = envelope.body.as_object_mut() {
            members.insert("secret".to_owned(), Value::from(text.as_str()));
        }
        Ok(envelope)
    }
}

impl Writes<'_, OnDuty> {
    fn webhook_answered(
        mut self,
        ask: &Ask,
        status: u16,
        kept: &Loaded<Webhook>,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Envelope, Refused> {
        self.webhook(kept)?;
        let body = answered(kept.value.shown(progress));
        self.answer(ask.put(status, &body, now.unix()));
        self.commit()?;
        Ok(Envelope { body, status, replayed: false })
    }
}

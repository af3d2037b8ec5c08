//! Events, and the webhooks that get them.

use canon::{Digest, RecordId, Timestamp};
use schemars::JsonSchema;

/// What happened: a CloudEvent (1.0.2), which is a view of one entry of the zone's journal.
#[derive(JsonSchema)]
pub(crate) struct Event {
    /// `1.0`.
    specversion: String,
    /// The position in the journal: the same for ever.
    id: String,
    /// `urn:mez:zone:` and the zone's id.
    source: String,
    /// One of those under `webhooks` of the OpenAPI document.
    #[serde(rename = "type")]
    type_: String,
    /// `entity:<id>`, `payment:<id>`, …: which record. It names nobody.
    subject: String,
    time: Timestamp,
    /// `application/json`.
    datacontenttype: String,
    data: EventData,
}

/// Where to look, and what came of it.
#[derive(JsonSchema)]
struct EventData {
    /// The position in the journal.
    sequence: u64,
    /// The journal's root with this entry.
    root: Digest,
    /// The transition kind, or `duty`.
    kind: String,
    /// `allow`, `deny`, `error` or `duty`.
    outcome: String,
    /// Digest of the decision record, where law decided.
    decision_sha256: Option<Digest>,
    /// The duty, where one was done.
    task: Option<String>,
    /// What it did, of those that say so.
    what: Option<String>,
}

/// Where events are sent.
#[derive(JsonSchema)]
pub(crate) struct Webhook {
    /// `MEZWebhook`.
    #[serde(rename = "type")]
    type_: String,
    webhook_id: RecordId,
    url: String,
    /// Types, or records with `.*`; every type, where there is none.
    types: Vec<String>,
    created: Timestamp,
    /// `active`, `disabled` or `ended`.
    status: String,
    /// Which secret signs, from 1.
    generation: u64,
    /// The last position that was dealt with.
    cursor: Option<u64>,
    failing: Option<Failing>,
    replaced: Option<Replaced>,
    disabled_because: Option<String>,
}

/// Attempts in vain without a success between.
#[derive(JsonSchema)]
#[schemars(rename = "WebhookFailing")]
struct Failing {
    since: Timestamp,
    attempts: u32,
    /// When it is tried again.
    next_at: Timestamp,
}

/// A secret that was replaced, and still signs.
#[derive(JsonSchema)]
#[schemars(rename = "WebhookSecretReplaced")]
struct Replaced {
    generation: u64,
    until: Timestamp,
}

/// A webhook that was changed.
#[derive(JsonSchema)]
pub(crate) struct WebhookChanged {
    result: Webhook,
}

/// A webhook with its secret, which no other answer tells.
#[derive(JsonSchema)]
pub(crate) struct WebhookSecret {
    result: Webhook,
    /// `whsec_` and 32 bytes in base64.
    secret: String,
}

/// The newest attempts, the last one first.
#[derive(JsonSchema)]
pub(crate) struct Attempts {
    items: Vec<Attempt>,
}

/// One event on its way to one receiver.
#[derive(JsonSchema)]
#[schemars(rename = "WebhookAttempt")]
struct Attempt {
    /// `webhook-id`.
    webhook_message_id: String,
    event_id: String,
    event_type: String,
    at: Timestamp,
    /// Which attempt in a row, from 1.
    number: u32,
    arrived: bool,
    /// What the receiver answered.
    status: Option<u16>,
    /// Why nobody answered.
    reason: Option<String>,
}

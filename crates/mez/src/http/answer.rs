//! What a handler answers.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use zone::{Envelope, Page};

/// JSON.
pub(crate) const JSON: &str = "application/json";

/// What a JSON answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One document.
    Document,
    /// A list of documents.
    List,
    /// [`documents::Page`].
    Page,
    /// [`documents::Admitted`].
    Admitted,
}

/// Answers as documents, for whoever reads them.
pub(crate) mod documents {
    use canon::Digest;
    use schemars::JsonSchema;
    use serde_json::{Map, Value};

    /// A page of a list.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "read by its schema alone")]
    pub(crate) struct Page {
        items: Vec<Map<String, Value>>,
        /// What to give as `after` for the next; absent on the last.
        next: Option<String>,
    }

    /// A write that law admitted.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "read by its schema alone")]
    pub(crate) struct Admitted {
        /// What was made or changed.
        result: Map<String, Value>,
        compliance: Compliance,
        /// The evaluation, signed: a W3C Verifiable Credential.
        credential: Map<String, Value>,
        receipt: Place,
    }

    /// A write that was asked for with `dry_run=true`.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "read by its schema alone")]
    pub(crate) struct Rehearsed {
        /// `true`: nothing was written.
        dry_run: bool,
        compliance: Compliance,
    }

    /// What law said.
    #[derive(JsonSchema)]
    #[schemars(rename = "Compliance")]
    #[expect(dead_code, reason = "read by its schema alone")]
    struct Compliance {
        /// `allow`.
        outcome: String,
        /// The transition kind.
        kind: String,
        realm: canon::Realm,
        /// The day whose law was asked.
        as_of: canon::Date,
        known_at: canon::Timestamp,
        jurisdictions: Vec<canon::JurisdictionId>,
        /// State of each of the 20 domains.
        domains: Vec<DomainState>,
        /// Digest of the decision record; `/v1/decisions/{sha256}` explains it.
        decision_sha256: Digest,
    }

    /// A domain and its state.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "read by its schema alone")]
    struct DomainState {
        domain: law::Domain,
        state: law::State,
    }

    /// Where the decision stands in the zone's journal.
    #[derive(JsonSchema)]
    #[schemars(rename = "JournalPlace")]
    #[expect(dead_code, reason = "read by its schema alone")]
    struct Place {
        stream: String,
        sequence: u64,
        root: Digest,
    }
}

/// A year, the longest RFC 9111 caches are held to; RFC 8246.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// An answer on its way out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    media: &'static str,
    body: Vec<u8>,
    replayed: bool,
    /// What it names never changes.
    immutable: bool,
}

impl Answer {
    /// A JSON document.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            media: JSON,
            body: value.to_string().into_bytes(),
            replayed: false,
            immutable: false,
        }
    }

    /// Bytes of another kind.
    pub(crate) fn bytes(media: &'static str, body: Vec<u8>) -> Self {
        Self { status: 200, media, body, replayed: false, immutable: false }
    }

    /// Of a write that was rehearsed: what law says, and nothing of what was not made.
    pub(crate) fn decision(self) -> Self {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let compliance = body.get("compliance").cloned().unwrap_or_default();
        Self::json(200, &json!({ "dry_run": true, "compliance": compliance }))
    }

    /// The same bytes for ever: anybody may keep them.
    pub(crate) fn forever(self) -> Self {
        Self { immutable: true, ..self }
    }

    /// The response.
    pub(crate) fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        let wrong = StatusCode::INTERNAL_SERVER_ERROR;
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(wrong);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media));
        let kept = if self.immutable { FOREVER } else { "no-store" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
        let nosniff = HeaderValue::from_static("nosniff");
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
        if self.replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self::json(200, &value)
    }
}

impl From<Envelope> for Answer {
    fn from(envelope: Envelope) -> Self {
        let replayed = envelope.replayed;
        Self { replayed, ..Self::json(envelope.status, &envelope.body) }
    }
}

impl From<Page> for Answer {
    fn from(page: Page) -> Self {
        let mut body = json!({ "items": page.items });
        if let (Some(next), Value::Object(members)) = (page.next, &mut body) {
            members.insert("next".to_owned(), Value::String(next));
        }
        Self::from(body)
    }
}

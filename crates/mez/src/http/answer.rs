//! What a handler answers.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use canon::Digest;
use serde_json::{Value, json};
use zone::{Envelope, Page};

use super::etag::tag;

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
        receipt: JournalPlace,
    }

    /// A write that law admitted, and what it made or changed.
    #[derive(JsonSchema)]
    #[schemars(rename = "Admitted{T}")]
    #[expect(dead_code, reason = "read by its schema alone")]
    pub(crate) struct AdmittedOf<T> {
        /// What was made or changed.
        result: T,
        compliance: Compliance,
        /// The evaluation, signed: a W3C Verifiable Credential.
        credential: Map<String, Value>,
        receipt: JournalPlace,
    }

    /// A write that was asked for with `dry_run=true`.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "read by its schema alone")]
    pub(crate) struct Rehearsed {
        /// `true`: nothing was written.
        dry_run: bool,
        compliance: Compliance,
        /// What others would have to say before it is done, and were not asked.
        not_asked: Option<Vec<NotAsked>>,
    }

    /// Somebody who decides for themselves, and was not asked.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "read by its schema alone")]
    struct NotAsked {
        /// The corridor it would cross.
        corridor_id: canon::CorridorId,
        /// What the zone at its far end would decide.
        about: String,
    }

    /// What law said.
    #[derive(JsonSchema)]
    #[schemars(rename = "Compliance")]
    #[expect(dead_code, reason = "read by its schema alone")]
    pub(crate) struct Compliance {
        /// `allow`.
        outcome: String,
        /// The transition kind.
        kind: String,
        realm: canon::Realm,
        /// The day whose law was asked.
        as_of: canon::Date,
        known_at: canon::Timestamp,
        jurisdictions: Vec<canon::JurisdictionId>,
        /// Those of the far end of a corridor, where their law was asked as well.
        there: Option<Vec<canon::JurisdictionId>>,
        /// State of each of the 20 domains.
        domains: Vec<DomainState>,
        /// Domains for which a jurisdiction rests on the sandbox rulebook.
        unsourced: Option<Vec<law::Domain>>,
        /// Age of the oldest sanctions list screened against, in days.
        list_age_days: Option<i64>,
        /// When the first fact ends that it stands on.
        next_expiry: Option<canon::Timestamp>,
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

    /// A place in a journal of the zone, such as that of its decisions.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "read by its schema alone")]
    pub(crate) struct JournalPlace {
        stream: String,
        sequence: u64,
        root: Digest,
    }
}

/// What a rehearsal leaves open: the decisions of others.
const NOT_ASKED: &str = "not_asked";
/// A year, the longest RFC 9111 caches are held to; RFC 8246.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// An answer on its way out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    media: &'static str,
    body: Bytes,
    replayed: bool,
    /// How many records it shows.
    records: usize,
    /// What it names never changes.
    immutable: bool,
    /// Its tag, where it shows one record.
    tag: Option<Digest>,
    /// Who asks has it: it is said, not sent.
    unchanged: bool,
}

impl Answer {
    /// A JSON document.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            media: JSON,
            body: value.to_string().into(),
            replayed: false,
            records: records(value),
            immutable: false,
            tag: None,
            unchanged: false,
        }
    }

    /// The document it is, `null` for bytes of another kind.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Bytes of another kind.
    pub(crate) fn bytes(media: &'static str, body: Vec<u8>) -> Self {
        let (replayed, immutable, tag, unchanged) = (false, false, None, false);
        let body = body.into();
        Self { status: 200, media, body, replayed, records: 1, immutable, tag, unchanged }
    }

    /// The same under the status of what is done, whatever it made.
    pub(crate) fn done(self) -> Self {
        Self { status: 200, ..self }
    }

    /// Of a write that was rehearsed: what law says and who else was not asked, and nothing of what was not made.
    pub(crate) fn decision(self) -> Self {
        let body = self.value();
        let compliance = body.get("compliance").cloned().unwrap_or_default();
        let mut told = json!({ "dry_run": true, "compliance": compliance });
        if let (Some(not_asked), Some(members)) = (body.get(NOT_ASKED), told.as_object_mut()) {
            members.insert(NOT_ASKED.to_owned(), not_asked.clone());
        }
        Self::json(200, &told)
    }

    /// The same bytes for ever: anybody may keep them.
    pub(crate) fn forever(self) -> Self {
        Self { immutable: true, ..self }
    }

    /// The same with the digest of its bytes as its tag.
    pub(crate) fn tagged(self) -> Self {
        Self { tag: Some(Digest::of_blob(&self.body)), ..self }
    }

    /// The tag, if it has one.
    pub(crate) const fn tag(&self) -> Option<Digest> {
        self.tag
    }

    /// The same to somebody who has it.
    pub(crate) fn unchanged(self) -> Self {
        Self { status: 304, unchanged: true, ..self }
    }

    /// How many records it shows, and the digest of its bytes.
    pub(crate) fn shows(&self) -> (usize, Digest) {
        (self.records, Digest::of_blob(&self.body))
    }

    /// The bytes of its body.
    pub(crate) fn body(&self) -> Bytes {
        self.body.clone()
    }

    /// The response.
    pub(crate) fn response(self) -> Response<Body> {
        let body = if self.unchanged { Body::empty() } else { Body::from(self.body) };
        let mut response = Response::new(body);
        let wrong = StatusCode::INTERNAL_SERVER_ERROR;
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(wrong);
        let headers = response.headers_mut();
        if !self.unchanged {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media));
        }
        let tag = self.tag.and_then(|digest| HeaderValue::try_from(tag(digest)).ok());
        headers.extend(tag.map(|tag| (header::ETAG, tag)));
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

/// The items of a page or a list, the entries of a sample; else the document is one.
fn records(value: &Value) -> usize {
    let items = ["items", "drawn"].iter().find_map(|name| value.get(name)).unwrap_or(value);
    items.as_array().map_or(1, Vec::len)
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

//! Refusals as RFC 9457 problems: the one place where a refusal meets a status.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use canon::Refusal;
use serde_json::{Map, Value, json};
use zone::Refused;

/// Media type of a problem.
pub(crate) const MEDIA: &str = "application/problem+json";
/// Prefix of a problem's `type`; the code follows. See `docs/errors.md`.
const TYPE: &str = "urn:mez:problem:";

/// A refusal on its way out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    status: u16,
    code: String,
    detail: String,
    members: Map<String, Value>,
    retry_after_secs: Option<u32>,
    challenge: bool,
}

impl Problem {
    /// A problem of the doors themselves.
    pub(crate) fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
            members: Map::new(),
            retry_after_secs: None,
            challenge: status == 401,
        }
    }

    /// One wrong field.
    pub(crate) fn field(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let told = format!("{pointer} {detail}");
        let errors = json!([{ "pointer": pointer, "detail": detail }]);
        Self::new(422, "invalid-fields", told).with("errors", errors)
    }

    /// A body that breaks a rule of the canonical form.
    pub(crate) fn malformed(refusal: &Refusal) -> Self {
        let error = json!({
            "offset": refusal.offset,
            "line": refusal.line,
            "column": refusal.column,
            "rule": refusal.rule.code(),
            "remedy": refusal.rule.remedy(),
            "detail": refusal.detail,
        });
        Self::new(422, "malformed-document", refusal.to_string()).with("errors", json!([error]))
    }

    /// The process cannot take more just now.
    pub(crate) fn busy() -> Self {
        Self::new(503, "busy", "too many requests are under way").again(1)
    }

    /// A fault of ours; what it was is told to the operator alone.
    pub(crate) fn internal(told_to_operator: &str) -> Self {
        tell(&format!("internal fault: {told_to_operator}"));
        Self::new(500, "internal", "the zone met a fault of its own; its operator was told")
    }

    /// Add a member.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Ask to try again later.
    pub(crate) fn again(mut self, secs: u32) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// The status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The document, for a request of `path`.
    pub(crate) fn document(&self, path: &str) -> Value {
        let status = StatusCode::from_u16(self.status).ok();
        let title = status.and_then(|s| s.canonical_reason()).unwrap_or("Refused");
        let mut members = self.members.clone();
        members.insert("type".to_owned(), json!(format!("{TYPE}{}", self.code)));
        members.insert("title".to_owned(), json!(title));
        members.insert("status".to_owned(), json!(self.status));
        members.insert("detail".to_owned(), json!(self.detail));
        members.insert("instance".to_owned(), json!(path));
        members.insert("code".to_owned(), json!(self.code));
        Value::Object(members)
    }

    /// The response to a request of `path`.
    pub(crate) fn response(&self, path: &str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.document(path).to_string()));
        let refused = StatusCode::INTERNAL_SERVER_ERROR;
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(refused);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.challenge {
            let challenge = HeaderValue::from_static("Bearer realm=\"mez\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// One line to the operator; nobody reading it is no reason to fail.
fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "mez: {what}");
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let (code, detail) = (refused.code(), refused.to_string());
        let told = |status| Self::new(status, code, detail.clone());
        match refused {
            Refused::CallerUnknown => told(401),
            Refused::CallerForbidden { .. } => told(403),
            Refused::CallerFields(fields) => told(422).with("errors", json!(fields)),
            Refused::CallerInvalid { .. } => told(422),
            Refused::NotFound { .. } => told(404),
            Refused::Conflict { .. } | Refused::IdempotencyReused(_) => told(409),
            Refused::Law { body, decision, .. } => {
                let mut problem = told(403).with("decision_sha256", json!(decision));
                if let Value::Object(members) = body {
                    problem.members.extend(members);
                }
                problem
            }
            Refused::Peer { code, .. } => told(match code {
                "peer-signature" | "peer-stale" | "peer-misaddressed" => 401,
                "peer-unknown" => 403,
                "peer-malformed" | "receipt-refused" => 422,
                "peer-unreachable" => 502,
                _ => 409,
            }),
            Refused::PeerGap { expected } => told(409).with("expected", json!(expected)),
            Refused::NotSigning(why) => {
                tell(&format!("signing nothing: {why}"));
                Self::new(503, code, "the zone signs nothing; see /health/readiness").again(30)
            }
            Refused::SignerAway(why) => {
                tell(&format!("the signer is unavailable: {why}"));
                Self::new(503, code, "the signer is unavailable; try again").again(2)
            }
            Refused::Unavailable(why) => {
                tell(&format!("the store is unavailable: {why}"));
                Self::new(503, code, "the store is unavailable; try again").again(2)
            }
            Refused::Busy => told(503).again(1),
            Refused::Host(why) => Self::internal(&why),
        }
    }
}

//! Refusals as RFC 9457 problems: the one place where a refusal meets a status.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use canon::{Digest, Refusal};
use law::Grounds;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use zone::Refused;

use super::conditional::named;
use super::openapi::codes::remedy;

/// Media type of a problem.
pub(crate) const MEDIA: &str = "application/problem+json";
/// Prefix of a problem's `type`; the code follows. See `docs/errors.md`.
const TYPE: &str = "urn:mez:problem:";

/// A problem (RFC 9457) as it is sent.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Problem")]
pub(crate) struct Document<'a> {
    /// Stable code; see `docs/errors.md`.
    code: &'a str,
    /// What was wrong, in one sentence.
    detail: &'a str,
    /// The path asked.
    instance: &'a str,
    /// What this problem says besides.
    #[serde(flatten)]
    more: &'a More,
    /// The status.
    status: u16,
    /// The status in words.
    title: &'static str,
    /// `urn:mez:problem:<code>`.
    #[serde(rename = "type")]
    #[schemars(regex(pattern = "^urn:mez:problem:[a-z0-9-]+$"))]
    type_: String,
}

/// Members that only some problems have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct More {
    /// Digest of the decision record of a refusal by law.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_sha256: Option<Digest>,
    /// What is wrong, each with its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Wrong>>,
    /// The next receipt of the lane that is held here.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<u64>,
    /// What law refuses.
    #[serde(flatten)]
    grounds: Option<Grounds>,
    /// The module that the zone does not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// Something wrong at one place.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(deny_unknown_fields)]
pub(crate) enum Wrong {
    /// A field.
    Field {
        /// What is wrong.
        detail: String,
        /// Which: a JSON pointer (RFC 6901) into the body, or the name of a parameter.
        pointer: String,
    },
    /// A place in the bytes of a document that breaks a rule of the canonical form.
    Place {
        /// Column from 1.
        column: u64,
        /// What was found.
        detail: String,
        /// Line from 1.
        line: u64,
        /// Byte from 0.
        offset: u64,
        /// What to do.
        remedy: &'static str,
        /// Stable code of the rule.
        rule: &'static str,
    },
}

impl From<zone::FieldProblem> for Wrong {
    fn from(field: zone::FieldProblem) -> Self {
        Self::Field { detail: field.detail, pointer: field.pointer }
    }
}

/// A refusal on its way out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    status: u16,
    code: String,
    detail: String,
    more: Box<More>,
    retry_after_secs: Option<u32>,
    challenge: bool,
}

impl Problem {
    /// No record was written that its digest could lead to.
    pub(crate) fn of_a_rehearsal(mut self) -> Self {
        self.more.decision_sha256 = None;
        self
    }

    /// A problem of the doors themselves.
    pub(crate) fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
            more: Box::default(),
            retry_after_secs: None,
            challenge: status == 401,
        }
    }

    /// One wrong field.
    pub(crate) fn field(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let told = format!("{pointer} {detail}");
        let wrong = Wrong::Field { detail, pointer: pointer.to_owned() };
        Self::new(422, "invalid-fields", told).naming(vec![wrong])
    }

    /// A body that breaks a rule of the canonical form.
    pub(crate) fn malformed(refusal: &Refusal) -> Self {
        let wrong = Wrong::Place {
            column: refusal.column as u64,
            detail: refusal.detail.clone(),
            line: refusal.line as u64,
            offset: refusal.offset as u64,
            remedy: refusal.rule.remedy(),
            rule: refusal.rule.code(),
        };
        Self::new(422, "malformed-document", refusal.to_string()).naming(vec![wrong])
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

    /// Name what is wrong.
    pub(crate) fn naming(mut self, wrong: Vec<Wrong>) -> Self {
        self.more.errors = Some(wrong);
        self
    }

    /// Name the module that is missing, and what to do about it.
    pub(crate) fn lacking(mut self, module: &str, remedy: impl Into<String>) -> Self {
        self.more.module = Some(module.to_owned());
        self.more.remedy = Some(remedy.into());
        self
    }

    /// Ask to try again later.
    pub(crate) fn again(mut self, secs: u32) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The document, for a request of `path`.
    pub(crate) fn document(&self, path: &str) -> Value {
        let status = StatusCode::from_u16(self.status).ok();
        let title = status.and_then(|s| s.canonical_reason()).unwrap_or("Refused");
        let mut more = (*self.more).clone();
        if more.remedy.is_none() {
            more.remedy = remedy(self.status, &self.code).map(str::to_owned);
        }
        json!(Document {
            code: &self.code,
            detail: &self.detail,
            instance: path,
            more: &more,
            status: self.status,
            title,
            type_: format!("{TYPE}{}", self.code),
        })
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
pub(crate) fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "mez: {what}");
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let (code, detail) = (refused.code(), refused.to_string());
        let told = |status| Self::new(status, code, detail.clone());
        // The operator is told why; the caller, when to come again.
        let away = |(what, why): (&str, &str), said: &str, secs| {
            tell(&format!("{what}: {why}"));
            Self::new(503, code, said).again(secs)
        };
        match refused {
            Refused::CallerUnknown => told(401),
            Refused::CallerForbidden { .. } => told(403),
            Refused::CallerFields(fields) => {
                told(422).naming(fields.into_iter().map(Wrong::from).collect())
            }
            Refused::CallerInvalid { .. } => told(422),
            Refused::NotFound { .. } => told(404),
            Refused::Conflict { .. } | Refused::IdempotencyReused(_) => told(409),
            Refused::Precondition(_) => told(412).naming(named(&detail)),
            Refused::Law { grounds, decision, .. } => {
                let mut problem = told(403);
                problem.more.decision_sha256 = Some(decision);
                problem.more.grounds = Some(*grounds);
                problem
            }
            Refused::Peer { code, .. } => told(match code {
                "peer-signature" | "peer-stale" | "peer-misaddressed" => 401,
                "peer-unknown" => 403,
                "peer-malformed" | "receipt-refused" => 422,
                "peer-unreachable" => 502,
                _ => 409,
            }),
            Refused::PeerGap { expected } => {
                let mut problem = told(409);
                problem.more.expected = Some(expected);
                problem
            }
            Refused::NotSigning(why) => {
                away(("signing nothing", &why), "the zone signs nothing; see /health/readiness", 30)
            }
            Refused::SignerAway(why) => {
                away(("the signer is unavailable", &why), "the signer is unavailable; try again", 2)
            }
            Refused::ProviderAway(why) => away(
                ("the identity provider is unavailable", &why),
                "the identity provider is unavailable; try again",
                10,
            ),
            Refused::Unavailable(why) => {
                away(("the store is unavailable", &why), "the store is unavailable; try again", 2)
            }
            Refused::Mass(at_mass) => {
                let (status, again) = at_mass.unwell.status();
                again.map_or_else(|| told(status), |secs| told(status).again(secs))
            }
            Refused::Archive { code: "archive-altered", .. } => {
                tell(&detail);
                Self::new(500, code, "what the archive has is not what was put there")
            }
            Refused::Archive { .. } => {
                let told = "the archive of the journal does not have it; try again";
                away(("the archive", &detail), told, 30)
            }
            Refused::Dropped(_) => told(410),
            Refused::Busy => told(503).again(1),
            Refused::Host(why) => Self::internal(&why),
        }
    }
}

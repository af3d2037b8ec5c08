//! A client of one zone's HTTP API, as any integrator would write it.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Largest answer read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Most pages of a list that are read.
const PAGES_MAX: usize = 256;

/// A zone's API behind a token.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    url: String,
    token: String,
}

/// An answer that is not the one asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody answers.
    #[error("`{url}` does not answer: {detail}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why.
        detail: String,
    },
    /// A problem document (RFC 9457).
    #[error("{} {}: {}", .problem.status, .problem.code, .problem.detail)]
    Problem {
        /// The document.
        problem: Box<Problem>,
    },
}

/// The parts of a problem document this program reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problem {
    /// HTTP status.
    pub(crate) status: u16,
    /// Stable code.
    pub(crate) code: String,
    /// In words.
    pub(crate) detail: String,
    /// The whole document.
    pub(crate) body: Value,
}

impl ClientError {
    /// The problem, if it is one.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem { problem } => Some(problem),
            Self::Unreachable { .. } => None,
        }
    }
}

impl Client {
    /// A client of the zone at `url`.
    pub(crate) fn new(url: &str, token: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        let (url, token) = (url.trim_end_matches('/').to_owned(), token.to_owned());
        Self { agent: config.into(), url, token }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// GET a JSON document.
    pub(crate) fn get(&self, path: &str) -> Result<Value, ClientError> {
        let bytes = self.fetch_bytes(path)?;
        serde_json::from_slice(&bytes).map_err(|e| self.unreachable(path, &e))
    }

    /// Every item of a list: its pages are followed by their `next`, as far as [`PAGES_MAX`] of them go.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<Value>, ClientError> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{sign}limit=200");
        let (mut all, mut next) = (Vec::new(), first.clone());
        for _ in 0..PAGES_MAX {
            let page = self.get(&next)?;
            all.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
            let Some(after) = page.get("next").and_then(Value::as_str) else { break };
            next = format!("{first}&after={after}");
        }
        Ok(all)
    }

    /// GET any bytes.
    pub(crate) fn fetch_bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        let url = format!("{}{path}", self.url);
        let request = self.agent.get(&url).header("authorization", self.bearer());
        self.read(path, request.call())
    }

    /// POST a JSON document under an idempotency key.
    pub(crate) fn post(&self, path: &str, body: &Value, key: &str) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.url);
        let request = self
            .agent
            .post(&url)
            .header("authorization", self.bearer())
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        let bytes = self.read(path, request.send(body.to_string().as_bytes()))?;
        serde_json::from_slice(&bytes).map_err(|e| self.unreachable(path, &e))
    }

    /// DELETE what a path names.
    pub(crate) fn delete(&self, path: &str) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.url);
        let request = self.agent.delete(&url).header("authorization", self.bearer());
        let bytes = self.read(path, request.call())?;
        serde_json::from_slice(&bytes).map_err(|e| self.unreachable(path, &e))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn unreachable(&self, path: &str, error: &dyn std::fmt::Display) -> ClientError {
        ClientError::Unreachable { url: format!("{}{path}", self.url), detail: error.to_string() }
    }

    fn read(
        &self,
        path: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Vec<u8>, ClientError> {
        let mut answer = answer.map_err(|e| self.unreachable(path, &e))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = body.map_err(|e| self.unreachable(path, &e))?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let text = |name: &str| {
            let member = body.get(name).and_then(Value::as_str);
            member.unwrap_or_default().to_owned()
        };
        let problem = Problem { status, code: text("code"), detail: text("detail"), body };
        Err(ClientError::Problem { problem: Box::new(problem) })
    }
}

//! Calls to other zones over HTTP: bounded in time and size, never redirected, signed.

use std::sync::Arc;
use std::time::Duration;

use canon::{Clock, Entropy};
use data_encoding::HEXLOWER;
use proof::Signer;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;
use zone::limits::KNOCK_PATIENCE_SECS;
use zone::{LIVENESS, Peer, Wire, WireError};

use crate::http::signature::{Headers, sign};

/// Longest wait for a connection.
const CONNECT_MS: u64 = 2_000;
/// Longest fetch of a document.
const FETCH_MS: u64 = 10_000;
/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Idle connections kept, all peers together and each.
const IDLE_MAX: usize = 16;
const IDLE_PEER_MAX: usize = 2;

/// The wire over HTTP/1.1, with TLS (rustls, ring) for `https` URLs.
pub(crate) struct HttpWire {
    agent: Agent,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl HttpWire {
    /// A wire with no connection yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_millis(CONNECT_MS)))
            .timeout_global(Some(Duration::from_millis(FETCH_MS)))
            .max_idle_connections(IDLE_MAX)
            .max_idle_connections_per_host(IDLE_PEER_MAX)
            .user_agent(concat!("mez/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), clock, entropy }
    }
}

impl Wire for HttpWire {
    fn fetch(&self, url: &str, path: &str) -> Result<Vec<u8>, WireError> {
        let target = format!("{}{path}", url.trim_end_matches('/'));
        answer(self.agent.get(&target).call())
    }

    fn knock(&self, url: &str) -> bool {
        let target = format!("{}{LIVENESS}", url.trim_end_matches('/'));
        let patience = Some(Duration::from_secs(KNOCK_PATIENCE_SECS));
        let request = self.agent.get(&target).config().timeout_global(patience).build();
        answer(request.call()).is_ok()
    }

    fn post(
        &self,
        peer: &Peer,
        path: &str,
        body: &[u8],
        http_here: &dyn Signer,
    ) -> Result<Vec<u8>, WireError> {
        let target = format!("{}{path}", peer.url.trim_end_matches('/'));
        let mut nonce = [0u8; 16];
        let unreachable = |error: &dyn std::fmt::Display| WireError::Unreachable(error.to_string());
        self.entropy.fill(&mut nonce).map_err(|error| unreachable(&error))?;
        let nonce = HEXLOWER.encode(&nonce);
        let Headers { content_digest, signature_input, signature } =
            sign(&target, body, self.clock.now(), &nonce, http_here)
                .map_err(|e| unreachable(&e))?;
        let request = self
            .agent
            .post(&target)
            .header("content-type", "application/json")
            .header("content-digest", content_digest)
            .header("signature-input", signature_input)
            .header("signature", signature)
            .config()
            .timeout_global(Some(Duration::from_secs(peer.patience_secs)))
            .build();
        answer(request.send(body))
    }
}

fn answer(called: Result<Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, WireError> {
    let unreachable = |error: ureq::Error| WireError::Unreachable(error.to_string());
    let mut response = called.map_err(unreachable)?;
    let status = response.status().as_u16();
    let reader = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    let body = reader.read_to_vec().map_err(unreachable)?;
    if (200..300).contains(&status) {
        return Ok(body);
    }
    Err(refused(status, body))
}

/// What a body of another status than success says.
pub(crate) fn refused(status: u16, body: Vec<u8>) -> WireError {
    let problem = canon::parse_value(&body).unwrap_or(Value::Null);
    let told = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if matches!(status, 429 | 502 | 503 | 504) && told("code").is_empty() {
        return WireError::Unreachable(format!("status {status}"));
    }
    WireError::Refused { status, code: told("code"), detail: told("detail"), body }
}

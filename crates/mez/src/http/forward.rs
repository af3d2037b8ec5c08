//! A request at a replica that does not write: it is asked of the one that does, and the answer passed on.
//!
//! While nobody writes, the request waits. It is sent a second time only where nothing of it was sent before, or
//! where twice is the same as once: a read, or a write under an idempotency key.

use std::io::ErrorKind;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use ureq::{Agent, BodyReader, Error};

use super::asked::IDEMPOTENCY_KEY;

/// Longest time to reach a replica.
const CONNECT_MS: u64 = 500;
/// Longest wait for its answer.
const ANSWER_MS: u64 = 15_000;
/// Idle connections kept to it: as many as requests run at once.
const IDLE_MAX: usize = 32;
/// Largest answer passed on, in bytes.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Marks a request that a replica sent on, and the refusal of one that does not write either.
const REPLICA: HeaderName = HeaderName::from_static("mez-replica");
/// Headers of one connection, not of the message (RFC 9110, section 7.6.1), and those the next connection sets.
const OF_A_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::ACCEPT_ENCODING,
];

/// Asks other replicas.
pub(super) struct Forward {
    agent: Agent,
    /// Waits as long as an answer goes on.
    streams: Agent,
}

/// What came of asking one.
pub(super) enum Passed {
    /// Its answer.
    Answer(Response<Body>),
    /// Nothing was done there; ask again.
    Again,
    /// Whether it was done is not known.
    Unknown,
}

/// Whether another replica sent this request on.
pub(super) fn sent_on(headers: &HeaderMap) -> bool {
    headers.contains_key(REPLICA)
}

/// Says to the replica that sent a request on that this one does not write.
pub(super) fn mark(response: &mut Response<Body>) {
    response.headers_mut().insert(REPLICA, HeaderValue::from_static("follows"));
}

impl Default for Forward {
    fn default() -> Self {
        let reaches = || {
            Agent::config_builder()
                .proxy(None)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .http_status_as_error(false)
                .timeout_resolve(Some(Duration::from_millis(CONNECT_MS)))
                .timeout_connect(Some(Duration::from_millis(CONNECT_MS)))
        };
        let answer = Some(Duration::from_millis(ANSWER_MS));
        let config = reaches()
            .timeout_global(answer)
            .max_idle_connections(IDLE_MAX)
            .max_idle_connections_per_host(IDLE_MAX)
            .build();
        let streams = reaches().timeout_recv_response(answer).build();
        Self { agent: config.new_agent(), streams: streams.new_agent() }
    }
}

impl Forward {
    /// Ask the replica at `url`. Blocks.
    pub(super) fn ask(&self, url: &str, parts: &Parts, body: &[u8]) -> Passed {
        let twice_is_once =
            parts.method == Method::GET || parts.headers.contains_key(IDEMPOTENCY_KEY);
        let lost = if twice_is_once { Passed::Again } else { Passed::Unknown };
        let answer = match self.send(url, parts, body) {
            Ok(answer) => answer,
            Err(error) if nothing_sent(&error) => return Passed::Again,
            Err(_) => return lost,
        };
        if answer.headers().contains_key(REPLICA) {
            return Passed::Again;
        }
        let (head, mut body) = answer.into_parts();
        let Ok(bytes) = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec() else {
            return lost;
        };
        let mut passed = Response::new(Body::from(bytes));
        *passed.status_mut() = head.status;
        *passed.headers_mut() = of_the_message(&head.headers);
        Passed::Answer(passed)
    }

    /// Begin to read a stream of the replica at `url`; nothing where it does not answer, or does not write either. Blocks.
    pub(super) fn open(
        &self,
        url: &str,
        parts: &Parts,
    ) -> Option<(Response<Body>, BodyReader<'static>)> {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut request = Request::builder().method(&parts.method).uri(format!("{url}{target}"));
        if let Some(headers) = request.headers_mut() {
            *headers = of_the_message(&parts.headers);
            headers.insert(REPLICA, HeaderValue::from_static("sent-on"));
        }
        let answer = self.streams.run(request.body(()).ok()?).ok()?;
        let (head, body) = answer.into_parts();
        if head.headers.contains_key(REPLICA) {
            return None;
        }
        let mut passed = Response::new(Body::empty());
        *passed.status_mut() = head.status;
        *passed.headers_mut() = of_the_message(&head.headers);
        Some((passed, body.into_reader()))
    }

    fn send(&self, url: &str, parts: &Parts, body: &[u8]) -> Result<Response<ureq::Body>, Error> {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut request = Request::builder().method(&parts.method).uri(format!("{url}{target}"));
        if let Some(headers) = request.headers_mut() {
            *headers = of_the_message(&parts.headers);
            headers.insert(REPLICA, HeaderValue::from_static("sent-on"));
        }
        match [Method::GET, Method::DELETE].contains(&parts.method) {
            true => self.agent.run(request.body(())?),
            false => self.agent.run(request.body(body)?),
        }
    }
}

fn of_the_message(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in OF_A_CONNECTION {
        kept.remove(name);
    }
    kept
}

/// Whether the request cannot have reached anybody.
fn nothing_sent(error: &Error) -> bool {
    match error {
        Error::HostNotFound | Error::ConnectionFailed => true,
        Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        Error::Timeout(at) => matches!(at, ureq::Timeout::Connect | ureq::Timeout::Resolve),
        _ => false,
    }
}

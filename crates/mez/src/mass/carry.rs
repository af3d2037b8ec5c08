//! Carrying a call to Mass: bounded in time, size, number at once and number of tries; never redirected.

use std::sync::Arc;

use canon::Clock;
use ureq::Agent;
use ureq::http::Response;
use zeroize::Zeroizing;
use zone::mass::{AtMass, Call, Method, Reply, Unwell};

use super::config::Ready;
use crate::out::{Line, Stopped, Tries};

/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Calls under way at once.
const AT_ONCE_MAX: usize = 8;
/// Idle connections kept.
const IDLE_MAX: usize = 4;

/// The way to Mass, and how it stands.
pub(super) struct Carrier {
    url: String,
    token: Zeroizing<String>,
    line: Line,
    clock: Arc<dyn Clock>,
}

impl Carrier {
    pub(super) fn new(ready: Ready, clock: Arc<dyn Clock>) -> Self {
        let line = Line::new(ready.tls, &ready.pace, (AT_ONCE_MAX, IDLE_MAX));
        Self { url: ready.url, token: ready.token, line, clock }
    }

    /// Carry a call, and wait no longer than its bound.
    ///
    /// # Errors
    /// See [`Unwell`]: nothing is known of what became of it unless it was declined.
    pub(super) fn carry(&self, call: &Call) -> Result<Reply, AtMass> {
        let tries = if call.repeatable { Tries::Several } else { Tries::One };
        let came = self.line.ask(self.clock.as_ref(), tries, |agent| self.once(agent, call));
        came.map_err(|stopped| match stopped {
            Stopped::Busy => {
                AtMass::new(Unwell::Busy, "Mass is being asked as much as is let through at once")
            }
            Stopped::Open(until) => {
                let detail =
                    format!("Mass failed again and again, and is asked again from {until}");
                AtMass::new(Unwell::CircuitOpen, detail)
            }
            Stopped::Failed(why) => why,
        })
    }

    fn once(&self, agent: &Agent, call: &Call) -> Result<Reply, AtMass> {
        let mut response = self.send(agent, call)?;
        let status = response.status().as_u16();
        let reader = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        let body = reader.read_to_vec().map_err(|error| failed(&error))?;
        // What a server in trouble says is not read.
        if status >= 500 {
            return Err(AtMass::new(Unwell::Status, format!("Mass answered with status {status}")));
        }
        Ok(Reply { status, body })
    }

    fn send(&self, agent: &Agent, call: &Call) -> Result<Response<ureq::Body>, AtMass> {
        let target = format!("{}{}", self.url, call.path);
        let mut headers = vec![("authorization", format!("Bearer {}", self.token.as_str()))];
        headers.extend(call.key.as_ref().map(|key| ("idempotency-key", key.clone())));
        let answered = match call.method {
            Method::Get => {
                let request =
                    headers.into_iter().fold(agent.get(&target), |r, (k, v)| r.header(k, v));
                request.call()
            }
            Method::Post | Method::Put => {
                headers.push(("content-type", "application/json".to_owned()));
                let request = match call.method {
                    Method::Put => agent.put(&target),
                    _ => agent.post(&target),
                };
                let request = headers.into_iter().fold(request, |r, (k, v)| r.header(k, v));
                request.send(&call.body[..])
            }
        };
        answered.map_err(|error| failed(&error))
    }
}

fn failed(error: &ureq::Error) -> AtMass {
    match error {
        ureq::Error::Timeout(_) => AtMass::new(Unwell::Slow, "Mass did not answer in time"),
        ureq::Error::BodyExceedsLimit(_) => {
            AtMass::new(Unwell::Unreadable, "the answer of Mass is larger than is read")
        }
        // The address stays out of what callers are told.
        _ => AtMass::new(Unwell::Unreachable, "Mass cannot be reached, or ended the connection"),
    }
}

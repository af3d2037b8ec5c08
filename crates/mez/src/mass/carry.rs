//! Carrying a call to Mass: bounded in time, size, number at once and number of tries; never redirected.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use canon::Clock;
use ureq::Agent;
use ureq::http::Response;
use zeroize::Zeroizing;
use zone::adapter::Circuit;
use zone::mass::{AtMass, Call, Method, Reply, Unwell};

use super::config::Ready;

/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Tries of one call that may go out twice, all under the same key.
const TRIES_MAX: usize = 2;
/// Pause before a call goes out once more, in milliseconds.
const AGAIN_MS: u64 = 100;
/// Calls under way at once.
const AT_ONCE_MAX: usize = 8;
/// Idle connections kept.
const IDLE_MAX: usize = 4;

/// The way to Mass, and how it stands.
pub(super) struct Carrier {
    url: String,
    token: Zeroizing<String>,
    agent: Agent,
    clock: Arc<dyn Clock>,
    under_way: AtomicUsize,
    circuit: Mutex<Circuit>,
}

/// A place among the calls under way; given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Carrier {
    pub(super) fn new(ready: Ready, clock: Arc<dyn Clock>) -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .tls_config(ready.tls)
            .timeout_resolve(Some(ready.connect))
            .timeout_connect(Some(ready.connect))
            .timeout_global(Some(ready.call))
            .max_idle_connections(IDLE_MAX)
            .max_idle_connections_per_host(IDLE_MAX)
            .user_agent(concat!("mez/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            url: ready.url,
            token: ready.token,
            agent: config.new_agent(),
            clock,
            under_way: AtomicUsize::new(0),
            circuit: Mutex::new(Circuit::new(ready.circuit)),
        }
    }

    /// Carry a call, and wait no longer than its bound.
    ///
    /// # Errors
    /// See [`Unwell`]: nothing is known of what became of it unless it was declined.
    pub(super) fn carry(&self, call: &Call) -> Result<Reply, AtMass> {
        let busy =
            || AtMass::new(Unwell::Busy, "Mass is being asked as much as is let through at once");
        let _place = self.place().ok_or_else(busy)?;
        let admitted = self.circuit().admit(self.clock.now());
        admitted.map_err(|until| {
            let detail = format!("Mass failed again and again, and is asked again from {until}");
            AtMass::new(Unwell::CircuitOpen, detail)
        })?;
        let mut came = self.once(call);
        for _ in 1..TRIES_MAX {
            if !call.repeatable || !came.as_ref().is_err_and(AtMass::again) {
                break;
            }
            std::thread::sleep(Duration::from_millis(AGAIN_MS));
            came = self.once(call);
        }
        let well = came.as_ref().err().is_none_or(|why| !why.counts());
        self.circuit().heard(well, self.clock.now());
        came
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> Option<Place<'_>> {
        let place = |under_way: usize| (under_way < AT_ONCE_MAX).then_some(under_way + 1);
        let taken = self.under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, place);
        taken.ok().map(|_| Place(&self.under_way))
    }

    fn once(&self, call: &Call) -> Result<Reply, AtMass> {
        let mut response = self.send(call)?;
        let status = response.status().as_u16();
        let reader = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        let body = reader.read_to_vec().map_err(|error| failed(&error))?;
        // What a server in trouble says is not read.
        if status >= 500 {
            return Err(AtMass::new(Unwell::Status, format!("Mass answered with status {status}")));
        }
        Ok(Reply { status, body })
    }

    fn send(&self, call: &Call) -> Result<Response<ureq::Body>, AtMass> {
        let target = format!("{}{}", self.url, call.path);
        let mut headers = vec![("authorization", format!("Bearer {}", self.token.as_str()))];
        headers.extend(call.key.as_ref().map(|key| ("idempotency-key", key.clone())));
        let answered = match call.method {
            Method::Get => {
                let request =
                    headers.into_iter().fold(self.agent.get(&target), |r, (k, v)| r.header(k, v));
                request.call()
            }
            Method::Post | Method::Put => {
                headers.push(("content-type", "application/json".to_owned()));
                let request = match call.method {
                    Method::Put => self.agent.put(&target),
                    _ => self.agent.post(&target),
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

//! Asking an adapter: bounded in time, size, number at once and number of tries; never redirected.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canon::{Clock, Digest, Realm, Timestamp};
use registry::fiscal::BankAccount;
use ureq::Agent;
use ureq::http::{HeaderMap, Response};
use zone::adapter::{Call, Heard, Last, National, Question, Standing, System, Unanswered, Verb};

use super::config::{Adapter, AdaptersError, adapters};
use super::signed::{Came, Doubt, Put, digest_header, judge};
use crate::layout::ZoneDir;
use crate::out::{Line, Stopped, Tries};

/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// Questions to one adapter at once: who hangs does not take all threads of the door.
const AT_ONCE_MAX: usize = 4;
/// Idle connections kept of each adapter.
const IDLE_MAX: usize = 2;

/// Every adapter of a zone.
pub(crate) struct Adapters {
    realm: Realm,
    clock: Arc<dyn Clock>,
    all: Vec<Slot>,
}

/// One adapter and how it stands.
struct Slot {
    adapter: Adapter,
    line: Line,
    last: Mutex<Option<Last>>,
}

impl Adapters {
    /// The adapters of a zone's folder; `None` where there are none.
    ///
    /// # Errors
    /// See [`AdaptersError`].
    pub(crate) fn open(
        dir: &ZoneDir,
        realm: Realm,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, AdaptersError> {
        let Some(found) = adapters(dir, realm)? else { return Ok(None) };
        let all = found.into_iter().map(Slot::new).collect();
        Ok(Some(Self { realm, clock, all }))
    }
}

impl National for Adapters {
    fn ask(&self, question: &Question, key: &str) -> Result<Heard, Unanswered> {
        let system = question.system();
        let slot = self.all.iter().find(|slot| slot.adapter.system == system);
        let slot = slot.ok_or(Unanswered::NotConfigured(system))?;
        let garbage = |fault: corridor::iso20022::Fault| Unanswered::Garbage {
            system,
            detail: format!("the question cannot be put: {fault}"),
        };
        let call = question.call(key).map_err(garbage)?;
        let once = |agent: &Agent| self.once((slot, agent), question, &call, key);
        let came = slot.line.ask(self.clock.as_ref(), Tries::Several, once);
        let came = match came {
            Ok(heard) => Ok(heard),
            Err(Stopped::Busy) => return Err(Unanswered::Busy(system)),
            Err(Stopped::Open(until)) => return Err(Unanswered::CircuitOpen { system, until }),
            Err(Stopped::Failed(why)) => Err(why),
        };
        slot.heard(&came, self.clock.now());
        came
    }

    fn realm(&self) -> Realm {
        self.realm
    }

    fn bank_account(&self) -> Option<BankAccount> {
        self.all.iter().find_map(|slot| slot.adapter.account.clone())
    }

    fn standing(&self) -> Vec<Standing> {
        self.all.iter().map(Slot::standing).collect()
    }
}

impl Adapters {
    fn once(
        &self,
        (slot, agent): (&Slot, &Agent),
        question: &Question,
        call: &Call,
        key: &str,
    ) -> Result<Heard, Unanswered> {
        let Adapter { system, key: pinned, .. } = &slot.adapter;
        let system = *system;
        let mut response = slot.send(agent, call, key)?;
        let status = response.status().as_u16();
        let reader = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        let body = reader.read_to_vec().map_err(|error| failed(system, &error))?;
        // What a server in trouble says is signed by nobody, and believed by nobody.
        if status != 200 {
            return Err(Unanswered::Status { system, status });
        }
        let not_signed = |why: &str| Unanswered::NotSigned { system, detail: why.to_owned() };
        let headers = response.headers();
        let header = |name| once(headers, name).ok_or_else(|| not_signed("a header is missing"));
        let came = Came {
            status,
            body: &body,
            content_digest: header("content-digest")?,
            realm: header("mez-realm")?,
            signature_input: header("signature-input")?,
            signature: header("signature")?,
        };
        let path = slot.path(&call.path);
        let method = method(call.verb);
        let put = Put { method, path: &path, body: &call.body, key };
        let believed = judge(&put, &came, (pinned, self.realm, self.clock.now()));
        let believed = believed.map_err(|doubt| match doubt {
            Doubt::NotSigned(why) => not_signed(why),
            Doubt::Stale => Unanswered::Stale(system),
            Doubt::OtherRealm => Unanswered::OtherRealm(system),
        })?;
        let answer = question.read(key, &body)?;
        Ok(Heard {
            answer,
            answer_sha256: Digest::of_blob(&body),
            key: pinned.did(),
            signed_at: believed.created,
            base: believed.base,
            signature: believed.signature,
            body,
        })
    }
}

impl Slot {
    fn new(mut adapter: Adapter) -> Self {
        let tls = std::mem::replace(&mut adapter.tls, ureq::tls::TlsConfig::builder().build());
        let line = Line::new(tls, &adapter.pace, (AT_ONCE_MAX, IDLE_MAX));
        Self { adapter, line, last: Mutex::default() }
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard(&self, came: &Result<Heard, Unanswered>, now: Timestamp) {
        let (outcome, detail) = match came {
            Ok(_) => ("answered", None),
            Err(why) => (why.code(), Some(why.to_string())),
        };
        *self.last() = Some(Last { at: now, outcome, detail });
    }

    fn standing(&self) -> Standing {
        let circuit = self.line.circuit();
        Standing {
            adapter: self.adapter.system,
            url: self.adapter.url.clone(),
            key: self.adapter.key.did(),
            circuit: circuit.state(),
            failures: circuit.failures(),
            open_until: circuit.open_until(),
            last: self.last().clone(),
        }
    }

    /// The path that the adapter sees: that of its URL, then that of the question.
    fn path(&self, of_call: &str) -> String {
        let rest = self.adapter.url.split_once("://").map_or("", |(_, rest)| rest);
        let prefix = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
        format!("{prefix}{of_call}")
    }

    fn send(
        &self,
        agent: &Agent,
        call: &Call,
        key: &str,
    ) -> Result<Response<ureq::Body>, Unanswered> {
        let Adapter { system, url, token, bank_code, .. } = &self.adapter;
        let target = format!("{url}{}", call.path);
        let mut headers = vec![
            ("idempotency-key", key.to_owned()),
            ("content-digest", digest_header(&call.body)),
        ];
        headers.extend(token.as_ref().map(|t| ("authorization", format!("Bearer {}", t.as_str()))));
        headers.extend(bank_code.as_ref().map(|code| ("x-bank-code", code.clone())));
        let answered = match call.verb {
            Verb::Get => {
                let request =
                    headers.into_iter().fold(agent.get(&target), |r, (k, v)| r.header(k, v));
                request.call()
            }
            Verb::Post => {
                headers.push(("content-type", call.media.to_owned()));
                let request =
                    headers.into_iter().fold(agent.post(&target), |r, (k, v)| r.header(k, v));
                request.send(&call.body[..])
            }
        };
        answered.map_err(|error| failed(*system, &error))
    }
}

const fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
    }
}

/// A header that is there exactly once.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers.get_all(name).iter();
    let first = found.next()?.to_str().ok()?;
    found.next().is_none().then_some(first)
}

fn failed(system: System, error: &ureq::Error) -> Unanswered {
    match error {
        ureq::Error::Timeout(_) => Unanswered::Slow(system),
        ureq::Error::BodyExceedsLimit(_) => Unanswered::TooLarge(system),
        other => Unanswered::Unreachable { system, detail: other.to_string() },
    }
}

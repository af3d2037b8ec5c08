//! Asking witnesses to cosign our logs (C2SP `tlog-witness`): each on a thread of its own, so that a
//! slow one delays no other and nothing of the zone.
//!
//! Invariant: what a witness answers is judged by `proof` under its pinned key; whatever it answers,
//! it can dispute a log written here, and nothing else.

use std::time::Duration;

use proof::witness::client::{ANSWER_BYTES_MAX, Answer, read_answer};
use proof::witness::{CosignerKey, Policy};
use ureq::Agent;
use zone::{Submission, Zone};

/// Longest whole call.
const CALL_MS: u64 = 5_000;
/// Sizes tried for one checkpoint: what we think is held, and what it says.
const TRIES_MAX: usize = 2;

/// Why the witnesses of a zone are none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WitnessesError {
    /// Not `<base URL>#<verifier key>`.
    #[error("witness `{0}` is not an http or https URL, `#` and a verifier key")]
    Shape(String),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] proof::witness::PolicyError),
}

/// A witness and where it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    url: String,
    key: CosignerKey,
}

/// Those a zone asks, and how many it needs.
#[derive(Clone, Debug)]
pub(crate) struct Witnesses {
    pub(crate) asked: Vec<Witness>,
    pub(crate) policy: Policy,
}

impl Witness {
    /// Reads `<base URL>#<verifier key>`.
    pub(crate) fn read(text: &str) -> Result<Self, WitnessesError> {
        let wrong = || WitnessesError::Shape(text.to_owned());
        let (url, key) = text.split_once('#').ok_or_else(wrong)?;
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(wrong());
        }
        let key = CosignerKey::parse(key).map_err(|_| wrong())?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), key })
    }
}

impl Witnesses {
    /// Those of a zone's definition.
    pub(crate) fn read(told: &law::manifest::Witnesses) -> Result<Self, WitnessesError> {
        let asked = told.at.iter().map(|text| Witness::read(text));
        let asked = asked.collect::<Result<Vec<_>, _>>()?;
        let keys = asked.iter().map(|witness| witness.key.clone()).collect();
        let quorum = usize::try_from(told.quorum).unwrap_or(0);
        let age = u64::try_from(told.max_age_secs).unwrap_or(0);
        Ok(Self { asked, policy: Policy::new(keys, quorum, age)? })
    }
}

/// How one look at a witness ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing was due.
    Idle,
    /// It cosigned.
    Cosigned,
    /// It does not answer, or answers what helps nothing: later.
    Later,
}

/// Asks one witness.
pub(crate) struct Client {
    agent: Agent,
    witness: Witness,
}

impl Client {
    /// A client with no connection yet.
    pub(crate) fn new(witness: Witness) -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_millis(CALL_MS)))
            .user_agent(concat!("mez/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), witness }
    }

    /// Submit what it has not cosigned; `stop` is asked between two calls.
    pub(crate) fn look(&self, zone: &Zone, stop: impl Fn() -> bool) -> Look {
        let Ok(due) = zone.to_cosign(self.witness.key.name()) else { return Look::Later };
        let mut look = Look::Idle;
        for submission in due {
            if stop() {
                return look;
            }
            match self.submit(zone, submission) {
                Ok(true) if look == Look::Idle => look = Look::Cosigned,
                Ok(true) => {}
                // A log it does not know is no reason not to ask about the others.
                Ok(false) => look = Look::Later,
                Err(()) => return Look::Later,
            }
        }
        look
    }

    /// Whether it cosigned; an error when it does not answer or nothing is to be signed any more.
    fn submit(&self, zone: &Zone, mut submission: Submission) -> Result<bool, ()> {
        let name = self.witness.key.name();
        for _ in 0..TRIES_MAX {
            let (status, body) = self.post(&submission.body)?;
            let answer = read_answer(&self.witness.key, &submission.note, status, &body);
            match answer {
                Ok(Answer::Cosigned { note, time }) => {
                    let kept = zone.cosigned(name, &submission, (&note, time));
                    return kept.map(|()| true).map_err(drop);
                }
                Ok(Answer::Holds { size }) => match zone.witness_holds(name, &submission, size) {
                    Ok(next) => submission = next,
                    Err(_) => return Ok(false),
                },
                // Our proof from the size it named leads to another root than the one it holds.
                Err(_) if status == 422 && submission.old > 0 => {
                    zone.witness_differs(name, &submission, submission.old);
                    return Ok(false);
                }
                Err(_) => return Ok(false),
            }
        }
        Ok(false)
    }

    fn post(&self, body: &[u8]) -> Result<(u16, Vec<u8>), ()> {
        let url = format!("{}/add-checkpoint", self.witness.url);
        let mut answer = self.agent.post(&url).send(body).map_err(drop)?;
        let limit = u64::try_from(ANSWER_BYTES_MAX).unwrap_or(u64::MAX);
        let read = answer.body_mut().with_config().limit(limit).read_to_vec();
        Ok((answer.status().as_u16(), read.map_err(drop)?))
    }
}
